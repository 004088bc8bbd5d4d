"""A child that is forked by an argument makes no call."""

import os
import warnings

from place import meet_provider

from daffi import BG, BROADCAST, FG, NO_RETURN, GlobalContextError

g = meet_provider()
warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads


class Forks:
    def __reduce__(self):
        children.append(os.fork())
        return int, ("3",)


for modifier in (FG, FG(timeout=5), BG, NO_RETURN, BROADCAST(return_result=True)):
    children = []
    status = 1
    try:
        gave = g.call.echo(Forks()) & modifier
        status = 0
    except GlobalContextError:
        status = 2
    if 0 in children:
        os._exit(status)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [2]
    assert status == 0
assert (g.call.add(3, 4) & FG) == 7
g.stop()
