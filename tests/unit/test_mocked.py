"""Fetchers under the tools of a unit test, where there is no Global: `unittest.mock`, `inspect`, `pydoc`."""

import asyncio
import inspect
import pydoc
from unittest import mock

import pytest

from daffi import FG, GlobalContextError, InitializationError, fetcher


@fetcher(FG)
def price(item: str, amount: int) -> int:
    """What it costs."""
    return len(item) * amount


@fetcher(FG)
async def price_async(item: str) -> int:
    return len(item)


@fetcher(FG)
class Shop:
    def bill(self, item: str) -> int:
        return len(item)


@pytest.mark.parametrize("settings", [{}, {"autospec": True}])
def test_a_fetcher_is_mocked_as_a_function(settings):
    with mock.patch(f"{__name__}.price", return_value=15, **settings) as mocked:
        assert price("apple", 5) == 15
    mocked.assert_called_once_with("apple", 5)


def test_a_fetcher_of_a_class_is_mocked_as_a_method():
    with mock.patch.object(Shop, "bill", return_value=15):
        assert Shop().bill("apple") == 15


def test_an_async_fetcher_is_mocked_as_a_coroutine_function():
    async def main():
        with mock.patch(f"{__name__}.price_async", return_value=15):
            assert await price_async("apple") == 15

    asyncio.run(main())


def test_a_fetcher_is_nothing_to_await():
    assert not inspect.isawaitable(price)
    assert not inspect.isawaitable(Shop.bill)


def test_parentheses_forgotten_where_calls_are_awaited_show_the_right_spelling():
    async def main(what):
        await what

    for what in (price_async, price_async & FG(timeout=1)):
        with pytest.raises(
            InitializationError, match=r"hint: await \(price_async\(\.\.\.\) & FG\)"
        ):
            asyncio.run(main(what))


def test_without_a_global_a_fetcher_can_be_looked_at():
    for name in ("exists", "info"):
        assert not hasattr(price, name)
        with pytest.raises(GlobalContextError, match="no Global"):
            getattr(price, name)
    assert "__call__" in dict(inspect.getmembers(price))
    assert "What it costs" in pydoc.render_doc(price)
