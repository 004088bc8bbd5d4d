"""Finds the class that another process means, by where it stands and by its shape.

That is for classes of the started script, and of packages that travel by value. Pickles name functions of this module.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import weakref
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, cast

from daffi._exceptions import SerializationError

if TYPE_CHECKING:
    from collections.abc import Callable

Place = tuple[str | None, str | None, str, str]
"""Where a class stands: the file and the name of its module, its qualified name, and its shape.

With a file it is of the started script, and the name is what that is imported by; None where nobody says.
"""

MAIN: Final = ("__main__", "__mp_main__")
"""The started script; in a spawned child of `multiprocessing` it has the second name as well."""

_copies: Final[weakref.WeakSet[type]] = weakref.WeakSet()
"""The classes of other processes that were made here. Only they take what their class has become over there."""

_modules_of_scripts: dict[tuple[str | None, str | None], str] = {}
"""Under which name a module of this process is the script of another one."""


def place_of(cls: type, package: str | None = None) -> Place | None:
    """Where another process may have a class that travels by value.

    None where it travels by name anyway, or stands nowhere, like one that a function makes.
    """
    module = _module_of(cls)
    if module is None or _in_module(module, cls.__qualname__) is not cls:
        return None
    if module is sys.modules.get("__main__"):
        script = of_script(module)
        return None if script is None else (*script, cls.__qualname__, shape_of(cls))
    name = module.__name__
    if package is not None and (name == package or name.startswith(package + ".")):
        return None, name, cls.__qualname__, shape_of(cls)
    return None


def with_place(place: Place, reduced: tuple[Any, ...]) -> tuple[Any, ...]:
    """The pickled form of a class that travels by value, for a process that uses its own where it has one."""
    # What it is made with, what is set then, and by what.
    make, args, state, _, _, set_state = reduced
    return found_or_made, (place, make, args), (place, set_state, state), None, None, complete


def placed(place: Place, why: str) -> tuple[Any, ...]:
    """The pickled form of a class that cannot travel: a process that has none of its own is told why."""
    return found_or_refused, (place, why)


def pickle_script_by_value() -> None:
    """Have `__mp_main__` pickled by value: only in a child of `multiprocessing` the started script has that name."""
    module = sys.modules.get("__mp_main__")
    if module is None:
        return
    cloudpickle: Any = importlib.import_module("cloudpickle")
    if module.__name__ not in cloudpickle.list_registry_pickle_by_value():
        cloudpickle.register_pickle_by_value(module)


def of_script(module: ModuleType) -> tuple[str, str | None] | None:
    """File and module name of a started script; None where there is no file: at a prompt, of `-c`, out of a pipe."""
    file = getattr(module, "__file__", None)
    # Whatever comes from a pipe calls itself so.
    if not isinstance(file, str) or file == "<stdin>":
        return None
    name = getattr(getattr(module, "__spec__", None), "name", None)
    return os.path.realpath(file), name if isinstance(name, str) else None


def found_or_made(place: Place, make: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """The class that stands there in this process, else one like it. Called by pickles."""
    own = found(place)
    return made(make, args) if own is None else own


def as_copy(reduced: tuple[Any, ...]) -> tuple[Any, ...]:
    """The pickled form of a class that travels by value and stands nowhere: no other process has its own."""
    make, args, state, _, _, set_state = reduced
    return made, (make, args), (set_state, state), None, None, complete_copy


def made(make: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """A copy of a class, the one that is here already, or the class itself where it comes back. Called by pickles."""
    # Both makers of cloudpickle take the number of the class last but one.
    *_, number, _ = args or (None, None)
    is_new = number is not None and numbered(number) is None
    cls = make(*args)
    if is_new:
        _copies.add(cls)
    return cls


def complete_copy(cls: Any, state: tuple[Callable[..., Any], Any]) -> None:
    """Give a copy what its class has. A class that comes back keeps what it has become meanwhile. Called by pickles."""
    set_state, value = state
    if cls in _copies:
        set_state(cls, value)


def found_or_refused(place: Place, why: str) -> Any:
    """The class that stands there in this process, which cannot be made here. Called by pickles.

    Raises:
        SerializationError: there is none, or one of another shape.
    """
    own = found(place)
    if own is None:
        script, name, qualname, _ = place
        raise SerializationError(
            f"no class {qualname!r} of {script or name} here, and it cannot be sent: {why}\n"
            "hint: put the class into a module that both processes import, or take from it what cannot be sent"
        )
    return own


def place_of_named(obj: Any, name: str) -> Place | None:
    """Where a process of the same script has what goes by a name. None where nobody can say that it is the same."""
    main = sys.modules.get("__main__")
    script = None if main is None else of_script(main)
    if main is None or script is None or _in_module(main, name) is not obj:
        return None
    return *script, name, shape_of(obj)


def found_by_name(place: Place) -> Any:
    """What stands there in this process. Called by pickles.

    Raises:
        SerializationError: there is none; what another script calls so is something else.
    """
    own = found(place)
    if own is None:
        script, name, qualname, _ = place
        raise SerializationError(
            f"no {qualname!r} of {script or name} here, and it is sent by its name alone, as its class says\n"
            "hint: put it into a module that both processes import"
        )
    return own


def complete(cls: Any, state: tuple[Place, Callable[..., Any], Any]) -> None:
    """Give a class that was made here its state; one that was found has it. Called by pickles."""
    place, set_state, value = state
    if found(place) is not cls:
        complete_copy(cls, (set_state, value))


def found(place: Place) -> Any:
    """What stands there in this process; None where there is nothing, or something of another shape."""
    file, name, qualname, shape = place
    module = _imported(name) if file is None else _module_of_script(file, name)
    own = None if module is None else _in_module(module, qualname)
    # Another script, or another version of it, may have another class of that name.
    return own if own is not None and shape_of(own) == shape else None


def shape_of(cls: Any) -> str:
    """What a class has by the text that it was written in: fields, slots, members, names of methods and attributes.

    Fields and slots in their order, as instances may travel by position; an enum with the values of its members.
    Not what the methods do: whoever has the class has its own. Of private names only methods and properties count,
    as others are often set while a program runs. Bases of the same module count as a whole, others by their names.
    Of what is no class, the name of its class.
    """
    if not isinstance(cls, type):
        return f"object of {type(cls).__qualname__}"
    own = vars(cls)
    members: Any = own.get("_member_map_", {})
    parts = [
        ("bases", [_shape_of_base(base, cls) for base in cls.__bases__]),
        ("annotations", [str(name) for name in own.get("__annotations__", ())]),
        *((name, _listed(_looked_up(cls, name))) for name in _ORDERED),
        ("members", [(str(name), _plain(member._value_)) for name, member in members.items()]),
        ("names", sorted(name for name in own if name not in members and _is_written(cls, name))),
    ]
    return f"{cls.__qualname__} {[part for part in parts if part[1]]}"


def number_of(cls: type) -> str | None:
    """By which number those know a class who had part in its travel by value; None where it has not travelled so."""
    travels = _travels()
    try:
        return None if travels is None else travels._DYNAMIC_CLASS_TRACKER_BY_CLASS.get(cls)  # noqa: SLF001 - not public
    except TypeError:  # its metaclass makes it unfit as a key
        return None


def numbered(number: str | None) -> Any:
    """The class of this number: the original where it was sent from here, else the copy that came."""
    travels = _travels()
    if number is None or travels is None:
        return None
    return travels._DYNAMIC_CLASS_TRACKER_BY_ID.get(number)  # noqa: SLF001 - as above


def _travels() -> Any:
    """What keeps the numbers; None where nothing has travelled by value yet."""
    module = sys.modules.get("cloudpickle.cloudpickle")
    # While another thread imports the module no class has travelled. The lock is the last name that it defines.
    return module if hasattr(module, "_DYNAMIC_CLASS_TRACKER_LOCK") else None


def may_name_script(data: bytes) -> bool:
    """Whether a pickle may name the started script as a module; cheap, as nearly none does."""
    main = sys.modules.get("__main__")
    file = getattr(main, "__file__", None)
    if not isinstance(file, str):
        return False
    name = getattr(getattr(main, "__spec__", None), "name", None)
    last = name if isinstance(name, str) else os.path.splitext(os.path.basename(file))[0]  # noqa: PTH119, PTH122
    return last.encode("utf-8", "surrogateescape") in data


def script_known_as(name: str) -> ModuleType | None:
    """The started script, where others import it by this name and this process has not: it is there once already."""
    main = sys.modules.get("__main__")
    script = None if main is None or name in sys.modules else of_script(main)
    if script is None:
        return None
    file, own_name = script
    if own_name is not None:
        return main if own_name == name else None
    stem = os.path.splitext(os.path.basename(file))[0]  # noqa: PTH119, PTH122 - pathlib is slow to import
    is_it = name.rpartition(".")[2] == stem and file in map(os.path.realpath, _files_of(name))
    return main if is_it else None


def _files_of(name: str) -> list[str]:
    """Where the text of a module may be, without importing its package."""
    top, *rest = name.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return []
    if spec is None or not rest:
        return [spec.origin] if spec is not None and spec.origin is not None else []
    return [os.path.join(place, *rest) + ".py" for place in spec.submodule_search_locations or ()]  # noqa: PTH118


def _imported(name: str | None) -> ModuleType | None:
    """The module of a package whose functions travel, where this process can import it."""
    try:
        return None if name is None else importlib.import_module(name)
    except Exception:  # noqa: BLE001 - importing runs code of any kind
        return None


def _module_of_script(file: str | None, name: str | None) -> ModuleType | None:
    """The module that is another process's script: the script of this one, or what it has imported from there."""
    main = sys.modules.get("__main__")
    own = None if main is None else of_script(main)
    if own is not None and (own[0] == file or (name is not None and own[1] == name)):
        return main
    known = _modules_of_scripts.get((file, name))
    if known in sys.modules:
        return sys.modules[known]
    for key, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if key == name or (isinstance(path, str) and file is not None and _is_file(path, file)):
            _modules_of_scripts[file, name] = key
            return module
    return None


