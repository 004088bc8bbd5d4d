"""In a child what was under way says whose it is."""

import asyncio
import os
import warnings

from place import meet_provider

from daffi import BG, FG, GlobalContextError, RetryPolicy, callback, fetcher

g = meet_provider()
warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads

stream = g.call.gives(100_000) & FG
assert next(stream) == 0
tried = g.call.fails() & BG(retry_policy=RetryPolicy(KeyError, wait=60))
ended = g.call.take(1) & BG
ended.get()


@fetcher(FG)
def take(item): ...


async def first(items):
    async for item in items:
        return item


USES = {
    "next": lambda: next(stream),
    "async for": lambda: asyncio.run(first(stream)),
    "retried": lambda: tried.get(),
    "ready": lambda: tried.ready,
    "done": lambda: tried.done(),
    "awaited retry": lambda: asyncio.run(first_of(tried)),
    "fetcher": lambda: take(1),
    "pickled call": lambda: (g.call.take & FG)(1),
    "registering": lambda: callback(late),
}


async def first_of(result):
    return await result


def late(): ...


child = os.fork()
if child == 0:
    status = 1
    try:
        # These never wait, and never raise.
        assert tried.error is None and not tried.cancelled()
        assert not tried.cancel() and repr(tried) and repr(stream)
        stream.close()
        for name, use in USES.items():
            try:
                use()
            except GlobalContextError:
                continue
            if name != "registering":  # that is for the Global to come
                raise AssertionError(name)
        status = 0
    except BaseException as error:
        print(repr(error), flush=True)
    finally:
        os._exit(status)
assert os.waitpid(child, 0)[1] == 0
assert next(stream) == 1
tried.cancel()
g.stop()
