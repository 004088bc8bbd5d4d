"""The parent of a test: a forked child is heard."""

import logging
import os

from place import meet, stay
from showing import show

show()
g = meet(process_name="parent")
logging.getLogger("daffi.node").warning("the thread for lines is not inherited")
reading, writing = os.pipe()
child = os.fork()
if child == 0:
    g = meet(process_name="child")
    os.write(writing, b"up")
    stay(g)
    os._exit(0)
os.read(reading, 2)
print("child", child, flush=True)
stay(g)
os.waitpid(child, 0)
