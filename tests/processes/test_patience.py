"""How long one look at a result may wait."""

import pytest

PATIENCE = {
    "get": "result.get(timeout={})",
    "result": "result.result(timeout={})",
    "exception": "result.exception(timeout={})",
    "get_async": "asyncio.run(result.get_async(timeout={}))",
}


@pytest.mark.parametrize("look", PATIENCE.values(), ids=PATIENCE)
def test_the_patience_of_a_look_is_any_duration(serve, call, look):
    serve()
    call(f"""
        import asyncio
        from datetime import timedelta
        result = g.call.slow(5) & BG
        for patience in (0.05, "50ms", timedelta(milliseconds=50), "0.05"):
            with raises(TimeoutError) as caught, within(2):
                {look.format("patience")}
            assert "slow: no result within 0.05 s" in str(caught.error), caught.error
        g.stop()
    """)


@pytest.mark.parametrize("look", PATIENCE.values(), ids=PATIENCE)
def test_no_patience_looks_without_waiting(serve, call, look):
    serve()
    call(f"""
        import asyncio
        result = g.call.slow(5) & BG
        with raises(TimeoutError), within(2):
            {look.format("0")}
        g.stop()
    """)


@pytest.mark.parametrize("look", PATIENCE.values(), ids=PATIENCE)
def test_a_patience_that_cannot_be_read_is_quoted(serve, call, look):
    serve()
    call(f"""
        import asyncio
        result = g.call.slow(5) & BG
        for patience in (-1, "-1s", "soon", float("nan")):
            with raises(GlobalContextError) as caught:
                {look.format("patience")}
            assert repr(patience) in str(caught.error), caught.error
        g.stop()
    """)
