"""Subinterpreters: refused with a sentence, and no harm to the main interpreter."""

import pytest

RUN = """
import sys
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

def attempt():
    interpreter = interpreters.create()
    interpreters.run_string(interpreter, '''
import sys
sys.path[:0] = {path}
try:
    import daffi
except ImportError as error:
    print(error, flush=True)
else:
    print("imported", flush=True)
'''.replace("{path}", repr(sys.path)))
    interpreters.destroy(interpreter)
"""

ORDERS = {
    "alone": "attempt()",
    "first": "attempt(); from daffi import Global; Global(init_controller=True).stop()",
    "second": "from daffi import Global; g = Global(init_controller=True); attempt(); g.stop()",
    "again": "attempt(); attempt()",
}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_an_import_in_a_subinterpreter_is_refused_and_the_process_ends(run, order):
    script = run(RUN + order)
    assert script.wait_end() == 0, script.output
    assert "daffi cannot be imported in a subinterpreter" in script.output
    assert "hint: import it in the main interpreter" in script.output
    assert "imported\n" not in script.output + "\n"
