"""The provider of a test: functions of every kind are callbacks."""

import asyncio
import functools

from place import meet, stay

from daffi import alias, callback


def doubled(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return 2 * function(*args, **kwargs)

    return wrapper


def doubled_later(function):
    async def later(*args):
        return 2 * await function(*args)

    return functools.wraps(function)(lambda *args: later(*args))


def in_its_own_loop(function):
    return functools.wraps(function)(lambda *args: asyncio.run(function(*args)))


@callback
@in_its_own_loop
async def run_to_the_end(a):
    await asyncio.sleep(0)
    return a


@callback
def everything(a, /, b, *rest, key, default=5, **others):
    return a, b, rest, key, default, others


@callback
@doubled
def wrapped(a, b=1):
    return a + b


@callback
@doubled_later
async def wrapped_async(a, b=1):
    await asyncio.sleep(0)
    return a + b


@callback
@functools.lru_cache
def cached(a):
    return a


@callback
@alias("shown_name")
def written_name():
    return "renamed"


async def add_slowly(a, b):
    return a + b


class Counter:
    def __init__(self):
        self.count = 0

    def count_up(self, by=1):
        self.count += by
        return self.count

    async def __call__(self, a):
        return a


def add(a, b):
    return a + b


callback(alias("add_ten")(functools.partial(add, 10)))
callback(alias("add_ten_slowly")(functools.partial(add_slowly, b=10)))
callback(Counter().count_up)
callback(alias("called")(Counter()))
callback(alias("length")(lambda text: len(text)))
callback(functools.reduce)

g = meet(process_name="provider")
stay(g)
