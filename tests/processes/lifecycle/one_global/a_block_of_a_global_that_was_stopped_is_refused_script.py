"""The script of a test: a block of a global that was stopped is refused."""

import asyncio
import os

from place import meet, raises

from daffi import GlobalContextError


async def enter(g):
    async with g:
        pass


def is_refused(g, hint):
    for enter_it in (g.__enter__, lambda: asyncio.run(enter(g))):
        with raises(GlobalContextError) as caught:
            enter_it()
        assert hint in str(caught.error), caught.error


g = meet(init_controller=True)
with g:
    child = os.fork()
    if not child:
        is_refused(g, "hint: make a new Global(...) in the child")
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
is_refused(g, "hint: make a new one: with Global(...) as g")
g = meet(init_controller=True)
g.stop()
is_refused(g, "hint: make a new one: with Global(...) as g")
with meet(init_controller=True) as new:
    assert new.is_running
    is_refused(g, "hint: make a new one: with Global(...) as g")
