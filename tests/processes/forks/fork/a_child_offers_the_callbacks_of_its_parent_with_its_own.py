"""A child offers the callbacks of its parent with its own."""

import os
import warnings

from place import meet, meet_provider

from daffi import callback, get_g

g = meet_provider()
warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads


@callback
def who():
    return get_g().process_name


g.stop()
g = meet(process_name="parent")
g.wait_process("provider", timeout=10)
assert g.call.ask("parent").fg() == "parent"
child = os.fork()
if child == 0:
    status = 1
    try:

        @callback
        def of_the_child(): ...

        own = meet(process_name="child")
        own.wait_process("provider", timeout=10)
        assert own.call.ask("child").fg() == "child"
        assert own.call.ask("parent").fg() == "parent"
        own.stop()
        status = 0
    finally:
        os._exit(status)
assert os.waitpid(child, 0)[1] == 0
assert g.call.ask("parent").fg() == "parent"
g.stop()
