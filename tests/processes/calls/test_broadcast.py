"""BROADCAST: every process that offers it, each failure by itself."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


MEMBER = PROGRAMS / "member.py"


@pytest.fixture
def two(serve, join):
    """Two processes that offer the same."""
    serve(MEMBER, "provider", "answers")
    second = join(MEMBER, "second", "raises", name="second")
    second.wait_for("^ready")


def test_a_broadcast_gives_the_value_of_every_node(two, call):
    call("""
        g.wait_process("second")
        assert (g.call.where() & BROADCAST(return_result=True)) == {
            "provider": "provider", "second": "second",
        }
        assert g.call.add(1, 2).broadcast(return_result=True) == {"provider": 103, "second": 103}
        g.stop()
    """)


def test_without_a_result_a_broadcast_gives_none_and_runs_everywhere(two, call):
    call("""
        g.wait_process("second")
        assert (g.call.where("told") & BROADCAST) is None
        for name in ("seen_provider", "seen_second"):
            with within(5):
                while "told" not in getattr(g.call, name)().fg():
                    pass
        g.stop()
    """)


def test_the_failure_of_a_node_is_its_value_and_disturbs_no_other(two, call):
    call("""
        g.wait_process("second")
        values = g.call.where("fail") & BROADCAST(return_result=True)
        assert values["provider"] == "provider"
        assert isinstance(values["second"], RemoteCallError)
        assert isinstance(values["second"], ValueError)
        g.stop()
    """)


def test_a_broadcast_may_name_its_nodes(two, call):
    call("""
        g.wait_process("second")
        only = BROADCAST(return_result=True, node="second")
        assert (g.call.where() & only) == {"second": "second"}
        both = BROADCAST(return_result=True, node=["second", "provider"])
        assert set(g.call.where() & both) == {"second", "provider"}
        with raises(GlobalContextError):
            g.call.no_such_thing() & BROADCAST
        with raises(GlobalContextError):
            g.call.where(1, 2, 3) & BROADCAST
        g.stop()
    """)


def test_a_named_node_that_is_not_there_fails_alone(two, call):
    # The others got nothing.
    output = call(PROGRAMS / "a_named_node_that_is_not_there_fails_alone.py")
    told = "nobody waits for it: where: no other process is named 'nobody'"
    assert output.count(told) == 21, output


def test_a_node_that_does_not_answer_in_time_has_a_timeout_for_its_value(serve, call):
    serve()
    call("""
        with within(3):
            values = g.call.slow(5) & BROADCAST(return_result=True, timeout=0.2)
        assert isinstance(values["provider"], TimeoutError)
        g.stop()
    """)


def test_a_node_that_dies_in_a_broadcast_has_its_end_for_its_value(serve, join, call):
    serve(MEMBER, "provider", "answers")
    join(MEMBER, "second", "dies", name="second").wait_for("^ready")
    call("""
        g.wait_process("second")
        with within(10):
            values = g.call.where("fail") & BROADCAST(return_result=True)
        assert values["provider"] == "provider"
        assert isinstance(values["second"], RemoteStoppedUnexpectedly)
        g.stop()
    """)


def test_a_broadcast_waits_for_all_at_once(two, call):
    call("""
        g.wait_process("second")
        with within(0.9):
            values = g.call.where() & BROADCAST(return_result=True, eta=0.5)
        assert values == {"provider": "provider", "second": "second"}
        g.stop()
    """)


def test_a_broadcast_does_not_reach_the_calling_process(two, call):
    call("""
        @callback
        def where(word="x"):
            raise AssertionError("a call to myself")

        g.wait_process("second")
        assert set(g.call.where() & BROADCAST(return_result=True)) == {"provider", "second"}
        g.stop()
    """)
