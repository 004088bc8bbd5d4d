"""The process called second in test_gone.py."""

import pathlib
import time

from place import meet, raises

from daffi import BROADCAST, FG, STREAM, GlobalContextError, InitializationError

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
