"""A process that has a shop in a folder, in the module that is named."""

import importlib
import sys

from place import meet, stay

from daffi import callback

sys.path.insert(0, sys.argv[1])
shop = importlib.import_module(sys.argv[2])


@callback
def offered_by(name):
    return g.registered_callbacks[name]


@callback
def wait_for(name):
    g.wait_function(name, timeout=20)


@callback
def function():
    return shop.order


g = meet(process_name="provider")
stay(g)
