"""Peers that die, stop in mid-sentence or speak nonsense harm nobody else, and no call hangs."""

import os
import signal
import socket
import textwrap

import pytest
from script import programs

PROGRAMS = programs(__file__)


HOLD = """
    print("calling", flush=True)
    with raises(RemoteStoppedUnexpectedly) as caught:
        g.call.hold() & FG
    assert isinstance(caught.error, ConnectionError)
    assert "worker" in str(caught.error), caught.error
    print("noticed", flush=True)
"""
WORKER = PROGRAMS / "worker.py"


@pytest.fixture
def worker(serve, join):
    """A provider with the controller, and a second node that may die."""
    serve(CONTROLLER)
    script = join(WORKER, name="worker")
    script.wait_for("^ready$")
    return script


CONTROLLER = """
    from place import meet, stay
    from daffi import callback

    @callback
    def add(a, b):
        return a + b

    g = meet(process_name="provider")
    stay(g)
"""
PRELUDE = """
from place import meet, raises, within
from daffi import *
g = meet(process_name="caller")
g.wait_function("hold", timeout=10)
"""


def calling(join, body):
    """A caller that is not waited for."""
    return join(PRELUDE + textwrap.dedent(body))


def test_a_peer_killed_in_mid_call_ends_the_call(worker, join):
    caller = calling(join, HOLD + "    g.stop()\n")
    worker.wait_for("^holding$")
    worker.signal(signal.SIGKILL)
    caller.wait_for("^noticed$", patience=5)
    assert caller.wait_end() == 0


def test_every_call_under_way_ends_when_its_peer_dies(worker, join):
    caller = calling(
        join,
        """
        results = [g.call.hold() & BG for _ in range(5)]
        for result in results:
            with raises(RemoteStoppedUnexpectedly):
                result.get()
        assert (g.call.add(1, 2) & FG) == 3
        g.stop()
        """,
    )
    for _ in range(5):
        worker.wait_for("^holding$")
    worker.signal(signal.SIGKILL)
    assert caller.wait_end() == 0


def test_a_callback_that_ends_its_process_is_noticed(worker, join):
    caller = calling(
        join,
        """
        with within(5), raises(RemoteStoppedUnexpectedly):
            g.call.leave_at_once() & FG
        assert (g.call.add(1, 2) & FG) == 3
        g.stop()
        """,
    )
    assert caller.wait_end() == 0
    assert worker.wait_end() == 3


def test_what_a_dead_peer_offered_is_gone(worker, join):
    caller = calling(
        join,
        """
        with raises(RemoteStoppedUnexpectedly):
            g.call.leave_at_once() & FG
        while "worker" in g.registered_callbacks:
            pass
        with within(2), raises(GlobalContextError, UnableToFindCandidate):
            g.call.hold() & FG
        g.stop()
        """,
    )
    assert caller.wait_end() == 0


def connect(place):
    """A bare connection to the controller."""
    if place.transport == "tcp":
        return socket.create_connection(("localhost", place.port), timeout=30)
    bare = socket.socket(socket.AF_UNIX)
    bare.settimeout(30)
    bare.connect(str(place.socket_path))
    return bare


NONSENSE = {
    "text": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "zeros": bytes(4096),
    "ones": b"\xff" * 4096,
    "random": os.urandom(65536),
}


@pytest.mark.parametrize("nonsense", NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense_costs_one_connection(serve, call, place, nonsense):
    serve()
    with connect(place) as bare:
        try:
            bare.sendall(nonsense)
            while bare.recv(4096):
                pass
        except ConnectionError:
            pass
        call("assert (g.call.add(1, 2) & FG) == 3; g.stop()")


def test_a_peer_that_stops_in_mid_frame_holds_nobody_up(serve, call, place):
    serve()
    with connect(place) as silent, connect(place) as halting:
        halting.sendall(b"\x40\x00\x00")
        call("assert (g.call.add(1, 2) & FG) == 3; g.stop()")
        silent.settimeout(30)
        # Neither said who it is: both are sent away after the time a handshake may take.
        for bare in (silent, halting):
            try:
                while bare.recv(4096):
                    pass
            except ConnectionError:
                pass


def test_many_silent_connections_do_not_keep_others_out(serve, call, place):
    serve()
    silent = [connect(place) for _ in range(100)]
    try:
        call("assert (g.call.add(1, 2) & FG) == 3; g.stop()")
    finally:
        for bare in silent:
            bare.close()
