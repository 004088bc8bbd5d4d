"""Says why a value cannot travel: which part of it, by what path, in a few lines and in a fraction of a second."""

from __future__ import annotations

import contextlib
import sys
import time
from collections import deque
from io import BytesIO
from types import FunctionType, MemberDescriptorType, ModuleType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from daffi._exceptions import DaffiError, SerializationError
from daffi._input.quoted import SHORT, quoted, text_of
from daffi._wire.pickler import Pickler

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SEARCH: Final = 0.2
"""How much processor time the search may take, in seconds: most find their fault in a hundredth of it. The call fails
anyway, of a larger value without the path."""

RECENT: Final = 1000
"""How many of the objects that were pickled last are remembered: the last to which a path leads has the fault. A class
that travels by value has some hundred parts of its own, which no path leads to."""

STEPS: Final = 8
"""How many steps of a path are shown; of a longer one, the first and the last."""

HINT: Final = "send what the other side can make it from: an address, a path, plain data"
HINT_DEEP: Final = "send it flat: a list of its parts, with indexes in place of nesting"


Step = tuple[str, object]
"""How one gets from a value to a part of it: a form, and the key that stands in it, made text only when it is shown."""

Place = tuple[int, Step, object]
"""Where a part was found: the number of its holder, the step from there, and the part, which keeps its number."""


class Fault(NamedTuple):
    """The innermost part that is known not to travel."""

    steps: list[Step]
    culprit: object
    error: BaseException


def unsendable_arguments(
    error: Exception,
    args: tuple[object, ...],
    kwargs: Mapping[str, object] | None,
    names: Sequence[str | None],
    package: str | None = None,
) -> BaseException:
    """The error for arguments that cannot be pickled, naming the one and where in it the fault is."""
    if isinstance(error, DaffiError):
        return error
    labels, values = _labelled(args, kwargs or {}, names)
    search = _Search(package)
    if _is_too_deep(error):
        deep = (label for label, value in zip(labels, values, strict=True) if search.fails(value))
        return _unsendable(next(deep, "the arguments"), Fault([], None, error))
    fault = search.fault(values, error)
    if not fault.steps:
        return _unsendable("the arguments", Fault([], None, error))
    (_, index), *steps = fault.steps
    return _unsendable(labels[cast("int", index)], fault._replace(steps=steps))


def unsendable_value(error: Exception, value: object, what: str) -> BaseException:
    """The error for a value that cannot be pickled: a result, an item of a stream."""
    # A value may refuse to travel for a reason of daffi's own: a Global, a pending call.
    if isinstance(error, DaffiError):
        return error
    if _is_too_deep(error):
        return _unsendable(what, Fault([], None, error))
    return _unsendable(what, _Search().fault(value, error))


class _GivenUp(Exception):  # noqa: N818 - no error: the end of the search
    """The time for the search is over."""


class _Tracer(Pickler):
    """Remembers what it pickles, and stops when the time is over."""

    def __init__(self, until: float, package: str | None) -> None:
        super().__init__(BytesIO(), protocol=5, buffer_callback=_beside)
        self.package = package
        self.recent: deque[object] = deque(maxlen=RECENT)
        self._until = until
        self._count = 0

    def persistent_id(self, obj: Any) -> None:
        """Be told of each object before it is pickled."""
        self.recent.append(obj)
        self._count += 1
        if not self._count & 0xFF and time.thread_time() > self._until:
            raise _GivenUp


def _beside(_: object) -> None:
    """Leave a buffer out of the pickle."""


class _Search:
    """The search for the part of a value that cannot be pickled. Each of its steps is linear in the value."""

    def __init__(self, package: str | None = None) -> None:
        self._until = time.thread_time() + SEARCH
        self._package = package

    def fault(self, whole: object, error: BaseException) -> Fault:
        """The fault in `whole`, which failed with `error`."""
        tracer = self._tracer()
        found = self._failure(tracer, whole)
        if found is None:
            return Fault([], None, error)
        places = self._places(whole)
        tried: set[int] = set()
        for part in reversed(tracer.recent):
            if id(part) in tried or id(part) not in places:
                continue
            tried.add(id(part))
            failure = self._failure(self._tracer(), part)
            if failure is not None:
                return Fault(_path(places, part), part, failure)
        return Fault([], whole, found)

    def fails(self, value: object) -> bool:
        """Whether it cannot be pickled, as far as there is time to find out."""
        return self._failure(self._tracer(), value) is not None

    def _tracer(self) -> _Tracer:
        return _Tracer(self._until, self._package)

    @staticmethod
    def _failure(tracer: _Tracer, value: object) -> Exception | None:
        try:
            tracer.dump(value)
        except _GivenUp:
            return None
        except Exception as error:  # noqa: BLE001 - whatever it is, it is why the value cannot travel
            return error
        return None

    def _places(self, whole: object) -> dict[int, Place]:
        """The parts of a value that can be reached, by their numbers."""
        places: dict[int, Place] = {id(whole): (0, ("", None), whole)}
        left = deque([whole])
        count = 0
        while left:
            holder = left.popleft()
            for step, part in _parts(holder):
                count += 1
                if not count & 0xFF and time.thread_time() > self._until:
                    return places
                if id(part) in places or type(part) in _ATOMS:
                    continue
                places[id(part)] = (id(holder), step, part)
                left.append(part)
        return places


