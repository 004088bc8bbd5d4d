"""Arguments of a call that is not waited for are what they were."""

import asyncio

import numpy as np
from place import meet_provider, within

from daffi import BG, BROADCAST, FG, NO_RETURN

g = meet_provider()
g.call.many(np.zeros(3)) & FG
array = np.empty(4_000_000, "uint8")


class Box:
    pass


box = Box()
box.array = array


def given(value, number):
    array[:] = number
    return value


def check(outcomes):
    assert outcomes == [(number, number) for number in range(len(outcomes))], outcomes


calls = []
for number in range(10):
    calls.append(g.call.many(given(array, number)) & BG(eta=number % 2 / 10))
array[:] = 99
check([call.get(20) for call in calls])


async def awaited():
    async def one(number):
        return await (g.call.many(given(array, number)) & FG)

    tasks = [asyncio.ensure_future(one(number)) for number in range(10)]
    await asyncio.sleep(0)
    array[:] = 99
    check([await task for task in tasks])
    many = [
        g.call.many(given(array, number)) & BROADCAST(return_result=True) for number in range(5)
    ]
    array[:] = 99
    check([(await one)["provider"] for one in many])


asyncio.run(awaited())

for modifier in (NO_RETURN, BG(return_result=False), BROADCAST, NO_RETURN(eta=0.1)):
    for number in range(3):
        g.call.take(given(array, number)) & modifier
        g.call.take(given(box, number)) & modifier
array[:] = 99
with within(20):
    while len(seen := g.call.taken() & FG) < 24:
        pass
assert all(least == most < 3 for least, most, _ in seen), seen
g.stop()
