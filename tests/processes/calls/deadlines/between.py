"""The process called between in test_deadlines.py."""

from place import meet

from daffi import BG, FG, STREAM, RetryPolicy, callback, fetcher


@fetcher
async def until_cancelled(said): ...


@callback
def nested(modifier, said):
    call = g.call.until_cancelled(said)
    how = {
        "own": lambda: call & FG(timeout=60),
        "none": lambda: call & FG,
        "BG": lambda: (call & BG(timeout=60)).get(),
        "BROADCAST": lambda: call.broadcast(timeout=60, return_result=True, node="provider"),
        "retried": lambda: call & FG(timeout=60, retry_policy=POLICY),
        "STREAM": lambda: g.call.until_cancelled([said]) & STREAM(timeout=60, node="provider"),
        "fetcher": lambda: str(until_cancelled(said) & FG(timeout=60)),
    }
    return how[modifier]()


@callback
async def nested_async(modifier, said):
    return await (g.call.until_cancelled(said) & (FG(timeout=60) if modifier == "own" else BG))


POLICY = RetryPolicy(KeyError, stop_after_attempt=2)
g = meet(process_name="between")
g.wait_function("until_cancelled")
print("up", flush=True)
g.join()
