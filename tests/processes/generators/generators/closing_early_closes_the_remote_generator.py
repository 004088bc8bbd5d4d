"""Closing early closes the remote generator."""

import sys

from place import meet_provider

from daffi import FG

g = meet_provider()
endless = getattr(g.call, sys.argv[1])
stream = endless() & FG
next(stream)
stream.close()
assert list(stream) == []
assert g.call.wait_closed() & FG

for item in endless() & FG:
    break
del item
assert g.call.wait_closed() & FG

with endless() & FG as stream:
    next(stream)
assert g.call.wait_closed() & FG
g.stop()
