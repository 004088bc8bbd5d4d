"""Ten thousand mixed calls are all answered."""

import random
import threading

from place import meet_provider

from daffi import BG, FG

g = meet_provider()
THREADS, CALLS = 8, 1250
wrong, answered = [], [0] * THREADS


def value(chance):
    makers = (
        lambda: chance.randrange(-(2**70), 2**70),
        lambda: "é" * chance.randrange(300),
        lambda: bytes([chance.randrange(256)]) * chance.choice([0, 10, 1000, 40_000, 300_000]),
        lambda: [chance.random() for _ in range(chance.randrange(50))],
        lambda: {(n, str(n)): {n} for n in range(chance.randrange(20))},
        lambda: complex(chance.random(), 1),
        lambda: range(chance.randrange(1000)),  # by pickle
    )
    return chance.choice(makers)()


def one(chance, number):
    temper = chance.randrange(20)
    if temper == 0:
        try:
            g.call.fail(f"x{number}") & FG
        except ValueError as error:
            assert f"x{number}" in str(error)
        else:
            raise AssertionError("nothing raised")
    elif temper == 1:
        assert (g.call.slow(0.005, number) & FG) == number
    elif temper == 2:
        assert (g.call.slow_async(0.002, number) & FG) == number
    elif temper < 8:
        asked = [value(chance) for _ in range(4)]
        results = [g.call.echo(item) & BG for item in asked]
        for item, result in zip(asked, results):
            assert result.get() == item
    else:
        asked = value(chance)
        assert (g.call.echo(asked) & FG) == asked


def work(index):
    chance = random.Random(index)
    for number in range(CALLS):
        try:
            one(chance, number)
            answered[index] += 1
        except BaseException as error:
            wrong.append(f"{type(error).__name__}: {error}")


held = g.call.hold() & BG
threads = [threading.Thread(target=work, args=(index,)) for index in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not wrong, (len(wrong), wrong[:5])
assert answered == [CALLS] * THREADS
assert not held.ready
held.cancel()
g.stop()
print("all right")
