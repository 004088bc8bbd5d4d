"""Sends functions to where the data is, and gets back what they found."""

import asyncio
import os
import sys

from daffi import Global

INTERESTING = ("HOME", "LANG")


def survey() -> dict[str, bool]:
    """Which variables are set in the process that runs this."""
    return {name: name in os.environ for name in INTERESTING}


async def version() -> str:
    """A coroutine function runs on the event loop there."""
    await asyncio.sleep(0)
    return sys.version.split()[0]


def main() -> None:
    """A function, a lambda, a coroutine function."""
    with Global(process_name="guest") as g:
        g.wait_process("host")
        print("set there:", g.transfer_and_call("host", survey))
        ours = os.getpid()
        elsewhere = g.transfer_and_call("host", lambda: os.getpid() != ours)
        print("in another process:", elsewhere)
        there = asyncio.run(g.transfer_and_call_async("host", version))
        print("Python there:", there)


if __name__ == "__main__":
    main()
