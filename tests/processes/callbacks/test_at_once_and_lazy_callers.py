"""`at_once` where a caller takes none of its answers: its calls keep nobody from a callback."""

import signal


def test_a_caller_that_takes_no_answers_keeps_nobody_from_a_callback(serve, join, call):
    # Its call had its place at the callback, and waited with that behind others until it took their answers.
    provider = serve("""
        from place import meet, stay
        from daffi import callback

        @callback
        def large():
            return bytes(1_000_000)

        @callback(at_once=1)
        def alone(number):
            return number

        stay(meet(process_name="provider"))
    """)
    lazy = join(
        """
        import signal
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
        from place import meet
        from daffi import BG, FG

        g = meet(process_name="lazy")
        g.wait_process("provider", timeout=20)
        assert g.call.alone(0) & FG(timeout=20) == 0
        print("met", flush=True)
        signal.sigwait({signal.SIGUSR1})
        results = [g.call.large() & BG for _ in range(100)]
        results.append(g.call.alone(1) & BG)
        print("sent", flush=True)
        g.join()
        """,
        name="lazy",
    )
    lazy.wait_for("^met$")
    # It is to find all of them at once, and nobody who reads the answers.
    provider.signal(signal.SIGSTOP)
    lazy.signal(signal.SIGUSR1)
    lazy.wait_for("^sent$")
    lazy.signal(signal.SIGSTOP)
    provider.signal(signal.SIGCONT)
    call("""
        for number in range(3):
            assert g.call.alone(number) & FG(timeout=10) == number
        g.stop()
    """)
