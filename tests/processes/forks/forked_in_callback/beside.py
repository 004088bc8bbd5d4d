"""The process called beside in test_forked_in_callback.py."""

import os
import warnings

from place import meet, stay

from daffi import callback

warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads
parent, codes = os.getpid(), []


def forks():
    if os.getpid() != parent:
        return
    child = os.fork()
    if child:
        codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def made():
    forks()
    return 5


class Made:
    def __reduce__(self):
        forks()
        return int, (5,)


class Loud(Exception):
    def __str__(self):
        forks()
        return "loud"


class Dropped:
    def __del__(self):
        forks()


@callback
def takes(argument):
    return "of the child" if os.getpid() != parent else argument


@callback
async def takes_async(argument):
    return argument


@callback
def gives():
    return [Made()]


@callback
def yields():
    yield Made()


@callback
def raises():
    raise Loud("loud")


@callback
def drops():
    Dropped()


@callback
def seen():
    return codes


g = meet(process_name="provider")
stay(g)
