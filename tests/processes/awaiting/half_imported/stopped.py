"""What programs of test_half_imported.py have in common."""

import importlib
import importlib.abc
import importlib.machinery
import sys
import threading

reached, go_on = threading.Event(), threading.Event()


class Stop(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name != WHERE:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        run = spec.loader.exec_module

        def exec_module(module):
            reached.set()
            assert go_on.wait(20)
            run(module)

        spec.loader.exec_module = exec_module
        return spec


def stopped(module, where):
    global WHERE
    WHERE = where
    assert module not in sys.modules, "it is imported already"
    sys.meta_path.insert(0, Stop())
    thread = threading.Thread(target=importlib.import_module, args=[module])
    thread.start()
    assert reached.wait(20)
    return thread
