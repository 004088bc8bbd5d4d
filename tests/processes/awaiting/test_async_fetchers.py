"""When the call of an `async def` fetcher is sent, and how far its value is as good as the real one."""

import pytest

FETCHERS = """
        import asyncio
        from daffi import fetcher

        @fetcher(FG)
        async def add(a, b): ...

        @fetcher(FG)
        async def echo(value): ...

        @fetcher(FG)
        async def fail(message): ...

        @fetcher(FG)
        async def slow(seconds, value=None): ...
"""


def test_the_call_of_an_async_fetcher_is_sent_when_it_is_made(serve, call):
    serve()
    call(
        FETCHERS
        + """
        def sent():
            with within(5):
                while not (g.call.calls_so_far & FG(node="provider"))():
                    time.sleep(0.001)  # nobody tells when a call has run that is not looked at

        async def main():
            value = echo(1)
            # The loop does not turn meanwhile.
            await asyncio.to_thread(sent)
            assert await value == 1

        asyncio.run(main())
        g.stop()
    """
    )


def test_a_call_whose_value_nobody_uses_has_happened_all_the_same(serve, call):
    serve()
    call(
        FETCHERS
        + """
        async def main():
            echo("in a loop")

        asyncio.run(main())
        echo("in none")
        with within(5):
            while (g.call.calls_so_far() & FG) != ["echo", "echo"]:
                time.sleep(0.001)  # nobody tells when a call has run that is not looked at
        g.stop()
    """
    )


def test_without_an_event_loop_the_value_is_used_as_it_is(serve, call):
    serve()
    output = call(
        FETCHERS
        + """
        print(add(1, 2), f"{add(2, 2):03d}", "%d" % add(2, 3))
        assert add(1, 2) + add(3, 4) == 10 and 10 - add(1, 2) == 7 and -add(1, 2) == -3
        assert add(1, 2) < 4 and 2 < add(1, 2) and max(add(1, 2), 2) == 3
        assert [10, 20, 30, 40][add(1, 2)] == 40
        assert bool(add(0, 0)) is False and not echo("") and not echo(None)
        assert " ".join(["a", str(echo("b"))]) == "a b"
        assert echo("text").upper() == "TEXT" and echo({"a": 1})["a"] == 1
        assert list(echo([1, 2])) == [1, 2] and sum(echo([1, 2])) == 3
        with raises(ValueError):
            int(fail("no number"))
        g.stop()
    """
    )
    assert output == "3 004 5"


def test_a_value_passed_on_is_the_value(serve, call):
    serve()
    call(
        FETCHERS
        + """
        import copy, pickle

        async def main():
            assert await echo([add(1, 2), {"key": add(3, 4)}]) == [3, {"key": 7}]
            assert (g.call.greet(echo("ada"), mark=echo("?")) & BG).get() == "hello ada?"
            back = await g.call.echo((add(1, 2),)).fg()
            assert back == (3,) and type(back[0]) is int
            assert type(pickle.loads(pickle.dumps(add(1, 2)))) is int
            for copied in (copy.copy(echo([1])), copy.deepcopy(echo([1]))):
                assert type(copied) is list and copied == [1]
            assert await asyncio.to_thread(lambda value: value + 1, add(1, 2)) == 4

        asyncio.run(main())
        g.stop()
    """
    )


def test_waiting_for_a_value_holds_up_no_other_thread(serve, call):
    serve()
    call(
        FETCHERS
        + """
        import threading
        from place import slowdown

        value = slow(slowdown(), "x")
        seen = []
        begun = threading.Barrier(5)

        def use():
            begun.wait()
            seen.append(str(value))

        waiting = [threading.Thread(target=use) for _ in range(4)]
        for thread in waiting:
            thread.start()
        begun.wait()
        with within(0.9):
            for number in range(100):
                assert add(number, 1) == number + 1
            assert seen == []
        for thread in waiting:
            thread.join()
        assert seen == ["x"] * 4
        g.stop()
    """
    )


def test_a_value_can_be_awaited_and_used_as_often_as_one_likes(serve, call):
    serve()
    call(
        FETCHERS
        + """
        async def main():
            value = echo([1])
            assert await value is await value
            assert await asyncio.gather(value, value) == [[1], [1]]
            assert value == [1] and await value == [1]
            failed = fail("no number")
            for _ in range(2):
                with raises(ValueError):
                    await failed
                with raises(ValueError):
                    len(failed)
            async with asyncio.timeout(5):
                assert await asyncio.wait_for(add(1, 2), 5) == 3
                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task(awaited(add(n, n))) for n in range(3)]
            assert [task.result() for task in tasks] == [0, 2, 4]

        async def awaited(value):
            return await value

        asyncio.run(main())
        g.stop()
    """
    )


