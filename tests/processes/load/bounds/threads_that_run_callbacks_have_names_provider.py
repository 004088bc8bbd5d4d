"""The provider of a test: threads that run callbacks have names."""

import threading
from pathlib import Path

from place import meet, stay

from daffi import callback


@callback
def names():
    threads = Path("/proc/self/task").glob("*/comm")
    return threading.current_thread().name, {path.read_text().strip() for path in threads}


stay(meet(process_name="provider"))
