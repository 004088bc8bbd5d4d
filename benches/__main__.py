"""Runs the rounds: every subject once, then all again, so that a drifting machine meets all alike."""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from benches import lifetime, peers
from benches.process import client, server
from benches.report import Round, peer_table, table

# A load from which others keep a core awake: then nothing has to be woken, and the floor flatters itself.
BUSY = 0.5
# Subject of the table: module and transport.
SUBJECTS = {
    "raw_unix": ("floor", "unix"),
    "unix": ("ours", "unix"),
    "raw_tcp": ("floor", "tcp"),
    "tcp": ("ours", "tcp"),
    "relay": ("ours", "relay"),
}


def one_round(count: int, *, idle_seconds: float) -> Round:
    """Every subject once, unpinned and on one core."""
    figures: Round = {}
    for pinned in (False, True):
        for subject, (module, transport) in SUBJECTS.items():
            with tempfile.TemporaryDirectory(prefix="daffi-") as folder:
                path = f"{folder}/place"
                everything = "calls" if pinned else "everything"
                with server(module, "serve", transport, path, pinned=pinned) as where:
                    figures[subject + "_pin" * pinned] = client(
                        module, "measure", transport, where, str(count), everything, pinned=pinned
                    )
    with tempfile.TemporaryDirectory(prefix="daffi-") as folder:
        figures["life"] = lifetime.measure(Path(folder), idle_seconds=idle_seconds)
    return figures


def main() -> int:
    """Measure, print the tables, and keep the figures as JSON where asked."""
    parser = argparse.ArgumentParser(prog="benches", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=5000, help="calls per measurement")
    parser.add_argument("--quick", action="store_true", help="one short round, no peers")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--json", type=Path, default=Path("target/bench.json"))
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.count, options.no_peers = 1, 300, True

    busy = os.getloadavg()[0]
    names = [] if options.no_peers else peers.available()
    rounds: list[Round] = []
    others: dict[bool, list[Round]] = {False: [], True: []}
    for number in range(options.rounds):
        start = time.monotonic()
        rounds.append(one_round(options.count, idle_seconds=1 if options.quick else 3))
        for pinned, seen in others.items():
            if names:
                seen.append(_good(peers.measure(names, count=2000, pinned=pinned)))
        took = time.monotonic() - start
        print(f"round {number + 1} of {options.rounds}: {took:.0f} s", file=sys.stderr)

    print(f"{os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}")
    print(f"{options.rounds} rounds, {options.count} calls each, medians of the rounds\n")
    if busy > BUSY:
        print(
            f"the machine was busy when this began (load {busy:.1f}): measure again on an idle one\n"
        )
    print(table(rounds))
    if names:
        print("\n" + peer_table(others[False], others[True]))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(
        json.dumps({"rounds": rounds, "peers": others[False], "peers_pinned": others[True]})
    )
    print(f"\nall figures: {options.json}")
    return 0


def _good(figures: dict[str, dict[str, float]]) -> Round:
    """Only what was measured, and of that only the numbers."""
    numbers: Round = {}
    for peer, seen in figures.items():
        if "error" in seen:
            print(f"peers: {peer} failed: {seen['error']}", file=sys.stderr)
            continue
        numbers[peer] = {
            key: value for key, value in seen.items() if isinstance(value, int | float)
        }
    return numbers


if __name__ == "__main__":
    sys.exit(main())
