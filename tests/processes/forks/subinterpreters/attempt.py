"""An import of daffi in a subinterpreter: alone, before or behind that of the main interpreter, or twice."""

import sys

try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters


def attempt():
    interpreter = interpreters.create()
    interpreters.run_string(
        interpreter,
        """
import sys
sys.path[:0] = {path}
try:
    import daffi
except ImportError as error:
    print(error, flush=True)
else:
    print("imported", flush=True)
""".replace("{path}", repr(sys.path)),
    )
    interpreters.destroy(interpreter)


if sys.argv[1] == "second":
    from daffi import Global

    g = Global(init_controller=True)
attempt()
if sys.argv[1] == "again":
    attempt()
if sys.argv[1] == "first":
    from daffi import Global

    Global(init_controller=True).stop()
if sys.argv[1] == "second":
    g.stop()
