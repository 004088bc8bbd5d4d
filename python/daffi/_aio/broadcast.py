"""`BROADCAST` that is awaited: the results of all its calls as one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from daffi._daffi import AsyncResult

if TYPE_CHECKING:
    from collections.abc import Sequence


def gathered(name: str, results: Sequence[tuple[str, AsyncResult[Any]]]) -> AsyncResult[Any]:
    """`{node: value}` to come, where a node's failure is its value. Called by the seam.

    Cancelled, it cancels them all.
    """
    whole, settle = AsyncResult.promise(name)
    left = len(results)
    lock = threading.Lock()

    def one_ended(_: AsyncResult[Any]) -> None:
        nonlocal left
        with lock:
            left -= 1
            is_last = left == 0
        if is_last:
            settle({node: _value(result) for node, result in results}, None)

    def whole_ended(_: AsyncResult[Any]) -> None:
        for _node, result in results:
            result.cancel()

    for _node, result in results:
        result.when_done(one_ended)
    whole.when_done(whole_ended)
    return whole


def _value(result: AsyncResult[Any]) -> Any:
    error = result.error
    return result.get() if error is None else error
