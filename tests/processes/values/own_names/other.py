"""The process called other in test_own_names.py."""

import functools
import typing

from place import meet, stay

from daffi import callback


@functools.lru_cache
def rate(x):
    return "the other script's"


class Missing:
    pass


MISSING = Missing()
UserId = typing.NewType("UserId", str)


@callback
def echo(value):
    return value


@callback
def call(function, *args):
    return function(*args)


stay(meet(process_name="provider"))
