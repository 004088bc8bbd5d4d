"""From a decorated function or class to a callback that is on offer."""
