"""A child of `multiprocessing` that is forked in a callback ends with the exit code of its own function."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


ENDINGS = {"returns": 0, "exits": 3, "raises": 1}
PROVIDER = PROGRAMS / "provider.py"


@pytest.mark.parametrize("kind", ["sync", "in_loop"])
def test_its_exit_code_is_that_of_its_function(serve, call, kind):
    server = serve(PROVIDER)
    call(f"""
        for name, code in {ENDINGS}.items():
            assert g.call.{kind}(name).fg(timeout=30) == code, name
        g.stop()
    """)
    assert "AssertionError" not in server.output, server.output
    assert "LookupError: raised in the child" in server.output
