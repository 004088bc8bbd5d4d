"""A child can have its own."""

import os
import warnings

from place import meet, meet_provider

from daffi import FG

g = meet_provider()
warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads
assert (g.call.add(1, 2) & FG) == 3
child = os.fork()
if child == 0:
    status = 1
    try:
        own = meet(process_name="child")
        own.wait_process("provider", timeout=10)
        assert (own.call.add(2, 3) & FG) == 5
        own.stop()
        status = 0
    finally:
        os._exit(status)
assert os.waitpid(child, 0)[1] == 0
assert (g.call.add(3, 4) & FG) == 7
g.stop()
