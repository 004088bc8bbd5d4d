"""A process that has no descriptors left: what waits for calls in an event loop needs none."""

import pytest

LOOPS = {"asyncio": "asyncio.run(main())", "trio": "trio.run(main)"}
AWAITS = {
    "result": "await (g.call.slow(0.2, 7) & BG)",
    "call": "await (g.call.slow(0.2, 7) & FG)",
    "with a limit": "await (g.call.slow(0.2, 7) & BG).get_async(timeout=20)",
    "async fetcher": "await slow(0.2, 7)",
    "broadcast": '(await (g.call.slow(0.2, 7) & BROADCAST(return_result=True)))["provider"]',
}


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
@pytest.mark.parametrize("awaits", AWAITS.values(), ids=AWAITS)
def test_the_first_await_needs_no_descriptor(serve, join, awaits, loop):
    # It imported what it needed, and had a descriptor made that wakes the loop.
    serve()
    caller = join(f"""
        import asyncio, os, resource, trio
        from place import meet
        from daffi import *

        g = meet(process_name="caller")
        g.wait_process("provider", timeout=20)

        @fetcher(FG)
        async def slow(length, value): ...

        assert g.call.add(1, 2) & FG == 3  # the link is there

        def use_up():
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
            taken = []
            try:
                while True:
                    taken.append(os.open("/dev/null", os.O_RDONLY))
            except OSError:
                return taken

        async def main():
            taken = use_up()
            try:
                value = {awaits}
            finally:
                for descriptor in taken:
                    os.close(descriptor)
            assert value == 7, value

        {loop}
        g.stop()
    """)
    assert caller.wait_end() == 0, caller.output
