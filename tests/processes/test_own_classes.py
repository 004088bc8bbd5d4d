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
