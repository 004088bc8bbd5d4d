"""`@callback_and_fetcher`: remotely a callback, locally a call to another process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Never

from daffi._api.callback import callback
from daffi._api.fetcher import NAMES, fetcher
from daffi._input.source_location import caller_location
from daffi._input.unknown_names import refuse_unknown

if TYPE_CHECKING:
    # What can be decorated and what comes of it is the same.
    callback_and_fetcher = fetcher
else:

    def callback_and_fetcher(
        exec_modifier: Any = None, *, args_from_body: bool = False, **_unknown: Never
    ) -> Any:
        """Offer a function to other processes, and here let its name stand for theirs: `@fetcher` over `@callback`.

        So every process can run the same script and call the others with it.

        Args:
            exec_modifier: as in `fetcher`.
            args_from_body: as in `fetcher`.

        Raises:
            InitializationError: as `callback` and `fetcher` do.

        Example:
            >>> from daffi import callback_and_fetcher
            >>> @callback_and_fetcher
            ... def whoami() -> str:
            ...     return "me"
            >>> whoami
            <daffi fetcher of "whoami">
        """
        refuse_unknown(_unknown, "@callback_and_fetcher", NAMES, f", {caller_location()}")
        if exec_modifier is None or hasattr(exec_modifier, "_plan"):
            decorate = fetcher(exec_modifier, args_from_body=args_from_body)
            return lambda function: decorate(callback(function))
        return fetcher(callback(exec_modifier))
