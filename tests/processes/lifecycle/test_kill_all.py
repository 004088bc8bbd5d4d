"""`kill_all`, and `stop(kill_all_connected_nodes=True)`: the process with the controller ends all the others."""

import signal

from script import programs

PROGRAMS = programs(__file__)


OTHERS = ["joins", "joins_in_asyncio", "joins_in_trio"]
BOSS = """
import signal
from place import meet

# Blocked before there are threads, so that it waits for whoever asks.
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
g = meet(process_name="provider", init_node=NODE)
print("ready", g.port, flush=True)
signal.sigwait({signal.SIGUSR1})
"""
WITH_NODE = BOSS.replace("NODE", "True")
WITHOUT_NODE = BOSS.replace("NODE", "False")


def others_up(join):
    """The other processes, in every kind of join."""
    scripts = [join(PROGRAMS / "joins.py", name, name=name) for name in OTHERS]
    for script in scripts:
        script.wait_for("^up$")
    return scripts


def all_left(scripts):
    """They came back from their joins by themselves."""
    for script in scripts:
        script.wait_for("^left$", patience=10)
        assert script.wait_end() == 0


def test_kill_all_ends_every_kind_of_join_and_not_its_own_process(serve, join):
    boss = serve(WITH_NODE + "assert g.kill_all() == [] and g.is_running\nprint('alone')\ng.stop()")
    scripts = others_up(join)
    boss.signal(signal.SIGUSR1)
    all_left(scripts)
    boss.wait_for("^alone$")
    assert boss.wait_end() == 0


def test_a_controller_without_a_node_may_kill_all(serve, join):
    boss = serve(WITHOUT_NODE + "assert g.kill_all() == []\ng.stop()")
    scripts = others_up(join)
    boss.signal(signal.SIGUSR1)
    all_left(scripts)
    assert boss.wait_end() == 0


def test_stop_ends_the_others_first_where_it_is_told_to(serve, join):
    boss = serve(
        WITH_NODE + "g.stop(kill_all_connected_nodes=True)\nassert not g.is_running\nprint('over')"
    )
    scripts = others_up(join)
    boss.signal(signal.SIGUSR1)
    all_left(scripts)
    boss.wait_for("^over$")
    assert boss.wait_end() == 0


def test_a_process_that_was_ended_may_take_part_again(serve, join):
    boss = serve(WITH_NODE + "assert g.kill_all() == []\nprint('killed', flush=True)\ng.join()")
    other = join(
        PROGRAMS / "a_process_that_was_ended_may_take_part_again_other.py",
        name="other",
    )
    other.wait_for("^up$")
    boss.signal(signal.SIGUSR1)
    assert other.wait_end() == 0
    boss.wait_for("^killed$")
    boss.end()


def test_stop_alone_leaves_the_others_running(serve, join):
    boss = serve(WITH_NODE + "g.stop()")
    scripts = others_up(join)
    boss.signal(signal.SIGUSR1)
    assert boss.wait_end() == 0
    for script in scripts:
        assert script.process.poll() is None
        script.signal(signal.SIGTERM)
    all_left(scripts)


def test_without_the_controller_kill_all_raises_global_context_error(serve, call):
    serve()
    call("""
        for attempt in (g.kill_all, lambda: g.stop(kill_all_connected_nodes=True)):
            with within(2), raises(GlobalContextError) as caught:
                attempt()
            assert "controller" in str(caught.error)
        assert (g.call.add(1, 2) & FG) == 3
        g.stop()
    """)


def test_kill_all_names_the_processes_that_did_not_stop_in_time(serve, join):
    boss = serve(
        WITH_NODE
        + """
from daffi import _global
assert _global.KILL_SECONDS == 25
_global.KILL_SECONDS = 1
print("left over:", g.kill_all(), flush=True)
g.stop()
"""
    )
    frozen, *scripts = others_up(join)
    frozen.signal(signal.SIGSTOP)
    boss.signal(signal.SIGUSR1)
    boss.wait_for(r"^left over: \['joins'\]$", patience=10)
    all_left(scripts)
    frozen.signal(signal.SIGCONT)
    assert boss.wait_end() == 0
