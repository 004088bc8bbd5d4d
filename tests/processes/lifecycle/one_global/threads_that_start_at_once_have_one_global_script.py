"""The script of a test: threads that start at once have one global."""

import threading

from place import meet

THREADS = 8
made = []
together = threading.Barrier(THREADS)


def make():
    together.wait()
    made.append(meet(init_controller=True))


threads = [threading.Thread(target=make) for _ in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(made) == THREADS and len(set(map(id, made))) == 1
made[0].stop()
