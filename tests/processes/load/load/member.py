"""The process called member in test_load.py."""

import random
import sys

from place import meet

from daffi import callback

me = sys.argv[1]


@callback
def where(number):
    return me, number


@callback
def wander(g, seed, calls):  # it may be called before its own process knows `g` below
    choose = random.Random(seed)
    others = [name for name in g.registered_callbacks if name != "caller"]
    for number in range(calls):
        to = choose.choice(others)
        assert g.call.where(number).fg(node=to) == (to, number)
    return calls


g = meet(process_name=me)
print("ready", g.port, flush=True)
g.join()
