"""A forked child has no live Global: using the parent's raises at once; it can have its own."""


def test_a_child_cannot_use_the_parents_global_and_harms_it_not(serve, call):
    serve()
    call("""
        import os, warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads

        @fetcher(FG)
        def add(a, b): ...

        assert add(1, 2) == 3
        held = g.call.slow(1, "kept") & BG
        child = os.fork()
        if child == 0:
            status = 1
            try:
                for use in (
                    lambda: add(1, 2),
                    lambda: g.call.add(1, 2) & FG,
                    lambda: held.get(),
                    lambda: g.wait_process("provider"),
                ):
                    with within(1), raises(GlobalContextError):
                        use()
                status = 0
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        assert held.get() == "kept"
        assert add(3, 4) == 7
        g.stop()
    """)


def test_in_a_child_every_use_of_the_parents_global_raises_at_once(serve, call):
    serve()
    call("""
        import asyncio, os, trio, warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads

        @fetcher(FG)
        async def slow_async(seconds, value=None): ...

        pending = g.call.add(1, 2)
        held = g.call.slow(0.5, "kept") & BG

        async def awaited(make):
            return await make()

        USES = {
            "FG": lambda: g.call.add(1, 2) & FG,
            "BG": lambda: g.call.add(1, 2) & BG,
            "NO_RETURN": lambda: g.call.add(1, 2) & NO_RETURN,
            "BROADCAST": lambda: g.call.add(1, 2) & BROADCAST,
            "STREAM": lambda: g.call.echo([1]) & STREAM,
            "PERIOD": lambda: g.call.add(1, 2) & PERIOD(interval=1),
            "pending call": lambda: pending & FG,
            "awaited fetcher": lambda: asyncio.run(awaited(lambda: slow_async(0))),
            "retry": lambda: g.call.add(1, 2) & FG(retry_policy=RetryPolicy(stop_after_delay=60)),
            "exists": lambda: g.call.add.exists,
            "info": lambda: g.call.add.info,
            "result": lambda: held.get(),
            "awaited result": lambda: asyncio.run(awaited(lambda: held)),
            "awaited in trio": lambda: trio.run(awaited, lambda: held),
            "registered_callbacks": lambda: g.registered_callbacks,
            "completion": lambda: dir(g.call),
            "wait_process": lambda: g.wait_process("nobody"),
            "wait_function_async": lambda: asyncio.run(awaited(lambda: g.wait_function_async("nobody"))),
            "join": lambda: g.join(),
            "join_async": lambda: asyncio.run(awaited(g.join_async)),
            "kill_all": lambda: g.kill_all(),
            "scheduled tasks": lambda: g.get_scheduled_tasks("provider"),
            "transfer": lambda: g.transfer_and_call("provider", len, "text"),
        }
        child = os.fork()
        if child == 0:
            status = 1
            try:
                assert not g.is_running
                for name, use in USES.items():
                    with within(2):
                        try:
                            use()
                        except GlobalContextError:
                            continue
                    raise AssertionError(name)
                with raises(InitializationError) as caught:
                    get_g()
                assert "made before the process was forked" in str(caught.error), caught.error
                # What ends it does nothing: so a `with` block around the fork ends well.
                g.stop()
                status = 0
            except BaseException as error:
                print(repr(error), flush=True)
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        assert held.get() == "kept"
        assert (g.call.add(3, 4) & FG) == 7
        g.stop()
    """)


def test_a_child_offers_the_callbacks_of_its_parent_with_its_own(serve, call):
    serve("""
        from place import meet, stay
        from daffi import FG, callback

        @callback
        def ask(node):
            return g.call.who().fg(node=node)

        g = meet(process_name="provider")
        stay(g)
    """)
    call("""
        import os, warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads

        @callback
        def who():
            return get_g().process_name

        g.stop()
        g = meet(process_name="parent")
        g.wait_process("provider", timeout=10)
        assert g.call.ask("parent").fg() == "parent"
        child = os.fork()
        if child == 0:
            status = 1
            try:
                @callback
                def of_the_child(): ...

                own = meet(process_name="child")
                own.wait_process("provider", timeout=10)
                assert own.call.ask("child").fg() == "child"
                assert own.call.ask("parent").fg() == "parent"
                own.stop()
                status = 0
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        assert g.call.ask("parent").fg() == "parent"
        g.stop()
    """)


