"""Whatever waits when its process stops ends soon, with an error that says so."""

from script import programs

PROGRAMS = programs(__file__)


PROVIDER = PROGRAMS / "provider.py"


def test_every_wait_ends_when_its_process_stops(serve, call):
    serve(PROVIDER)
    call(PROGRAMS / "every_wait_ends_when_its_process_stops.py")


def test_each_node_of_a_broadcast_that_a_stop_ends_has_an_error(serve, call):
    serve(PROVIDER)
    call(PROGRAMS / "each_node_of_a_broadcast_that_a_stop_ends_has_an_error.py")
