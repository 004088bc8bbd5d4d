"""A process that stops itself in the middle of something: it is told so, and no peer is blamed."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


PROVIDER = PROGRAMS / "provider.py"

WAYS = ["FG", "BG", "generator", "STREAM", "BROADCAST"]


@pytest.mark.parametrize("way", WAYS)
def test_who_stops_itself_blames_no_peer(serve, call, way):
    serve(PROVIDER)
    call(PROGRAMS / "who_stops_itself_blames_no_peer.py", way)
