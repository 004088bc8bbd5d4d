"""The caller of a test: what a callback left behind may wait without await for what comes back."""

import time

from place import meet

from daffi import FG, callback


@callback
def there(g):
    return g.call.back() & FG


g = meet(process_name="caller")
g.wait_function("leave_behind", timeout=20)
g.call.leave_behind() & FG
while not g.call.what_was_seen().fg():
    time.sleep(0.01)  # nobody tells
assert g.call.what_was_seen().fg() == ["back"]
g.stop()
