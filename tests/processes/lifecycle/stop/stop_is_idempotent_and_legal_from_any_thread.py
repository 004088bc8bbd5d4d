"""Stop is idempotent and legal from any thread."""

import threading

from place import meet_provider, raises, within

from daffi import FG, GlobalContextError, InitializationError

g = meet_provider()
assert (g.call.add(1, 2) & FG) == 3
with within(5):
    threads = [threading.Thread(target=g.stop) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    g.stop()
with within(1):
    g.join()
with raises(GlobalContextError, InitializationError):
    g.call.add(1, 2) & FG
