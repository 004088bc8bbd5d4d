"""Stop ends the calls under way."""

import threading

from place import meet_provider, raises, within

from daffi import BG, FG, DaffiError

g = meet_provider()
results = [g.call.hold() & BG for _ in range(3)]
ended = []


def wait():
    try:
        g.call.hold() & FG
    except DaffiError as error:
        ended.append(error)


waiting = threading.Thread(target=wait)
waiting.start()
with within(10):
    g.stop()
    waiting.join()
assert len(ended) == 1
for result in results:
    with within(1), raises(DaffiError):
        result.get()