def test_in_trio_a_value_is_used_without_await_too(serve, call):
    serve()
    call(
        FETCHERS
        + """
        import trio

        async def main():
            assert f"{add(1, 2)}" == "3" and add(1, 2) + 1 == 4
            assert await echo(add(1, 2)) == 3
            with raises(ValueError):
                await fail("no number")
            with raises(ValueError):
                int(fail("no number"))

        trio.run(main)
        g.stop()
    """
    )


def test_a_failure_that_somebody_sees_is_not_logged(serve, call):
    serve()
    output = call(
        FETCHERS
        + """
        import gc, logging
        logging.basicConfig(level=logging.WARNING)

        async def main():
            with raises(ValueError):
                await fail("no number")
            with raises(ValueError):
                str(fail("no number"))

        asyncio.run(main())
        gc.collect()
        g.stop()
    """
    )
    assert output == ""


def test_async_fetchers_of_a_class_are_awaited_too(serve, call):
    serve()
    call("""
        import asyncio

        @fetcher(FG)
        class Provider:
            async def add(self, a, b): ...

            @staticmethod
            async def echo(value): ...

            def size(self, data): ...

        async def main():
            provider = Provider()
            assert await provider.add(1, 2) == 3
            assert provider.add(1, 2) + 1 == 4
            assert await Provider.echo("x") == "x"
            assert type(provider.size(b"12")) is int

        asyncio.run(main())
        g.stop()
    """)


def test_an_async_fetcher_in_the_background_gives_its_result_and_awaited_it_too(serve, call):
    serve()
    call("""
        import asyncio, trio

        @fetcher(BG(timeout=10))
        async def add(a, b): ...

        @fetcher(BG)
        async def fail(message): ...

        async def main():
            result = await add(1, 2)
            assert isinstance(result, AsyncResult) and await result == 3 and await result == 3
            assert await (await add(1, 2, __exec_modifier__=BG)) == 3
            # Its first await gives itself, whatever was done before.
            unawaited = add(3, 4)
            assert unawaited.get() == 7 and await unawaited is unawaited and await unawaited == 7
            failed = await fail("no number")
            with raises(ValueError):
                await failed
            # That of a call by name is the value's, as always.
            assert await (g.call.add(1, 2) & BG) == 3

        async def several():
            first, second = await asyncio.gather(add(1, 2), asyncio.wait_for(add(3, 4), 5))
            assert (await first, await second) == (3, 7)
            done, _ = await asyncio.wait([add(1, 2)])
            assert [result.get() for result in done] == [3]

        asyncio.run(main())
        trio.run(main)
        asyncio.run(several())
        assert add(1, 2).get() == 3
        g.stop()
    """)


def test_other_modifiers_of_an_async_fetcher_give_what_they_always_give(serve, call):
    serve()
    call("""
        import asyncio

        @fetcher(BG(timeout=10))
        async def add(a, b): ...

        @fetcher(NO_RETURN)
        async def echo(value): ...

        async def main():
            result = add(1, 2)
            assert isinstance(result, AsyncResult) and result.get() == 3
            assert result.func_name == "add" and result.ready
            assert await add(1, 2, __exec_modifier__=FG) == 3

        asyncio.run(main())
        g.stop()
    """)


@pytest.mark.parametrize(
    "modifier", ["NO_RETURN", "BG(return_result=False)", "BG(no_return=True)", "BROADCAST"]
)
def test_what_has_no_value_can_be_awaited_and_is_as_good_as_none(serve, call, modifier):
    serve()
    output = call(f"""
        import asyncio, trio

        @fetcher({modifier})
        async def echo(value): ...

        @fetcher
        async def slow(seconds): ...

        async def main():
            assert await echo(1) is None
            assert await (slow(0) & {modifier}) is None
            assert await asyncio.gather(asyncio.wait_for(awaited(2), 5)) == [None]
            echo(3)
            given = echo(4)
            assert not given and given == None and not given != None, given
            print(given)
            assert await g.call.echo([given]).fg() == [None]

        async def awaited(value):
            return await echo(value)

        async def in_trio():
            assert await echo(6) is None

        asyncio.run(main())
        trio.run(in_trio)
        echo(7)
        g.stop()
    """)
    assert output == "None"
