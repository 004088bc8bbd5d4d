"""Values and errors as they travel: pickling, classes of another process, remote errors."""
