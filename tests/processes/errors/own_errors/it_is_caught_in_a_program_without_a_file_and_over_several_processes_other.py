"""The other process of a test: it is caught in a program without a file and over several processes."""

import os
import sys

from place import spelled

raising = spelled(sys.argv[1])
text = (
    raising
    + """
from place import meet, raises
from daffi import FG
g = meet(process_name="caller")
g.wait_process("provider", timeout=10)
g.wait_process("middle", timeout=10)
for asked in (lambda: g.transfer_and_call("provider", check), lambda: g.call.pass_on(check) & FG):
    with raises(QuotaError) as caught:
        asked()
    assert caught.error.left == 3
g.stop()
"""
)
os.execv(sys.executable, [sys.executable, "-u", "-c", text])
