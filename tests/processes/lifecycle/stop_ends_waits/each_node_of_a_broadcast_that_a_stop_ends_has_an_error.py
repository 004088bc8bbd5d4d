"""Each node of a broadcast that a stop ends has an error."""

import threading

from place import meet_provider, within

from daffi import BROADCAST, GlobalContextError

g = meet_provider()
ended = []


def waiting():
    ended.append(g.call.hold() & BROADCAST(return_result=True))


thread = threading.Thread(target=waiting)
thread.start()
thread.join(0.3)
with within(5):
    g.stop()
    thread.join()
assert isinstance(ended[0]["provider"], GlobalContextError), ended
