"""The provider of a test: a typed dict of every form travels."""

from place import meet, stay

from daffi import callback


@callback
def told(kind):
    return (
        kind.__total__,
        kind.__required_keys__,
        kind.__optional_keys__,
        kind.__module__,
        kind.__qualname__,
        kind.__doc__,
        sorted(kind.__annotations__),
        kind(a=1),
    )


@callback
def echo(value):
    return value


stay(meet(process_name="provider"))
