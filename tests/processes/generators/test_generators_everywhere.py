"""Generators as callbacks wherever callbacks can be: methods, broadcasts, other loops, a controller between."""

from script import programs

PROGRAMS = programs(__file__)


NODE = PROGRAMS / "node.py"


def test_methods_of_every_kind_stream_back(serve, call):
    serve(NODE, "provider")
    call(PROGRAMS / "methods_of_every_kind_stream_back.py")


def test_a_generator_gets_the_global_of_its_own_process(serve, call):
    serve(NODE, "provider")
    call("""
        assert list(g.call.mine() & FG) == ["provider"]
        assert list(g.call.mine_async() & FG) == ["provider"]
        g.stop()
    """)


def test_a_broadcast_gives_the_items_of_every_node(serve, join, call):
    serve(NODE, "provider")
    join(NODE, "second", name="second").wait_for("^up$")
    call("""
        g.wait_process("second")
        for name in ("mine", "mine_async"):
            streams = getattr(g.call, name)() & BROADCAST(return_result=True)
            assert {node: list(stream) for node, stream in streams.items()} == {
                "provider": ["provider"], "second": ["second"],
            }
        g.stop()
    """)


def test_every_look_at_a_result_gives_the_same_iterator(serve, call):
    serve(NODE, "provider")
    call("""
        result = g.call.numbers(3) & BG
        stream = result.get()
        assert next(stream) == 0
        assert result.get() is stream
        assert list(result.get()) == [1, 2]
        g.stop()
    """)


def test_what_exits_in_a_generator_ends_its_items_and_no_process(serve, call):
    provider = serve(NODE, "provider")
    call("""
        for name in ("exits", "exits_async"):
            stream = getattr(g.call, name)() & FG
            assert next(stream) == 1
            with within(5), raises(RemoteCallError) as caught:
                next(stream)
            assert caught.error.remote_type == "SystemExit"
        assert list(g.call.numbers(2) & FG) == [0, 1]
        g.stop()
    """)
    provider.end()


def test_a_generator_that_fails_while_it_is_closed_harms_nobody(serve, call):
    provider = serve(NODE, "provider")
    call("""
        stream = g.call.fails_when_closed() & FG
        assert next(stream) == 1
        stream.close()
        assert list(g.call.numbers(2) & FG) == [0, 1]
        g.stop()
    """)
    provider.wait_for("^closing$")


def test_leaving_an_async_loop_early_closes_the_remote_generator(serve, call):
    serve(NODE, "provider")
    call(PROGRAMS / "leaving_an_async_loop_early_closes_the_remote_generator.py")


def test_a_slow_reader_holds_the_generator_back_through_the_controller_too(serve, join, place):
    serve("from place import meet, stay; g = meet(init_node=False); stay(g)", name="controller")
    place.settings["direct"] = False
    join(NODE, "second", name="second").wait_for("^up$")
    caller = join(
        PROGRAMS / "a_slow_reader_holds_the_generator_back_through_the_controller_too_other.py"
    )
    assert caller.wait_end() == 0, caller.output


def test_async_generators_run_in_trio_where_the_global_was_made_under_trio(serve, call):
    serve(PROGRAMS / "provider_under_trio.py")
    call("""
        assert list(g.call.naps(50) & FG) == list(range(50))
        assert g.call.wait_closed() & FG
        stream = g.call.naps(10**6) & FG
        assert next(stream) == 0
        stream.close()
        assert g.call.wait_closed() & FG
        g.stop()
    """)


def test_a_generator_stays_one_where_it_is_defined(serve, call):
    serve()
    call(PROGRAMS / "a_generator_stays_one_where_it_is_defined.py")


def test_the_items_of_a_generator_that_is_not_awaited_come_without_holding_up_the_loop(serve, call):
    serve(NODE, "provider")
    call(
        PROGRAMS
        / "the_items_of_a_generator_that_is_not_awaited_come_without_holding_up_the_loop.py"
    )


def test_a_fetcher_whose_body_has_a_yield_is_iterated_without_holding_up_the_loop(serve, call):
    # Its calls held up the loop, and the advice was to make it `async def`, which it was.
    serve(NODE, "provider")
    output = call(
        PROGRAMS / "a_fetcher_whose_body_has_a_yield_is_iterated_without_holding_up_the_loop.py"
    )
    assert "holds up" not in output, output


def test_a_task_that_is_cancelled_while_it_iterates_ends_the_generator_though_it_is_kept(
    serve, call
):
    # The traceback of its error held the items, and the generator waited for ever.
    serve(PROGRAMS / "provider_that_waits.py")
    call(
        PROGRAMS
        / "a_task_that_is_cancelled_while_it_iterates_ends_the_generator_though_it_is_kept.py"
    )
