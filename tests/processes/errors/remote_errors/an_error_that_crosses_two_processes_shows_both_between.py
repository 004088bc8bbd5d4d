"""The between of a test: an error that crosses two processes shows both."""

from place import meet

from daffi import FG, callback


@callback
def through(message):
    return g.call.fail(message) & FG


@callback
async def through_async(message):
    return await (g.call.fail(message) & FG)


g = meet(process_name="between")
g.wait_process("provider")
print("up", flush=True)
g.join()
