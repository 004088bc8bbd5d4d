"""Which functions can be callbacks, under which names, and when: early, late, and again."""

from script import programs

PROGRAMS = programs(__file__)


def test_a_callback_registered_while_running_reaches_all_others(serve, join, call):
    serve(PROGRAMS / "a_callback_registered_while_running_reaches_all_others_provider.py")
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
    serve(PROGRAMS / "a_reloaded_module_replaces_its_callbacks_and_their_signatures_provider.py")
    call(PROGRAMS / "a_reloaded_module_replaces_its_callbacks_and_their_signatures.py")


def test_functions_of_every_kind_are_callbacks(serve, call):
    serve(PROGRAMS / "functions_of_every_kind_are_callbacks_provider.py")
    call(PROGRAMS / "functions_of_every_kind_are_callbacks.py")
