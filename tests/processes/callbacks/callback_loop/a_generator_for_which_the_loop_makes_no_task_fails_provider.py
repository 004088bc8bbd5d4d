"""The provider of a test: a generator for which the loop makes no task fails."""

import asyncio

from place import meet, stay

from daffi import callback


@callback
async def count():
    for number in range(3):
        yield number


@callback
async def break_second():
    tasks = iter(range(2))
    loop = asyncio.get_running_loop()

    def broken(loop, coroutine, **_):
        if next(tasks) == 1:
            loop.set_task_factory(None)
            raise LookupError("no task")
        return asyncio.Task(coroutine, loop=loop)

    loop.set_task_factory(broken)


stay(meet(process_name="provider"))
