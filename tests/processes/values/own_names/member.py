"""What both processes run: it has the sentinel and the type that its client sends, or is refused."""

import sys
import typing

from place import meet, meet_provider, raises, stay

from daffi import FG, SerializationError, callback


class Missing:
    def __reduce__(self):
        return "MISSING"


class MissingError(Exception):
    def __reduce__(self):
        return "ERROR"


MISSING, ERROR = Missing(), MissingError()
UserId = typing.NewType("UserId", int)


@callback
def check(missing, kind):
    return missing is MISSING, kind is UserId


if sys.argv[1] == "server":
    stay(meet(process_name="provider"))
else:
    g = meet_provider()
    if sys.argv[1] == "refused":
        with raises(SerializationError):
            g.call.check(MISSING, UserId) & FG
    else:
        assert g.call.check(MISSING, UserId) & FG == (True, True)
    g.stop()
