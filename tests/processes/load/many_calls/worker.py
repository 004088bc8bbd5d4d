"""A process whose callback returns when twelve calls of it run."""

import threading

from place import meet, stay

from daffi import callback

together = threading.Barrier(12)


@callback
def meet_all():
    return together.wait(20)


stay(meet(process_name="worker"))
