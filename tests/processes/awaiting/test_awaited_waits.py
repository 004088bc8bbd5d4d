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


def test_a_wait_that_is_handed_to_what_awaits_it_does_not_hold_up_the_loop(serve, call):
    # It blocked the loop, for ever where what was waited for is started by that loop.
    serve()
    output = call("""
        import asyncio, logging, sys, trio

        logging.basicConfig(format="%(message)s", stream=sys.stdout)
        limit = {"timeout": 5}
        process = "provider"

        def register(name):
            import daffi
            daffi.callback(daffi.alias(name)(lambda: None))

        async def grouped(name):
            async with asyncio.TaskGroup() as group:
                group.create_task(g.wait_function(name, 5))

        async def for_each(name):
            await asyncio.gather(*[g.wait_function(each, timeout=5) for each in (name, name)])

        ways = (
            lambda name: asyncio.create_task(g.wait_function(name, 5)),
            lambda name: asyncio.ensure_future(g.wait_function(name=name, timeout=5)),
            lambda name: asyncio.gather(g.wait_function(name, 5), g.wait_process(process, 5)),
            lambda name: asyncio.gather(g.wait_process(process, 5), g.wait_function(name, **limit)),
            lambda name: asyncio.gather(*[g.wait_function(each, 5) for each in (name, name)]),
            lambda name: asyncio.gather(*(g.wait_function(each, 5) for each in (name, name))),
            lambda name: asyncio.gather(*(g.wait_function(name, 5), g.wait_process(process, 5))),
            lambda name: asyncio.create_task(asyncio.wait_for(g.wait_function(name, 5), timeout=limit["timeout"] + 1)),
            lambda name: asyncio.create_task(asyncio.wait_for(fut=g.wait_function(name, 5), timeout=9)),
            lambda name: asyncio.create_task(grouped(name)),
            lambda name: asyncio.create_task(for_each(name)),
        )

        async def main():
            for number, way in enumerate(ways):
                waiting = way(f"here_{number}")
                await asyncio.sleep(0)
                await g.transfer_and_call_async(process, register, f"here_{number}")
                await waiting

        async def trio_main():
            async with trio.open_nursery() as nursery:
                nursery.start_soon(g.wait_function, "in_trio", 5)
                await g.transfer_and_call_async(process, register, "in_trio")

        asyncio.run(main())
        trio.run(trio_main)
        g.stop()
    """)
    assert "holds up" not in output, output


def test_a_wait_that_nothing_awaits_blocks_in_a_coroutine_too(serve, call):
    serve()
    call("""
        import asyncio

        async def main():
            g.wait_process("provider")
            assert g.wait_process("provider") is not False
            assert not g.wait_function("add")
            done = g.wait_function("add") or "done"
            assert done == "done"
            if g.wait_process("provider") != None:
                raise AssertionError
            with raises(TimeoutError):
                g.wait_process("nobody", timeout=0.01)
            with raises(TimeoutError):
                nothing = g.wait_process("nobody", timeout=0.01)
            return g.wait_process("provider")

        assert asyncio.run(main()) == None
        # Outside of a loop it is what it always was.
        print(g.wait_process("provider"), [g.wait_process(name) for name in ["provider"]])
        g.stop()
    """)
