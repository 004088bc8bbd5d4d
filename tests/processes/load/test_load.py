"""Load it must hold: many nodes, many calls, and each run once."""

# The first has the controller.
NODES = ["provider", *(f"node-{number}" for number in range(1, 9))]
CALLS = 2500

MEMBER = """
    import random
    import sys
    from place import meet
    from daffi import FG, callback

    me = sys.argv[1]

    @callback
    def where(number):
        return me, number

    @callback
    def wander(g, seed, calls):  # it may be called before its own process knows `g` below
        choose = random.Random(seed)
        others = [name for name in g.registered_callbacks if name != "caller"]
        for number in range(calls):
            to = choose.choice(others)
            assert g.call.where(number).fg(node=to) == (to, number)
        return calls

    g = meet(process_name=me)
    print("ready", g.port, flush=True)
    g.join()
"""


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
    serve("""
        import threading
        from collections import Counter
        from place import meet, stay
        from daffi import callback

        runs = Counter()
        lock = threading.Lock()

        @callback
        def note(kind, number):
            with lock:
                runs[kind, number] += 1

        @callback
        def counted(kind):
            with lock:
                return {number: count for (what, number), count in runs.items() if what == kind}

        g = meet(process_name="provider")
        stay(g)
    """)
    call("""
        forgotten = {number: 5 for number in range(250)}
        for _ in range(5):
            for number in forgotten:
                g.call.note("forgotten", number) & NO_RETURN
        with within(20):
            while g.call.counted("forgotten").fg() != forgotten:
                time.sleep(0.01)  # nobody tells when a forgotten call has run

        began = time.monotonic()
        for number in range(250):
            g.call.note("paced", number) & FG
        pace = time.monotonic() - began
        # Not before all are made, on a machine that has other work to do either.
        first = time.time() + 0.5 + 5 * pace
        stamps = [first + 0.1 * n for n in range(5)]
        tasks = [g.call.note("scheduled", number) & PERIOD(at_time=stamps) for number in range(250)]
        scheduled = {number: 5 for number in range(250)}
        with within(20):
            while g.call.counted("scheduled").fg() != scheduled:
                time.sleep(0.01)  # as above
        assert g.get_scheduled_tasks("provider") == []
        assert g.call.counted("scheduled").fg() == scheduled
        assert g.call.counted("forgotten").fg() == forgotten
        g.stop()
    """)
