"""What streams are sent to: a process whose callbacks take items in every way, or refuse them."""

import sys
import threading

from place import meet, stay

from daffi import callback, get_g

got = []
gate = threading.Event()


@callback
def take(item):
    got.append(item)


@callback
def take_two(first, second):
    got.append([first, second])


@callback
def take_named(*, first, second):
    got.append([first, second])


@callback
def take_with_g(item, g):
    got.append([item, g.process_name])


@callback
def take_all(*items):
    got.append(list(items))


@callback
class Shelf:
    def __init__(self, name):
        self.name = name

    def put(self, book):
        got.append([self.name, book])

    async def put_two(self, first, second):
        got.append([self.name, first, second])


Shelf("tall")


@callback
def exit_at(item):
    sys.exit(item)


@callback
async def exit_at_async(item):
    sys.exit(item)


@callback
async def refuse_bad(item):
    got.append(item)
    if item == "bad":
        raise LookupError("no more of this")


@callback
def leave_at_three(item):
    got.append(item)
    if item == 3 and sys.argv[1] == "second":
        get_g().stop()


@callback
def take_when_let(item):
    gate.wait()
    got.append(len(item))


@callback
def let():
    gate.set()


@callback
def taken():
    return got


if __name__ == "__main__":
    g = meet(process_name=sys.argv[1])
    if sys.argv[1] == "provider":
        stay(g)
    else:
        print("up", flush=True)
        g.join()
