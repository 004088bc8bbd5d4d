"""A process that has ended is named in the errors of those who still want it."""

from script import programs

PROGRAMS = programs(__file__)


FIRST = """
from place import meet
from daffi import callback

@callback
def add(a, b):
    return a + b

with meet(process_name="first") as g:
    g.wait_process("second", timeout=20)
"""

SECOND = PROGRAMS / "second.py"


def test_a_process_that_ended_first_is_named(serve, join, folder):
    # Nothing said that it had been there, and the hint was to wait for it; later, what was said depended on the method.
    serve("from place import meet, stay\ng = meet(init_node=False)\nstay(g)", name="controller")
    second = join(SECOND, name="second")
    first = join(FIRST, name="first")
    assert first.wait_end() == 0, first.output
    (folder / "gone").touch()
    assert second.wait_end() == 0, second.output
