"""The between of a test: the time left reaches nested calls."""

from place import meet, stay

from daffi import FG, callback, get_g


@callback
def through(name, said):
    return getattr(get_g().call, name)(said) & FG


@callback
async def through_async(name, said):
    return await (getattr(get_g().call, name)(said) & FG)


g = meet(process_name="between")
g.wait_function("until_cancelled")
stay(g)
