"""The process called worker in test_seeing_others.py."""

import sys

from place import meet

from daffi import callback


@callback
def addition(a, b):
    return a + b


@callback
def adder(a):
    return a


g = meet(process_name=sys.argv[1])
print("up", flush=True)
g.join()
