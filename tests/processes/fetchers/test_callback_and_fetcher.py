"""One name that is both: remotely a callback, locally a call to another process."""

import pytest

# Every spelling of the same thing.
SPELLINGS = {
    "bare": "@callback_and_fetcher",
    "empty": "@callback_and_fetcher()",
    "modifier": "@callback_and_fetcher(FG)",
    "keyword": "@callback_and_fetcher(exec_modifier=FG(timeout=20))",
    "fetcher over callback": "@fetcher(FG)\n@callback",
    "plain fetcher over callback": "@fetcher\n@callback",
    "callback over fetcher": "@callback\n@fetcher(FG)",
    "callback over plain fetcher": "@callback\n@fetcher",
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_both_processes_run_the_same_and_call_each_other(serve, run, place, spelling):
    script = f"""
from place import meet, stay, PLACE
from daffi import FG, callback, callback_and_fetcher, fetcher

NAME = "provider" if PLACE.get("init_controller") else "caller"

{spelling}
def who(greeting, *, mark="!"):
    return greeting + " " + NAME + mark

{spelling}
def ask_back():
    return now(who("hello"))

def now(called):
    return called if isinstance(called, str) else called & FG

g = meet(process_name=NAME)
if NAME == "provider":
    stay(g)
else:
    g.wait_function("who", timeout=20)
    print(now(who("hello", mark="?")))
    print(now(ask_back()))
    g.stop()
"""
    serve(script)
    caller = run(script, name="caller", settings=place.there)
    assert caller.wait_end() == 0
    assert caller.lines == ["hello provider?", "hello caller!"]


def test_its_own_process_is_never_called(serve, call):
    serve()
    call("""
        @callback_and_fetcher(FG)
        def lonely():
            return "here"

        with raises(GlobalContextError) as caught:
            lonely()
        assert "lonely" in str(caught.error)
        g.stop()
    """)


@pytest.mark.parametrize(
    "spelling", ["@callback_and_fetcher(FG)", "@fetcher(FG)\n@callback", "@callback\n@fetcher(FG)"]
)
def test_a_class_can_be_both(serve, run, place, spelling):
    script = f"""
from place import meet, stay, PLACE
from daffi import FG, alias, callback, callback_and_fetcher, fetcher, local

NAME = "provider" if PLACE.get("init_controller") else "caller"

{spelling}
class Member:
    def __init__(self, name):
        self.name = name

    def whoami(self, g):
        return self.name, g.process_name

    @staticmethod
    def upper(word):
        return word.upper()

    @alias("title_of")
    def title(self, text):
        return self.name + ": " + text

    @local
    def own_name(self):
        return self.name

member = Member("I am " + NAME)
g = meet(process_name=NAME)
if NAME == "provider":
    stay(g)
else:
    g.wait_function("whoami", timeout=20)
    assert member.whoami() == ("I am provider", "provider")
    assert member.upper("x") == Member.upper("x") == "X"
    assert member.title("a") == "I am provider: a"
    assert member.own_name() == "I am caller"
    g.stop()
"""
    serve(script)
    caller = run(script, name="caller", settings=place.there)
    assert caller.wait_end() == 0, caller.output


def test_with_args_from_body_the_body_makes_the_arguments_here(serve, call):
    serve("""
        from place import meet, stay
        from daffi import callback

        @callback
        def total(*numbers):
            return sum(numbers)

        g = meet(process_name="provider")
        stay(g)
    """)
    call("""
        @callback_and_fetcher(FG, args_from_body=True)
        def total(factor):
            return factor, 2 * factor, 3 * factor

        assert total(2) == 12
        g.stop()
    """)


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_an_async_function_can_be_both(serve, run, place, spelling):
    script = f"""
import asyncio
from place import meet, stay, PLACE
from daffi import FG, callback, callback_and_fetcher, fetcher

NAME = "provider" if PLACE.get("init_controller") else "caller"

{spelling}
async def who(greeting, *, mark="!"):
    await asyncio.sleep(0)
    return greeting + " " + NAME + mark

def now(called):
    return called & FG if type(called).__name__ == "Call" else called

async def main():
    print(await now(who("hello")))
    print(now(who("hello", mark="?")))

g = meet(process_name=NAME)
if NAME == "provider":
    stay(g)
else:
    g.wait_function("who", timeout=20)
    asyncio.run(main())
    g.stop()
"""
    serve(script)
    caller = run(script, name="caller", settings=place.there)
    assert caller.wait_end() == 0
    assert caller.lines == ["hello provider!", "hello provider?"]
