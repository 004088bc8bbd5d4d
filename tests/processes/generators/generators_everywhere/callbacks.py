"""The generators that the tests call, in whatever process."""

import sys
import threading

from daffi import callback

closed = threading.Semaphore(0)
made = 0


class Base:
    def __init__(self, word):
        self.word = word

    def items(self, upto):
        for number in range(upto):
            yield f"{self.word}{number}"


@callback
class Feed(Base):
    async def items_async(self, upto):
        for number in range(upto):
            yield f"{self.word}{number}"

    @staticmethod
    def fixed(upto):
        yield from range(upto)

    @classmethod
    def of_class(cls):
        yield cls.__name__


Feed("item")


@callback
def mine(g):
    yield g.process_name


@callback
async def mine_async(g):
    yield g.process_name


@callback
def numbers(upto, *, step=1):
    yield from range(0, upto, step)


@callback
def exits():
    yield 1
    sys.exit(3)


@callback
async def exits_async():
    yield 1
    sys.exit(3)


@callback
async def endless_async():
    try:
        while True:
            yield bytes(100)
    finally:
        closed.release()


@callback
def endless():
    global made
    try:
        while True:
            made += 1
            yield bytes(100)
    finally:
        closed.release()


@callback
def fails_when_closed():
    try:
        while True:
            yield 1
    finally:
        print("closing", flush=True)
        raise LookupError("while it was closed")


@callback
def how_many():
    return made


@callback
def wait_closed():
    return closed.acquire(timeout=10)
