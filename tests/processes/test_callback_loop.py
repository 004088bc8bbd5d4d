"""Async callbacks share an event loop, and what one of them does to it is no end of the others."""


def test_async_callbacks_go_on_when_one_ends_their_event_loop(serve, call):
    # No async callback ever answered again.
    serve("""
        import asyncio, sys
        from place import meet, stay
        from daffi import callback

        async def leave():
            sys.exit(3)

        @callback
        async def stop_the_loop():
            asyncio.get_running_loop().stop()
            return "stopped"

        @callback
        async def leave_in_a_task():
            task = asyncio.create_task(leave())
            await asyncio.sleep(0.01)
            return "left", task.done()

        @callback
        async def double(number):
            await asyncio.sleep(0)
            return number * 2

        stay(meet(process_name="provider"))
    """)
    call("""
        assert (g.call.stop_the_loop() & FG(timeout=5)) == "stopped"
        assert (g.call.double(1) & FG(timeout=5)) == 2
        assert (g.call.leave_in_a_task() & FG(timeout=5)) == ("left", True)
        assert (g.call.double(2) & FG(timeout=5)) == 4
        g.stop()
    """)
