"""What a type checker knows of classes under a decorator, and of functions under two."""

from typing import assert_type

from daffi import (
    BG,
    FG,
    AsyncResult,
    __body_unknown__,
    alias,
    callback,
    callback_and_fetcher,
    fetcher,
    local,
)


@callback
class Account:
    """Stays what it was."""

    def __init__(self, start: int) -> None:
        self.balance = start

    @alias("total")
    def current(self) -> int:
        return self.balance

    @local
    def close(self, reason: str) -> bytes:
        return reason.encode()


@callback(at_once=1)
class BoundedAccount:
    """The same with a bound."""

    def current(self) -> int:
        return 1


@callback(at_once=2)
def bounded(a: int) -> str:
    return str(a)


@fetcher(FG)
@callback(at_once=2)
def bounded_elsewhere(a: int) -> str:
    return str(a)


@fetcher(FG)
class RemoteAccount:
    """Keeps the signatures of its methods."""

    def deposit(self, amount: int) -> float:
        __body_unknown__(amount)


@fetcher
class Pending:
    """As it is written: the methods say what they give."""

    def deposit(self, amount: int) -> float:
        __body_unknown__(amount)


@callback_and_fetcher
def both(a: int) -> str:
    return str(a)


@callback_and_fetcher(FG)
def both_at_once(a: int) -> str:
    return str(a)


@fetcher(BG)
@callback
def stacked(a: int) -> str:
    return str(a)


@callback
@fetcher(FG)
def stacked_otherwise(a: int) -> str:
    return str(a)


def classes() -> None:
    """A decorated class is the same class."""
    account = Account(1)
    assert_type(account, Account)
    assert_type(account.current(), int)
    assert_type(account.close("over"), bytes)
    assert_type(RemoteAccount().deposit(1), float)
    assert_type(RemoteAccount(), RemoteAccount)
    assert_type(Pending().deposit(1), float)
    RemoteAccount().deposit("1")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def functions() -> None:
    """A function that is both is a fetcher here."""
    assert_type(both(1) & FG, str)
    assert_type(both_at_once(1), str)
    assert_type(stacked(1), AsyncResult[str])
    assert_type(stacked_otherwise(1), str)
    assert_type(bounded(1), str)
    assert_type(bounded_elsewhere(1), str)
    assert_type(BoundedAccount().current(), int)
    bounded("1")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    both_at_once("1")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
