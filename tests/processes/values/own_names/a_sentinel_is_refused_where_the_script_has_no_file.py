"""A sentinel is refused where the script has no file: this one is given by `-c`."""

from place import meet_provider, raises

from daffi import FG, SerializationError


class Missing:
    def __reduce__(self):
        return "MISSING"


MISSING = Missing()

g = meet_provider()
with raises(SerializationError) as caught:
    g.call.echo([MISSING]) & FG
told = str(caught.error)
assert "(position 1), at [0]: it says that it is 'MISSING' of the started script" in told, told
g.stop()
