"""Runs a call on the event loop of the process, and answers its caller."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

from daffi._loops.context import running
from daffi._loops.draining import drain
from daffi._loops.loop_thread import came_back

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from daffi._loops.context import PreparedCall


async def answer(call: PreparedCall) -> None:
    """Run a call and answer its caller."""
    function, args, kwargs, _, responder = call
    if not responder.begin():
        return
    running.set(responder)
    try:
        value: Any = function(*args, **kwargs)
        # Calling an async generator function gives what is to be iterated.
        kind: Any = type(value)  # pyright: ignore[reportUnknownVariableType] - of anything
        if kind is not types.AsyncGeneratorType:
            value = await value
        if not responder.wants_value:
            await drain(value)
        # In a list, from which it is popped: a value without another reference is lent and not copied.
        given = [value]
        del value
    except BaseException as error:  # noqa: BLE001 - whatever it is, the caller gets it; SystemExit must not end the loop
        came_back(error)
        responder.fail(error)
    else:
        came_back()
        responder.reply(given.pop())


async def finish(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine gives that a callback made without being `async def`. Called by the seam."""
    return await coroutine
