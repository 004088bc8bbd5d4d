"""A wait for the own name is refused at once."""

import asyncio

from place import meet_provider, raises, within

from daffi import GlobalContextError

g = meet_provider()


async def main():
    with within(5), raises(GlobalContextError) as caught:
        await g.wait_process_async(g.process_name)
    assert "itself" in str(caught.error)


with within(5), raises(GlobalContextError) as caught:
    g.wait_process(g.process_name)
assert "itself" in str(caught.error)
asyncio.run(main())
g.stop()
