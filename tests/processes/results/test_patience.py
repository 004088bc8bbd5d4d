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
@pytest.mark.parametrize("zero", ["0", "0.0", "'0s'", "None"])
def test_a_limit_of_zero_is_no_limit(serve, call, look, zero):
    serve()
    call(f"""
        import asyncio
        result = g.call.slow(0.3, "value") & BG
        assert not result.ready
        assert {look.format(zero)} in ("value", None)  # it gave no error
        assert result.ready and result.get(0) == "value"
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
