"""A value passed on is the value."""

import asyncio
import copy
import pickle

from fetchers import add, echo
from place import meet_provider

from daffi import BG

g = meet_provider()


async def main():
    assert await echo([add(1, 2), {"key": add(3, 4)}]) == [3, {"key": 7}]
    assert (g.call.greet(echo("ada"), mark=echo("?")) & BG).get() == "hello ada?"
    back = await g.call.echo((add(1, 2),)).fg()
    assert back == (3,) and type(back[0]) is int
    assert type(pickle.loads(pickle.dumps(add(1, 2)))) is int
    for copied in (copy.copy(echo([1])), copy.deepcopy(echo([1]))):
        assert type(copied) is list and copied == [1]
    assert await asyncio.to_thread(lambda value: value + 1, add(1, 2)) == 4


asyncio.run(main())
g.stop()
