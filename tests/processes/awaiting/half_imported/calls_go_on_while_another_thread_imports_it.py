"""Calls go on while another thread imports it."""

import sys
import threading

from place import meet_provider
from stopped import go_on, stopped

from daffi import BG, FG, NO_RETURN, STREAM

module = sys.argv[1]
where = sys.argv[2]
g = meet_provider()
thread = stopped(module, where)
ended = threading.Event()
for number in range(3):
    assert g.call.add(number, 1) & FG == number + 1
    assert (g.call.add(number, 1) & BG).get() == number + 1
    result = g.call.echo(number) & BG
    result.add_done_callback(lambda _: ended.set())
    assert result.get() == number and ended.wait(10)
    g.call.echo(number) & NO_RETURN
    g.call.echo([number]) & STREAM
g.wait_function("echo")
assert not go_on.is_set() and thread.is_alive()
go_on.set()
thread.join()


# What was looked at meanwhile is not kept.
async def main():
    value = g.call.add(1, 2) & FG
    assert type(value) is not int and await value == 3


__import__("asyncio").run(main())
__import__("trio").run(main)
g.stop()
