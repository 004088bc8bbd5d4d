"""The caller of a test: the task of a frozen process is not said to be over."""

import asyncio
import signal

from place import meet

from daffi import FG, PERIOD

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})

g = meet(process_name="caller")
g.wait_function("slowly", timeout=20)
task = g.call.slowly(0) & PERIOD(interval=3600)
print("begun", flush=True)
signal.sigwait({signal.SIGUSR1})


async def both():
    return await asyncio.gather(
        asyncio.to_thread(task.cancel), task.cancel_async(), return_exceptions=True
    )


print("outcomes:", *(type(outcome).__name__ for outcome in asyncio.run(both())), flush=True)
signal.sigwait({signal.SIGUSR1})
g.wait_function("slowly", timeout=20)
assert (g.call.slowly(0) & FG(timeout=20)) == "done"
task.cancel()  # False where it heard one of the first when it woke
print("again:", task.cancel(), g.get_scheduled_tasks("worker"), flush=True)
g.stop()
