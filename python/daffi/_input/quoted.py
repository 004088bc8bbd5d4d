"""Values and errors of the user quoted in errors: of bounded length, whatever their own `repr` and `str` do."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 1000
"""The most characters of a value in an error: ten lines of a terminal, as somebody may give 100 MB of text."""

SHORT: Final = 60
"""The same of a value that is one of several, or a part of one."""

REASON: Final = 300
"""How many characters of somebody else's reason an error shows."""


def quoted(value: object, longest: int = LONGEST) -> str:
    """A text of one line for `value`."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - a broken repr must not hide the error it is told in
        return f"<{type(value).__qualname__}>"
    if len(text) > longest:
        text = f"{text[: longest - 3]}..."
    return " ".join(line.strip() for line in text.splitlines())


def text_of(error: BaseException) -> str:
    """What an exception says, in some hundred characters, whatever its own `str` does."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - as in `quoted`
        text = type(error).__qualname__
    return text if len(text) <= REASON else f"{text[:REASON]}..."
