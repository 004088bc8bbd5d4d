"""The process most tests call into: a controller and a node with callbacks of every temper."""

import asyncio
import decimal
import os
import sys
import threading
import time

from place import meet, stay

from daffi import callback

calls: list[str] = []


@callback
def add(a, b):
    return a + b


@callback
def greet(name, *, greeting="hello", mark="!"):
    return f"{greeting} {name}{mark}"


@callback
def echo(value):
    calls.append("echo")
    return value


@callback
def type_name(value):
    return type(value).__qualname__


@callback
def calls_so_far():
    return list(calls)


@callback
def size(data):
    return len(data)


@callback
def pid():
    return os.getpid()


@callback
def slow(seconds, value=None):
    time.sleep(seconds)  # being slow is what it is for
    return value


@callback
async def slow_async(seconds, value=None):
    await asyncio.sleep(seconds)
    return value


@callback
async def loop_thread():
    return threading.current_thread().name, id(asyncio.get_running_loop())


@callback
def hold():
    """Never answers; the test ends this process or lets go of the call."""
    # In one write, as several threads print at once.
    print("holding\n", end="", flush=True)
    threading.Event().wait()


@callback
def fail(message):
    number = int(message)  # the source line a caller should see
    return number + 1


class OverdrawnError(Exception):
    """An exception the caller cannot import, with a constructor of its own."""

    def __init__(self, account: str, missing: decimal.Decimal):
        super().__init__(f"{account} lacks {missing}")
        self.account = account
        self.lock = threading.Lock()


@callback
def overdraw():
    raise OverdrawnError("savings", decimal.Decimal("2.50"))


@callback
def chained():
    try:
        {}["missing"]
    except KeyError as error:
        raise ValueError("no such setting") from error


@callback
def leave(code):
    sys.exit(code)


@callback
def interrupt_yourself():
    raise KeyboardInterrupt


@callback
def unsendable():
    return {"fine": 1, "locks": [threading.Lock()]}


if __name__ == "__main__":
    g = meet(process_name=sys.argv[1] if len(sys.argv) > 1 else "provider")
    stay(g)
    print("left", flush=True)
