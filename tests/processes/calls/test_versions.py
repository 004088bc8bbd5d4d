"""Two processes that offer one name with different parameters, as while a new version is rolled out."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


OLD = """
    from place import meet, stay
    from daffi import callback

    @callback
    def price(item):
        return "old"

    g = meet(process_name="provider")
    stay(g)
"""
NEW = """
    from place import meet
    from daffi import callback

    @callback
    def price(item, currency, rounded):
        return "new"

    g = meet(process_name="newer")
    print("up", flush=True)
    g.join()
"""


@pytest.fixture
def both(serve, join):
    """Both versions at one place."""
    serve(OLD)
    join(NEW, name="newer").wait_for("^up$")


def test_a_call_goes_to_who_takes_its_arguments(both, call):
    call(PROGRAMS / "a_call_goes_to_who_takes_its_arguments.py")


def test_arguments_that_fit_nobody_name_a_process_and_its_signature(both, call):
    call(PROGRAMS / "arguments_that_fit_nobody_name_a_process_and_its_signature.py")
