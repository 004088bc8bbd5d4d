"""Fetchers as values: what uses or holds one is sent, and calls from where it is then."""

PROVIDER = """
from place import meet, stay
from daffi import callback, get_g

@callback
def where(): return get_g().process_name

@callback
def add(a, b=0): return a + b

@callback
def call(function, *args): return function(*args)

@callback
def echo(value): return value

g = meet(process_name="provider")
stay(g)
"""


def test_a_function_that_uses_a_fetcher_is_transferred(serve, join, call):
    # A fetcher could not be sent, nor could what used it.
    serve(PROVIDER)
    worker = join(
        """
from place import meet
g = meet(process_name="worker")
g.wait_process("provider", timeout=10)
print("ready", flush=True)
g.join()
""",
        name="worker",
    )
    worker.wait_for("^ready$")
    call("""
        import threading
        lock = threading.Lock()

        @fetcher(FG)
        def where():
            return lock  # it does not run, and need not travel

        @fetcher(FG(timeout=20, retry_policy=RetryPolicy(stop_after_attempt=2)))
        def add(a: int, b: int = 0) -> int: ...

        @fetcher
        def call(function, *args): ...

        @fetcher(FG(node="provider"), args_from_body=True)
        def echo(value): return [value, "from the body"]

        @fetcher(BG)
        async def add_later(): ...

        @fetcher(FG)
        class Remote:
            def add(self, a, b): ...

        class Job:
            def __init__(self): self.call, self.pending = where, call & FG
            def run(self): return self.call(), self.pending(lambda: 7)

        def task(): return where(), add(1, b=2), call(len, "abc") & FG, echo(5), Remote().add(3, 4)

        g.wait_process("worker", timeout=10)
        expected = ("provider", 3, 3, [5, "from the body"], 7)
        assert task() == expected
        assert g.transfer_and_call("worker", task) == expected
        assert g.transfer_and_call("worker", Job().run) == ("provider", 7)
        assert g.transfer_and_call("worker", add, 1) == 1
        assert g.transfer_and_call("worker", g.call.add & FG, 1) == 1
        back = g.call.echo(add) & FG
        assert repr(back) == repr(add) and back.__name__ == "add" and back(2, 3) == 5
        g.stop()
    """)
