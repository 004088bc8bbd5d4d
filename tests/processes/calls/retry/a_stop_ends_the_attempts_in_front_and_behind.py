"""A stop ends the attempts in front and behind."""

import threading

from place import meet_provider, raises, within

from daffi import BG, FG, GlobalContextError, RetryPolicy

g = meet_provider()
policy = RetryPolicy(stop_after_delay="1h", wait="1h")
result = g.call.flaky(10**9) & BG(retry_policy=policy)
errors = []


def in_front():
    try:
        g.call.flaky(10**9) & FG(retry_policy=policy)
    except Exception as error:
        errors.append(error)


thread = threading.Thread(target=in_front)
thread.start()
runs = 0
while runs < 2:
    runs += g.call.reset().fg()
with within(5):
    g.stop()
    # The last error: that of the callback where the stop came right after an attempt.
    with raises(GlobalContextError, KeyError):
        result.get()
    thread.join()
assert isinstance(errors[0], (GlobalContextError, KeyError))
