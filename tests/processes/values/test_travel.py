"""What travels, and what does not: at whose cost, and what is said of it."""

PROVIDER = """
    import sys, types
    from place import meet, stay
    from daffi import callback

    only_there = types.ModuleType("only_there")
    exec("class Thing: pass", only_there.__dict__)
    sys.modules["only_there"] = only_there
    got = []

    @callback
    def echo(*args, **kwargs):
        got.append((args, kwargs))
        return args, kwargs

    @callback
    def foreign():
        return {"things": [only_there.Thing()]}

    @callback
    def change(items):
        items.append("changed")
        return items

    @callback
    def take(item):
        pass

    @callback
    def make(size):
        return bytes(size)

    @callback
    def make_each(*sizes):
        for size in sizes:
            yield bytes(size)

    @callback
    def how_many():
        return len(got)

    g = meet(process_name="provider")
    stay(g)
"""


def test_what_is_missing_at_the_other_side_is_named_at_the_caller(serve, call):
    serve(PROVIDER)
    call("""
        import sys, types
        only_here = types.ModuleType("only_here")
        exec("class Thing: pass", only_here.__dict__)
        sys.modules["only_here"] = only_here
        with raises(SerializationError) as caught:
            g.call.echo(only_here.Thing()) & FG
        assert "only_here" in str(caught.error)
        with raises(SerializationError) as caught:
            g.call.foreign() & FG
        assert "only_there" in str(caught.error)
        assert (g.call.how_many() & FG) == 0
        g.stop()
    """)


def test_what_arrives_is_a_copy(serve, call):
    serve(PROVIDER)
    call("""
        items = [1]
        assert (g.call.change(items) & FG) == [1, "changed"]
        assert items == [1]
        g.stop()
    """)


def test_arguments_arrive_by_place_and_by_name(serve, call):
    serve(PROVIDER)
    call("""
        class Own:
            def __eq__(self, other):
                return type(other).__name__ == "Own"
            __hash__ = None

        # Typed, and by pickle.
        for value in (None, (1, [2]), {(1, 2): {3}}, Own()):
            args, kwargs = g.call.echo(value, 2, name=value, other=bytearray(b"x")) & FG
            assert args == (value, 2)
            assert kwargs == {"name": value, "other": bytearray(b"x")}
            assert list(kwargs) == ["name", "other"]
        assert (g.call.echo() & FG) == ((), {})
        g.stop()
    """)


def test_what_is_over_the_limit_fails_alone_in_every_way_to_call(serve, call, place):
    place.settings["max_message"] = 1 << 20
    serve(PROVIDER)
    call("""
        large = bytes(2 << 20)
        ways = [
            lambda: g.call.take(large) & FG,
            lambda: (g.call.take(large) & BG).get(),
            lambda: g.call.take(large) & NO_RETURN,
            lambda: g.call.take([1, large]) & STREAM,
            lambda: g.call.take(large) & PERIOD(interval=1),
            lambda: g.transfer_and_call("provider", len, large),
            lambda: g.transfer_and_call("provider", lambda: large),
            lambda: g.call.make(2 << 20) & FG,
            lambda: (g.call.make(2 << 20) & BG).get(),
            lambda: list(g.call.make_each(1, 2 << 20) & FG),
        ]
        held = g.call.make(10) & BG(eta="1s")
        for number, way in enumerate(ways):
            with raises(SerializationError) as caught:
                way()
            assert "max_message" in str(caught.error), (number, caught.error)
        values = g.call.make(2 << 20) & BROADCAST(return_result=True)
        assert isinstance(values["provider"], SerializationError)
        assert held.get() == bytes(10)
        g.stop()
    """)


def test_what_cannot_travel_fails_alone_in_every_way_to_call(serve, call):
    serve(PROVIDER)
    call("""
        import threading
        lock = [threading.Lock()]
        ways = [
            lambda: g.call.take(lock) & FG,
            lambda: g.call.take(item=lock) & FG,
            lambda: g.call.take(lock) & BG,
            lambda: g.call.take(lock) & NO_RETURN,
            lambda: g.call.take([1, lock]) & STREAM,
            lambda: g.call.take(lock) & PERIOD(interval=1),
            lambda: g.call.take(lock) & BROADCAST,
            lambda: g.call.take(lock) & BROADCAST(return_result=True),
            lambda: g.transfer_and_call("provider", len, lock),
        ]
        held = g.call.make(10) & BG(eta="500ms")
        for number, way in enumerate(ways):
            with raises(SerializationError) as caught:
                way()
            assert "at [0]" in str(caught.error), (number, caught.error)
        assert held.get() == bytes(10)
        g.stop()
    """)


def test_a_message_larger_than_any_frame_or_window_arrives(serve, call):
    serve(PROVIDER)
    call("""
        assert len(g.call.make(100 << 20) & FG) == 100 << 20
        (given,), _ = g.call.echo(bytearray(b"x") * (100 << 20)) & FG
        assert given == bytearray(b"x") * (100 << 20)
        g.stop()
    """)
