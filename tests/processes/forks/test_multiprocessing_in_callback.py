"""A child of `multiprocessing` that is forked in a callback ends with the exit code of its own function."""

import pytest

ENDINGS = {"returns": 0, "exits": 3, "raises": 1}
PROVIDER = """
import multiprocessing, sys, warnings
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
"""


@pytest.mark.parametrize("kind", ["sync", "in_loop"])
def test_its_exit_code_is_that_of_its_function(serve, call, kind):
    server = serve(PROVIDER)
    call(f"""
        for name, code in {ENDINGS}.items():
            assert g.call.{kind}(name).fg(timeout=30) == code, name
        g.stop()
    """)
    assert "AssertionError" not in server.output, server.output
    assert "LookupError: raised in the child" in server.output
