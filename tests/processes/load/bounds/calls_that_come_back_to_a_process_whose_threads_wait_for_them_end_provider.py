"""The provider of a test: calls that come back to a process whose threads wait for them end."""

from place import meet

from daffi import FG, callback


@callback
def inner():
    return "inner"


@callback
def outer(g):
    return g.call.middle() & FG


@callback
async def number():
    return 7


g = meet(process_name="provider", threads=3, patience="2s")
print("ready", g.port, flush=True)
g.join()
