"""Another thread is importing asyncio or trio: what is half made is not used."""

import pytest

# Stops the import of a module where its text would run, until it is let go.
STOPPED = """
        import importlib, importlib.abc, importlib.machinery, sys, threading

        reached, go_on = threading.Event(), threading.Event()

        class Stop(importlib.abc.MetaPathFinder):
            def find_spec(self, name, path=None, target=None):
                if name != WHERE:
                    return None
                spec = importlib.machinery.PathFinder.find_spec(name, path)
                run = spec.loader.exec_module

                def exec_module(module):
                    reached.set()
                    assert go_on.wait(20)
                    run(module)

                spec.loader.exec_module = exec_module
                return spec

        def stopped(module, where):
            global WHERE
            WHERE = where
            assert module not in sys.modules, "it is imported already"
            sys.meta_path.insert(0, Stop())
            thread = threading.Thread(target=importlib.import_module, args=[module])
            thread.start()
            assert reached.wait(20)
            return thread
"""

PLACES = [
    ("asyncio", "asyncio.base_events"),
    ("asyncio", "_asyncio"),
    ("trio", "trio._core"),
    ("trio", "trio._core._run"),
    ("trio", "trio.to_thread"),
]


@pytest.mark.parametrize(("module", "where"), PLACES)
def test_calls_go_on_while_another_thread_imports_it(module, where, serve, call):
    # The names that the half-made module lacks were errors of calls that have nothing to do with it.
    serve()
    call(
        STOPPED
        + f"""
        thread = stopped({module!r}, {where!r})
        ended = threading.Event()
        for number in range(3):
            assert g.call.add(number, 1) & FG == number + 1
            assert (g.call.add(number, 1) & BG).get() == number + 1
            result = g.call.echo(number) & BG
            result.add_done_callback(lambda _: ended.set())
            assert result.get() == number and ended.wait(10)
            g.call.echo(number) & NO_RETURN
            g.call.echo([number]) & STREAM
        g.wait_function("echo")
        assert not go_on.is_set() and thread.is_alive()
        go_on.set()
        thread.join()

        # What was looked at meanwhile is not kept.
        async def main():
            value = g.call.add(1, 2) & FG
            assert type(value) is not int and await value == 3

        __import__("asyncio").run(main())
        __import__("trio").run(main)
        g.stop()
    """
    )
