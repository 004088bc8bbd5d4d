"""Runs generators to their end where nobody iterates them, as the caller wants no value."""

from __future__ import annotations

import contextlib
import contextvars
import threading
import types
from typing import TYPE_CHECKING, Any

from daffi._aio.waiting import in_thread
from daffi._loops.context import await_in, running

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


async def drain(value: Any) -> None:
    """Run a generator, sync or async, to its end; what is none is left alone."""
    kind: Any = type(value)  # pyright: ignore[reportUnknownVariableType] - of anything
    if kind is types.AsyncGeneratorType:
        async with contextlib.aclosing(value):
            async for _ in value:
                pass
    elif kind is types.GeneratorType:
        is_unwanted = threading.Event()
        # What it runs as goes with it, so that it can ask whether it is cancelled.
        context = contextvars.copy_context()
        try:
            await in_thread(lambda: context.run(_drain, value, is_unwanted))
        finally:
            is_unwanted.set()


def _drain(generator: Generator[Any, Any, Any], is_unwanted: threading.Event) -> None:
    with contextlib.closing(generator):
        for _ in generator:
            if is_unwanted.is_set():
                return


async def run_items(
    function: Callable[..., Any],
    items: list[tuple[tuple[Any, ...], dict[str, Any], contextvars.Context]],
    begun: tuple[object, contextvars.Context] | None = None,
) -> None:
    """Run a callback once for each item of a stream, one after the other. Called by the seam, on the callback loop.

    Each item has the context variables that are to be seen by it alone. `begun` is what the callback gave for the item
    before them, if that is not over, and its variables.
    """
    responder = running.get()
    if begun is not None:
        value, context = begun
        context.run(running.set, responder)
        await await_in(context, _finish(value))
    for args, kwargs, context in items:
        context.run(running.set, responder)
        await await_in(context, _run(function, args, kwargs))


async def _run(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    await _finish(function(*args, **kwargs))


async def _finish(value: Any) -> None:
    await drain(await value if type(value) is types.CoroutineType else value)
