"""A function that uses a fetcher is transferred."""

import threading

from place import meet_provider

from daffi import BG, FG, RetryPolicy, fetcher

g = meet_provider()
lock = threading.Lock()


@fetcher(FG)
def where():
    return lock  # it does not run, and need not travel


@fetcher(FG(timeout=20, retry_policy=RetryPolicy(stop_after_attempt=2)))
def add(a: int, b: int = 0) -> int: ...


@fetcher
def call(function, *args): ...


@fetcher(FG(node="provider"), args_from_body=True)
def echo(value):
    return [value, "from the body"]


@fetcher(BG)
async def add_later(): ...


@fetcher(FG)
class Remote:
    def add(self, a, b): ...


class Job:
    def __init__(self):
        self.call, self.pending = where, call & FG

    def run(self):
        return self.call(), self.pending(lambda: 7)


def task():
    return where(), add(1, b=2), call(len, "abc") & FG, echo(5), Remote().add(3, 4)


g.wait_process("worker", timeout=10)
expected = ("provider", 3, 3, [5, "from the body"], 7)
assert task() == expected
assert g.transfer_and_call("worker", task) == expected
assert g.transfer_and_call("worker", Job().run) == ("provider", 7)
assert g.transfer_and_call("worker", add, 1) == 1
assert g.transfer_and_call("worker", g.call.add & FG, 1) == 1
back = g.call.echo(add) & FG
assert repr(back) == repr(add) and back.__name__ == "add" and back(2, 3) == 5
g.stop()
