"""How an error that a callback raised travels, and what of it is raised at the caller."""

from __future__ import annotations

import functools
import sys
from types import GetSetDescriptorType, MemberDescriptorType, TracebackType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from daffi._exceptions import RemoteCallError, RemoteTraceback
from daffi._input.quoted import SHORT, quoted
from daffi._input.source_location import PACKAGE
from daffi._wire import error_class, same_class

if TYPE_CHECKING:
    from collections.abc import Sequence


class Record(NamedTuple):
    """An exception as it travels."""

    lineage: list[tuple[str, str]]
    """Module and qualified name of its class and of the bases below Exception, nearest first."""
    message: str
    traceback: str
    state: bytes | None
    """Pickled arguments and attributes; None where the message is the only argument."""
    notes: list[str]
    members: list[Any]
    """Records of the exceptions of an exception group."""
    script: tuple[str, str | None] | None = None
    """File and module name of the script that the process was started with, where its class may stand."""
    shapes: Sequence[str | None] = ()
    """For each class of the lineage that is of that script, what tells it from another version of it."""
    numbers: Sequence[str | None] = ()
    """For each class of the lineage that has travelled, by which number those know it who had part in that."""

    def reduced(self, process: str | None, /) -> tuple[Any, ...]:
        """What a pickle makes the error of again: the names of this module are in pickles that travel."""
        return rebuild, (self, process)


PIECE: Final = 16 << 10
"""How many characters one frame or message of a traceback may have. 16 Ki: the traceback of another process fits."""

TRACEBACK: Final = 128 << 10
"""How many characters a traceback may have: about a thousand frames."""

GROUP_DEPTH: Final = 8
"""How deep groups in groups are described; what is deeper stands in the traceback alone."""

MISSING: Final = object()
"""Stands for an attribute that cannot be read here."""

FIELDS: Final = (MemberDescriptorType, GetSetDescriptorType)
"""What slots and the fields of builtin classes look like in the class."""

UNNAMED_MODULES: Final = ("builtins", "rust", "")
"""Modules that say nothing more than the name of the class does."""


def describe(exc: BaseException) -> tuple[Any, ...]:
    """The fields of the `Record` of an exception: plain values that travel typed, whatever it is made of.

    Never raises: what cannot be told is left out, down to the name of the class.
    """
    try:
        return _describe(exc, GROUP_DEPTH)
    except KeyboardInterrupt:  # Ctrl+C of this process
        raise
    except BaseException as error:  # noqa: BLE001 - attributes of any class run code of any kind
        message = f"<it cannot be described: {type(error).__qualname__}>"
        return [("", type(exc).__qualname__)], message, "", None, [], []


def rebuild(record: tuple[Any, ...], process: str | None) -> RemoteCallError:
    """What the caller gets for the record of an exception that `process` raised.

    Never raises: what cannot be restored is left out, down to a plain `RemoteCallError` with the text.
    """
    try:
        made = _read(record)
    except KeyboardInterrupt:  # Ctrl+C of this process, not of the record
        raise
    except BaseException:  # noqa: BLE001 - a record is a peer's
        made = Record(
            [], "the remote function raised, and its error cannot be read", "", None, [], []
        )
    try:
        error = _restore(made)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - constructors, setters and imports of any class run in there
        error = RemoteCallError(made.message)
    _sign(error, made, process)
    return error


def _describe(exc: BaseException, depth: int) -> tuple[Any, ...]:
    # A plain tuple: a named one would go by pickle.
    known = _known_record(exc)
    members = [_describe(member, depth - 1) for member in _grouped(exc)] if depth > 0 else []
    if known is not None:
        members = members or known.members
        told = _traceback(exc), known.state, _notes(exc), members, known.script
        return known.lineage, known.message, *told, list(known.shapes), list(known.numbers)
    message = _plain(_message(exc))
    state = _state(exc, message)
    main = sys.modules.get("__main__")
    script = None if main is None else same_class.of_script(main)
    told = _traceback(exc), state, _notes(exc), members, script, _shapes(type(exc))
    numbers = [same_class.number_of(base) for base in _own_classes(type(exc))]
    return _lineage(type(exc)), message, *told, numbers


def _grouped(exc: BaseException) -> tuple[BaseException, ...]:
    if not isinstance(exc, BaseExceptionGroup):
        return ()
    return cast("BaseExceptionGroup[BaseException]", exc).exceptions


def _known_record(exc: BaseException) -> Record | None:
    """The record that this exception was rebuilt from: it says what went wrong one process further."""
    if not isinstance(exc, RemoteCallError):
        return None
    return cast("Record | None", exc._record)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - `_sign` set it


def _lineage(kind: type[BaseException]) -> list[tuple[str, str]]:
    # Whoever sets `__module__` may set it to anything.
    names = [(str(base.__module__), base.__qualname__) for base in _own_classes(kind)]
    return [(_plain(module), _plain(name)) for module, name in names]


