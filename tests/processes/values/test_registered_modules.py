"""Modules of one's own that the other side cannot import: their classes and functions, where they are to travel."""

import pytest
from script import programs

PROGRAMS = programs(__file__)

HERE = PROGRAMS / "here"
SHAPES = (HERE / "shapes.py").read_text()

CALLER = """
import sys
sys.path.insert(0, sys.argv[1])
import cloudpickle, shapes
from place import meet, raises
from daffi import FG, SerializationError

g = meet(process_name="caller")
g.wait_process("provider", timeout=20)
"""


@pytest.fixture
def ask(folder, serve, join):
    """Run a caller that has a module, and a provider that has another version of it, or none."""

    def start(caller, of_provider=None):
        there = folder / "there"
        there.mkdir()
        if of_provider is not None:
            (there / "shapes.py").write_text(of_provider)
        serve(PROGRAMS / "provider.py", there)
        script = join(CALLER + caller, HERE)
        assert script.wait_end() == 0, script.output

    return start


def test_who_cannot_import_a_module_is_told_both_ways_out(ask):
    ask("""
for value in (shapes.Point(1), shapes.Color.RED, shapes.area, shapes.ShapeError(code=1)):
    with raises(SerializationError) as caught:
        g.call.echo(value) & FG
    told = str(caught.error)
    assert "no module named 'shapes'" in told and "install 'shapes'" in told, told
    assert "cloudpickle.register_pickle_by_value(shapes)" in told, told
g.stop()
""")


@pytest.mark.parametrize(
    "older",
    [None, SHAPES.replace("x: int", "y: int = 0").replace("RED", "BLUE")],
    ids=["None", "older"],
)
def test_a_registered_module_travels_where_the_other_side_has_no_such(older, ask):
    # With another version there, half an object arrived.
    ask(
        """
cloudpickle.register_pickle_by_value(shapes)
assert g.call.doubled(shapes.Point(2)) & FG == shapes.Point(4)
assert g.call.echo(shapes.Color.RED) & FG is shapes.Color.RED
assert g.call.call(shapes.area, shapes.Point(2)) & FG == 4
assert g.call.call(shapes.cached, 1) & FG == 2
for fails in (lambda: g.call.call(shapes.fail) & FG, lambda: g.call.throw(shapes.ShapeError(code=3)) & FG):
    with raises(shapes.ShapeError) as caught:
        fails()
    assert caught.error.code == 3
g.stop()
""",
        older,
    )


def test_a_class_of_a_registered_module_is_the_one_of_there_where_that_has_the_same(ask):
    ask(
        """
cloudpickle.register_pickle_by_value(shapes)
assert g.call.is_own(shapes.Point(2)) & FG
g.stop()
""",
        SHAPES,
    )
