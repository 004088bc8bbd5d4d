"""The script of a test: threads that wait for the attempt of another get its global."""

import threading

from daffi import Global, InitializationError

got, refused = [], []


def start():
    got.append(Global(process_name="one"))


def other():
    try:
        Global(process_name="another")
    except InitializationError as error:
        refused.append(str(error))


threads = [threading.Thread(target=start) for _ in range(4)]
for thread in threads:
    thread.start()
threads.append(threading.Thread(target=other))
threads[-1].start()
print("waiting", flush=True)
for thread in threads:
    thread.join()
assert len(got) == 4 and len(set(map(id, got))) == 1
assert "process_name='one', not 'another'" in refused[0], refused
got[0].stop()
