"""What is registered together is seen together, however much it is."""

from script import programs

PROGRAMS = programs(__file__)


MANY = """
from daffi import callback

def many():
    methods = {f"method_number_{n}": staticmethod(lambda n=n: n) for n in range(5000)}
    for name, method in methods.items():
        method.__func__.__qualname__ = f"Many.{name}"
        method.__func__.__name__ = name
    return type("Many", (), methods)
"""


def test_a_class_with_many_methods_is_seen_whole(serve, join):
    # Each method was told of by itself, and the first was called while the last was unknown.
    provider = serve(PROGRAMS / "a_class_with_many_methods_is_seen_whole_provider.py")
    caller = join(
        """
        import pathlib
        from place import meet
        from daffi import FG

        with meet() as g:
            pathlib.Path("waits").touch()
            g.wait_function("method_number_0", timeout=30)
            assert len(g.registered_callbacks["provider"]) == 5000
            assert (g.call.method_number_4999() & FG(timeout=10)) == 4999
        """
    )
    assert caller.wait_end() == 0, caller.output
    provider.end()


def test_a_process_with_many_callbacks_has_come_with_all_of_them(serve, join):
    caller = serve(
        """
        from place import meet, stay
        from daffi import FG

        g = meet(process_name="caller")
        print("ready", g.port, flush=True)
        g.wait_process("worker", timeout=30)
        assert len(g.registered_callbacks["worker"]) == 5000
        assert (g.call.method_number_4999() & FG(timeout=10)) == 4999
        print("all", flush=True)
        g.join()
        """,
        name="caller",
    )
    worker = join(
        MANY
        + """
from place import meet
callback(many())
g = meet(process_name="worker")
print("up", flush=True)
g.join()
""",
        name="worker",
    )
    worker.wait_for("^up$")
    caller.wait_for("^all$")
    worker.end()
    caller.end()
