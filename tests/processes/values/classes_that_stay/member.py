"""What each process runs: each class mentions what cannot be pickled. What it does is said to it."""

import functools
import sys
import threading
from pathlib import Path

from place import meet, meet_provider, raises, stay

from daffi import BG, FG, SerializationError, callback, fetcher

lock = threading.Lock()
log = Path(__file__).open()
g = None


@fetcher(FG)
def kind_of(value): ...


class Locked:
    def __init__(self, value):
        self.value = value

    def get(self):
        with lock:
            return self.value


class Writes:
    def line(self):
        return log.readline()


class Calls:
    def ask(self):
        return kind_of(self), g


class Cached:
    @functools.cached_property
    def thread(self):
        return lock, threading.Thread()


class Holds:
    guard = threading.Lock()


class LockedError(Exception):
    def __str__(self):
        with lock:
            return "locked"


MADE = (Locked(5), Writes(), Calls(), Cached(), Holds())


def serve():
    @callback
    def kind(value):
        return type(value) in (Locked, Writes, Calls, Cached, Holds) and type(value).__name__

    @callback
    def made():
        return MADE

    @callback
    def items():
        yield from MADE

    @callback
    def fail():
        raise LockedError("x")

    @callback
    def size(data, other):
        return len(data)

    stay(meet(process_name="provider"))


def ask():
    names = [type(value).__name__ for value in MADE]
    assert [g.call.kind(value) & FG for value in MADE] == names
    assert [(g.call.kind(value) & BG).get() for value in MADE] == names
    for given in (g.call.made() & FG, [*(g.call.items() & FG)]):
        assert [type(value) for value in given] == [type(value) for value in MADE]
    assert given[0].get() == 5
    with raises(LockedError):
        g.call.fail() & FG
    # A large buffer travels beside the pickle, once.
    assert g.call.size(bytearray(100_000), Locked(1)) & FG == 100_000
    # What cannot travel itself is told of as before.
    with raises(SerializationError) as caught:
        g.call.kind([Locked(lock)]) & FG
    assert "lock" in str(caught.error) and "[0]" in str(caught.error), caught.error


def ask_stranger():
    g.wait_process("stranger", timeout=10)
    with raises(SerializationError) as caught:
        g.call.kind(Locked(5)) & FG(node="stranger")
    told = str(caught.error)
    assert "no class 'Locked' of" in told and Path(__file__).name in told and "lock" in told, told


if sys.argv[1] == "server":
    serve()
elif sys.argv[1] == "client":
    g = meet_provider()
    ask()
    g.stop()
else:
    g = meet(process_name="caller")
    ask_stranger()
    g.stop()
