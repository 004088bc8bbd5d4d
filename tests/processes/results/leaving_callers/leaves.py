"""The process called leaves in test_leaving_callers.py."""

import os
import sys
import time

from place import meet

from daffi import BG, BROADCAST, NO_RETURN

g = meet(process_name="leaves")
g.wait_process("provider", timeout=10)
for name in ("work", "work_async", "steps"):
    getattr(g.call, name)(f"{name} forgotten") & NO_RETURN
    getattr(g.call, name)(f"{name} broadcast") & BROADCAST
    getattr(g.call, name)(f"{name} unwanted") & BG(return_result=False)
g.call.work("delayed") & NO_RETURN(eta=1)
g.call.work_async("delayed async") & NO_RETURN(eta=1)
awaited = [g.call.work("awaited") & BG, g.call.work_async("awaited async") & BG]
while g.call.count_begun().fg() < 11:
    time.sleep(0.01)  # nobody tells
print("all began", flush=True)
if sys.argv[1] == "dies":
    os._exit(0)
g.stop()
