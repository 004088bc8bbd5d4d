"""The provider of a test: a child that is forked in an async callback has loops of its own."""

import asyncio
import os

from place import meet, stay

from daffi import FG, callback


@callback
async def forks():
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            g = meet(process_name="child", init_controller=False, port=int(PORT) if PORT else None)

            @callback
            async def in_child():
                return "async in the child"

            g.wait_process("caller", timeout=10)
            # What it waits for comes back to it.
            status = 0 if (g.call.back() & FG(timeout=10)) == "async in the child" else 2
        finally:
            os._exit(status)
    while not (ended := os.waitpid(pid, os.WNOHANG))[0]:
        await asyncio.sleep(0.01)
    return os.waitstatus_to_exitcode(ended[1])


g = meet(process_name="provider")
PORT = g.port
stay(g)
