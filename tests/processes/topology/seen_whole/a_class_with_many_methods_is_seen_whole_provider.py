"""The provider of a test: a class with many methods is seen whole."""

import pathlib
import threading
import time

from many import many
from place import meet, stay

from daffi import callback


def later():
    while not pathlib.Path("waits").exists():
        time.sleep(0.01)  # no event tells that a file is there
    callback(many())


threading.Thread(target=later).start()
g = meet(process_name="provider")
stay(g)
