"""Ten thousand calls of every size and temper from eight threads: every answer is the right one."""

import textwrap

import pytest

BODY = """
    import random, threading

    THREADS, CALLS = 8, 1250
    wrong, answered = [], [0] * THREADS


    def value(chance):
        kind = chance.randrange(7)
        if kind == 0:
            return chance.randrange(-2**70, 2**70)
        if kind == 1:
            return "é" * chance.randrange(300)
        if kind == 2:
            return bytes([chance.randrange(256)]) * chance.choice([0, 10, 1000, 40_000, 300_000])
        if kind == 3:
            return [chance.random() for _ in range(chance.randrange(50))]
        if kind == 4:
            return {(n, str(n)): {n} for n in range(chance.randrange(20))}
        if kind == 5:
            return complex(chance.random(), 1)
        return range(chance.randrange(1000))  # by pickle


    def one(chance, number):
        temper = chance.randrange(20)
        if temper == 0:
            try:
                g.call.fail(f"x{number}") & FG
            except ValueError as error:
                assert f"x{number}" in str(error)
            else:
                raise AssertionError("nothing raised")
        elif temper == 1:
            assert (g.call.slow(0.005, number) & FG) == number
        elif temper == 2:
            assert (g.call.slow_async(0.002, number) & FG) == number
        elif temper < 8:
            asked = [value(chance) for _ in range(4)]
            results = [g.call.echo(item) & BG for item in asked]
            for item, result in zip(asked, results):
                assert result.get() == item
        else:
            asked = value(chance)
            assert (g.call.echo(asked) & FG) == asked


    def work(index):
        chance = random.Random(index)
        for number in range(CALLS):
            try:
                one(chance, number)
                answered[index] += 1
            except BaseException as error:
                wrong.append(f"{type(error).__name__}: {error}")


    held = g.call.hold() & BG
    threads = [threading.Thread(target=work, args=(index,)) for index in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, (len(wrong), wrong[:5])
    assert answered == [CALLS] * THREADS
    assert not held.ready
    held.cancel()
    g.stop()
    print("all right")
"""


@pytest.mark.timeout(180)
def test_ten_thousand_mixed_calls_are_all_answered(serve, join):
    serve()
    opening = """
        from place import meet
        from daffi import *
        g = meet(process_name="caller")
        g.wait_process("provider", timeout=10)
    """
    caller = join(textwrap.dedent(opening) + textwrap.dedent(BODY))
    assert caller.wait_end(150) == 0
    assert caller.lines[-1] == "all right"


def test_callbacks_that_wait_run_side_by_side_in_every_burst(serve, join, place):
    # In the second burst most waited until one of the first few had ended, beside threads that slept.
    worker = """
        import threading
        from place import meet, stay
        from daffi import callback

        together = threading.Barrier(12)

        @callback
        def meet_all():
            return together.wait(20)

        stay(meet(process_name="worker"))
    """
    serve(textwrap.dedent(worker), name="worker")
    caller = join("""
        from place import meet
        from daffi import BG
        g = meet()
        g.wait_function("meet_all", timeout=20)
        for burst in range(4):
            calls = [g.call.meet_all() & BG for _ in range(12)]
            assert sorted(call.get() for call in calls) == list(range(12))
        g.stop()
    """)
    assert caller.wait_end(60) == 0, caller.output
