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

    @staticmethod
    def total(item: str) -> int:
        return len(item)

    @classmethod
    def made(cls, item: str) -> int:
        return len(item)

    async def bill_async(self, item: str) -> int:
        return len(item)


@pytest.mark.parametrize("settings", [{}, {"autospec": True}])
def test_a_fetcher_is_mocked_as_a_function(settings):
    with mock.patch(f"{__name__}.price", return_value=15, **settings) as mocked:
        assert price("apple", 5) == 15
    mocked.assert_called_once_with("apple", 5)


@pytest.mark.parametrize("name", ["bill", "total", "made"])
@pytest.mark.parametrize("settings", [{}, {"autospec": True}])
def test_a_fetcher_of_a_class_is_mocked_as_a_method(name, settings):
    with mock.patch.object(Shop, name, return_value=15, **settings) as mocked:
        assert getattr(Shop(), name)("apple") == 15
        assert getattr(Shop, name)("apple") == 15
        mocked.assert_called_with("apple")
        if settings:
            with pytest.raises(TypeError, match="too many"):
                getattr(Shop(), name)("apple", 5)
    assert "fetcher" in repr(getattr(Shop, name))


@pytest.mark.parametrize("settings", [{}, {"autospec": True}])
def test_an_async_fetcher_of_a_class_is_mocked_as_a_coroutine_method(settings):
    async def main():
        with mock.patch.object(Shop, "bill_async", return_value=15, **settings) as mocked:
            assert await Shop().bill_async("apple") == 15
        mocked.assert_awaited_once_with("apple")

    asyncio.run(main())


def test_the_fetchers_of_a_class_are_mocked_with_it():
    with mock.patch(f"{__name__}.Shop", autospec=True) as mocked:
        mocked.return_value.bill.return_value = 15
        assert Shop().bill("apple") == 15


def test_a_method_that_is_a_fetcher_tells_the_parameters_of_its_calls():
    # It told of `self`, which a call does not take.
    for name in ("bill", "total", "made", "bill_async"):
        for of in (Shop, Shop()):
            assert list(inspect.signature(getattr(of, name)).parameters) == ["item"]


@pytest.mark.parametrize("settings", [{}, {"autospec": True}])
def test_an_async_fetcher_is_mocked_as_a_coroutine_function(settings):
    async def main():
        with mock.patch(f"{__name__}.price_async", return_value=15, **settings):
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
