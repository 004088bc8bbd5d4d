"""`STREAM`: from an iterable of the user to the sending end of the seam."""
