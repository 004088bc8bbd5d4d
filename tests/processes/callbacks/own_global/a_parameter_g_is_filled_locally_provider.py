"""The provider of a test: a parameter g is filled locally."""

import asyncio

from place import stay
from provider import (
    Service,
    async_items,
    between,
    by_name_only,
    first,
    g,
    items,
    plain,
    service,
    waiting,
)

here = "provider"
assert plain() == here
assert first(1, 3) == (here, 1, 3)
assert between(1, 3, 4) == (1, here, 3, 4)
assert by_name_only(1) == (1, here, 0)
assert asyncio.run(waiting(1)) == (1, here)
assert service.method(1, 3) == (1, here, 3)
assert Service.static_method(1) == (1, here)
assert Service.class_method(1) == ("Service", here, 1)
assert list(items(2)) == [(0, here), (1, here)]


async def collected():
    return [item async for item in async_items(2)]


assert asyncio.run(collected()) == [(0, here), (1, here)]
assert asyncio.iscoroutinefunction(waiting) and plain.__name__ == "plain"
stay(g)
