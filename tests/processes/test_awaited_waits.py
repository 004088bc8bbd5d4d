"""`await` before a wait that blocks otherwise: the event loop goes on meanwhile."""


def test_a_wait_that_is_awaited_does_not_hold_up_the_loop(serve, call):
    serve()
    call("""
        import asyncio

        async def main():
            for wait in (g.wait_process, g.wait_function):
                turns = 0

                async def count():
                    nonlocal turns
                    while True:
                        turns += 1
                        await asyncio.sleep(0)

                counting = asyncio.create_task(count())
                with raises(TimeoutError):
                    if wait == g.wait_process:
                        await g.wait_process("nobody", timeout=0.3)
                    else:
                        await g.wait_function("nothing", 0.3)
                counting.cancel()
                assert turns > 1
            assert await g.wait_process("provider") is None
            assert await g.wait_function("echo", timeout=5) is None
            # Handed on first, it has waited already, and can be awaited all the same.
            assert await asyncio.wait_for(g.wait_process("provider"), 5) is None
            handed_on = g.wait_function("echo")
            assert await handed_on is None
            with raises(GlobalContextError):
                await g.wait_process("")

        asyncio.run(main())
        assert g.wait_process("provider") is None
        g.stop()
    """)
