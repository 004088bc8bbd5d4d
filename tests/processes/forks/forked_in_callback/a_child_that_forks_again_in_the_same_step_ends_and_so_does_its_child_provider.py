"""The provider of a test: a child that forks again in the same step ends and so does its child."""

import os
import select

from place import meet, stay

from daffi import callback

read, write = os.pipe()


@callback
async def forks():
    os.fork()
    os.fork()
    return os.getpid()


@callback
def have_ended():
    # It is at its end when the last of those that can write to it is gone.
    os.close(write)
    return bool(select.select([read], [], [], 10)[0])


stay(meet(process_name="provider"))
