"""The other process of a test: a failed result that nobody looks at is logged."""

import logging
import sys

from place import meet
from showing import show

from daffi import BG, FG, RetryPolicy, fetcher  # noqa: F401 - for what is run below


@fetcher(FG)
async def fail(what): ...


later = fail
show(logging.WARNING)
g = meet(process_name="caller")
g.wait_process("provider", timeout=20)
exec(sys.argv[1])
g.join()
