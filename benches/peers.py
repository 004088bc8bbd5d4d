"""What others need for the same calls: runs a side-by-side script of peers, where it stands near.

The script measures one peer after the other and writes JSON.
The peers get an interpreter of their own, so that nothing of theirs is in ours.
A peer that cannot be installed is left out and named.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from benches.process import ROOT

SCRIPT = (ROOT / os.environ.get("PEERS_SCRIPT", "../shared/bench/peers.py")).resolve()
HOME = ROOT / ".bench"
PYTHON = HOME / "bin" / "python"
# Which packages each peer of the script needs; the script's own names.
NEEDS = {
    "rawsock": (),
    "mpconn": (),
    "daffi": (),
    "daffitcp": (),
    "zmq": ("pyzmq", "msgpack"),
    "grpc": ("grpcio", "msgpack"),
    "rpyc": ("rpyc",),
    "pyro5": ("Pyro5", "msgpack"),
    "zerorpc": ("zerorpc",),
    "zenoh": ("eclipse-zenoh", "msgpack"),
    "nats": ("nats-py", "msgpack"),
}
OURS = ("daffi", "daffitcp")


def available() -> list[str]:
    """The peers that can be measured here; installs what is missing, once."""
    if not SCRIPT.is_file():
        print("peers: no script of peers beside the project, left out", file=sys.stderr)
        return []
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", HOME], check=True)
    return [peer for peer, packages in NEEDS.items() if _installed(peer, packages)]


def _installed(peer: str, packages: tuple[str, ...]) -> bool:
    if peer == "nats" and not shutil.which("nats-server"):
        print("peers: no nats-server on this machine, nats is left out", file=sys.stderr)
        return False
    stamp = HOME / f"{peer}.stamp"
    if packages and not stamp.exists():
        pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if subprocess.run([*pip, *packages], check=False).returncode:
            print(f"peers: {peer} cannot be installed, left out", file=sys.stderr)
            return False
        stamp.touch()
    return True


def measure(names: list[str], *, count: int, pinned: bool) -> dict[str, dict[str, float]]:
    """One round of all peers: their figures by name; a peer that failed has an `error`."""
    with tempfile.TemporaryDirectory(prefix="daffi-") as folder:
        out = Path(folder) / "peers.json"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = {
            **os.environ,
            "PEER_PORT": str(port),
            "PEER_SOCK": f"{folder}/peer.sock",
            "TMPDIR": folder,
        }
        command = [PYTHON, SCRIPT, ",".join(names), "--rounds", "1", "--n", str(count)]
        command += [f"--python={name}={sys.executable}" for name in OURS]
        command += ["--json", str(out), *(["--pin"] if pinned else [])]
        subprocess.run(
            command, env=environment, stdout=subprocess.DEVNULL, check=True, timeout=1200
        )
        return json.loads(out.read_text())["peers"]
