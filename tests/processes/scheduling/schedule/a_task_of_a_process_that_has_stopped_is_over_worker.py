"""The worker of a test: a task of a process that has stopped is over."""

from place import meet

from daffi import callback


@callback
def tick():
    pass


@callback
def leave():
    g.stop()


g = meet(process_name="worker")
print("up", flush=True)
g.join()
