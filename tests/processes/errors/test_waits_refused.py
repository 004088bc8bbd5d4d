"""Waits for others that cannot be."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


@pytest.mark.parametrize("timeout", ["-1", "'-5s'", "'soon'", "float('nan')", "object"])
@pytest.mark.parametrize("wait", ["wait_process", "wait_function"])
def test_a_timeout_of_a_wait_that_cannot_be_read_is_refused(serve, call, wait, timeout):
    serve()
    call(f"""
        import asyncio
        for waiting in (
            lambda: g.{wait}("nobody", timeout={timeout}),
            lambda: asyncio.run(g.{wait}_async("nobody", timeout={timeout})),
        ):
            with raises(GlobalContextError) as caught:
                waiting()
            assert f"not a duration: {{{timeout}!r}}" in str(caught.error), caught.error
        g.stop()
    """)


@pytest.mark.parametrize("name", ["5", "None", "b'provider'", "''", "'\\ud800'", "'x' * 300"])
@pytest.mark.parametrize("wait", ["wait_process", "wait_function"])
def test_a_wait_for_what_is_no_name_is_refused(serve, call, wait, name):
    serve()
    call(f"""
        with raises(GlobalContextError) as caught:
            g.{wait}({name})
        assert repr({name})[:40] in str(caught.error), caught.error
        g.stop()
    """)


def test_a_wait_for_the_own_name_is_refused_at_once(serve, call):
    serve()
    call(PROGRAMS / "a_wait_for_the_own_name_is_refused_at_once.py")


def test_a_process_that_names_itself_for_another_is_told_so(serve, call):
    # It was told to wait for itself, or that there was no such task or process.
    serve()
    call(PROGRAMS / "a_process_that_names_itself_for_another_is_told_so.py")
