"""A done callback that raises is reported and harms nobody."""

import sys
import threading

from place import meet_provider

from daffi import BG

g = meet_provider()


def report(unraisable):
    print("reported", unraisable.exc_value)


sys.unraisablehook = report


def wrong(result):
    raise LookupError(f"in the hook of {result.func_name}")


heard = threading.Event()
result = g.call.slow(0.2, "value") & BG
result.add_done_callback(wrong)
result.add_done_callback(lambda _: heard.set())
assert heard.wait(10)
result.add_done_callback(wrong)
assert result.get() == "value"
g.stop()
