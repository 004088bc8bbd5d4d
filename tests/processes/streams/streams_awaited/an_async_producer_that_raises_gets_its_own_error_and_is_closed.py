"""An async producer that raises gets its own error and is closed."""

import asyncio

import trio
from place import meet_provider, raises

from daffi import STREAM, RemoteCallError

g = meet_provider()
closed = []


async def broken():
    try:
        yield 1
        raise LookupError("source dried up")
    finally:
        closed.append(True)


async def endless():
    try:
        while True:
            yield "bad"
    finally:
        closed.append(True)


def endless_sync():
    try:
        while True:
            yield "bad"
    finally:
        closed.append(True)


async def main():
    with raises(LookupError) as caught:
        await (g.call.take(broken()) & STREAM)
    assert not isinstance(caught.error, RemoteCallError)
    # Closed at once, not when it is collected.
    for held in (endless(), endless_sync()):
        closed.clear()
        with raises(LookupError) as caught:
            await (g.call.refuse_bad(held) & STREAM)
        assert isinstance(caught.error, RemoteCallError)
        assert closed == [True]


with raises(LookupError):
    g.call.take(broken()) & STREAM
assert closed == [True]
asyncio.run(main())
trio.run(main)
g.stop()
