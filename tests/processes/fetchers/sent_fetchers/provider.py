"""The process called provider in test_sent_fetchers.py."""

from place import meet, stay

from daffi import callback, get_g


@callback
def where():
    return get_g().process_name


@callback
def add(a, b=0):
    return a + b


@callback
def call(function, *args):
    return function(*args)


@callback
def echo(value):
    return value


g = meet(process_name="provider")
stay(g)
