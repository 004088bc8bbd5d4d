"""The process called caller in test_rolling_restart.py."""

import asyncio
import signal
import threading

from place import meet

from daffi import BG, FG, NO_RETURN, fetcher

g = meet(process_name="caller")
g.wait_function("note", timeout=20)
over = threading.Event()
signal.signal(signal.SIGUSR1, lambda *_: over.set())


@fetcher(FG)
async def note(style, number): ...


made = {"await": 0, "BG": 0, "NO_RETURN": 0}


def numbers(style):
    began = made[style]
    made[style] += 40
    return range(began, made[style])


def in_background():
    while not over.is_set():
        results = [(number, g.call.note("BG", number) & BG) for number in numbers("BG")]
        for number in numbers("NO_RETURN"):
            g.call.note("NO_RETURN", number) & NO_RETURN
        for number, result in results:
            assert result.get(30) == number


async def awaited():
    while not over.is_set():
        mine = list(numbers("await"))
        assert await asyncio.gather(*(note("await", number) for number in mine)) == mine


failures = []


def watched():
    try:
        in_background()
    except BaseException as error:
        failures.append(error)


thread = threading.Thread(target=watched)
thread.start()
print("calling", flush=True)
asyncio.run(awaited())
thread.join()
assert not failures, failures
g.stop()
for style, count in made.items():
    print(style, count, flush=True)
