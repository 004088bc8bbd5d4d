"""The process called provider in test_multiprocessing_in_callback.py."""

import multiprocessing
import sys
import warnings

from place import meet, stay

from daffi import callback

warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads
forking = multiprocessing.get_context("fork")


def returns():
    pass


def exits():
    sys.exit(3)


def raises():
    raise LookupError("raised in the child")


def code_of(name):
    child = forking.Process(target=globals()[name])
    child.start()
    child.join()
    return child.exitcode


@callback
def sync(name):
    import threading

    threading.current_thread()  # makes the thread known to Python, as logging does
    return code_of(name)


@callback
async def in_loop(name):
    return code_of(name)


stay(meet(process_name="provider"))