def _shapes(kind: type[BaseException]) -> list[str | None]:
    """The shapes of the classes of the lineage that are of the started script."""
    return [
        _plain(same_class.shape_of(base)) if base.__module__ in same_class.MAIN else None
        for base in _own_classes(kind)
    ]


def _message(exc: BaseException) -> str:
    try:
        return str(exc)
    except BaseException as error:  # noqa: BLE001 - a broken `__str__` must not hide the error it tells of
        return f"<{type(exc).__qualname__}: its text cannot be made: {type(error).__qualname__}>"


def _plain(text: str) -> str:
    # Text of a file system may hold surrogates, which are no text to any other language.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _notes(exc: BaseException) -> list[str]:
    notes = getattr(exc, "__notes__", None)
    if not isinstance(notes, (list, tuple)):
        return []
    return [_plain(note) for note in cast("list[object]", notes) if type(note) is str]


def _traceback(exc: BaseException) -> str:
    import traceback  # noqa: PLC0415 - takes as long to import as all the rest of daffi

    try:
        pieces = list(
            traceback.TracebackException(type(exc), exc, _own_frames_left_out(exc)).format()
        )
    except Exception as error:  # noqa: BLE001 - the error itself still arrives
        return f"<the traceback cannot be made: {type(error).__qualname__}>\n"
    return _plain(_shortened("".join(_shortened(piece, PIECE) for piece in pieces), TRACEBACK))


def _own_frames_left_out(exc: BaseException) -> TracebackType | None:
    """The frames from the user's function on: how daffi came to run it helps nobody."""
    frames = exc.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename.startswith(PACKAGE):
        frames = frames.tb_next
    return frames or exc.__traceback__