def test_a_child_can_have_its_own(serve, call):
    serve()
    call("""
        import os, warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads
        assert (g.call.add(1, 2) & FG) == 3
        child = os.fork()
        if child == 0:
            status = 1
            try:
                own = meet(process_name="child")
                own.wait_process("provider", timeout=10)
                assert (own.call.add(2, 3) & FG) == 5
                own.stop()
                status = 0
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        assert (g.call.add(3, 4) & FG) == 7
        g.stop()
    """)


def test_a_pool_of_forked_workers_works(serve, call):
    serve()
    call("""
        import multiprocessing, warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads
        assert (g.call.add(1, 2) & FG) == 3
        with multiprocessing.get_context("fork").Pool(2) as pool:
            assert pool.map(abs, [-1, -2, -3]) == [1, 2, 3]
        assert (g.call.add(3, 4) & FG) == 7
        g.stop()
    """)


def test_a_child_ends_at_once_whatever_threads_of_its_parent_were_doing(serve, call):
    # It waited for ever for a lock that a thread of its parent held, or two seconds for threads that it does not have.
    serve()
    call("""
        import os, signal, sys, threading, warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads

        going = True
        def keep_calling():
            while going:
                (g.call.add(1, 2) & BG).add_done_callback(lambda _: None)

        threads = [threading.Thread(target=keep_calling) for _ in range(2)]
        threads.append(threading.Thread(target=lambda: g.call.slow(3) & FG))
        for thread in threads:
            thread.start()
        with within(15):
            for _ in range(60):
                child = os.fork()
                if child == 0:
                    signal.alarm(10)
                    sys.exit(0)
                assert os.waitpid(child, 0)[1] == 0
        going = False
        for thread in threads:
            thread.join()
        g.stop()
    """)


def test_in_a_child_what_was_under_way_says_whose_it_is(serve, call):
    serve("""
        from place import meet, stay
        from daffi import callback

        @callback
        def gives(upto):
            yield from range(upto)

        @callback
        def fails():
            raise KeyError("always")

        @callback
        def take(item): ...

        g = meet(process_name="provider")
        stay(g)
    """)
    call("""
        import asyncio, os, warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads

        stream = g.call.gives(100_000) & FG
        assert next(stream) == 0
        tried = g.call.fails() & BG(retry_policy=RetryPolicy(KeyError, wait=60))
        ended = g.call.take(1) & BG
        ended.get()

        @fetcher(FG)
        def take(item): ...

        async def first(items):
            async for item in items:
                return item

        USES = {
            "next": lambda: next(stream),
            "async for": lambda: asyncio.run(first(stream)),
            "retried": lambda: tried.get(),
            "ready": lambda: tried.ready,
            "done": lambda: tried.done(),
            "awaited retry": lambda: asyncio.run(first_of(tried)),
            "fetcher": lambda: take(1),
            "pickled call": lambda: (g.call.take & FG)(1),
            "registering": lambda: callback(late),
        }

        async def first_of(result):
            return await result

        def late(): ...

        child = os.fork()
        if child == 0:
            status = 1
            try:
                # These never wait, and never raise.
                assert tried.error is None and not tried.cancelled()
                assert not tried.cancel() and repr(tried) and repr(stream)
                stream.close()
                for name, use in USES.items():
                    try:
                        use()
                    except GlobalContextError:
                        continue
                    if name != "registering":  # that is for the Global to come
                        raise AssertionError(name)
                status = 0
            except BaseException as error:
                print(repr(error), flush=True)
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        assert next(stream) == 1
        tried.cancel()
        g.stop()
    """)


def test_a_child_that_is_forked_by_an_argument_makes_no_call(serve, call):
    # The look whether this is the process that made the Global came before the arguments were taken, and none after.
    serve()
    call("""
        import os, warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads

        class Forks:
            def __reduce__(self):
                children.append(os.fork())
                return int, ("3",)

        for modifier in (FG, FG(timeout=5), BG, NO_RETURN, BROADCAST(return_result=True)):
            children = []
            status = 1
            try:
                gave = g.call.echo(Forks()) & modifier
                status = 0
            except GlobalContextError:
                status = 2
            if 0 in children:
                os._exit(status)
            assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [2]
            assert status == 0
        assert (g.call.add(3, 4) & FG) == 7
        g.stop()
    """)
