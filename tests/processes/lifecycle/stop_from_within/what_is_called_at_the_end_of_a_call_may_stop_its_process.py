"""What is called at the end of a call may stop its process."""

import threading

from place import meet_provider, within

from daffi import NO_RETURN, callback

g = meet_provider()
called = threading.Event()


@callback
def back():
    called.set()


with within(10):
    g.call.at_the_end_of_a_call_of_its_own() & NO_RETURN
    assert called.wait(5)
g.stop()
