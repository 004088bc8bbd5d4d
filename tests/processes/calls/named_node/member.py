"""The process called member in test_named_node.py."""

import sys

from place import meet

from daffi import callback

seen = []


@callback
def where(word="x"):
    seen.append(word)
    return sys.argv[1]


@callback
def take(item):
    seen.append(item)


@callback
def runs():
    return seen


if sys.argv[1] == "second":

    @callback
    def only_second():
        return 2


g = meet(process_name=sys.argv[1])
print("ready", g.port, flush=True)
g.join()
