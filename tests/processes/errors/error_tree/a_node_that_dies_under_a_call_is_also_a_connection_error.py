"""A node that dies under a call is also a connection error."""

import asyncio

from place import meet_provider, raises

from daffi import BG, BROADCAST, FG, RemoteStoppedUnexpectedly

g = meet_provider()


async def awaited(node):
    await (g.call.die() & FG(node=node))


def gathered(node):
    values = g.call.die() & BROADCAST(return_result=True, node=node)
    raise values[node]


ways = {
    "first": lambda: g.call.die() & FG(node="first"),
    "second": lambda: (g.call.die() & BG(node="second")).get(),
    "third": lambda: asyncio.run(awaited("third")),
    "fourth": lambda: gathered("fourth"),
}
for node, way in ways.items():
    g.wait_process(node)
    with raises(ConnectionError) as caught:
        way()
    assert type(caught.error) is RemoteStoppedUnexpectedly, repr(caught.error)
    assert node in str(caught.error)
g.stop()
