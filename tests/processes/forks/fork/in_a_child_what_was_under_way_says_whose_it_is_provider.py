"""The provider of a test: in a child what was under way says whose it is."""

from place import meet, stay

from daffi import callback


@callback
def gives(upto):
    yield from range(upto)


@callback
def fails():
    raise KeyError("always")


@callback
def take(item): ...


g = meet(process_name="provider")
stay(g)
