"""A value can be awaited and used as often as one likes."""

import asyncio

from fetchers import add, echo, fail
from place import meet_provider, raises

g = meet_provider()


async def main():
    value = echo([1])
    assert await value is await value
    assert await asyncio.gather(value, value) == [[1], [1]]
    assert value == [1] and await value == [1]
    failed = fail("no number")
    for _ in range(2):
        with raises(ValueError):
            await failed
        with raises(ValueError):
            len(failed)
    async with asyncio.timeout(5):
        assert await asyncio.wait_for(add(1, 2), 5) == 3
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(awaited(add(n, n))) for n in range(3)]
    assert [task.result() for task in tasks] == [0, 2, 4]


async def awaited(value):
    return await value


asyncio.run(main())
g.stop()
