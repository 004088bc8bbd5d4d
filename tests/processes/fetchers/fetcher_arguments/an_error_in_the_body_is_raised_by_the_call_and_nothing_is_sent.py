"""An error in the body is raised by the call and nothing is sent."""

import time

from place import meet_provider, raises, within

from daffi import FG, NO_RETURN, fetcher

g = meet_provider()


@fetcher(NO_RETURN, args_from_body=True)
def take(number):
    return 1 // number


with raises(ZeroDivisionError):
    take(0)
take(1)
with within(5):
    while (g.call.taken() & FG) != [1]:
        time.sleep(0.001)  # nobody tells when a forgotten call has run
g.stop()
