"""The settings of a decorated modifier hold for every call."""

import time

from place import meet_provider, raises, within

from daffi import BG, FG, fetcher

g = meet_provider()


@fetcher(BG(timeout=10, eta=0.3))
def echo(value): ...


@fetcher(FG(timeout=0.2))
def slow(seconds, value=None): ...


for number in range(2):
    start = time.monotonic()
    assert echo(number).get() == number
    assert time.monotonic() - start >= 0.3
    with within(2), raises(TimeoutError):
        slow(5)
g.stop()
