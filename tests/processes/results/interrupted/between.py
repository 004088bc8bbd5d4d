"""The process called between in test_interrupted.py."""

from place import meet

from daffi import BG, BROADCAST, FG, RetryPolicy, callback

POLICY = RetryPolicy(KeyError, stop_after_attempt=10_000, wait="20ms")


@callback
def in_front():
    return g.call.flaky() & FG(retry_policy=POLICY)


@callback
def behind():
    return (g.call.flaky() & BG(retry_policy=POLICY)).get()


@callback
async def awaited():
    return await (g.call.flaky() & FG(retry_policy=POLICY))


@callback
def everywhere():
    return g.call.flaky() & BROADCAST(return_result=True, retry_policy=POLICY)


g = meet(process_name="between")
g.wait_function("flaky")
print("up", flush=True)
g.join()
