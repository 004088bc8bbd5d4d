"""Classes of the started script: where another process has them, they arrive as what they are there."""

import pytest

# Both processes run it, as README says that all may.
MEMBER = """
import dataclasses, enum, os, sys
from place import meet, raises, stay
from daffi import FG, callback_and_fetcher

class Color(enum.Enum): RED = 1; BLUE = 2
class Prio(enum.IntEnum): LOW = 1

@dataclasses.dataclass
class Point:
    x: int
    y: int
    def doubled(self): return Point(2 * self.x, 2 * self.y)

class Outer:
    class Inner: pass

class OwnError(Exception): pass

@callback_and_fetcher(FG)
def check(color, point, prio, inner, kind):
    return (color is Color.RED, {Color.RED: 1}.get(color), type(point) is Point, point == Point(1, 2),
            type(prio) is Prio, type(inner) is Outer.Inner, kind is Point, point.doubled() == Point(2, 4))

@callback_and_fetcher(FG)
def give(): return Color.RED, Point(1, 2), Outer.Inner(), Point

@callback_and_fetcher(FG)
def fail(): raise OwnError("x")

@callback_and_fetcher(FG)
def modules(): return [name for name in sys.modules if name.endswith("member")]

def ask():
    assert check(Color.RED, Point(1, 2), Prio.LOW, Outer.Inner(), Point) == (True, 1, *[True] * 6)
    color, point, inner, kind = give()
    assert color is Color.RED and point == Point(1, 2) and type(inner) is Outer.Inner and kind is Point
    with raises(OwnError):
        fail()
"""

MAIN = """
if __name__ == "__main__":
    if sys.argv[1:] == ["server"]:
        stay(meet(process_name="provider"))
    else:
        g = meet(process_name="caller")
        g.wait_process("provider", timeout=10)
        ask()
        assert modules() in ([], ["pkg.member"]), modules()
        g.stop()
"""


@pytest.fixture
def member(folder):
    """The file of the script that both processes run."""
    path = folder / "member.py"
    path.write_text(MEMBER + MAIN)
    return path


def ended_well(script):
    assert script.wait_end() == 0, script.output


def test_two_processes_of_one_script_have_the_same_classes(member, serve, join):
    # Each got copies of the other's classes: nothing was equal to anything.
    serve(member, "server")
    ended_well(join(member, "client"))


def test_a_script_that_was_started_as_a_module_is_the_same_script(folder, serve, join):
    package = folder / "pkg"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "member.py").write_text(MEMBER + MAIN)
    start = (
        "import os, sys; os.execv(sys.executable, [sys.executable, '-u', '-m', 'pkg.member', {!r}])"
    )
    serve(start.format("server"))
    ended_well(join(start.format("client")))


@pytest.mark.parametrize("module", ["member", "pkg.member"])
@pytest.mark.parametrize("imported_by", ["server", "client"])
def test_a_script_that_the_other_side_has_imported_is_not_imported_again(
    imported_by, module, folder, serve, join
):
    (folder / "pkg").mkdir()
    path = folder / (module.replace(".", "/") + ".py")
    # Its package, too, is where scripts find it.
    loaded = repr([module]) if imported_by == "server" else "[]"
    start = f"import sys\nsys.path.insert(0, {str(folder)!r})\n"
    path.write_text(start + MEMBER + MAIN.replace('([], ["pkg.member"])', f"({loaded},)"))
    importing = {
        "server": f"import {module}\nfrom place import meet, stay\nstay(meet(process_name='provider'))\n",
        "client": f"import {module} as member\nfrom place import meet\ng = meet(process_name='caller')\n"
        "g.wait_process('provider', timeout=10)\nmember.ask()\nassert member.modules() == []\ng.stop()\n",
    }
    serve(start + importing["server"] if imported_by == "server" else path, "server")
    ended_well(join(start + importing["client"] if imported_by == "client" else path, "client"))


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_spawned_child_and_its_parent_have_the_same_classes(method, folder, run, place):
    script = run(
        MEMBER
        + f"""
import multiprocessing, threading

def child(place, asked):
    os.environ["DAFFI_TEST_PLACE"] = place
    from daffi import Global
    import json
    with Global(process_name="child", **json.loads(place)) as g:
        g.wait_process("provider")
        ask()
        asked.set()
        g.join()

if __name__ == "__main__":
    g = meet(process_name="provider")
    import json
    there = {place.there!r}
    there = json.dumps(there if g.port is None else {{**there, "port": g.port}})
    context = multiprocessing.get_context({method!r})
    asked = context.Event()
    process = context.Process(target=child, args=[there, asked])
    process.start()
    g.wait_function("check", timeout=20)
    ask()
    assert asked.wait(20)
    g.kill_all()
    process.join(20)
    assert process.exitcode == 0
    g.stop()
""",
        name="member",
        settings=place.here,
    )
    ended_well(script)


def test_the_classes_of_another_script_are_never_taken_for_ones_own(folder, member, serve, join):
    serve(member, "server")
    ended_well(
        join(
            MEMBER
            + """
g = meet(process_name="caller")
g.wait_process("provider", timeout=10)
color, point, inner, kind = give()
assert color is not Color.RED and color.name == "RED" and type(point) is not Point and point.x == 1
assert check(Color.RED, Point(1, 2), Prio.LOW, Outer.Inner(), Point)[:4] == (False, None, False, False)
try:
    fail()
except OwnError:
    raise AssertionError("it is of another script")
except Exception as error:
    assert error.remote_type == "__main__.OwnError"
g.stop()
""",
            name="other",
        )
    )


def test_a_class_that_was_edited_meanwhile_is_another_one_and_the_rest_the_same(
    member, serve, join
):
    serve(member, "server")
    text = member.read_text().replace("    y: int\n", "    y: int\n    z: int = 0\n")
    text = text.replace(
        "        ask()\n",
        """
        color, point, inner, kind = give()
        assert color is Color.RED and type(inner) is Outer.Inner
        assert type(point) is not Point and (point.x, point.y) == (1, 2) and not hasattr(point, "z")
""",
    )
    member.write_text(text)
    ended_well(join(member, "client"))


def test_an_exception_that_was_edited_meanwhile_is_caught_as_the_base_that_was_not(
    member, serve, join
):
    # It was taken by its name alone, and had none of the attributes that its class has here.
    serve(member, "server")
    text = member.read_text().replace(
        "class OwnError(Exception): pass",
        "class OwnError(LookupError): code = property(lambda self: self.args[1])",
    )
    text = text.replace(
        "        ask()\n",
        """
        try:
            fail()
        except OwnError:
            raise AssertionError("it has no code")
        except Exception as error:
            assert error.remote_type == "__main__.OwnError" and not isinstance(error, LookupError)
""",
    )
    member.write_text(text)
    ended_well(join(member, "client"))


def test_an_exception_is_another_one_where_its_base_was_edited(member, serve, join):
    text = member.read_text().replace(
        "class OwnError(Exception): pass",
        "class Plain(Exception): pass\nclass Base(Plain): code = 1\nclass OwnError(Base): pass",
    )
    member.write_text(text)
    serve(member, "server")
    text = text.replace("code = 1", "number = 1").replace(
        "        ask()\n",
        """
        try:
            fail()
        except Base:
            raise AssertionError("it has no number")
        except Plain as error:
            assert error.remote_type == "__main__.OwnError"
""",
    )
    member.write_text(text)
    ended_well(join(member, "client"))
