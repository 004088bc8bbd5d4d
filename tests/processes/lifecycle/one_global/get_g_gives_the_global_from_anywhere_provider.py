"""The provider of a test: get g gives the global from anywhere."""

import asyncio
import threading

from place import meet, stay

from daffi import callback, get_g


def name():
    return get_g().process_name


@callback
def in_a_callback():
    return name()


@callback
async def in_an_async_callback():
    return name(), await asyncio.to_thread(name)


@callback
def in_a_thread():
    names = []
    thread = threading.Thread(target=lambda: names.append(name()))
    thread.start()
    thread.join()
    return names


@callback
def in_a_generator():
    yield name()


stay(meet(process_name="provider"))
