"""The other of a test: a process that was ended may take part again."""

from place import meet

from daffi import callback, get_g

g = meet(process_name="other")
print("up", flush=True)
while g.is_running:
    pass


@callback
def late(): ...


with meet(process_name="other") as again:
    assert again is not g and get_g() is again
    assert set(again.registered_callbacks) == {"provider"}
