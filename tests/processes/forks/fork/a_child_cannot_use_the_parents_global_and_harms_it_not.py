"""A child cannot use the parents global and harms it not."""

import os
import warnings

from place import meet_provider, raises, within

from daffi import BG, FG, GlobalContextError, fetcher

g = meet_provider()
warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads


@fetcher(FG)
def add(a, b): ...


assert add(1, 2) == 3
held = g.call.slow(1, "kept") & BG
child = os.fork()
if child == 0:
    status = 1
    try:
        for use in (
            lambda: add(1, 2),
            lambda: g.call.add(1, 2) & FG,
            lambda: held.get(),
            lambda: g.wait_process("provider"),
        ):
            with within(1), raises(GlobalContextError):
                use()
        status = 0
    finally:
        os._exit(status)
assert os.waitpid(child, 0)[1] == 0
assert held.get() == "kept"
assert add(3, 4) == 7
g.stop()
