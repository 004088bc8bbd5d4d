"""Whatever waits when its process stops ends soon, with an error that says so."""

from script import programs

PROGRAMS = programs(__file__)


PROVIDER = PROGRAMS / "provider.py"

# What a thread of the caller waits in when its process stops.
WAITS = {
    "call": "g.call.hold() & FG",
    "result": "(g.call.hold() & BG).get()",
    "delayed call": "(g.call.add(1, 2) & BG(eta=1000)).get()",
    "retry": "g.call.fail() & FG(retry_policy=RetryPolicy(LookupError, stop_after_attempt=9, wait=1000))",
    "retry of any error": "g.call.hold() & FG(retry_policy=RetryPolicy(stop_after_attempt=9, wait=1000))",
    "retry at once": "g.call.hold() & FG(retry_policy=RetryPolicy(stop_after_delay=1000, wait=0))",
    "retry in the background": "(g.call.fail() & BG(retry_policy=RetryPolicy(stop_after_delay=3000, wait=1000))).get()",
    "stream": "g.call.take(iter(int, 1)) & STREAM",
    "generator": "[None for _ in g.call.endless() & FG]",
    "transferred function": "g.transfer_and_call('provider', lambda: __import__('threading').Event().wait())",
    "wait for a process": "g.wait_process('nobody')",
    "wait for a function": "g.wait_function('nobody')",
    "awaited call": "asyncio.run(awaited(lambda: g.call.hold_async() & FG))",
    "awaited result": "asyncio.run(awaited(lambda: g.call.hold() & BG))",
    "awaited in trio": "trio.run(awaited, lambda: g.call.hold() & BG)",
    "awaited process": "asyncio.run(awaited(lambda: g.wait_process_async('nobody')))",
    "awaited function": "trio.run(awaited, lambda: g.wait_function_async('nobody'))",
}


def test_every_wait_ends_when_its_process_stops(serve, call):
    serve(PROVIDER)
    call(f"""
import asyncio, threading, trio

async def awaited(make):
    return await make()

ended = {{}}

def wait(name, text):
    try:
        ended[name] = eval(text)
    except DaffiError as error:
        ended[name] = error

waits = {WAITS}
threads = [threading.Thread(target=wait, args=item, name=item[0], daemon=True) for item in waits.items()]
for thread in threads:
    thread.start()
# Long enough for the waits to be under way; one that is not yet ends in the same manner.
time.sleep(0.5)
assert not ended, ended
with within(5):
    g.stop()
    for thread in threads:
        thread.join(5)
assert not waits.keys() - ended.keys(), waits.keys() - ended.keys()
for name, error in ended.items():
    assert isinstance(error, DaffiError), (name, error)
""")


def test_each_node_of_a_broadcast_that_a_stop_ends_has_an_error(serve, call):
    serve(PROVIDER)
    call(PROGRAMS / "each_node_of_a_broadcast_that_a_stop_ends_has_an_error.py")
