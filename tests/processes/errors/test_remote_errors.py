"""What a callback raises reaches the caller: type, message, traceback, whatever it is made of."""

from script import programs

PROGRAMS = programs(__file__)


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
        import daffi
        with raises(RemoteCallError) as caught:
            g.call.impatient() & FG(timeout=10)
        assert isinstance(caught.error, TimeoutError)
        assert not isinstance(caught.error, daffi.TimeoutError)
        g.stop()
    """)


ODD = PROGRAMS / "odd.py"


def test_an_error_arrives_whatever_it_is_made_of(serve, call):
    serve(ODD)
    call("""
        with raises(LookupError) as caught:
            g.call.raise_odd() & FG
        error = caught.error
        assert isinstance(error, RemoteCallError)
        assert error.remote_type.endswith("OddError") and error.code == 7
        assert str(error) == "code 7"
        assert "led to it" in str(error.__cause__)
        g.stop()
    """)


def test_what_would_end_a_thread_or_a_loop_ends_that_call_alone(serve, call):
    provider = serve(ODD)
    call(PROGRAMS / "what_would_end_a_thread_or_a_loop_ends_that_call_alone.py")
    provider.end()


def test_what_would_end_a_run_of_trio_ends_that_call_alone(serve, call):
    serve(PROGRAMS / "what_would_end_a_run_of_trio_ends_that_call_alone_provider.py")
    call("""
        for name, kind in (("exit_async", "SystemExit"), ("interrupt_async", "KeyboardInterrupt")):
            with within(5), raises(RemoteCallError) as caught:
                getattr(g.call, name)() & FG
            assert caught.error.remote_type == kind
            assert (g.call.add(1, 2) & FG) == 3
        g.stop()
    """)


def test_an_error_of_daffi_that_a_callback_raises_is_told_from_one_of_the_call(serve, call):
    serve(ODD)
    call(PROGRAMS / "an_error_of_daffi_that_a_callback_raises_is_told_from_one_of_the_call.py")


def test_an_error_that_crosses_two_processes_shows_both(serve, join, call):
    serve()
    between = join(
        PROGRAMS / "an_error_that_crosses_two_processes_shows_both_between.py",
        name="between",
    )
    between.wait_for("^up$")
    call("""
        g.wait_process("between")
        for through in (g.call.through, g.call.through_async):
            with raises(ValueError) as caught:
                through("seven") & FG
            cause = str(caught.error.__cause__)
            assert "in process 'between'" in cause and "in process 'provider'" in cause, cause
            assert "number = int(message)" in cause
            assert caught.error.remote_type == "ValueError"
        g.stop()
    """)
