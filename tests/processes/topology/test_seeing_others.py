"""What a process sees of the others: `registered_callbacks`, and what a prompt completes after `g.call.`."""

from script import programs

PROGRAMS = programs(__file__)


WORKER = PROGRAMS / "worker.py"


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
    caller = join(PROGRAMS / "a_prompt_completes_what_the_others_offer_now_other.py")
    caller.wait_for("^completed$")
    late = join(WORKER, "late", name="late")
    late.wait_for("^up$")
    worker.end()
    caller.wait_for("^late is there$")
    late.end()
    assert caller.wait_end() == 0


def test_without_a_node_nothing_is_seen(run, place):
    script = run(
        PROGRAMS / "without_a_node_nothing_is_seen_script.py",
        settings={**place.here, "init_node": False},
    )
    assert script.wait_end() == 0
