"""The provider of a test: a child can have a global of its own in a callback."""

import os
import warnings

from place import meet, stay

from daffi import FG, callback

warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads


def in_child(place):
    g = meet(**{**place, "process_name": "child", "init_controller": False})
    value = g.call.double(21) & FG(timeout=10)
    assert value == 42
    # Not stopped: its end does that, and the others see it leave.


@callback
def forks(g):
    child = os.fork()
    if child == 0:
        return in_child({"port": g_port} if g_port else {})
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


g = meet(process_name="provider")
g_port = g.port
stay(g)
