"""`node=`: a call goes to the process that it names, and nowhere else."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


MEMBER = PROGRAMS / "member.py"


@pytest.fixture
def two(serve, join):
    """Two processes that offer the same."""
    serve(MEMBER, "provider")
    join(MEMBER, "second", name="second").wait_for("^ready")


def test_every_modifier_calls_the_node_that_it_names_and_no_other(two, call):
    call(PROGRAMS / "every_modifier_calls_the_node_that_it_names_and_no_other.py")


def test_a_named_node_that_cannot_take_the_call_is_an_error_though_others_can(two, call):
    call(PROGRAMS / "a_named_node_that_cannot_take_the_call_is_an_error_though_others_can.py")


@pytest.mark.parametrize("nodes", ["[]", "()"])
def test_a_broadcast_to_no_node_calls_nobody(two, call, nodes):
    call(f"""
        g.wait_process("second")
        with raises(GlobalContextError, InitializationError):
            g.call.where() & BROADCAST(node={nodes})
        for name in ("provider", "second"):
            assert (g.call.runs() & FG(node=name)) == []
        g.stop()
    """)


def test_a_broadcast_to_a_node_that_is_named_twice_calls_it_once(two, call):
    call("""
        g.wait_process("second")
        values = g.call.where() & BROADCAST(node=("second", "second"), return_result=True)
        assert values == {"second": "second"}
        assert (g.call.runs() & FG(node="second")) == ["x"]
        assert (g.call.runs() & FG(node="provider")) == []
        g.stop()
    """)
