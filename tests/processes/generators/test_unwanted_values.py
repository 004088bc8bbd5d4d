"""Values that nobody takes: they stay where they are, and a generator runs to its end all the same."""

import textwrap

import pytest
from script import programs

PROGRAMS = programs(__file__)


SERVER = PROGRAMS / "server.py"

GENERATORS = ["steps", "steps_async", "gives_steps"]


@pytest.fixture
def server(serve):
    """The process with the callbacks."""
    return serve(SERVER)


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("modifier", ["NO_RETURN", "BG(return_result=False)", "BROADCAST"])
def test_a_forgotten_call_runs_a_generator_to_its_end(server, call, name, modifier):
    call(f"""
        g.call.{name}("it") & {modifier}
        assert g.call.wait_done().fg()
        assert g.call.what_ran().fg() == ["it begins", "it ends"]
        g.stop()
    """)


@pytest.mark.parametrize("name", GENERATORS)
def test_a_scheduled_run_runs_a_generator_to_its_end(server, call, name):
    call(f"""
        task = g.call.{name}("it") & PERIOD(interval="20ms")
        for run in (1, 2):
            assert g.call.wait_done().fg()
        task.cancel()
        assert g.call.what_ran().fg()[:4] == ["it begins", "it ends"] * 2
        g.stop()
    """)


@pytest.mark.parametrize("name", [*GENERATORS, "hidden_async"])
def test_a_stream_runs_a_generator_to_its_end_for_each_item(server, call, name):
    call(f"""
        g.call.{name}(["a", "b", "c"]) & STREAM
        wanted = [f"{{name}} {{what}}" for name in "abc" for what in ("begins", "ends")]
        assert g.call.what_ran().fg() == wanted
        g.stop()
    """)


def test_what_a_generator_raises_ends_the_stream_that_runs_it(server, call):
    call("""
        with raises(LookupError) as caught:
            g.call.breaks(["a", "b"]) & STREAM
        assert "broken a" in str(caught.error)
        g.stop()
    """)


def test_what_a_forgotten_generator_raises_is_logged_at_the_caller(server, join):
    caller = join(
        textwrap.dedent("""
            import logging
            from place import meet
            from daffi import NO_RETURN
            logging.basicConfig(level=logging.ERROR)
            g = meet(process_name="caller")
            g.wait_process("provider", timeout=10)
            g.call.breaks("it") & NO_RETURN
            g.join()
        """)
    )
    caller.wait_for("breaks failed, and nobody waits for it: .*broken it")


def test_a_deadline_ends_a_forgotten_generator(server, call):
    call("""
        g.call.endless("it") & BG(return_result=False, timeout="200ms")
        assert g.call.wait_done().fg()
        g.stop()
    """)
    server.wait_for("^closed")


def test_a_value_that_nobody_wants_need_not_travel(server, call):
    call("""
        import logging
        logged = []
        logging.getLogger("daffi").addFilter(lambda record: logged.append(record.getMessage()) or True)
        g.call.unsendable() & NO_RETURN
        g.call.unsendable() & BROADCAST
        assert g.call.wait_done().fg() and g.call.wait_done().fg()
        g.stop()
        assert logged == [], logged
    """)


def test_generators_that_nobody_iterates_do_not_add_up(server, call):
    call("""
        for number in range(2_000):
            g.call.steps(number) & NO_RETURN
        for number in range(2_000):
            assert g.call.wait_done().fg()
        assert list(g.call.steps("last").fg()) == [1, 2]
        g.stop()
    """)
