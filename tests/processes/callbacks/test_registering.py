"""Which functions can be callbacks, under which names, and when: early, late, and again."""


def test_a_callback_registered_while_running_reaches_all_others(serve, join, call):
    serve("""
        from place import meet, stay
        from daffi import callback

        @callback
        def learn(name):
            namespace = {}
            exec(f"def {name}(): return {name!r}", namespace)
            callback(namespace[name])

        g = meet(process_name="provider")
        stay(g)
    """)
    watchers = [
        join(
            """
            from place import meet
            g = meet()
            print("there", flush=True)
            g.wait_function("swim", timeout=20)
            print(g.call.swim().fg())
            g.stop()
            """,
            name=f"watcher_{number}",
        )
        for number in range(3)
    ]
    for watcher in watchers:
        watcher.wait_for("^there$")
    call("""
        g.call.learn("swim").fg()
        g.wait_function("swim", timeout=20)
        assert g.call.swim().fg() == "swim"
        g.stop()
    """)
    for watcher in watchers:
        assert watcher.wait_end() == 0
        assert watcher.lines[-1] == "swim"


def test_a_reloaded_module_replaces_its_callbacks_and_their_signatures(serve, call, folder):
    (folder / "lessons.py").write_text("""
from daffi import callback

@callback
def teach(word):
    return "old " + word

@callback
class School:
    def subject(self):
        return "old"

school = School()
""")
    (folder / "changed.py").write_text("""
from daffi import callback

# Elsewhere in the file, and another kind of function.

@callback
async def teach(word, language="en"):
    return "new " + word + " " + language

@callback
class School:
    def __init__(self, name):
        self.name = name

    async def subject(self, level):
        return self.name, level

school = School("new")
""")
    serve("""
        import importlib, shutil, sys
        from place import meet, stay
        from daffi import callback
        sys.dont_write_bytecode = True
        import lessons

        @callback
        def reload():
            shutil.move("changed.py", "lessons.py")
            importlib.reload(lessons)

        g = meet(process_name="provider")
        stay(g)
    """)
    call("""
        assert g.call.teach("word").fg() == "old word"
        assert g.call.subject().fg() == "old"
        before = g.registered_callbacks
        g.call.reload().fg()
        deadline = time.monotonic() + 20
        while True:
            try:
                assert g.call.teach("word", language="it").fg() == "new word it"
                assert g.call.subject(1).fg() == ("new", 1)
                break
            except GlobalContextError:
                assert time.monotonic() < deadline, "the new signatures never arrived"
        assert g.registered_callbacks == before
        with raises(GlobalContextError):
            g.call.subject().fg()
        g.stop()
    """)


def test_functions_of_every_kind_are_callbacks(serve, call):
    serve("""
        import asyncio, functools
        from place import meet, stay
        from daffi import alias, callback

        def doubled(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                return 2 * function(*args, **kwargs)
            return wrapper

        def doubled_later(function):
            async def later(*args):
                return 2 * await function(*args)
            return functools.wraps(function)(lambda *args: later(*args))

        def in_its_own_loop(function):
            return functools.wraps(function)(lambda *args: asyncio.run(function(*args)))

        @callback
        @in_its_own_loop
        async def run_to_the_end(a):
            await asyncio.sleep(0)
            return a

        @callback
        def everything(a, /, b, *rest, key, default=5, **others):
            return a, b, rest, key, default, others

        @callback
        @doubled
        def wrapped(a, b=1):
            return a + b

        @callback
        @doubled_later
        async def wrapped_async(a, b=1):
            await asyncio.sleep(0)
            return a + b

        @callback
        @functools.lru_cache
        def cached(a):
            return a

        @callback
        @alias("shown_name")
        def written_name():
            return "renamed"

        async def add_slowly(a, b):
            return a + b

        class Counter:
            def __init__(self):
                self.count = 0
            def count_up(self, by=1):
                self.count += by
                return self.count
            async def __call__(self, a):
                return a

        def add(a, b):
            return a + b

        callback(alias("add_ten")(functools.partial(add, 10)))
        callback(alias("add_ten_slowly")(functools.partial(add_slowly, b=10)))
        callback(Counter().count_up)
        callback(alias("called")(Counter()))
        callback(alias("length")(lambda text: len(text)))
        callback(functools.reduce)

        g = meet(process_name="provider")
        stay(g)
    """)
    call("""
        assert g.call.everything(1, 2, 3, key=4, other=6).fg() == (1, 2, (3,), 4, 5, {"other": 6})
        assert g.call.wrapped(1).fg() == 4
        assert g.call.wrapped_async(1).fg() == 4
        assert g.call.run_to_the_end(1).fg() == 1
        assert g.call.cached(1).fg() == 1
        assert g.call.shown_name().fg() == "renamed"
        assert g.call.add_ten(1).fg() == 11
        assert g.call.add_ten_slowly(1).fg() == 11
        assert g.call.count_up().fg() == 1 and g.call.count_up(by=2).fg() == 3
        assert g.call.called(1).fg() == 1
        assert g.call.length("four").fg() == 4
        # Its decorator takes anything, so that only the function can tell.
        with raises(RemoteCallError) as caught:
            g.call.wrapped().fg()
        assert isinstance(caught.error, TypeError), caught.error
        with raises(GlobalContextError):
            g.call.everything(1, 2).fg()
        with raises(GlobalContextError):
            g.call.add_ten().fg()
        g.stop()
    """)
