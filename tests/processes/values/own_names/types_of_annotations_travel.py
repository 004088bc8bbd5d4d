"""Types of annotations travel."""

import typing

from place import meet_provider

from daffi import FG

g = meet_provider()
UserId = typing.NewType("UserId", int)
P = typing.ParamSpec("P", bound=typing.Callable)
Ts = typing.TypeVarTuple("Ts")


class Task(typing.Generic[P]):
    pass


def double(x: UserId) -> UserId:
    return UserId(2 * x)


assert g.transfer_and_call("provider", double, 4) == 8
assert all(ours is came for ours, came in zip((UserId, P, Ts), g.call.echo((UserId, P, Ts)) & FG))
assert type(g.call.echo(Task()) & FG) is Task


def described():
    return UserId.__module__, UserId.__qualname__, UserId.__supertype__, P.__bound__, Ts.__name__


assert g.transfer_and_call("provider", described) == described()
g.stop()
