"""The process called provider in test_own_errors.py."""

from place import meet, stay

from daffi import callback


class QuotaError(Exception):
    left = "of another script"


@callback
def call(function, *args):
    return function(*args)


@callback
def throw(error):
    raise error


@callback
def throw_one(kind, *args):
    raise kind(*args)


@callback
def items(function):
    yield 1
    function()


@callback
def refuse():
    raise QuotaError("theirs")


stay(meet(process_name="provider"))
