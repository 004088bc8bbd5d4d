"""A process that has a folder of modules."""

import sys

from place import meet, stay

from daffi import callback

sys.path.insert(0, sys.argv[1])


@callback
def echo(value):
    return value


@callback
def call(function, *args):
    return function(*args)


@callback
def doubled(point):
    return point.doubled()


@callback
def is_own(point):
    import shapes

    return type(point) is shapes.Point


@callback
def throw(error):
    raise error


stay(meet(process_name="provider"))
