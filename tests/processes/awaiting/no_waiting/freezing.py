"""Whether the process of the tests is frozen, whose id is the first argument."""

import pathlib
import sys


def frozen():
    # The process of a signal that was sent may take a moment to stop.
    stat = pathlib.Path(f"/proc/{sys.argv[1]}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] == "T"
