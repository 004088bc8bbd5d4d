"""Another thread is importing asyncio or trio: what is half made is not used."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


PLACES = [
    ("asyncio", "asyncio.base_events"),
    ("asyncio", "_asyncio"),
    ("trio", "trio._core"),
    ("trio", "trio._core._run"),
    ("trio", "trio.to_thread"),
]


@pytest.mark.parametrize(("module", "where"), PLACES)
def test_calls_go_on_while_another_thread_imports_it(module, where, serve, call):
    # The names that the half-made module lacks were errors of calls that have nothing to do with it.
    serve()
    call(PROGRAMS / "calls_go_on_while_another_thread_imports_it.py", module, where)
