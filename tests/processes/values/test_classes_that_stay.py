"""Classes of the started script that cannot travel: whoever has them gets them all the same, others are told why."""

import pytest

# What each class mentions cannot be pickled.
MEMBER = """
import functools, sys, threading
from place import meet, raises, stay
from daffi import BG, FG, SerializationError, callback, fetcher

lock = threading.Lock()
log = open(__file__)
g = None

@fetcher(FG)
def kind_of(value): ...

class Locked:
    def __init__(self, value): self.value = value
    def get(self):
        with lock:
            return self.value

class Writes:
    def line(self): return log.readline()

class Calls:
    def ask(self): return kind_of(self), g

class Cached:
    @functools.cached_property
    def thread(self): return lock, threading.Thread()

class Holds:
    guard = threading.Lock()

class LockedError(Exception):
    def __str__(self):
        with lock:
            return "locked"

MADE = (Locked(5), Writes(), Calls(), Cached(), Holds())
"""
SERVER = """
@callback
def kind(value): return type(value) in (Locked, Writes, Calls, Cached, Holds) and type(value).__name__

@callback
def made(): return MADE

@callback
def items():
    yield from MADE

@callback
def fail(): raise LockedError("x")

@callback
def size(data, other): return len(data)

stay(meet(process_name="provider"))
"""
CLIENT = """
g = meet(process_name="caller")
g.wait_process("provider", timeout=10)
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
g.stop()
"""
STRANGER = """
from place import meet
from daffi import callback
@callback
def kind(value): return "stranger"
print("ready", flush=True)
g = meet(process_name="stranger")
g.join()
"""


@pytest.fixture
def member(folder):
    """The file of the script that both processes run."""
    path = folder / "member.py"
    choice = "\nif sys.argv[1] == 'server':"
    path.write_text(MEMBER + choice + _indented(SERVER) + "\nelse:" + _indented(CLIENT))
    return path


def _indented(text):
    return text.replace("\n", "\n    ")


def test_whoever_has_the_class_gets_it(member, serve, join):
    serve(member, "server")
    script = join(member, "client")
    assert script.wait_end() == 0, script.output


def test_whoever_has_it_not_is_told_what_in_it_cannot_be_sent(folder, member, serve, join):
    serve(member, "server")
    stranger = join(STRANGER, name="stranger")
    stranger.wait_for("^ready$")
    member.with_name("asks.py").write_text(
        MEMBER
        + """
g = meet(process_name="caller")
g.wait_process("stranger", timeout=10)
with raises(SerializationError) as caught:
    g.call.kind(Locked(5)) & FG(node="stranger")
told = str(caught.error)
assert "no class 'Locked' of" in told and "asks.py" in told and "lock" in told, told
g.stop()
"""
    )
    script = join(member.with_name("asks.py"))
    assert script.wait_end() == 0, script.output
