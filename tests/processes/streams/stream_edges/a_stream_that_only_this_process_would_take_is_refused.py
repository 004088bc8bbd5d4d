"""A stream that only this process would take is refused."""

from place import meet_provider, raises

from daffi import STREAM, InitializationError, callback

g = meet_provider()


@callback
def mine(item): ...


made = []


def items():
    made.append(1)
    yield 1


for name, given in (("mine", items()), ("nobody", items()), ("mine", []), ("nobody", [])):
    with raises(InitializationError) as caught:
        getattr(g.call, name)(given) & STREAM
    assert name in str(caught.error)
assert not made
g.stop()
