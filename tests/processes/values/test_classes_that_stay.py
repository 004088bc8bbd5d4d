"""Classes of the started script that cannot travel: whoever has them gets them all the same, others are told why."""

from script import programs

PROGRAMS = programs(__file__)

MEMBER = PROGRAMS / "member.py"
STRANGER = """
from place import meet
from daffi import callback
@callback
def kind(value): return "stranger"
print("ready", flush=True)
g = meet(process_name="stranger")
g.join()
"""


def test_whoever_has_the_class_gets_it(serve, join):
    serve(MEMBER, "server")
    script = join(MEMBER, "client")
    assert script.wait_end() == 0, script.output


def test_whoever_has_it_not_is_told_what_in_it_cannot_be_sent(folder, serve, join):
    serve(MEMBER, "server")
    stranger = join(STRANGER, name="stranger")
    stranger.wait_for("^ready$")
    asks = folder / "asks.py"
    asks.write_text(MEMBER.read_text())
    script = join(asks, "stranger")
    assert script.wait_end() == 0, script.output