def _is_file(path: str, file: str) -> bool:
    # The name first: to follow links takes system calls.
    return os.path.basename(path) == os.path.basename(file) and os.path.realpath(path) == file  # noqa: PTH119


def _module_of(cls: type) -> ModuleType | None:
    name: object = getattr(cls, "__module__", None)
    module = sys.modules.get(name) if isinstance(name, str) else None
    return (
        module
        if module is not None and isinstance(getattr(module, "__name__", None), str)
        else None
    )


def _in_module(module: ModuleType, qualname: str) -> Any:
    part: Any = module
    for name in qualname.split("."):
        part = vars(part).get(name) if isinstance(part, (ModuleType, type)) else None
    return part


_ORDERED: Final = (
    "_fields",  # named tuples
    "__dataclass_fields__",
    "__attrs_attrs__",
    "__struct_fields__",  # msgspec
    "_fields_",  # ctypes
    "__slots__",
)
"""Where classes keep the names of their fields, in the order in which some of them travel."""


def _shape_of_base(base: type, cls: type) -> str:
    return shape_of(base) if base.__module__ == cls.__module__ else base.__qualname__


def _looked_up(cls: type, name: str) -> Any:
    """An attribute of the class or a base as it stands there: a metaclass may do things when it is asked."""
    return next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)


def _listed(fields: Any) -> list[str]:
    if isinstance(fields, str):
        return [fields]
    if not isinstance(fields, (tuple, list, dict)):
        return []
    listed: list[Any] = list(cast("tuple[Any, ...]", fields))
    # One of ctypes is a tuple that begins with its name, one of attrs has a name.
    firsts: list[Any] = [field[0] if type(field) is tuple and field else field for field in listed]
    return [str(getattr(field, "name", field)) for field in firsts]


def _plain(value: Any) -> str:
    """A text for the value of a member that is the same in every process."""
    if type(value) is tuple:
        return f"({', '.join(map(_plain, cast('tuple[Any, ...]', value)))})"
    is_plain = value is None or type(value) in {bool, int, float, complex, str, bytes}
    return repr(value) if is_plain else type(value).__qualname__


def _is_written(cls: type, name: str) -> bool:
    """Whether the text of the class has this name. Those with two underscores are made by decorators as well."""
    if not name.startswith("_"):
        return True
    value = vars(cls)[name]
    function = getattr(value, "__func__", value)
    is_method = getattr(function, "__qualname__", None) == f"{cls.__qualname__}.{name}"
    return not name.startswith("__") and (is_method or isinstance(value, property))
