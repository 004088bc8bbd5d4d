"""What programs of test_own_global.py have in common."""

import functools

from place import meet

from daffi import FG, Global, callback


def traced(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@callback
def plain(g):
    return g.process_name


@callback
def first(g, a, b=2):
    return g.process_name, a, b


@callback
def between(a, g, b=2, *rest):
    return a, g.process_name, b, *rest


@callback
def by_name_only(a, *, g, b=0):
    return a, g.process_name, b


@callback
def with_default(a, g=None):
    return a, g.process_name


@callback
def with_rest(g, **rest):
    return g.process_name, rest


@callback
async def waiting(a, g: Global):
    return a, g.process_name


@callback
@traced
def wrapped(a, g, b):
    return a, g.process_name, b


@callback
def items(upto, g):
    for number in range(upto):
        yield number, g.process_name


@callback
async def async_items(g, upto):
    for number in range(upto):
        yield number, g.process_name


@callback
def back(g, name):
    return getattr(g.call, name)() & FG


@callback
class Service:
    def method(self, a, g, b=2):
        return a, g.process_name, b

    async def async_method(self, g, a):
        return a, g.process_name

    @staticmethod
    def static_method(a, g):
        return a, g.process_name

    @classmethod
    def class_method(cls, g, a):
        return cls.__name__, g.process_name, a


service = Service()
g = meet(process_name="provider")
