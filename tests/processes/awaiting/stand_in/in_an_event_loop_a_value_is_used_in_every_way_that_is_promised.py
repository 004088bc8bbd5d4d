"""In an event loop a value is used in every way that is promised."""

import asyncio
import copy
import pickle

from fetchers import echo
from place import meet_provider

from daffi import BG

g = meet_provider()


async def main():
    assert str(echo("text")) == f"{echo('text')}" == "text" and repr(echo("x")) == "'x'"
    assert (
        echo(2) == 2
        and echo(2) != 3
        and echo(2) < 3
        and echo([1]) == [1]
        and bool(echo("")) is False
    )
    assert echo(2) + 1 == 1 + echo(2) == 3 and -echo(2) == -2 and round(echo(2.5)) == 2
    assert int(echo("2")) == 2 and float(echo(2)) == 2.0 and list(range(echo(2))) == [0, 1]
    assert len(echo([1, 2])) == 2 and echo([1, 2])[1] == 2 and 2 in echo([1, 2])
    assert [*echo([1, 2])] == [1, 2] and {**echo({"a": 1})} == {"a": 1}
    assert (
        echo("text").upper() == "TEXT"
        and max(echo(1), 2) == 2
        and sorted([echo(2), echo(1)]) == [1, 2]
    )
    assert copy.deepcopy(echo([1])) == [1] and type(pickle.loads(pickle.dumps(echo(1)))) is int
    assert await echo([echo(1)]) == [1] and (g.call.echo(echo(1)) & BG).get() == 1


asyncio.run(main())
g.stop()
