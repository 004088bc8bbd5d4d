"""The provider of a test: a task factory that raises fails the calls of its time alone."""

import asyncio

from place import meet, stay

from daffi import callback


@callback
async def add(a, b):
    return a + b


@callback
async def break_for(seconds):
    def broken(loop, coroutine, **_):
        raise LookupError("no task")

    loop = asyncio.get_running_loop()
    loop.set_task_factory(broken)
    loop.call_later(seconds, loop.set_task_factory, None)


stay(meet(process_name="provider"))
