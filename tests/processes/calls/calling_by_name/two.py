"""The process called two in test_calling_by_name.py."""

import sys

from place import meet

from daffi import callback

seen = []


@callback
def add(a, b):
    seen.append(a)
    return a + b


if sys.argv[1] == "provider":

    @callback
    def only(first: int, *, second: str = "x") -> bytes:
        return b""


@callback
def fail(message):
    raise ValueError(message)


@callback
def runs():
    return seen


g = meet(process_name=sys.argv[1])
print("ready", g.port, flush=True)
g.join()
