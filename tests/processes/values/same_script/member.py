"""What every process of these tests runs, as README says that all may; what it does is said to it."""

import dataclasses
import enum
import json
import multiprocessing
import sys

from place import meet, meet_provider, raises, spelled, stay

from daffi import FG, Global, callback_and_fetcher


class Color(enum.Enum):
    RED = 1
    BLUE = 2


class Prio(enum.IntEnum):
    LOW = 1


@dataclasses.dataclass
class Point:
    x: int
    y: int

    def doubled(self):
        return Point(2 * self.x, 2 * self.y)


class Outer:
    class Inner:
        pass


class Plain(Exception):
    pass


class Base(Plain):
    code = 1


class OwnError(Exception):
    pass


class DerivedError(Base):
    pass


@callback_and_fetcher(FG)
def check(color, point, prio, inner, kind):
    return (
        color is Color.RED,
        {Color.RED: 1}.get(color),
        type(point) is Point,
        point == Point(1, 2),
        type(prio) is Prio,
        type(inner) is Outer.Inner,
        kind is Point,
        point.doubled() == Point(2, 4),
    )


@callback_and_fetcher(FG)
def give():
    return Color.RED, Point(1, 2), Outer.Inner(), Point


@callback_and_fetcher(FG)
def fail():
    raise OwnError("x")


@callback_and_fetcher(FG)
def fail_derived():
    raise DerivedError("x")


@callback_and_fetcher(FG)
def modules():
    return [name for name in sys.modules if name.endswith("member")]


def ask():
    """Every class is the one of the other side."""
    assert check(Color.RED, Point(1, 2), Prio.LOW, Outer.Inner(), Point) == (True, 1, *[True] * 6)
    color, point, inner, kind = give()
    assert color is Color.RED and point == Point(1, 2)
    assert type(inner) is Outer.Inner and kind is Point
    with raises(OwnError):
        fail()


def ask_another_script():
    """No class is the one of the other side."""
    color, point, _, _ = give()
    assert color is not Color.RED and color.name == "RED"
    assert type(point) is not Point and point.x == 1
    answers = check(Color.RED, Point(1, 2), Prio.LOW, Outer.Inner(), Point)
    assert answers[:4] == (False, None, False, False)
    assert error_of(fail, not_of=OwnError).remote_type == "__main__.OwnError"


def ask_with_another_point():
    """The class of the points is not the one of the other side."""
    color, point, inner, _ = give()
    assert color is Color.RED and type(inner) is Outer.Inner
    assert type(point) is not Point and (point.x, point.y) == (1, 2) and not hasattr(point, "z")


def ask_with_another_error():
    """The class of the error is not the one of the other side, where it was no LookupError."""
    error = error_of(fail, not_of=OwnError)
    assert error.remote_type == "__main__.OwnError" and not isinstance(error, LookupError)


def ask_with_another_base():
    """The base of the class of the error is not the one of the other side, and that one's base is."""
    error = error_of(fail_derived, not_of=Base)
    assert isinstance(error, Plain) and error.remote_type == "__main__.DerivedError"


def error_of(call, not_of):
    try:
        call()
    except not_of:
        raise AssertionError("it is of another script") from None
    except Exception as error:
        return error
    raise AssertionError("nothing raised")


def child(place, asked):
    with Global(process_name="child", **place) as g:
        g.wait_process("provider")
        ask()
        asked.set()
        g.join()


def parent(there, method):
    """Starts a process of this script, which asks it and is asked."""
    g = meet(process_name="provider")
    if g.port is not None:
        there["port"] = g.port
    context = multiprocessing.get_context(method)
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


def main(role, *arguments):
    if role == "server":
        stay(meet(process_name="provider"))
    elif role == "parent":
        parent(json.loads(arguments[0]), arguments[1])
    else:
        g = meet_provider()
        globals()[role]()
        if arguments:
            assert modules() in spelled(arguments[0]), modules()
        g.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
