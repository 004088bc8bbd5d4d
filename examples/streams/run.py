"""Runs two stations and the sensor as three processes and ends all of them."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
# It takes a second; a machine under load may need more.
PATIENCE = 60


def main() -> int:
    """The sensor's exit status, or that of a station which did not end well."""
    with tempfile.TemporaryDirectory(prefix="daffi-") as folder:
        environment = {**os.environ, "TMPDIR": folder}
        stations = [
            subprocess.Popen([sys.executable, HERE / "station.py", name], env=environment)
            for name in ("north", "south")
        ]
        try:
            sensor = subprocess.run(
                [sys.executable, HERE / "sensor.py"],
                env=environment,
                timeout=PATIENCE,
                check=False,
            )
            status = sensor.returncode
            for station in stations:
                station.send_signal(signal.SIGINT)
                status = status or station.wait(PATIENCE)
            return status
        finally:
            for station in stations:
                station.kill()
                station.wait()


if __name__ == "__main__":
    sys.exit(main())
