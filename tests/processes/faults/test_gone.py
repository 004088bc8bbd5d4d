"""A process that has ended is named in the errors of those who still want it."""

FIRST = """
from place import meet
from daffi import callback

@callback
def add(a, b):
    return a + b

with meet(process_name="first") as g:
    g.wait_process("second", timeout=20)
"""

SECOND = """
import pathlib, time
from place import meet, raises
from daffi import *

with meet(process_name="second") as g:
    gone = pathlib.Path("gone")
    while not gone.exists():
        time.sleep(0.01)  # no event tells that a file is there
    while "first" in g.registered_callbacks:
        time.sleep(0.01)  # nor that a process is known to have gone
    for call in (
        lambda: g.call.add(1, 2) & FG,
        lambda: g.call.add(1, 2) & FG(node="first"),
        lambda: g.call.add(1, 2) & BROADCAST(return_result=True),
    ):
        with raises(GlobalContextError) as caught:
            call()
        text = str(caught.error)
        assert "process 'first', which offered a callback named 'add', has stopped" in text, text
        assert text.count("has stopped") == 1 and "not there" not in text, text
        assert "g.join()" in text, text
    for call in (
        lambda: g.call.other() & FG(node="first"),
        lambda: g.call.other() & BROADCAST(node="first"),
        lambda: g.call.other([1]) & STREAM(node="first"),
        lambda: g.transfer_and_call("first", len, "four"),
        lambda: g.get_scheduled_tasks("first"),
        lambda: g.cancel_scheduled_task_by_uuid("first", 32 * "0"),
    ):
        with raises(GlobalContextError, InitializationError) as caught:
            call()
        text = str(caught.error)
        assert "process 'first' has stopped" in text, text
        assert "g.join()" in text and "g.wait_process('first')" in text, text
    with raises(TimeoutError) as caught:
        g.wait_process("first", timeout=0.1)
    assert "it was here and has stopped" in str(caught.error), caught.error
    with raises(TimeoutError) as caught:
        g.wait_function("add", timeout=0.1)
    assert "'first', which offered it, has stopped" in str(caught.error), caught.error
    with raises(GlobalContextError) as caught:
        g.call.never() & FG
    assert "has stopped" not in str(caught.error), caught.error
"""


def test_a_process_that_ended_first_is_named(serve, join, folder):
    # Nothing said that it had been there, and the hint was to wait for it; later, what was said depended on the method.
    serve("from place import meet, stay\ng = meet(init_node=False)\nstay(g)", name="controller")
    second = join(SECOND, name="second")
    first = join(FIRST, name="first")
    assert first.wait_end() == 0, first.output
    (folder / "gone").touch()
    assert second.wait_end() == 0, second.output
