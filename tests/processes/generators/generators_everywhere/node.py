"""A process with the generators, by the name that it is given; `provider` has the controller."""

import sys

import callbacks  # noqa: F401 - the generators
from place import meet, stay

g = meet(process_name=sys.argv[1])
if sys.argv[1] == "provider":
    stay(g)
else:
    print("up", flush=True)
    g.join()
