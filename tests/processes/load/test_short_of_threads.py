"""Calls that need a thread after they were taken: delayed ones, those that waited for their turn, scheduled runs."""

import pytest
from script import programs

PROGRAMS = programs(__file__)

LATER = ["delayed", "in turn", "delayed, in turn"]


@pytest.mark.parametrize("later", LATER)
def test_a_call_that_comes_to_need_a_thread_is_refused_as_any_other_is(serve, call, later):
    # It was handed in to the serving threads and waited there for ever, with its place at its callback.
    serve(PROGRAMS / "provider.py")
    call(PROGRAMS / "a_call_that_comes_to_need_a_thread_is_refused_as_any_other_is.py", later)


def test_a_scheduled_run_that_finds_no_thread_is_left_out_and_told_of_at_both_ends(serve, call):
    provider = serve(PROGRAMS / "provider.py")
    call(PROGRAMS / "a_scheduled_run_that_finds_no_thread_is_left_out_and_told_of_at_both_ends.py")
    provider.wait_for("^log ERROR a scheduled run of tick failed.*none became free")
    provider.wait_for("^tick$")
