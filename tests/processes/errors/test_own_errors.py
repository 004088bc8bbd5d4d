"""Errors of classes that only the caller has, raised in another process, where they came with the call."""

PROVIDER = """
from place import meet, stay
from daffi import callback

class QuotaError(Exception): left = "of another script"

@callback
def call(function, *args): return function(*args)

@callback
def throw(error): raise error

@callback
def throw_one(kind, *args): raise kind(*args)

@callback
def items(function):
    yield 1
    function()

@callback
def refuse(): raise QuotaError("theirs")

stay(meet(process_name="provider"))
"""

RAISING = """
class BaseError(Exception): pass

class QuotaError(BaseError):
    def __init__(self, left):
        super().__init__(f"left {left}")
        self.left = left

def check(): raise QuotaError(3)
def check_several(): raise ExceptionGroup("several", [QuotaError(3), ValueError(1)])
async def check_async(): check()
"""


def test_an_error_of_a_class_that_came_with_the_call_is_caught_by_it(serve, call):
    # It was a bare RemoteCallError.
    serve(PROVIDER)
    call(
        RAISING
        + """
def local():
    class LocalError(LookupError): pass
    def fail(): raise LocalError("here")
    return LocalError, fail

def in_stream():
    for _ in g.call.items(check) & FG: pass

for asked in (
    lambda: g.transfer_and_call("provider", check),
    lambda: g.transfer_and_call("provider", check_async),
    lambda: g.call.call(check) & FG,
    lambda: (g.call.call(check) & BG).get(),
    lambda: g.call.throw(QuotaError(3)) & FG,
    lambda: g.call.throw_one(QuotaError, 3) & FG,
    in_stream,
):
    with raises(QuotaError) as caught:
        asked()
    assert caught.error.left == 3 and str(caught.error) == "left 3"
    assert isinstance(caught.error, BaseError) and isinstance(caught.error, RemoteCallError)

with raises(ExceptionGroup) as caught:
    g.transfer_and_call("provider", check_several)
assert isinstance(caught.error.exceptions[0], QuotaError) and caught.error.exceptions[0].left == 3

LocalError, fail = local()
with raises(LocalError):
    g.transfer_and_call("provider", fail)

# One of that name in another script is another one.
with raises(RemoteCallError) as caught:
    g.call.refuse() & FG
assert not isinstance(caught.error, QuotaError)
g.stop()
"""
    )


def test_it_is_caught_in_a_program_without_a_file_and_over_several_processes(serve, join):
    serve(PROVIDER)
    middle = join(
        """
from place import meet
from daffi import FG, callback
@callback
def pass_on(function): return g.call.call(function) & FG
g = meet(process_name="middle")
print("ready", flush=True)
g.join()
""",
        name="middle",
    )
    middle.wait_for("^ready$")
    script = join(
        f"""
import os, sys
text = {RAISING!r} + '''
from place import meet, raises
from daffi import FG
g = meet(process_name="caller")
g.wait_process("provider", timeout=10)
g.wait_process("middle", timeout=10)
for asked in (lambda: g.transfer_and_call("provider", check), lambda: g.call.pass_on(check) & FG):
    with raises(QuotaError) as caught:
        asked()
    assert caught.error.left == 3
g.stop()
'''
os.execv(sys.executable, [sys.executable, "-u", "-c", text])
"""
    )
    assert script.wait_end() == 0, script.output
