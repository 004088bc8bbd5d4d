"""What a process sees of the others: `registered_callbacks`, and what a prompt completes after `g.call.`."""

WORKER = """
import sys
from place import meet
from daffi import callback

@callback
def addition(a, b):
    return a + b

@callback
def adder(a):
    return a

g = meet(process_name=sys.argv[1])
print("up", flush=True)
g.join()
"""


def test_registered_callbacks_are_those_of_the_others(serve, join, call):
    serve("""
        from place import meet, stay
        from daffi import callback

        @callback
        def seen():
            g.wait_function("mine", timeout=10)
            return g.registered_callbacks

        g = meet(process_name="provider")
        stay(g)
    """)
    worker = join(WORKER, "worker", name="worker")
    worker.wait_for("^up$")
    call("""
        @callback
        def mine(): ...

        assert g.registered_callbacks == {"provider": ["seen"], "worker": ["addition", "adder"]}
        # The process in which nothing is offered is there, too.
        seen = g.call.seen().fg()
        assert seen == {"worker": ["addition", "adder"], "caller": ["mine"]}, seen
        g.stop()
    """)
    worker.end()


def test_a_prompt_completes_what_the_others_offer_now(serve, join):
    serve("from place import meet, stay; stay(meet(init_node=False))")
    worker = join(WORKER, "worker", name="worker")
    worker.wait_for("^up$")
    caller = join(
        """
        import rlcompleter
        from place import meet, raises
        from daffi import *

        g = meet(process_name="caller")

        @callback
        def mine(): ...

        def completed(text):
            completer, found = rlcompleter.Completer({"g": g}), []
            while (word := completer.complete(text, len(found))) is not None:
                found.append(word.rstrip("()"))
            return found

        assert dir(g.call) == ["adder", "addition"]
        assert completed("g.call.") == ["g.call.adder", "g.call.addition"]
        assert completed("g.call.addi") == ["g.call.addition"]
        assert completed("g.call.mi") == []
        # Having called a name does not make it one that is offered.
        with raises(GlobalContextError):
            g.call.nowhere() & FG
        assert "nowhere" not in dir(g.call)

        print("completed", flush=True)
        g.wait_process("late")
        while "worker" in g.registered_callbacks:
            pass
        assert dir(g.call) == ["adder", "addition"]
        print("late is there", flush=True)
        while "late" in g.registered_callbacks:
            pass
        assert dir(g.call) == []
        g.stop()
        """
    )
    caller.wait_for("^completed$")
    late = join(WORKER, "late", name="late")
    late.wait_for("^up$")
    worker.end()
    caller.wait_for("^late is there$")
    late.end()
    assert caller.wait_end() == 0


def test_without_a_node_nothing_is_seen(run, place):
    script = run(
        """
        from place import meet, raises, within
        from daffi import *

        @callback
        def mine(): ...

        g = meet()
        assert g.registered_callbacks == {} and dir(g.call) == []
        for use in (lambda: g.call.mine() & FG, lambda: g.wait_process("x"), lambda: g.wait_function("mine")):
            with within(2), raises(GlobalContextError) as caught:
                use()
            assert "no node" in str(caught.error)
        g.stop()
        """,
        settings={**place.here, "init_node": False},
    )
    assert script.wait_end() == 0
