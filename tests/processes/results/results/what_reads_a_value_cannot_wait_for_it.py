"""What reads a value cannot wait for it."""

import builtins
import os

from place import meet_provider, raises

from daffi import BG, SerializationError

g = meet_provider()


class Asks:
    def __init__(self):
        self.home = os.getpid()

    def __setstate__(self, state):
        self.__dict__.update(state)
        if os.getpid() == self.home:
            asks_now()  # noqa: F821


def ask():
    with raises(SerializationError) as caught:
        asked[0].get()
    assert "is just being read" in str(caught.error), caught.error
    asked.append("told")


# By this name the class, which travels, mentions neither the result nor what the tests use.
builtins.asks_now = ask
asked = [g.call.echo(Asks()) & BG]
assert isinstance(asked[0].get(), Asks)
assert asked[1:] == ["told"]
g.stop()
