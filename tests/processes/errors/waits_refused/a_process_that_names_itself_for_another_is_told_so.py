"""A process that names itself for another is told so."""

import asyncio

from place import meet_provider, raises, within

from daffi import BG, BROADCAST, FG, PERIOD, STREAM, GlobalContextError, InitializationError

g = meet_provider()
own = g.process_name
for make in (
    lambda: g.transfer_and_call(own, len, "four"),
    lambda: g.transfer_and_call_async(own, len, "four"),
    lambda: g.get_scheduled_tasks(own),
    lambda: asyncio.run(g.get_scheduled_tasks_async(own)),
    lambda: g.cancel_scheduled_task_by_uuid(own, 32 * "0"),
    lambda: g.cancel_scheduled_task_by_uuid(own, "no uuid"),
    lambda: asyncio.run(g.cancel_scheduled_task_by_uuid_async(own, 32 * "0")),
    lambda: g.call.add(1, 2) & FG(node=own),
    lambda: g.call.add(1, 2) & BG(node=own),
    lambda: g.call.add(1, 2) & BROADCAST(node=own),
    lambda: g.call.add(1, 2) & PERIOD(interval=1, node=own),
    lambda: g.call.echo([1]) & STREAM(node=own),
):
    with within(5), raises(InitializationError, GlobalContextError) as caught:
        make()
    text = str(caught.error)
    assert "this is the process 'caller' itself" in text and "hint: " in text, text
    assert "g.wait" not in text, text
g.stop()