def _shortened(text: str, limit: int) -> str:
    """`text` without its middle where it is long; both ends tell most."""
    if len(text) <= limit:
        return text
    head, tail = text[: limit * 3 // 4], text[-limit // 4 :]
    return f"{head}\n  ... {len(text) - len(head) - len(tail)} characters left out ...\n{tail}"


def _state(exc: BaseException, message: str) -> bytes | None:
    """The arguments and attributes, each pickled by itself, so that one that cannot travel costs itself alone."""
    args = exc.args
    attributes = _attributes(exc)
    # Compared with care: `==` of an array in the arguments is no truth.
    bare = type(args[0]) is str and args == (message,) if len(args) == 1 else not args
    if not attributes and bare and bool(args) == bool(message):
        return None
    from daffi._wire import pickling  # noqa: PLC0415 - pickle is slow to import, and most errors need none

    # The place of an argument counts, so a text stands in for one that cannot travel.
    pieces = [pickling.dumps_or_none(arg) or quoted(arg, SHORT) for arg in args]
    named = {name: pickling.dumps_or_none(value) for name, value in attributes.items()}
    return pickling.dumps_or_none((pieces, named))


def _attributes(exc: BaseException) -> dict[str, Any]:
    """What the exception holds besides its arguments: its `__dict__`, slots, and fields of builtin classes."""
    found: dict[str, Any] = {}
    for kind in _own_classes(type(exc)):
        for name, field in vars(kind).items():
            if name.startswith("__") or not isinstance(field, FIELDS):
                continue
            if kind is AttributeError and name == "obj":
                continue  # what had no such attribute: anything, of any size
            try:
                value = field.__get__(exc)
            except Exception:  # noqa: BLE001, S112 - not set, or not readable: not there
                continue
            if value is not None:
                found.setdefault(name, value)
    found.update(object.__getattribute__(exc, "__dict__"))
    found.pop("__notes__", None)
    if isinstance(exc, BaseExceptionGroup):
        # They travel as records of their own.
        found.pop("exceptions", None)
    return found


def _own_classes(kind: type) -> list[type]:
    return [base for base in kind.__mro__ if base not in {object, BaseException, Exception}]


def _read(record: tuple[Any, ...]) -> Record:
    """A record of any peer, with everything in it the type it has to be."""
    made = Record(*record[:9])  # a newer peer may have more to say
    lineage = [(str(module), str(name)) for module, name in made.lineage[:64]]
    notes = [str(note) for note in made.notes]
    state = made.state if isinstance(made.state, bytes) else None
    script = None
    if made.script is not None:
        file, name = made.script
        script = str(file), None if name is None else str(name)
    # One that says nothing of its classes may have others of these names.
    told = _texts(made.shapes, len(lineage)), _texts(made.numbers, len(lineage))
    text = str(made.message), str(made.traceback)
    return Record(lineage, *text, state, notes, list(made.members), script, *told)


def _texts(values: Sequence[object], count: int) -> list[str | None]:
    """So many texts, None for those that are not there."""
    texts = [None if value is None else str(value) for value in values[:count]]
    return texts + [None] * (count - len(texts))


def _restore(record: Record) -> RemoteCallError:
    """An exception of the nearest class that can be had here."""
    args, attributes = _read_state(record)
    told = zip(record.lineage, record.shapes, record.numbers, strict=True)
    for (module, name), shape, number in told:
        original = error_class.found(module, name, record.script, shape, number)
        if original is None:
            continue
        kind = _combined(original)
        if kind is None:
            continue
        try:
            return _instance(kind, original, args, attributes, record)
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001, S112 - a class that cannot be made like this: its base may be
            continue
    error = RemoteCallError(*args)
    _set(error, attributes)
    return error


def _read_state(record: Record) -> tuple[tuple[Any, ...], dict[str, Any]]:
    bare = (record.message,) if record.message else ()
    if record.state is None:
        return bare, {}
    from daffi._wire import pickling  # noqa: PLC0415 - pickle is slow to import, and most errors need none

    try:
        pieces, named = pickling.loads(record.state)
        args = tuple(_piece(piece, "<not to be read here>") for piece in pieces)
        found = {name: _piece(piece, MISSING) for name, piece in named.items() if piece is not None}
        kept = {name: value for name, value in found.items() if value is not MISSING}
        return args, {name: value for name, value in kept.items() if not name.startswith("__")}
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - a state of a peer's making
        return bare, {}


def _piece(piece: bytes | str, otherwise: object) -> Any:
    from daffi._wire import pickling  # noqa: PLC0415 - pickle is slow to import, and most errors need none

    if isinstance(piece, str):
        return piece
    try:
        return pickling.loads(piece)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - what it is made of may be missing here, or exit
        return otherwise


class _Rebuilt(RemoteCallError):  # noqa: N818 - a base of what is raised
    """First base of the classes that are made here: `__init_subclass__` of the others is for classes of their users."""

    def __init_subclass__(cls, **_arguments: object) -> None:
        pass


@functools.lru_cache(maxsize=1024)
def _combined(original: type[Exception]) -> type[RemoteCallError] | None:
    """A class that is a `RemoteCallError` and an `original`; None where no class can be both."""
    if issubclass(RemoteCallError, original):
        return RemoteCallError
    name = f"RemoteCallError[{original.__qualname__}]"
    body = {
        "__qualname__": name,
        "__module__": RemoteCallError.__module__,
        "__doc__": original.__doc__,
    }
    try:
        made = type(name, (_Rebuilt, original), body)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - it is final, layouts in conflict, a metaclass that refuses
        return None
    return made if issubclass(made, RemoteCallError) else None


def _instance(
    kind: type[RemoteCallError],
    original: type[Exception],
    args: tuple[Any, ...],
    attributes: dict[str, Any],
    record: Record,
) -> RemoteCallError:
    # Not `kind(...)`: a constructor of the user's may want other arguments, or do things.
    made: Any
    if issubclass(original, BaseExceptionGroup):
        made = _group(kind, args, attributes.get("message"), record)
        attributes = {name: value for name, value in attributes.items() if name != "message"}
    else:
        made = _native(kind).__new__(kind, *args)
        try:
            _native(kind).__init__(made, *args)
        except (TypeError, ValueError):  # arguments of the user's class, not of the builtin one
            made.args = args
    _set(made, attributes)
    return made


def _group(kind: type, args: tuple[Any, ...], message: object, record: Record) -> Any:
    """A group of the errors that came with it. Its class may have a `__new__` that takes other arguments."""
    members = [rebuild(member, None) for member in record.members]
    if type(message) is not str:  # an older peer says nothing of it
        message = args[0] if args and type(args[0]) is str else record.message
    made = _native(kind).__new__(kind, message, members)
    if args and not (type(args[0]) is str and args[0] == message):
        made.args = args
    return made


def _native(kind: type) -> Any:
    """The class that the interpreter defines itself whose layout the objects have: only it can make them.

    Not the nearest of the bases: that of a MemoryError makes nothing but MemoryErrors.
    """
    heap_type = 1 << 9
    while kind.__flags__ & heap_type:
        kind = cast("type", kind.__base__)
    return kind


def _set(error: BaseException, attributes: dict[str, Any]) -> None:
    for name, value in attributes.items():
        try:
            # Not `setattr`: the class may be frozen.
            object.__setattr__(error, name, value)
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001 - a property, a field that cannot be set: the others still can
            object.__getattribute__(error, "__dict__").setdefault(name, value)


def _sign(error: RemoteCallError, record: Record, process: str | None) -> None:
    """Notes what came from where, and makes the remote traceback the cause."""
    module, name = record.lineage[0] if record.lineage else ("builtins", "Exception")
    remote_type = name if module in UNNAMED_MODULES else f"{module}.{name}"
    fields = {
        "_record": record,
        "remote_process": process,
        "remote_type": remote_type,
        "remote_traceback": record.traceback,
    }
    own = object.__getattribute__(error, "__dict__")
    own.update(fields)
    if record.notes:
        own["__notes__"] = list(record.notes)
    place = f"in process {process!r}" if process else "in another process"
    text = record.traceback or f"{remote_type}: {record.message}\n"
    BaseException.__setattr__(error, "__cause__", RemoteTraceback(f"\n{place}:\n{text.rstrip()}"))
