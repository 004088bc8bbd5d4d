"""Runs publisher and consumer as two processes and ends both: what `make demo` shows.

They meet in a folder of their own, so no other daffi of this user is disturbed.
"""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
# Both take well under a second; a machine under load may need more.
PATIENCE = 60


def main() -> int:
    """The consumer's exit status, or the publisher's where only that one failed."""
    with tempfile.TemporaryDirectory(prefix="daffi-") as folder:
        environment = {**os.environ, "TMPDIR": folder}
        publisher = subprocess.Popen([sys.executable, HERE / "publisher.py"], env=environment)
        try:
            consumer = subprocess.run(
                [sys.executable, HERE / "consumer.py"],
                env=environment,
                timeout=PATIENCE,
                check=False,
            )
            publisher.send_signal(signal.SIGINT)
            return consumer.returncode or publisher.wait(PATIENCE)
        finally:
            publisher.kill()
            publisher.wait()


if __name__ == "__main__":
    sys.exit(main())
