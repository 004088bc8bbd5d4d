"""What a type checker knows of a call: `make lint` checks it, nobody runs it.

A line that must be an error carries the ignore for it; a needless ignore is an error, too.
"""

from datetime import UTC, datetime
from typing import assert_type

from daffi import (
    BG,
    FG,
    NO_RETURN,
    PERIOD,
    STREAM,
    AsyncResult,
    Global,
    ScheduledTask,
    __body_unknown__,
    callback,
    fetcher,
)


@fetcher(FG)
def add(a: int, b: int) -> int:
    __body_unknown__(a, b)


@fetcher(exec_modifier=FG(timeout=5))
def join_words(*words: str, between: str = " ") -> str:
    __body_unknown__(*words, between)


@fetcher(BG(eta=1))
def later(a: int) -> float:
    __body_unknown__(a)


@fetcher(NO_RETURN)
def forget(a: int) -> float:
    __body_unknown__(a)


@fetcher(STREAM(timeout=5))
def store(item: int, weight: int) -> float:
    __body_unknown__(item, weight)


@fetcher(PERIOD(interval="5s"))
def regularly(a: int) -> float:
    __body_unknown__(a)


@fetcher
def open_end(a: int) -> bytes:
    __body_unknown__(a)


@fetcher(FG, args_from_body=True)
def scaled(factor: int) -> tuple[int, int]:
    return factor, 2 * factor


@fetcher(BG)
async def later_async(a: int) -> str:
    __body_unknown__(a)


@fetcher
async def open_end_async(a: int) -> str:
    __body_unknown__(a)


@callback
def stays(a: int) -> str:
    return str(a)


def with_a_modifier() -> None:
    """A fetcher keeps the signature of its function, and the modifier decides what it gives."""
    assert_type(add(1, 2), int)
    assert_type(join_words("a", "b", between="-"), str)
    assert_type(later(1), AsyncResult[float])
    assert_type(later(1).get(), float)
    assert_type(forget(1), None)
    assert_type(regularly(1), ScheduledTask)
    assert_type(stays(1), str)
    add(1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    add("1", 2)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    store([(1, 2), (3, 4)])
    store(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def without_a_modifier() -> None:
    """What stands right of the `&` decides."""
    assert_type(open_end(1) & FG, bytes)
    assert_type(open_end(1) & FG(timeout=1), bytes)
    assert_type(open_end(1) & BG, AsyncResult[bytes])
    (open_end & STREAM)([1, 2])
    assert_type(open_end(1) & BG(eta=1), AsyncResult[bytes])
    assert_type(open_end(1) & PERIOD(at_time=[1.5, datetime.now(UTC)]), ScheduledTask)
    assert_type(open_end(1).period(interval=1), ScheduledTask)
    open_end(1) & PERIOD  # type: ignore[operator] # pyright: ignore[reportOperatorIssue]


async def awaited() -> None:
    """A result can be awaited."""
    assert_type(await later(1), float)
    assert_type(await (open_end(1) & BG), bytes)
    assert_type(later_async(1), AsyncResult[str, AsyncResult[str]])
    assert_type(later_async(1).get(), str)
    assert_type(await later_async(1), AsyncResult[str])
    assert_type(await (await later_async(1)), str)
    assert_type(await (open_end_async(1) & FG), str)
    assert_type(await (open_end_async(1) & BG), str)


def by_name(g: Global) -> object:
    """Of a callback by name nothing is known, and everything allowed."""
    return g.call.anything(1, two=2) & FG
