"""The unpickler: finds what a pickle names, and changes nothing of what this process offers."""

from __future__ import annotations

import contextlib
import functools
import pickle
from io import BytesIO
from typing import TYPE_CHECKING, Any

from daffi._wire import same_class
from daffi._wire.held_back_imports import reading

if TYPE_CHECKING:
    from collections.abc import Sequence


def load(data: bytes, buffers: Sequence[bytes | bytearray] = ()) -> Any:
    """Undo what `pickler` made. Raises whatever the pickle raises."""
    with reading:
        if same_class.may_name_script(data):
            return _Unpickler(BytesIO(data), buffers=buffers).load()
        return pickle.loads(data, buffers=buffers)  # noqa: S301 - peers are trusted to send pickles


class _Unpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str, /) -> Any:
        script = same_class.script_known_as(module_name)
        if script is not None:
            with contextlib.suppress(AttributeError):
                return functools.reduce(getattr, global_name.split("."), script)
        return super().find_class(module_name, global_name)
