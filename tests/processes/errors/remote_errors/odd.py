"""The process called odd in test_remote_errors.py."""

import asyncio
import sys
import threading

from place import meet, stay

import daffi
from daffi import callback


class OddError(LookupError):
    def __init__(self, *, code, lock):
        super().__init__(f"code {code}")
        self.code = code
        self.lock = lock


class Base(BaseException):
    pass


@callback
def raise_odd():
    error = OddError(code=7, lock=threading.Lock())
    error.itself = error
    error.__cause__ = ValueError("led to it")
    error.__cause__.__cause__ = error
    raise error


@callback
def raise_base():
    raise Base("below Exception")


@callback
def stop_iteration():
    raise StopIteration(1)


@callback
def generator_exit():
    raise GeneratorExit


@callback
async def exit_async():
    sys.exit(3)


@callback
async def interrupt_async():
    raise KeyboardInterrupt


@callback
async def cancel_itself():
    raise asyncio.CancelledError


@callback
async def raise_base_async():
    raise Base("below Exception")


@callback
def raise_of_daffi(name):
    raise getattr(daffi, name)("of the callback's own")


@callback
async def raise_of_daffi_async(name):
    raise getattr(daffi, name)("of the callback's own")


@callback
def add(a, b):
    return a + b


g = meet(process_name="provider")
stay(g)
