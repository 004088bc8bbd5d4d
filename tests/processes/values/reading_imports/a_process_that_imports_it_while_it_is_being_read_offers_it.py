"""A process that imports it while it is being read offers it."""

import builtins
import sys
import threading

from shopping import fails, g, offered

reached, go_on = builtins.reached, builtins.go_on = threading.Event(), threading.Event()
reading = threading.Thread(target=fails)
reading.start()
assert reached.wait(20)


def import_it():
    import shop  # noqa: F401 - by this thread


importing = threading.Thread(target=import_it)
importing.start()
# Until it waits for the other thread, in the import system.
while "frozen importlib" not in sys._current_frames()[importing.ident].f_code.co_filename:
    pass
go_on.set()
reading.join()
importing.join()
assert offered() == ["order"]
g.stop()