def _path(places: Mapping[int, Place], part: object) -> list[Step]:
    steps: list[Step] = []
    number = id(part)
    while number:
        number, step, _ = places[number]
        if number:
            steps.append(step)
    return steps[::-1]


def _labelled(
    args: tuple[object, ...], kwargs: Mapping[str, object], names: Sequence[str | None]
) -> tuple[list[str], list[object]]:
    labels: list[str] = []
    for index in range(len(args)):
        name = names[index] if index < len(names) else None
        place = f"(position {index + 1})"
        labels.append(f"argument {name!r} {place}" if name else f"an argument {place}")
    return [*labels, *(f"argument {name!r}" for name in kwargs)], [*args, *kwargs.values()]


def _is_too_deep(error: BaseException) -> bool:
    return isinstance(error, RecursionError) or isinstance(error.__cause__, RecursionError)


def _unsendable(what: str, fault: Fault) -> SerializationError:
    steps, culprit, error = fault
    if _is_too_deep(error):
        text = f"cannot send {what}: nested too deep to be pickled\nhint: {HINT_DEEP}"
    else:
        where = f", at {_shown(steps)}" if steps else ""
        reason = text_of(error)
        kind = type(culprit).__qualname__
        if culprit is not None and kind not in reason:
            kind = f"a value of type {kind!r}"
            reason = f"{reason} ({kind})" if reason else kind
        text = f"cannot send {what}{where}: {reason}\nhint: {HINT}"
    made = SerializationError(text)
    made.__cause__ = error
    return made


def _shown(steps: Sequence[Step]) -> str:
    if len(steps) > STEPS:
        half, left_out = STEPS // 2, len(steps) - STEPS
        return f"{_shown(steps[:half])} ... {left_out} more ... {_shown(steps[-half:])}"
    return "".join(
        form.format(_Shown(key)) if "!r" in form else form.format(key) for form, key in steps
    )


class _Shown:
    """Stands for a key where its `repr` is wanted: in one line, whatever it is."""

    def __init__(self, key: object) -> None:
        self._key = key

    def __repr__(self) -> str:
        return quoted(self._key, SHORT)


_ATOMS: Final = frozenset({type(None), bool, int, float, complex, str, bytes, bytearray})
"""Types whose values always travel, and have no parts."""


_CONTAINERS: Final = frozenset({dict, list, tuple, set, frozenset})
"""Types whose values have no attributes."""


def _parts(value: object) -> Iterator[tuple[Step, object]]:
    """What `value` is made of, each part with the step that leads to it as one would write it in Python."""
    if isinstance(value, (ModuleType, type)) or type(value) in _ATOMS:
        return
    yield from _contained(value)
    if type(value) in _CONTAINERS:
        return
    for name, part in members(value).items():
        yield (".{}", name), part


def _contained(value: object) -> Iterator[tuple[Step, object]]:
    # As the builtin types do it: a subclass may have methods of its own, which may raise.
    if isinstance(value, dict):
        for key, part in list(dict[object, object].items(cast("dict[object, object]", value))):
            yield ("[{!r}]", key), part
            yield (" key {!r}", key), key
    elif isinstance(value, (list, tuple)):
        kind: Any = list if isinstance(value, list) else tuple
        for index, part in enumerate(kind.__iter__(value)):
            yield ("[{}]", index), part
    elif isinstance(value, (set, frozenset)):
        kind = set if isinstance(value, set) else frozenset
        for part in list(kind.__iter__(value)):
            yield (" element {!r}", part), part
    elif isinstance(value, FunctionType):
        yield from _captured(value)


def _captured(function: FunctionType) -> Iterator[tuple[Step, object]]:
    """What a function that travels by value takes along."""
    module = sys.modules.get(function.__module__ or "")
    if (
        module is not None
        and function.__module__ != "__main__"
        and "<" not in function.__qualname__
    ):
        return  # it can be imported, and nothing of it travels
    code = function.__code__
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=False):
        try:
            yield (" variable {!r}", name), cell.cell_contents
        except ValueError:  # not bound yet
            continue
    for name in code.co_names:
        if name in function.__globals__:
            yield (" global {!r}", name), function.__globals__[name]


def members(value: object) -> dict[str, object]:
    """The attributes that a value holds itself, in its `__dict__` and its slots, without running code of its own."""
    found: dict[str, object] = {}
    # None of its own, or a class, which has a mere view of it.
    with contextlib.suppress(AttributeError, TypeError):
        found.update(object.__getattribute__(value, "__dict__"))
    for kind in type(value).__mro__:
        for name, slot in kind.__dict__.items():
            if isinstance(slot, MemberDescriptorType) and not name.startswith("__"):
                try:
                    found.setdefault(name, slot.__get__(value))
                except AttributeError:  # not set
                    continue
    return found
