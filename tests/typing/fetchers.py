"""What a type checker knows of a call: `make lint` checks it, nobody runs it.

A line that must be an error carries the ignore for it; a needless ignore is an error, too.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Generator, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, assert_type

from daffi import (
    BG,
    BROADCAST,
    FG,
    NO_RETURN,
    PERIOD,
    STREAM,
    AsyncResult,
    Global,
    RemoteStream,
    ScheduledTask,
    __body_unknown__,
    callback,
    fetcher,
    get_g,
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


@fetcher(BROADCAST(return_result=True))
def gather(a: int) -> str:
    __body_unknown__(a)


@fetcher(BROADCAST(return_result=True, timeout=5))
async def gather_async(a: int) -> str:
    __body_unknown__(a)


@fetcher(BROADCAST)
def tell(a: int) -> str:
    __body_unknown__(a)


@fetcher(NO_RETURN)
async def forget_async(a: int) -> float:
    __body_unknown__(a)


@fetcher(BROADCAST)
async def tell_async(a: int) -> float:
    __body_unknown__(a)


@fetcher(FG)
def items(upto: int) -> Iterator[int]:
    __body_unknown__(upto)


@fetcher
def open_items(upto: int) -> Generator[int]:
    __body_unknown__(upto)


@fetcher(FG)
def async_items(upto: int) -> AsyncIterator[int]:
    __body_unknown__(upto)


@fetcher(FG)
async def awaited_items(upto: int) -> AsyncIterator[int]:
    __body_unknown__(upto)


@fetcher
async def open_awaited_items(upto: int) -> AsyncIterator[int]:
    __body_unknown__(upto)


@fetcher(BG)
def later_items(upto: int) -> Iterator[int]:
    __body_unknown__(upto)


@fetcher(BG)
async def later_awaited_items(upto: int) -> AsyncIterator[int]:
    __body_unknown__(upto)


@fetcher(BG(return_result=False))
def forget_in_background(a: int) -> str:
    __body_unknown__(a)


@fetcher(FG)
async def add_async(a: int, b: int) -> int:
    __body_unknown__(a, b)


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
    assert_type(open_end(1) & PERIOD(at_time=Decimal(5)), ScheduledTask)
    assert_type(open_end(1).period(interval=1), ScheduledTask)
    open_end(1) & PERIOD  # type: ignore[operator] # pyright: ignore[reportOperatorIssue]


def in_the_background() -> None:
    """A background call without a result gives none."""
    assert_type(open_end(1) & BG(return_result=False), None)
    assert_type(open_end(1) & BG(no_return=True), None)
    assert_type((open_end & BG(return_result=False))(1), None)
    assert_type(forget_in_background(1), None)
    assert_type(open_end(1) & BG(None, 1), AsyncResult[bytes])
    wanted = bool(later(1))
    assert_type(open_end(1) & BG(return_result=wanted), AsyncResult[bytes] | None)


def to_all() -> None:
    """A broadcast gives what each process answered, where that is wanted."""
    assert_type(gather(1), dict[str, str | BaseException])
    assert_type(tell(1), None)
    assert_type(open_end(1) & BROADCAST(return_result=True), dict[str, bytes | BaseException])
    assert_type(open_end(1) & BROADCAST, None)
    assert_type(open_end(1) & BROADCAST(eta=5), None)
    assert_type(open_end(1).broadcast(return_result=True), dict[str, bytes | BaseException])
    assert_type((open_end & BROADCAST(return_result=True))(1), dict[str, bytes | BaseException])


async def to_all_or_not(g: Global, wanted: bool) -> None:
    """Where a variable says whether values are wanted, both may come; of `async def` fetchers, to be awaited."""
    asked, asked_async = BROADCAST(return_result=wanted), BG(return_result=wanted)
    assert_type(open_end(1) & asked, dict[str, bytes | BaseException] | None)
    assert_type(
        open_end(1).broadcast(return_result=wanted), dict[str, bytes | BaseException] | None
    )
    # They were the same as of a `def`.
    assert_type(await (open_end_async(1) & asked), dict[str, str | BaseException] | None)
    assert_type(await (open_end_async & asked)(1), dict[str, str | BaseException] | None)
    assert_type(
        await open_end_async(1).broadcast(return_result=wanted),
        dict[str, str | BaseException] | None,
    )
    assert_type(await fetcher(asked)(open_async_body)(1), dict[str, str | BaseException] | None)
    # These were said to give values, perhaps.
    assert_type(open_end(1).broadcast(), None)
    await open_end_async(1).broadcast(eta=5)
    assert_type(g.call.add(1).broadcast(), None)
    assert_type(await (g.call.add(1) & asked), Any)
    # This was an error.
    assert_type(fetcher(asked_async)(stays)(1), AsyncResult[str] | None)


async def open_async_body(a: int) -> str:
    """What is decorated above."""
    __body_unknown__(a)


def generators() -> None:
    """A generator gives what iterates it, and closes it."""
    with items(5) as remote:
        assert_type(remote, RemoteStream[int])
        for item in remote:
            assert_type(item, int)
    items(5).close()
    assert_type(open_items(5) & FG, RemoteStream[int])
    assert_type((open_items & FG)(5), RemoteStream[int])
    assert_type(open_items(5).fg(), RemoteStream[int])
    assert_type(open_items(5) & BG, AsyncResult[RemoteStream[int]])
    assert_type((open_items & BG)(5).get(), RemoteStream[int])
    assert_type(open_items(5).bg(timeout=1).get(), RemoteStream[int])
    assert_type(later_items(5).get(), RemoteStream[int])


async def async_generators() -> None:
    """The same with `async for`."""
    assert_type(await awaited_items(5), RemoteStream[int])
    assert_type(await (open_awaited_items(5) & FG), RemoteStream[int])
    assert_type(await (open_awaited_items & FG)(5), RemoteStream[int])
    assert_type(await open_awaited_items(5).fg(), RemoteStream[int])
    assert_type(await (open_awaited_items(5) & BG), RemoteStream[int])
    assert_type(await (await later_awaited_items(5)), RemoteStream[int])
    async for item in awaited_items(5):
        assert_type(item, int)
    async for item in open_awaited_items(5) & FG:
        assert_type(item, int)
    async with await awaited_items(5) as remote:
        async for item in remote:
            assert_type(item, int)
    async with async_items(5) as remote:
        async for item in remote:
            assert_type(item, int)


def mistakes() -> None:
    """What a type checker can tell."""
    PERIOD()  # type: ignore[call-overload] # pyright: ignore[reportCallIssue]
    PERIOD(at_time=1.5, interval=5)  # type: ignore[call-overload] # pyright: ignore[reportCallIssue]
    get_g().call(1)  # type: ignore[operator] # pyright: ignore[reportCallIssue]
    get_g().call & FG  # type: ignore[operator] # pyright: ignore[reportOperatorIssue]
    open_end(1) + b""  # type: ignore[operator] # pyright: ignore[reportOperatorIssue]
    open_end(1).get()  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


async def awaited() -> None:
    """A result can be awaited."""
    assert_type(await later(1), float)
    assert_type(await (open_end(1) & BG), bytes)
    assert_type(later_async(1), AsyncResult[str, AsyncResult[str]])
    assert_type(later_async(1).get(), str)
    assert_type(await later_async(1), AsyncResult[str])
    assert_type(await (await later_async(1)), str)
    assert_type(add_async(1, 2), Awaitable[int])
    assert_type(await add_async(1, 2), int)
    await asyncio.create_task(add_async(1, 2))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert_type(await asyncio.gather(add_async(1, 2), later(1)), tuple[int, float])
    assert_type(await asyncio.wait_for(add_async(1, 2), 5), int)
    assert_type(await (open_end_async(1) & FG), str)
    assert_type(await (open_end_async & FG)(1), str)
    assert_type(await open_end_async(1).fg(), str)
    assert_type(await (open_end_async(1) & BG), str)
    assert_type(await open_end_async(1).bg(), str)
    assert_type((open_end_async & BG)(1).get(), str)
    assert_type(await (await (open_end_async & BG)(1)), str)
    assert_type(
        await open_end_async(1).broadcast(return_result=True), dict[str, str | BaseException]
    )
    # Those without a value need not be awaited.
    forget_async(1)
    assert_type(forget_async(1), Awaitable[None])
    await tell_async(1)
    await (open_end_async(1) & NO_RETURN)
    await (open_end_async & BROADCAST)(1)
    await open_end_async(1).no_return()
    assert_type(await gather_async(1), dict[str, str | BaseException])
    assert_type(
        await (open_end_async(1) & BROADCAST(return_result=True)), dict[str, str | BaseException]
    )


def by_name(g: Global) -> object:
    """Of a callback by name nothing is known, and everything allowed."""
    total: int = g.call.add(1, 2) & FG
    first: str = (g.call.names() & FG(timeout=1))[0]
    assert_type(g.call.add(1, 2) & FG, Any)
    assert_type((g.call.add & FG)(1, 2), Any)
    assert_type(g.call.add(1, 2) & BG, AsyncResult[Any])
    assert_type(g.call.add(1, 2) & BROADCAST(return_result=True), Any)
    assert_type(g.call.add(1, 2) & NO_RETURN, None)
    assert_type(g.call.add(1, 2) & BROADCAST, None)
    assert_type(g.call.add(1, 2).no_return(), None)
    assert_type(g.call.add(1, 2).fg(), Any)
    assert_type(g.call.add(1, 2).bg(), AsyncResult[Any])
    assert_type(g.call.add(1, 2).broadcast(return_result=True), Any)
    for item in g.call.items() & FG:
        print(item, total, first)
    return g.call.anything(1, two=2) & FG


def whole() -> Generator[int]:
    """A generator function."""
    yield 1


def lent(g: Global, a: int) -> str:
    """One that has `g` filled in where it runs."""
    return f"{a} {g.process_name}"


async def waits(a: int) -> bytes:
    """One that is awaited there."""
    return bytes(a)


async def transferred(g: Global) -> None:
    """A function that travels gives what it gives here."""
    assert_type(g.transfer_and_call("w", stays, 1), str)
    assert_type(g.transfer_and_call("w", lent, 1), str)
    assert_type(g.transfer_and_call("w", waits, 1), bytes)
    assert_type(g.transfer_and_call("w", whole), RemoteStream[int])
    assert_type(g.transfer_and_call(remote_process="w", func=waits, a=1), bytes)
    assert_type(await g.transfer_and_call_async("w", waits, 1), bytes)
    assert_type(await g.transfer_and_call_async("w", whole), RemoteStream[int])
    assert_type(await g.transfer_and_call_async(remote_process="w", func=lent, a=1), str)


async def by_name_awaited(g: Global) -> None:
    """The same in an event loop, where calls are awaited."""
    year: int = await (g.call.year() & FG)
    answers: dict[str, int] = await (g.call.year() & BROADCAST(return_result=True))
    async with await (g.call.beats(2) & FG) as beats:
        async for beat in beats:
            print(beat, year, answers)
