"""A process with these callbacks, and how it takes `where("fail")`: answers, raises, or dies."""

import os
import sys

from place import meet, stay

from daffi import callback

name, fail = sys.argv[1:]
seen = []


@callback
def where(word="x"):
    seen.append(word)
    if word == "fail" and fail == "raises":
        raise ValueError("not here")
    if word == "fail" and fail == "dies":
        os._exit(9)
    return name


@callback
def add(a, b):
    return a + b + 100


def seen_here():
    return seen


seen_here.__name__ = f"seen_{name}"
callback(seen_here)
stay(meet(process_name=name))
