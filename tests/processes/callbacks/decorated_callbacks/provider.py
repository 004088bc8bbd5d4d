"""The process called provider in test_decorated_callbacks.py."""

import functools

from place import meet, stay

from daffi import callback


def with_db(function):
    @functools.wraps(function)
    def run(*args, **kwargs):
        return function("db", *args, **kwargs)

    return run


def of_one(function):
    @functools.wraps(function)
    def run(name):
        return function("db", name)

    return run


def timed(function):
    @functools.wraps(function)
    def run(*args, **kwargs):
        return function(*args, **kwargs)

    return run


@callback
@with_db
def find(db, name):
    return db, name


@callback
@of_one
def find_one(db, name):
    return db, name


@callback
def rgb(r, g, b):
    return r, b


@callback
def weight(mass, g=9.81):
    return mass * g


pairs = []


@callback
@timed
def keep(left, right):
    pairs.append((left, right))


@callback
def kept():
    return pairs


@callback
class Printer:
    @functools.singledispatchmethod
    def show(self, value):
        return "text"

    @show.register
    def _(self, value: int):
        return "number"


printer = Printer()
g = meet(process_name="provider")
stay(g)
