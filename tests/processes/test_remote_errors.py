"""What a callback raises reaches the caller: type, message, traceback, whatever it is made of."""


def test_a_remote_error_is_also_of_its_own_type(serve, call):
    serve()
    call("""
        with raises(ValueError) as caught:
            g.call.fail("seven") & FG
        error = caught.error
        assert isinstance(error, RemoteCallError) and isinstance(error, DaffiError)
        assert "invalid literal for int() with base 10: 'seven'" in str(error)
        g.stop()
    """)


def test_the_traceback_names_node_file_and_source_line(serve, call):
    serve()
    call("""
        import traceback
        try:
            g.call.fail("seven") & FG
        except ValueError as error:
            shown = "".join(traceback.format_exception(error))
            cause = str(error.__cause__)
        assert "provider" in cause, cause
        assert "provider.py" in cause and "number = int(message)" in cause, cause
        assert cause in shown or "number = int(message)" in shown
        g.stop()
    """)


def test_an_error_the_caller_cannot_import_arrives_as_remote_call_error(serve, call):
    serve()
    call("""
        with raises(RemoteCallError) as caught:
            g.call.overdraw() & FG
        text = f"{caught.error} {caught.error.__cause__}"
        assert "Overdrawn" in text and "savings lacks 2.50" in text, text
        g.stop()
    """)


def test_the_cause_of_a_remote_error_is_shown(serve, call):
    serve()
    call("""
        with raises(ValueError) as caught:
            g.call.chained() & FG
        text = str(caught.error.__cause__)
        assert "KeyError: 'missing'" in text and "ValueError: no such setting" in text, text
        g.stop()
    """)


def test_exit_and_interrupt_in_a_callback_end_neither_process(serve, call):
    provider = serve()
    call("""
        for code in (0, 3, "text", None):
            with raises(RemoteCallError) as caught:
                g.call.leave(code) & FG
            assert "SystemExit" in f"{caught.error} {caught.error.__cause__}"
        with raises(RemoteCallError) as caught:
            g.call.interrupt_yourself() & FG
        assert "KeyboardInterrupt" in f"{caught.error} {caught.error.__cause__}"
        assert (g.call.add(1, 2) & FG) == 3
        g.stop()
    """)
    provider.end()


def test_an_async_callback_fails_like_any_other(serve, call):
    serve("""
        from place import meet, stay
        from daffi import callback

        @callback
        async def fail_later():
            raise LookupError("not here")

        g = meet(process_name="provider")
        stay(g)
    """)
    call("""
        with raises(LookupError) as caught:
            g.call.fail_later() & FG
        assert isinstance(caught.error, RemoteCallError)
        assert "not here" in str(caught.error)
        g.stop()
    """)


def test_a_remote_timeout_error_is_not_taken_for_our_own(serve, call):
    serve("""
        import builtins
        from place import meet, stay
        from daffi import callback

        @callback
        def impatient():
            raise builtins.TimeoutError("the database was asleep")

        g = meet(process_name="provider")
        stay(g)
    """)
    call("""
        import builtins
        with raises(RemoteCallError) as caught:
            g.call.impatient() & FG(timeout=10)
        assert isinstance(caught.error, builtins.TimeoutError)
        assert not isinstance(caught.error, TimeoutError)
        g.stop()
    """)
