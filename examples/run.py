"""Runs one example, its processes together, and ends all of them: `python examples/run.py streams`.

They meet in a folder of their own, so no other daffi of this user is disturbed.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
# What each takes is a second or two; a machine under load may need more.
PATIENCE = 60

# Folder -> the processes that serve, with their arguments; last the one that calls and ends by itself.
EXAMPLES: dict[str, list[list[str]]] = {
    "async_app": [["library.py"], ["readers.py"]],
    "broadcast": [["shop.py", "north"], ["shop.py", "south"], ["customer.py"]],
    "callback_and_fetcher": [["member.py", "first"], ["member.py", "second"]],
    "classes": [["library.py"], ["reader.py"]],
    "first_call": [["publisher.py"], ["consumer.py"]],
    "retries": [["printer.py"], ["clerk.py"]],
    "scheduling": [["station.py"], ["planner.py"]],
    "streams": [["station.py", "north"], ["station.py", "south"], ["sensor.py"]],
    "transfer": [["host.py"], ["guest.py"]],
}


def run(name: str) -> int:
    """The exit status of the process that calls, or of one that serves and did not end well."""
    with tempfile.TemporaryDirectory(prefix="daffi-") as folder:
        environment = {**os.environ, "TMPDIR": folder}

        def start(script: str, *arguments: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, *warning_options(), HERE / name / script, *arguments]
            return subprocess.Popen(command, env=environment)

        *serving, calling = [start(*process) for process in EXAMPLES[name]]
        try:
            status = calling.wait(PATIENCE)
            for process in serving:
                process.send_signal(signal.SIGINT)
            return status or max(abs(process.wait(PATIENCE)) for process in serving)
        finally:
            for process in (*serving, calling):
                process.kill()
                process.wait()


def warning_options() -> list[str]:
    """The `-W` options that this process was given, for the others."""
    return [f"-W{option}" for option in sys.warnoptions]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("example", choices=sorted(EXAMPLES))
    sys.exit(run(parser.parse_args().example))
