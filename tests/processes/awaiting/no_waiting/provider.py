"""A process that keeps what it is told, or says it."""

import sys

from place import meet, stay

from daffi import callback

notes = []


@callback
def size(value) -> int:
    return len(value)


@callback
def note(value) -> None:
    if sys.argv[1:] == ["says"]:
        print(f"noted {len(value)}", flush=True)
    else:
        notes.append(value)


@callback
def noted() -> list:
    return notes


stay(meet(process_name="provider"))
