"""Classes that only the caller's script defines: their instances go and come back."""


def test_a_class_with_slots_that_travels_by_value_keeps_them(serve, call):
    # It arrived without slots, and its instances could not come back.
    serve("""
        from place import meet, stay
        from daffi import callback

        @callback
        def echo(value):
            return value

        @callback
        def has_dict(value):
            return hasattr(value, "__dict__")

        stay(meet(process_name="provider"))
    """)
    call("""
        from dataclasses import dataclass

        @dataclass(slots=True)
        class Point:
            x: int
            y: int = 2

        @dataclass(slots=True, frozen=True)
        class Fixed:
            x: int

        class Slots:
            __slots__ = ("a", "__private")
            def __init__(self, a):
                self.a, self.__private = a, -a
            def private(self):
                return self.__private

        class One:
            __slots__ = "only"

        class Child(Slots):
            __slots__ = {"b": "with documentation"}

        class Open(Slots):
            pass

        class Weak:
            __slots__ = ("a", "__weakref__", "__dict__")

        import enum
        from typing import NamedTuple

        class Colour(str, enum.Enum):
            __slots__ = ()
            RED = "red"

        class Pair(NamedTuple):
            first: int
            second: int

        class Refused(Exception):
            def __init__(self, *, code):
                super().__init__(f"code {code}")
                self.code = code

        one, child, opened, weak = One(), Child(1), Open(3), Weak()
        one.only, child.b, opened.c, weak.a, weak.d = 5, 2, 4, 6, 7
        for value, has in ((Point(1), False), (Fixed(1), False), (Slots(1), False), (one, False),
                           (child, False), (opened, True), (weak, True)):
            assert (g.call.has_dict(value) & FG) is has, value
        assert (g.call.echo([Point(1), Fixed(3)]) & FG) == [Point(1), Fixed(3)]
        came = g.call.echo([Slots(1), one, child, opened, weak]) & FG
        assert (came[0].a, came[0].private(), came[1].only) == (1, -1, 5)
        assert (came[2].a, came[2].b, came[2].private()) == (1, 2, -1)
        assert (came[3].a, came[3].c, came[4].a, came[4].d) == (3, 4, 6, 7)
        assert (g.call.echo([Colour.RED, Pair(1, 2)]) & FG) == [Colour.RED, Pair(1, 2)]
        assert type(g.call.echo(Pair(1, 2)) & FG) is Pair
        error = g.call.echo(Refused(code=5)) & FG
        assert (type(error), str(error), error.code) == (Refused, "code 5", 5)
        g.stop()
    """)


def test_a_typed_dict_of_every_form_travels(serve, call):
    # One that was derived, or made by a call, could not be made again, and no function that was annotated with it came.
    serve("""
        from place import meet, stay
        from daffi import callback

        @callback
        def told(kind):
            return (kind.__total__, kind.__required_keys__, kind.__optional_keys__, kind.__module__,
                    kind.__qualname__, kind.__doc__, sorted(kind.__annotations__), kind(a=1))

        @callback
        def echo(value):
            return value

        stay(meet(process_name="provider"))
    """)
    call("""
        import typing, typing_extensions

        def told(kind):
            return (kind.__total__, kind.__required_keys__, kind.__optional_keys__, kind.__module__,
                    kind.__qualname__, kind.__doc__, sorted(kind.__annotations__), kind(a=1))

        T = typing.TypeVar("T")
        class Row(typing.TypedDict):
            a: int
        class Sub(Row, total=False):
            "Documented."
            b: "Sub"
        class Pair(typing.TypedDict, typing.Generic[T]):
            a: T
        class Ints(Pair[int]):
            b: int
        class Extended(typing_extensions.TypedDict):
            a: typing_extensions.Required[int]
        class Further(Extended):
            b: typing_extensions.NotRequired[int]
        Called = typing.TypedDict("Called", {"a": int, "not a name": str}, total=False)

        for kind in (Row, Sub, Pair, Ints, Extended, Further, Called):
            assert g.call.told(kind) & FG == told(kind), kind
            assert g.call.echo(kind) & FG is kind

        def total(row: Sub, other: Called) -> Pair[int]: return row["a"] + other["a"]
        assert g.transfer_and_call("provider", total, {"a": 4}, {"a": 5}) == 9
        g.stop()
    """)


ECHO = """
    from place import meet, stay
    from daffi import callback

    @callback
    def echo(value):
        return value

    @callback
    def look(function, value):
        return function(value)

    @callback
    def patch(value):
        type(value).count = 99
        type(value).method = lambda self: "theirs"
        return value

    stay(meet(process_name="provider"))
"""


def test_a_class_that_comes_back_keeps_what_it_has_become_meanwhile(serve, call):
    # It was set back to what it was when it left, methods and all, or to what the other process had made of it.
    serve(ECHO)
    call("""
        class Job:
            count = 0
            made = []
            def method(self):
                return "ours"

        registry = Job.made
        result = g.call.echo(Job()) & BG
        Job.count = 5
        assert type(result.get()) is Job
        assert Job.count == 5
        assert Job.made is registry
        assert type(g.call.patch(Job()) & FG) is Job
        assert (Job.count, Job().method()) == (5, "ours")
        # What it has become here is told there with every value of it.
        Job.count, Job.later = 6, 7
        assert (g.call.look(lambda job: (type(job).count, type(job).later), Job()) & FG) == (6, 7)
        g.stop()
    """)


def test_an_enum_that_travels_by_value_keeps_aliases_and_what_its_constructor_set(serve, call):
    # Aliases were no members there, and what `__init__` had set was gone without a word.
    serve(ECHO)
    call("""
        import enum, functools, threading

        class Planet(enum.Enum):
            EARTH = (1, 2)
            MARS = (3, 4)
            HOME = (1, 2)
            def __init__(self, mass, radius):
                self.mass, self.radius = mass, radius

        class Rights(enum.Flag):
            READ = 1
            WRITE = 2
            BOTH = 3

        class Lazy(enum.Enum):
            ONE = 1
            @functools.cached_property
            def lock(self):
                return threading.Lock()

        assert Lazy.ONE.lock is Lazy.ONE.lock
        assert (g.call.look(lambda lazy: lazy.lock.locked(), Lazy.ONE) & FG) is False

        def tell(planet):
            return planet.mass, planet.radius, list(type(planet).__members__), type(planet).HOME.name

        assert (g.call.look(tell, Planet.MARS) & FG) == (3, 4, ["EARTH", "MARS", "HOME"], "EARTH")
        assert (g.call.echo([Planet.HOME, Planet.MARS]) & FG) == [Planet.EARTH, Planet.MARS]
        assert (g.call.look(lambda flag: flag is type(flag).BOTH, Rights.BOTH) & FG) is True
        assert (g.call.echo(Rights.BOTH) & FG) is Rights.BOTH
        g.stop()
    """)


def test_a_class_with_a_cached_property_travels_by_value(serve, call):
    # In Python 3.11 such a property has a lock.
    serve(ECHO)
    call("""
        from functools import cached_property

        class Circle:
            def __init__(self, radius):
                self.radius = radius
            @cached_property
            def area(self):
                return 3 * self.radius ** 2

        assert (g.call.look(lambda circle: (circle.area, circle.area), Circle(2)) & FG) == (12, 12)
        assert (g.call.echo(Circle(2)) & FG).area == 12
        g.stop()
    """)
