"""Subinterpreters: refused with a sentence, and no harm to the main interpreter."""

import pytest
from script import programs

PROGRAMS = programs(__file__)

ORDERS = ["alone", "first", "second", "again"]


@pytest.mark.parametrize("order", ORDERS)
def test_an_import_in_a_subinterpreter_is_refused_and_the_process_ends(run, order):
    script = run(PROGRAMS / "attempt.py", order)
    assert script.wait_end() == 0, script.output
    assert "daffi cannot be imported in a subinterpreter" in script.output
    assert "hint: import it in the main interpreter" in script.output
    assert "imported\n" not in script.output + "\n"
