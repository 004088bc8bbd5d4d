"""A named node that is not there fails alone."""

import asyncio
import logging

from place import meet_provider, raises, within

from daffi import BROADCAST, GlobalContextError, RetryPolicy

g = meet_provider()
logging.basicConfig(format="%(message)s", stream=__import__("sys").stdout)
g.wait_process("second")
nodes = ["second", "nobody", "nobody", g.process_name]


def check(values):
    assert values["second"] == "second"
    assert set(values) == {"second", "nobody", "caller"}, values
    for node, wanted in (("nobody", "named 'nobody'"), ("caller", "'caller' itself")):
        assert isinstance(values[node], GlobalContextError), values
        assert wanted in str(values[node]), values


check(g.call.where() & BROADCAST(return_result=True, node=nodes))
once = RetryPolicy(stop_after_attempt=1)
check(g.call.where() & BROADCAST(return_result=True, node=nodes, retry_policy=once))


async def main():
    check(await (g.call.where() & BROADCAST(return_result=True, node=nodes)))


asyncio.run(main())
assert (g.call.where("told") & BROADCAST(node=nodes)) is None
with within(5):
    while "told" not in g.call.seen_second().fg():
        pass
with raises(GlobalContextError) as caught:
    g.call.where() & BROADCAST(return_result=True, node=["nobody", "no one"])
assert "nobody" in str(caught.error)
# Told of though the process stops meanwhile: it failed before that.
for _ in range(20):
    g.call.where("told") & BROADCAST(node=nodes)
g.stop()
