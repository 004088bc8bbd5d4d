"""Existing is known anew each time it is asked."""

import subprocess
import sys
import textwrap
import time

from place import meet_provider, within

g = meet_provider()
assert not g.call.late.exists
name = g.call.late
child = subprocess.Popen(
    [
        sys.executable,
        "-c",
        textwrap.dedent("""
        from place import meet
        from daffi import callback

        @callback
        def late(): ...

        meet(process_name="late").join()
    """),
    ]
)
g.wait_function("late", timeout=20)
assert name.exists and name.info == {"late": "()"}
child.terminate()
child.wait()
with within(10):
    while name.exists:
        time.sleep(0.01)  # no event tells that a process has left
g.stop()
