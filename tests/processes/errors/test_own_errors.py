"""Errors of classes that only the caller has, raised in another process, where they came with the call."""

from script import programs

PROGRAMS = programs(__file__)


PROVIDER = PROGRAMS / "provider.py"

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
    call(PROGRAMS / "an_error_of_a_class_that_came_with_the_call_is_caught_by_it.py")


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
        PROGRAMS / "it_is_caught_in_a_program_without_a_file_and_over_several_processes_other.py",
        repr(RAISING),
    )
    assert script.wait_end() == 0, script.output
