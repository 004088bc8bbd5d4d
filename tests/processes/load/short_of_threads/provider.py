"""A process with two threads that callbacks run in."""

import logging
import os
import threading

from place import meet, stay

from daffi import callback

let_go = threading.Event()


@callback
def hold():
    let_go.wait(30)


@callback
async def release():
    let_go.set()


@callback
def add(a, b):
    return a + b


@callback(at_once=1)
def alone(number):
    return number


@callback
def tick():
    os.write(1, b"tick\n")


class Show(logging.Handler):
    def emit(self, record):
        text = record.getMessage().replace(chr(10), " / ")
        os.write(1, f"log {record.levelname} {text}{chr(10)}".encode())


logging.getLogger("daffi").addHandler(Show())
stay(meet(process_name="provider", threads=2, patience=0.3))
