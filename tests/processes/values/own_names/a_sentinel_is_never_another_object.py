"""A sentinel is never another object."""

from place import meet_provider, raises

from daffi import FG, SerializationError


class Missing:
    def __reduce__(self):
        return "MISSING"


class MissingError(Exception):
    def __reduce__(self):
        return "ERROR"


MISSING, ERROR = Missing(), MissingError()


def is_missing(value=MISSING):
    return value is MISSING


g = meet_provider()
with raises(SerializationError) as caught:
    g.call.echo([MISSING]) & FG
told = str(caught.error)
assert "no 'MISSING' of" in told and "by its name alone" in told, told
assert "both processes import" in told, told
with raises(SerializationError):
    g.call.echo(ERROR) & FG
with raises(SerializationError):
    g.transfer_and_call("provider", is_missing)
g.stop()
