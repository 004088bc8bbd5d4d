"""Every attempt has the arguments as they were when the call was made."""

import asyncio

from place import meet_provider

from daffi import BG, BROADCAST, FG, RetryPolicy, __body_unknown__, fetcher

g = meet_provider()
batch, extra = [], bytearray()


class Changing(RetryPolicy):
    def is_worth(self, error):
        batch.append(1000)
        extra.extend(b"more")
        return super().is_worth(error)


policy = Changing(KeyError, stop_after_attempt=3, wait=0)


@fetcher(FG(retry_policy=policy))
async def total(batch, *, extra):
    __body_unknown__(batch, extra)


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
