"""Arguments arrive by place and by name."""

from place import meet_provider

from daffi import FG

g = meet_provider()


class Own:
    def __eq__(self, other):
        return type(other).__name__ == "Own"

    __hash__ = None


# Typed, and by pickle.
for value in (None, (1, [2]), {(1, 2): {3}}, Own()):
    args, kwargs = g.call.echo(value, 2, name=value, other=bytearray(b"x")) & FG
    assert args == (value, 2)
    assert kwargs == {"name": value, "other": bytearray(b"x")}
    assert list(kwargs) == ["name", "other"]
assert (g.call.echo() & FG) == ((), {})
g.stop()
