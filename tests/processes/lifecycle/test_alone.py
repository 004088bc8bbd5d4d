"""What a process is told that is alone, that has stopped, or that waits for its controller."""


def test_a_call_says_when_no_other_process_is_there(serve, join):
    caller = serve("""
        from place import meet, raises
        from daffi import *
        g = meet(process_name="alone")
        with raises(GlobalContextError) as caught:
            g.call.add(1, 2) & FG
        assert "no other process is here" in str(caught.error), caught.error
        assert "hint: g.wait_function('add')" in str(caught.error), caught.error
        print("ready", g.port, flush=True)
        g.stop()
    """)
    assert caller.wait_end() == 0


def test_after_a_stop_nobody_is_there_to_wait_for(serve, call):
    serve()
    call("""
        g.stop()
        for wait, name in ((g.wait_process, "provider"), (g.wait_function, "add")):
            with raises(GlobalContextError):
                wait(name)
    """)


def test_a_long_wait_for_the_controller_is_a_warning_though_nobody_set_up_logging(run):
    caller = run("from place import meet; meet(process_name='early')")
    caller.wait_for("waiting for a controller", patience=20)
