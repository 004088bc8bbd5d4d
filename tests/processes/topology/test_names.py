"""What processes are called: names of their own, one living process for each."""

import signal

PRELUDE = """
from place import meet, raises, stay, within
from daffi import *
"""


def test_a_process_without_a_name_is_called_by_host_pid_and_a_random_part(run):
    script = run(
        PRELUDE
        + """
import os, re, socket

names = set()
for _ in range(5):
    with meet(init_controller=True) as g:
        names.add(g.process_name)
        assert re.fullmatch(re.escape(f"{socket.gethostname()}-{os.getpid()}-") + "[0-9a-f]{4}", g.process_name), names
assert len(names) > 1, names
"""
    )
    assert script.wait_end() == 0


def test_the_refusal_of_a_name_says_which_process_has_it(serve, run, place):
    provider = serve()
    script = run(
        PRELUDE
        + """
with within(2), raises(InitializationError) as caught:
    meet(process_name="provider")
print(caught.error)
""",
        settings=place.there,
    )
    assert script.wait_end() == 0
    assert '"provider"' in script.output
    assert f"process {provider.process.pid}" in script.output


def test_the_name_of_a_process_that_answers_no_more_is_taken_over(serve, run, call, place):
    serve()
    source = (
        PRELUDE
        + """
import os

@callback
def worker_pid():
    return os.getpid()

stay(meet(process_name="worker"))
"""
    )
    frozen = run(source, name="frozen", settings=place.there)
    frozen.wait_for("^ready")
    frozen.signal(signal.SIGSTOP)
    second = run(source, name="second", settings=place.there)
    second.wait_for("^ready", patience=5)
    output = call("""
        g.wait_function("worker_pid", timeout=10)
        print(g.call.worker_pid() & FG)
        g.stop()
    """)
    assert int(output) == second.process.pid
    # Thawed it must not take the name back from one that lives.
    frozen.signal(signal.SIGCONT)
    output = call("""
        g.wait_function("worker_pid", timeout=10)
        print({g.call.worker_pid() & FG for _ in range(20)})
        g.stop()
    """)
    assert output == f"{{{second.process.pid}}}"
    frozen.end()
    second.end()
