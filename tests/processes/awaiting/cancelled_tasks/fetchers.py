"""What programs of test_cancelled_tasks.py have in common."""

from daffi import FG, RetryPolicy, fetcher

POLICY = RetryPolicy(KeyError, stop_after_attempt=2)


@fetcher(FG)
async def until_cancelled(said): ...


@fetcher(FG)
async def until_cancelled_async(said): ...


fetchers = {"until_cancelled": until_cancelled, "until_cancelled_async": until_cancelled_async}
