"""The process called server in test_unwanted_values.py."""

import asyncio
import threading

from place import meet, stay

from daffi import callback, cancelled

done = threading.Semaphore(0)
seen = []


@callback
def steps(name):
    seen.append(f"{name} begins")
    yield 1
    yield 2
    seen.append(f"{name} ends")
    done.release()


@callback
async def steps_async(name):
    seen.append(f"{name} begins")
    await asyncio.sleep(0)
    yield 1
    yield 2
    seen.append(f"{name} ends")
    done.release()


@callback
async def gives_steps(name):
    return steps(name)


def undecorated(function):
    return lambda *args: function(*args)


async def hidden(name):
    await asyncio.sleep(0)
    seen.append(f"{name} begins")
    seen.append(f"{name} ends")
    done.release()


hidden_async = undecorated(hidden)
hidden_async.__name__ = "hidden_async"
callback(hidden_async)


@callback
def breaks(name):
    yield name
    raise LookupError(f"broken {name}")


@callback
def endless(name):
    try:
        while True:
            yield name
    finally:
        print("closed", "cancelled" if cancelled() else "", flush=True)
        done.release()


@callback
def unsendable():
    done.release()
    return threading.Lock()


@callback
def wait_done():
    return done.acquire(timeout=10)


@callback
def what_ran():
    return seen


g = meet(process_name="provider")
stay(g)
