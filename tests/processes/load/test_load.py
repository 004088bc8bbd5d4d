"""Load it must hold: many nodes, many calls, and each run once."""

from script import programs

PROGRAMS = programs(__file__)


# The first has the controller.
NODES = ["provider", *(f"node-{number}" for number in range(1, 9))]
CALLS = 2500

MEMBER = PROGRAMS / "member.py"


def test_nine_nodes_answer_a_broadcast(serve, join, call):
    serve(MEMBER, NODES[0], name=NODES[0])
    for name in NODES[1:]:
        join(MEMBER, name, name=name)
    call(
        f"""
        nodes = {NODES}
        for name in nodes:
            g.wait_process(name, timeout=20)
        for number in range(50):
            values = g.call.where(number) & BROADCAST(return_result=True)
            assert values == {{name: (name, number) for name in nodes}}
        g.stop()
    """
    )


def test_nine_nodes_call_each_other_at_random(serve, join, call):
    serve(MEMBER, NODES[0], name=NODES[0])
    for name in NODES[1:]:
        join(MEMBER, name, name=name)
    call(
        f"""
        nodes = {NODES}
        for name in nodes:
            g.wait_process(name, timeout=20)
        under_way = [
            g.call.wander(seed, {CALLS}).bg(node=name) for seed, name in enumerate(nodes)
        ]
        assert [result.get(timeout=50) for result in under_way] == [{CALLS}] * len(nodes)
        g.stop()
    """
    )


def test_calls_that_are_forgotten_and_scheduled_run_exactly_once(serve, call):
    serve(PROGRAMS / "calls_that_are_forgotten_and_scheduled_run_exactly_once_provider.py")
    call(PROGRAMS / "calls_that_are_forgotten_and_scheduled_run_exactly_once.py")
