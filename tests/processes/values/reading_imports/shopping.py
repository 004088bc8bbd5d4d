"""What the callers of a shop begin with: the folder of its modules is given."""

import sys

from place import meet

from daffi import FG, callback

g = meet(process_name="caller")
g.wait_function("wait_for", timeout=20)

marks = iter(range(100))

sys.path.insert(0, sys.argv[1])


def offered():
    """What the provider sees, which learns of it in order."""
    mark = f"mark_{next(marks)}"
    exec(f"def {mark}(): ...", names := {"__name__": "marks"})
    callback(names[mark])
    g.call.wait_for(mark) & FG
    return [name for name in g.call.offered_by("caller") & FG if not name.startswith("mark")]


def fails():
    try:
        g.call.order(5) & FG
    except Exception as error:
        return type(error)
