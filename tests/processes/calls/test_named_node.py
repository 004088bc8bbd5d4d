"""`node=`: a call goes to the process that it names, and nowhere else."""

import pytest

MEMBER = """
    import sys
    from place import meet
    from daffi import callback

    seen = []

    @callback
    def where(word="x"):
        seen.append(word)
        return sys.argv[1]

    @callback
    def take(item):
        seen.append(item)

    @callback
    def runs():
        return seen

    if sys.argv[1] == "second":
        @callback
        def only_second():
            return 2

    g = meet(process_name=sys.argv[1])
    print("ready", g.port, flush=True)
    g.join()
"""


@pytest.fixture
def two(serve, join):
    """Two processes that offer the same."""
    serve(MEMBER, "provider")
    join(MEMBER, "second", name="second").wait_for("^ready")


def test_every_modifier_calls_the_node_that_it_names_and_no_other(two, call):
    call("""
        g.wait_process("second")
        for name in ("provider", "second"):
            for _ in range(5):
                assert (g.call.where() & FG(node=name)) == name
                assert (g.call.where() & BG(node=name)).get() == name
                assert (g.call.where() & BROADCAST(node=name, return_result=True)) == {name: name}
                task = g.call.where() & PERIOD(interval=100, node=name)
                assert task.node == name and task.cancel()
        for word in range(5):
            g.call.where(word) & NO_RETURN(node="second")
            g.call.where(word) & BROADCAST(node="second")
            g.call.where(word) & BG(node="second", return_result=False)
        g.call.take(range(5, 10)) & STREAM(node="second")
        with within(5):
            while len(seen := g.call.runs() & FG(node="second")) < 35:
                time.sleep(0.001)  # nobody tells when a forgotten call has run
        assert sorted(word for word in seen if word != "x") == sorted([*range(5)] * 3 + [*range(5, 10)])
        assert set(g.call.runs() & FG(node="provider")) == {"x"}
        g.stop()
    """)


def test_a_named_node_that_cannot_take_the_call_is_an_error_though_others_can(two, call):
    call("""
        @callback
        def where(): ...

        g.wait_process("second")
        missing = [("nobody", "where"), ("caller", "where"), ("provider", "only_second")]
        for node, name in missing:
            for modifier in (FG, BG, NO_RETURN, BROADCAST):
                with raises(GlobalContextError) as caught:
                    getattr(g.call, name)() & modifier(node=node)
                assert name in str(caught.error) and repr(node) in str(caught.error), caught.error
            with raises(GlobalContextError):
                getattr(g.call, name)() & PERIOD(interval=100, node=node)
            with raises(InitializationError):
                getattr(g.call, name)([]) & STREAM(node=node)
        for name in ("provider", "second"):
            assert (g.call.runs() & FG(node=name)) == []
        g.stop()
    """)


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
