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


def test_a_forgotten_call_that_finds_nobody_in_its_last_attempt_is_logged(serve, call):
    # It was taken for the failure of a call that the own stop ends, which is none.
    serve(PROVIDER)
    call("""
        import logging, threading

        logged = threading.Event()

        class Handler(logging.Handler):
            def emit(self, record):
                assert "nothing" in record.getMessage()
                logged.set()

        logging.getLogger("daffi").addHandler(Handler(level=logging.ERROR))
        policy = RetryPolicy(stop_after_attempt=2, wait=0)
        g.call.nothing() & BG(return_result=False, retry_policy=policy)
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


def test_every_attempt_has_the_arguments_as_they_were_when_the_call_was_made(serve, call):
    # They were taken anew for each attempt, the first of them already in another thread.
    serve("""
        from place import meet, stay
        from daffi import callback

        runs = []

        @callback
        def total(batch, *, extra):
            runs.append(1)
            if len(runs) % 2:
                raise KeyError("again")
            return sum(batch) + len(extra)

        stay(meet(process_name="provider"))
    """)
    call("""
        import asyncio
        batch, extra = [], bytearray()

        class Changing(RetryPolicy):
            def is_worth(self, error):
                batch.append(1000)
                extra.extend(b"more")
                return super().is_worth(error)

        policy = Changing(KeyError, stop_after_attempt=3, wait=0)

        @fetcher(FG(retry_policy=policy))
        async def total(batch, *, extra): __body_unknown__(batch, extra)

        async def awaited():
            return await total(batch, extra=extra)

        for size in (3, 100_000):
            for style in ("FG", "BG", "BROADCAST", "await"):
                batch[:], extra[:] = [1, 2, 3], bytes(size)
                call = lambda how: g.call.total(batch, extra=extra) & how
                if style == "FG":
                    got = call(FG(retry_policy=policy))
                elif style == "BG":
                    result = call(BG(retry_policy=policy))
                    batch.append(1)
                    got = result.get()
                elif style == "BROADCAST":
                    everywhere = BROADCAST(return_result=True, retry_policy=policy)
                    got = call(everywhere)["provider"]
                else:
                    got = asyncio.run(awaited())
                assert got == 6 + size, (style, got)
        g.stop()
    """)
