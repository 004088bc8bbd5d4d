"""The process called caller in test_half_open.py."""

import threading

from place import meet

from daffi import BG, FG, STREAM


def iterated():
    for number in g.call.count() & FG:
        assert number == 1


STYLES = {
    "fg": lambda: g.call.hold() & FG,
    "bg": lambda: (g.call.hold() & BG).get(),
    "stream": lambda: g.call.hold(iter(range(9))) & STREAM,
    "generator": iterated,
}
lock = threading.Lock()
g = meet(process_name="caller", direct=False)
g.wait_process("worker", timeout=20)


def run(name, style):
    try:
        outcome = style()
    except Exception as error:
        outcome = error
    with lock:
        print(f"{name}: {type(outcome).__name__} {outcome}", flush=True)


threads = [threading.Thread(target=run, args=pair) for pair in STYLES.items()]
for thread in threads:
    thread.start()
assert (g.call.quick() & FG) == "here"
print("begun", flush=True)
for thread in threads:
    thread.join()
print("all ended", flush=True)
