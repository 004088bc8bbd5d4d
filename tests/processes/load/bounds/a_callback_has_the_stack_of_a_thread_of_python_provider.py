"""The provider of a test: a callback has the stack of a thread of python."""

import sys
import threading

from place import meet, stay

from daffi import callback


class Nested:
    def __init__(self, depth):
        self.depth = depth

    def __repr__(self):
        return "." if not self.depth else repr(Nested(self.depth - 1))


@callback
def deep(depth):
    sys.setrecursionlimit(100_000)
    return repr(Nested(depth))


threading.stack_size(64 << 20)
stay(meet(process_name="provider"))
