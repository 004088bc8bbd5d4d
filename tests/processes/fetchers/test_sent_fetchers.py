"""Fetchers as values: what uses or holds one is sent, and calls from where it is then."""

from script import programs

PROGRAMS = programs(__file__)


PROVIDER = PROGRAMS / "provider.py"


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
    call(PROGRAMS / "a_function_that_uses_a_fetcher_is_transferred.py")
