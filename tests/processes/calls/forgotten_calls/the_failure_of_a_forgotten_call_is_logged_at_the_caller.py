"""The failure of a forgotten call is logged at the caller."""

import logging
import sys
import threading

from place import meet_provider, spelled

from daffi import RemoteCallError

g = meet_provider()
forget = spelled(sys.argv[1])

logged = threading.Semaphore(0)


class Handler(logging.Handler):
    def emit(self, record):
        error = record.exc_info[1]
        assert isinstance(error, RemoteCallError)
        print("logged", isinstance(error, LookupError), record.getMessage().splitlines()[0])
        logged.release()


logging.getLogger("daffi").addHandler(Handler(level=logging.ERROR))
for call in (lambda: g.call.fail("one"), lambda: g.call.exit("two")):
    assert forget(call()) is None
    assert logged.acquire(timeout=10)
g.stop()
