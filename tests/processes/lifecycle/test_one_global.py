"""One Global a process: asked for again it is the first, and `get_g` gives it from anywhere."""

PRELUDE = """
import threading
from place import meet, raises, within
from daffi import *
"""


def test_a_second_global_with_equal_settings_is_the_first(run):
    script = run(
        PRELUDE
        + """
g = meet(init_controller=True, process_name="one", host="localhost")
assert meet(init_controller=True, process_name="one", host="localhost") is g
assert Global("one", True, True, "localhost") is g
assert meet(init_controller=True, process_name="one", host="localhost", connect_timeout="0 s") is g
g.stop()

text = meet(init_controller=True, host="localhost", port=str(g.port))
assert meet(init_controller=True, host="localhost", port=g.port) is text
text.stop()
"""
    )
    assert script.wait_end() == 0


def test_a_second_global_with_other_settings_is_refused(run):
    script = run(
        PRELUDE
        + """
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
"""
    )
    assert script.wait_end() == 0


def test_a_block_of_a_global_that_was_stopped_is_refused(run):
    # It began, and every call in it failed.
    script = run(
        PRELUDE
        + """
import asyncio, os

async def enter(g):
    async with g:
        pass

def is_refused(g, hint):
    for enter_it in (g.__enter__, lambda: asyncio.run(enter(g))):
        with raises(GlobalContextError) as caught:
            enter_it()
        assert hint in str(caught.error), caught.error

g = meet(init_controller=True)
with g:
    child = os.fork()
    if not child:
        is_refused(g, "hint: make a new Global(...) in the child")
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
is_refused(g, "hint: make a new one: with Global(...) as g")
g = meet(init_controller=True)
g.stop()
is_refused(g, "hint: make a new one: with Global(...) as g")
with meet(init_controller=True) as new:
    assert new.is_running
    is_refused(g, "hint: make a new one: with Global(...) as g")
"""
    )
    assert script.wait_end() == 0


def test_after_a_stop_another_global_can_be_made(run):
    script = run(
        PRELUDE
        + """
for number in range(3):
    g = meet(init_controller=True, process_name=f"number_{number}")
    assert g.process_name == f"number_{number}" and get_g() is g and g.is_running
    g.stop()
    assert not g.is_running
with meet(init_controller=True, init_node=False) as other:
    # What was stopped stays stopped, and stopping it again harms nobody.
    g.stop()
    assert get_g() is other and other.is_running
"""
    )
    assert script.wait_end() == 0


def test_where_there_is_no_global_get_g_raises_initialization_error(run):
    script = run(
        PRELUDE
        + """
def none():
    with raises(InitializationError) as caught:
        get_g()
    assert "no Global" in str(caught.error)

none()
with meet(init_controller=True) as g:
    assert get_g() is g
none()
g = meet(init_controller=True)
g.stop()
none()
with raises(InitializationError):
    meet(init_controller=False, init_node=False)
none()
"""
    )
    assert script.wait_end() == 0


def test_get_g_gives_the_global_from_anywhere(serve, call):
    serve("""
        import asyncio, threading
        from place import meet, stay
        from daffi import callback, get_g

        def name():
            return get_g().process_name

        @callback
        def in_a_callback():
            return name()

        @callback
        async def in_an_async_callback():
            return name(), await asyncio.to_thread(name)

        @callback
        def in_a_thread():
            names = []
            thread = threading.Thread(target=lambda: names.append(name()))
            thread.start()
            thread.join()
            return names

        @callback
        def in_a_generator():
            yield name()

        stay(meet(process_name="provider"))
    """)
    call("""
        assert g.call.in_a_callback().fg() == "provider"
        assert g.call.in_an_async_callback().fg() == ("provider", "provider")
        assert g.call.in_a_thread().fg() == ["provider"]
        assert list(g.call.in_a_generator().fg()) == ["provider"]
        assert get_g() is g
        g.stop()
    """)


def test_threads_that_start_at_once_have_one_global(run):
    script = run(
        PRELUDE
        + """
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
"""
    )
    assert script.wait_end() == 0
