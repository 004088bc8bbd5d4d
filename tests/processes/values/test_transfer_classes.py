"""A function of a package that travels with its call: classes that the other side can import are the ones of there."""

import pytest
from script import programs

PROGRAMS = programs(__file__)

HERE = PROGRAMS / "here"
LIBRARY = (HERE / "library.py").read_text()

SERVER = """
import sys
from place import meet, stay
sys.path.insert(0, sys.argv[1])
g = meet(process_name="provider")
stay(g)
"""

CALLER = """
import sys
sys.path.insert(0, sys.argv[1])
import library
from library import Job, Mode
from place import meet, raises

g = meet(process_name="caller")
g.wait_process("provider", timeout=20)

def there(function, *args): return g.transfer_and_call("provider", function, *args)
"""


@pytest.fixture
def transfer(folder, serve, join):
    """Run a caller that has the library, and a provider that has one like this, or none."""

    def start(caller, of_provider=LIBRARY):
        there = folder / "there"
        there.mkdir()
        if of_provider is not None:
            (there / "library.py").write_text(of_provider)
        serve(SERVER, there)
        script = join(CALLER + caller, HERE)
        assert script.wait_end() == 0, script.output

    return start


def test_classes_that_the_other_side_can_import_are_the_ones_of_there(transfer):
    # The function brought copies along: nothing was an instance of them, or equal.
    transfer("""
assert there(library.run, Mode.FAST) == "fast"
assert there(library.is_job, Job(1)) == (True, True)
assert there(library.make) == Job(1) and type(there(library.make)) is Job
assert there(library.make_async) == [Job(1)]
with raises(library.Refused):
    there(library.refuse)
# It was imported for that, and offers nothing there by it.
assert there(library.modules) and g.registered_callbacks["provider"] == []
g.stop()
""")


def test_where_the_other_side_has_no_such_package_they_travel(transfer):
    transfer(
        """
assert there(library.make) == Job(1) and type(there(library.make)) is Job
assert there(library.make_async) == [Job(1)]
assert there(library.modules) is False
g.stop()
""",
        of_provider=None,
    )


def test_where_the_other_side_has_another_version_of_a_class_it_travels(transfer):
    older = LIBRARY.replace("    n: int\n", "    name: str\n")
    assert older != LIBRARY
    transfer(
        """
assert there(library.make) == Job(1) and type(there(library.make)) is Job
assert there(library.run, Mode.FAST) == "fast"
g.stop()
""",
        of_provider=older,
    )
