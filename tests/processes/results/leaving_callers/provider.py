"""The process called provider in test_leaving_callers.py."""

import asyncio
import threading

from place import meet, stay

import daffi
from daffi import callback

gate = threading.Event()
said, began = [], []


def say(what):
    said.append(what)


@callback
def work(what):
    began.append(what)
    gate.wait(30)
    say((what, daffi.cancelled()))


class Loop:
    gate = None


@callback
async def work_async(what):
    Loop.gate = Loop.gate or asyncio.Event()
    began.append(what)
    try:
        await Loop.gate.wait()
    except asyncio.CancelledError:
        say((what, True))
        raise
    say((what, False))


@callback
def steps(what):
    began.append(what)
    gate.wait(30)
    yield 1
    yield 2
    say((what, daffi.cancelled()))


@callback
async def open_async():
    Loop.gate.set()


@callback
def open_gate():
    gate.set()


@callback
def count_begun():
    return len(began)


@callback
def what_was_said():
    return sorted(said)


g = meet(process_name="provider")
stay(g)
