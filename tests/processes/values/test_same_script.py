"""Classes of the started script: where another process has them, they arrive as what they are there."""

import json

import pytest
from script import programs

PROGRAMS = programs(__file__)

MEMBER = PROGRAMS / "member.py"


@pytest.fixture
def member(folder):
    """The file of the script that both processes run."""
    path = folder / "member.py"
    path.write_text(MEMBER.read_text())
    return path


def ended_well(script):
    assert script.wait_end() == 0, script.output


def test_two_processes_of_one_script_have_the_same_classes(member, serve, join):
    # Each got copies of the other's classes: nothing was equal to anything.
    serve(member, "server")
    ended_well(join(member, "ask", "[[]]"))


def test_a_script_that_was_started_as_a_module_is_the_same_script(folder, serve, join):
    package = folder / "pkg"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "member.py").write_text(MEMBER.read_text())
    start = "import os, sys; os.execv(sys.executable, [sys.executable, '-u', '-m', 'pkg.member', *sys.argv[1:]])"
    serve(start, "server")
    ended_well(join(start, "ask", "[[], ['pkg.member']]"))


@pytest.mark.parametrize("module", ["member", "pkg.member"])
@pytest.mark.parametrize("imported_by", ["server", "client"])
def test_a_script_that_the_other_side_has_imported_is_not_imported_again(
    imported_by, module, folder, serve, join
):
    (folder / "pkg").mkdir()
    path = folder / (module.replace(".", "/") + ".py")
    path.write_text(MEMBER.read_text())
    # Its package, too, is where scripts find it.
    start = f"import sys\nsys.path.insert(0, {str(folder)!r})\nimport {module} as member\n"
    if imported_by == "server":
        serve(start + "from place import meet, stay\nstay(meet(process_name='provider'))\n")
        ended_well(join(path, "ask", repr([[module]])))
    else:
        serve(path, "server")
        ended_well(join(start + "member.main('ask', '[[]]')\n"))


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_spawned_child_and_its_parent_have_the_same_classes(method, member, run, place):
    there = json.dumps(place.there)
    script = run(member, "parent", there, method, name="member", settings=place.here)
    ended_well(script)


def test_the_classes_of_another_script_are_never_taken_for_ones_own(folder, member, serve, join):
    serve(member, "server")
    other = folder / "other.py"
    other.write_text(MEMBER.read_text())
    ended_well(join(other, "ask_another_script"))


@pytest.fixture
def edit(member):
    """Put something else into the script; a process that was started has what was there before."""

    def put(old, new):
        text = member.read_text()
        assert text.count(old) == 1
        member.write_text(text.replace(old, new))

    return put


def test_a_class_that_was_edited_meanwhile_is_another_one_and_the_rest_the_same(
    member, edit, serve, join
):
    serve(member, "server")
    edit("    y: int\n", "    y: int\n    z: int = 0\n")
    ended_well(join(member, "ask_with_another_point"))


def test_an_exception_that_was_edited_meanwhile_is_caught_as_the_base_that_was_not(
    member, edit, serve, join
):
    # It was taken by its name alone, and had none of the attributes that its class has here.
    serve(member, "server")
    edit(
        "class OwnError(Exception):\n    pass",
        "class OwnError(LookupError):\n    code = property(lambda self: self.args[1])",
    )
    ended_well(join(member, "ask_with_another_error"))


def test_an_exception_is_another_one_where_its_base_was_edited(member, edit, serve, join):
    serve(member, "server")
    edit("    code = 1\n", "    number = 1\n")
    ended_well(join(member, "ask_with_another_base"))
