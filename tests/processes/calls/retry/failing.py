"""A callback that fails at every run."""

from place import meet, stay

from daffi import callback


@callback
def fail(data):
    raise KeyError(len(data))


stay(meet(process_name="provider"))
