"""With a retry policy a forgotten broadcast is still forgotten, and what cannot be made is refused where it is made."""

import pytest

PROVIDER = """
    import time
    from place import meet, stay
    from daffi import callback

    @callback
    def note(what, seconds=0):
        time.sleep(seconds)  # being slow is what it is for

    @callback
    def fail(what):
        raise LookupError(what)

    g = meet(process_name="provider")
    stay(g)
"""


def test_a_forgotten_broadcast_that_is_retried_gives_none_at_once(serve, call):
    serve(PROVIDER)
    call("""
        policy = RetryPolicy(KeyError, stop_after_attempt=2, wait=0)
        with within(0.4):
            assert (g.call.note("first", 0.5) & BROADCAST(retry_policy=policy)) is None
        g.stop()
    """)


def test_the_failure_of_a_forgotten_broadcast_that_is_retried_is_logged(serve, call):
    serve(PROVIDER)
    call("""
        import logging, threading

        logged = threading.Event()

        class Handler(logging.Handler):
            def emit(self, record):
                logged.set()

        logging.getLogger("daffi").addHandler(Handler(level=logging.ERROR))
        g.call.fail("x") & BROADCAST(retry_policy=RetryPolicy(KeyError, stop_after_attempt=2, wait=0))
        assert logged.wait(5)
        g.stop()
    """)


@pytest.mark.parametrize(
    "modifier",
    ["BG({})", "BG({}, return_result=False)", "BROADCAST({})", "BROADCAST({}, return_result=True)"],
)
def test_a_retried_call_that_cannot_be_made_raises_where_it_is_made(serve, call, modifier):
    serve(PROVIDER)
    call(f"""
        policy = RetryPolicy(KeyError, stop_after_attempt=2, wait=0)
        for wrong in (lambda: g.call.nothing(), lambda: g.call.note(), lambda: g.call.note("x", hours=1)):
            with raises(GlobalContextError):
                wrong() & {modifier.format("retry_policy=policy")}
        g.stop()
    """)
