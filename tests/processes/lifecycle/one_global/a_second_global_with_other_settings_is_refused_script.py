"""The script of a test: a second global with other settings is refused."""

from place import meet, raises, within

from daffi import InitializationError, get_g

g = meet(init_controller=True, process_name="one")
for other in (
    {"process_name": "two", "init_controller": True},
    {"process_name": "one"},
    {"process_name": "one", "init_controller": True, "direct": False},
    {"process_name": "one", "init_controller": True, "host": "localhost"},
    {},
):
    with within(1), raises(InitializationError) as caught:
        meet(**other)
    assert "other settings" in str(caught.error)
assert "process_name='one', not None" in str(caught.error), caught.error
assert get_g() is g and g.is_running
g.stop()
