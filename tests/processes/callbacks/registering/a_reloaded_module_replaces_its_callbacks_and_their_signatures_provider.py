"""The provider of a test: a reloaded module replaces its callbacks and their signatures."""

import importlib
import shutil
import sys

from place import meet, stay

from daffi import callback

sys.dont_write_bytecode = True
import lessons


@callback
def reload():
    shutil.move("changed.py", "lessons.py")
    importlib.reload(lessons)


g = meet(process_name="provider")
stay(g)
