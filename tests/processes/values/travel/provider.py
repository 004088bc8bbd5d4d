"""The process called provider in test_travel.py."""

import sys
import types

from place import meet, stay

from daffi import callback

only_there = types.ModuleType("only_there")
exec("class Thing: pass", only_there.__dict__)
sys.modules["only_there"] = only_there
got = []


@callback
def echo(*args, **kwargs):
    got.append((args, kwargs))
    return args, kwargs


@callback
def foreign():
    return {"things": [only_there.Thing()]}


@callback
def change(items):
    items.append("changed")
    return items


@callback
def take(item):
    pass


@callback
def make(size):
    return bytes(size)


@callback
def make_each(*sizes):
    for size in sizes:
        yield bytes(size)


@callback
def how_many():
    return len(got)


g = meet(process_name="provider")
stay(g)
