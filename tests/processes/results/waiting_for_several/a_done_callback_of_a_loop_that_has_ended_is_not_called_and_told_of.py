"""A done callback of a loop that has ended is not called and told of."""

import asyncio
import logging
import threading

from place import meet_provider

from daffi import BG

g = meet_provider()
logged, called, others = threading.Event(), [], threading.Event()


class Handler(logging.Handler):
    def emit(self, record):
        if "late" in record.getMessage():
            assert record.levelno == logging.WARNING and record.name == "daffi.calls"
            assert "event loop" in record.getMessage(), record.getMessage()
            logged.set()


logging.getLogger("daffi").addHandler(Handler())


def late(result):
    called.append(threading.current_thread().name)


async def leaves():
    result = g.call.slow(0.2) & BG
    result.add_done_callback(late)
    return result


result = asyncio.run(leaves())
result.add_done_callback(lambda _: others.set())
assert others.wait(20) and logged.wait(20)
assert called == [], called
g.stop()
