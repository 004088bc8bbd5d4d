"""Whether the value of a blocking method is awaited where it is called: what the code of the caller does with it."""

import asyncio
import inspect

import pytest

from daffi._aio.is_awaited import is_awaited


class Waiting:
    """Has a method as `g.wait_process` is one."""

    def wait(self, *_args, **_limit):
        if is_awaited():
            return self.awaited()
        return None

    async def awaited(self):
        return "awaited"


g = Waiting()
names = ["a", "b"]
limit = {"timeout": 5}


def taken(*values, **named):
    return [*values, *named.values()]


def first(values, *_others):
    return list(values)


HANDED_ON = {
    "alone": lambda: taken(g.wait("a")),
    "with a limit": lambda: taken(g.wait("a", timeout=limit["timeout"])),
    "with named arguments": lambda: taken(g.wait("a", **limit)),
    "by name": lambda: taken(value=g.wait("a")),
    "first of two": lambda: taken(g.wait("a"), g.wait("b")),
    "before others": lambda: taken(g.wait("a"), *[]),
    "before other names": lambda: first(
        [g.wait("a")], limit["timeout"] + 1, len(names), -len(names)
    ),
    "before a method": lambda: first([g.wait("a")], "x".join(names), names[0].upper()),
    "in a list": lambda: taken(*[g.wait("a"), g.wait("b")]),
    "in a tuple": lambda: first((g.wait("a"), g.wait("b"))),
    "in a set": lambda: first({g.wait("a"), g.wait("b")}),
    "in a list of all": lambda: taken(*[g.wait(name) for name in names]),
    "one after the other": lambda: taken(*(g.wait(name) for name in names)),
}


@pytest.mark.parametrize("way", HANDED_ON)
def test_what_is_handed_to_a_function_is_to_be_awaited_in_an_event_loop(way):
    async def main():
        values = HANDED_ON[way]()
        handed_on = [value for value in values if inspect.iscoroutine(value)]
        assert await asyncio.gather(*handed_on) == ["awaited"] * len(handed_on)
        return bool(handed_on)

    assert asyncio.run(main())
    # Elsewhere nothing awaits it.
    assert not any(map(inspect.iscoroutine, HANDED_ON[way]()))


def test_what_is_awaited_at_once_is_awaited():
    async def main():
        assert await g.wait("a") == "awaited"
        assert await g.wait("a", timeout=limit["timeout"]) == "awaited"
        assert [await g.wait(name) for name in names] == ["awaited", "awaited"]

    asyncio.run(main())


def test_what_is_kept_compared_or_left_is_not():
    async def main():
        g.wait("a")
        kept = g.wait("a")
        assert kept is None
        assert g.wait("a") is None
        assert not g.wait("a")
        assert g.wait("a") == kept
        assert (g.wait("a") or "done") == "done"
        assert f"{g.wait('a')}" == "None"
        named = walrus if (walrus := g.wait("a")) else "left"
        assert named == "left"
        if g.wait("a") != None:  # noqa: E711 - how it is compared
            raise AssertionError
        return g.wait("a")

    assert asyncio.run(main()) is None
