"""Fixtures for all tests: scripts in real processes, at a private place, over every transport."""

import json
import os
import shutil
import signal
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from script import Script

SUPPORT = Path(__file__).with_name("support")
PROVIDER = SUPPORT / "provider.py"

# A shell starts its background jobs deaf to Ctrl+C, and children inherit that: the scripts must hear it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Scripts start by the thousand: compiling daffi anew in each would double what they cost.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# How many tests run side by side for each core (`pytest -n auto`): a test waits most of its time.
WORKERS_A_CORE = 3


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """What `-n auto` stands for."""
    return WORKERS_A_CORE * len(os.sched_getaffinity(0))


@pytest.fixture(scope="session", autouse=True)
def worker_folder() -> Iterator[None]:
    """A TMPDIR of its own for each worker, so that nothing of one run meets anything of another."""
    folder = tempfile.TemporaryDirectory(prefix="daffi-", ignore_cleanup_errors=True)
    with pytest.MonkeyPatch.context() as patch, folder as path:
        patch.setenv("TMPDIR", path)
        patch.setattr(tempfile, "tempdir", None)  # asked for again, it is the new one
        yield


@pytest.fixture
def folder() -> Iterator[Path]:
    """A private TMPDIR for one test; short, because a unix socket's path has 108 bytes."""
    path = Path(tempfile.mkdtemp(prefix="daffi-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@dataclass
class Place:
    """Where the processes of one test meet."""

    transport: str
    folder: Path
    port: int | None = None
    settings: dict = field(default_factory=dict)

    @property
    def here(self) -> dict:
        """Settings of Global for who makes the controller."""
        tcp = {"host": "localhost", **({"port": self.port} if self.port else {})}
        return {
            "init_controller": True,
            **(tcp if self.transport == "tcp" else {}),
            **self.settings,
        }

    @property
    def there(self) -> dict:
        """Settings of Global for who joins it."""
        tcp = {"host": "localhost", "port": self.port}
        return {**(tcp if self.transport == "tcp" else {}), **self.settings}

    @property
    def socket_path(self) -> Path:
        """The controller's socket file, on unix."""
        return self.folder / "daffi" / ".sock"


@pytest.fixture(params=["unix", "tcp"])
def place(request: pytest.FixtureRequest, folder: Path) -> Place:
    """The same test over a unix socket and over TCP."""
    return Place(request.param, folder)


@pytest.fixture
def run(folder: Path) -> Iterator[Callable[..., Script]]:
    """Start scripts, given as files or short texts; at the end all are ended, what they said is shown."""
    started: list[Script] = []

    def run_script(
        source: str | Path,
        *arguments: object,
        name: str = "script",
        settings: dict | None = None,
        **environment: str,
    ) -> Script:
        if isinstance(source, str):
            path = folder / f"{name}.py"
            path.write_text(textwrap.dedent(source))
        else:
            path = source
        environment = {
            "TMPDIR": str(folder),
            # A program finds what stands beside it, what its test writes, and the support.
            # The support's own find nothing else: to them what a test writes is not there.
            "PYTHONPATH": os.pathsep.join(
                map(str, [SUPPORT] if path.parent == SUPPORT else [folder, SUPPORT])
            ),
            "PYTHONWARNINGS": "error",
            "DAFFI_TEST_PLACE": json.dumps(settings or {}),
            **environment,
        }
        script = Script(path, *map(str, arguments), folder=folder, environment=environment)
        started.append(script)
        return script

    yield run_script
    for script in started:
        script.close()
        print(f"--- {script.name}, exit {script.process.returncode}\n{script.output}")


@pytest.fixture
def serve(run: Callable[..., Script], place: Place) -> Callable[..., Script]:
    """Start a process with the controller, by default the provider, and wait for its readiness."""

    def start(source: str | Path = PROVIDER, *arguments: object, name: str = "provider") -> Script:
        script = run(source, *arguments, name=name, settings=place.here)
        answer = script.wait_for(r"^ready (\d+|None)$")
        if place.transport == "tcp":
            place.port = int(answer[1])
        return script

    return start


@pytest.fixture
def join(run: Callable[..., Script], place: Place) -> Callable[..., Script]:
    """Start a process that joins the controller of `serve`."""

    def start(source: str | Path, *arguments: object, name: str = "caller") -> Script:
        return run(source, *arguments, name=name, settings=place.there)

    return start


@pytest.fixture
def call(join: Callable[..., Script]) -> Callable[..., str]:
    """Run a script that joins, to its end, which must be a good one; what it printed."""

    def to_the_end(source: str | Path, *arguments: object, name: str = "caller") -> str:
        if isinstance(source, str):
            source = PRELUDE + textwrap.dedent(source)
        script = join(source, *arguments, name=name)
        status = script.wait_end()
        assert status == 0, f"{name} ended with {status}:\n{script.output}"
        return script.output

    return to_the_end


# What every short calling script needs; `stop` at the end shows that nothing is left hanging.
PRELUDE = """
import time
from place import at_most, meet, meet_provider, raises, slowdown, spelled, within
from daffi import *
from daffi import __body_unknown__
g = meet_provider()
"""
