"""A Python script in a process of its own, whose lines a test can wait for."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from pace import slowdown

# A process that takes longer hangs: it is asked for its stacks and ended.
PATIENCE = 30.0
# Where the machine has other work it is given more time, but less than pytest gives the test: 60 s.
AT_MOST = 50.0


def programs(test: str) -> Path:
    """The folder of the programs that a file of tests starts: beside it, with its name."""
    path = Path(test)
    return path.with_name(path.stem.removeprefix("test_"))


def stretched(patience: float) -> float:
    """How much longer a wait goes on that was to take so long on an idle machine."""
    return max(0.0, min(patience * slowdown(), AT_MOST) - patience)


class Script:
    """A running script; everything it prints is kept, every wait is woken by the line itself."""

    def __init__(self, path: Path, *arguments: str, folder: Path, environment: dict[str, str]):
        self.name = path.stem
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._at_end = False
        self._seen = 0
        self.process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", "-u", str(path), *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, **environment},
        )
        self._reader = threading.Thread(target=self._read, name=f"reads {self.name}")
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._at_end = True
            self._news.notify_all()

    @property
    def output(self) -> str:
        """Everything printed so far, on either stream."""
        return "\n".join(self.lines)

    def wait_for(self, pattern: str, patience: float = PATIENCE) -> re.Match[str]:
        """Wait for the next line that matches; lines before an earlier match do not count again."""
        deadline = time.monotonic() + patience
        more = None
        with self._news:
            while True:
                for index in range(self._seen, len(self.lines)):
                    if found := re.search(pattern, self.lines[index]):
                        self._seen = index + 1
                        return found
                left = deadline - time.monotonic()
                if left <= 0 and more is None:
                    left = more = stretched(patience)
                    deadline = time.monotonic() + more
                if self._at_end or left <= 0:
                    what = "ended" if self._at_end else f"printed nothing like it for {patience} s"
                    break
                self._news.wait(left)
        if not self._at_end:
            self.abort()
        raise AssertionError(f"{self.name} {what}, wanted {pattern!r}:\n{self.output}")

    def wait_end(self, patience: float = PATIENCE) -> int:
        """Wait until the process has ended and all it printed is read; its exit status."""
        try:
            status = self._wait_process(patience)
        except subprocess.TimeoutExpired:
            self.abort()
            message = f"{self.name} still ran after {patience} s:\n{self.output}"
            raise AssertionError(message) from None
        self._reader.join(patience)
        return status

    def _wait_process(self, patience: float) -> int:
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            return self.process.wait(stretched(patience))

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; one that freezes the process has done so when this returns."""
        self.process.send_signal(number)
        if number == signal.SIGSTOP:
            # A process goes on for a moment after the signal was sent.
            os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOWAIT)

    def end(self, patience: float = 10.0) -> None:
        """Ctrl+C, and a clean end is wanted: no traceback, status 0."""
        if self.process.poll() is None:
            self.signal(signal.SIGINT)
        status = self.wait_end(patience)
        assert "Traceback" not in self.output, f"{self.name} printed a traceback:\n{self.output}"
        assert status == 0, f"{self.name} ended with {status}:\n{self.output}"

    def abort(self) -> None:
        """Ask for the stacks of all threads and end the process."""
        if self.process.poll() is None:
            self.signal(signal.SIGABRT)
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self._reader.join(2)

    def close(self) -> None:
        """End the process whatever it does, and let go of its pipe."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(10)
        self.process.stdout.close()
