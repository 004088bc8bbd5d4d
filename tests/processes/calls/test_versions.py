"""Two processes that offer one name with different parameters, as while a new version is rolled out."""

import pytest

OLD = """
    from place import meet, stay
    from daffi import callback

    @callback
    def price(item):
        return "old"

    g = meet(process_name="provider")
    stay(g)
"""
NEW = """
    from place import meet
    from daffi import callback

    @callback
    def price(item, currency, rounded):
        return "new"

    g = meet(process_name="newer")
    print("up", flush=True)
    g.join()
"""


@pytest.fixture
def both(serve, join):
    """Both versions at one place."""
    serve(OLD)
    join(NEW, name="newer").wait_for("^up$")


def test_a_call_goes_to_who_takes_its_arguments(both, call):
    call("""
        g.wait_process("newer", timeout=20)
        for call, version in (
            (lambda: g.call.price(1), "old"),
            (lambda: g.call.price(1, "eur", rounded=True), "new"),
        ):
            # Candidates are chosen at random.
            assert {call() & FG for _ in range(20)} == {version}
            assert {(call() & BG).get() for _ in range(20)} == {version}
            assert call() & FG(retry_policy=RetryPolicy(stop_after_attempt=1)) == version
            assert (call() & BG(retry_policy=RetryPolicy(stop_after_attempt=1))).get() == version
            task = call() & PERIOD(interval=60)
            assert task.node == {"old": "provider", "new": "newer"}[version]
            assert task.cancel()
        g.stop()
    """)


def test_arguments_that_fit_nobody_name_a_process_and_its_signature(both, call):
    call("""
        g.wait_process("newer", timeout=20)
        for style in (FG, BG, NO_RETURN, BROADCAST):
            with raises(GlobalContextError) as caught:
                g.call.price(1, 2, 3, 4) & style
            assert any(
                f"too many positional arguments: {text}" in str(caught.error)
                for text in (
                    "price(item), offered by 'provider'",
                    "price(item, currency, rounded), offered by 'newer'",
                )
            ), caught.error
        # A broadcast is for all: one that cannot take it is named.
        with raises(GlobalContextError) as caught:
            g.call.price(1) & BROADCAST
        assert "offered by 'newer'" in str(caught.error), caught.error
        g.stop()
    """)
