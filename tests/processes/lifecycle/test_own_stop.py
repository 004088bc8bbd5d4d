"""A process that stops itself in the middle of something: it is told so, and no peer is blamed."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


PROVIDER = PROGRAMS / "provider.py"

WAYS = {
    "FG": "g.call.hold() & FG",
    "BG": "(g.call.hold() & BG).get()",
    "generator": "[None for _ in g.call.endless() & FG]",
    "STREAM": "g.call.take(iter(int, 1)) & STREAM",
    "BROADCAST": "raise_all(g.call.hold() & BROADCAST(return_result=True))",
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_who_stops_itself_blames_no_peer(serve, call, way):
    serve(PROVIDER)
    call(f"""
        import threading
        from place import PLACE

        def raise_all(values):
            raise next(iter(values.values()))

        for number in range(10):
            g = Global(**{{**PLACE, "process_name": f"caller-{{number}}"}}) if number else g
            g.wait_function("hold")
            begun = threading.Event()
            errors = []

            def run():
                begun.set()
                try:
                    {way}
                except DaffiError as error:
                    errors.append(error)

            thread = threading.Thread(target=run)
            thread.start()
            begun.wait()
            time.sleep(0.02)  # so that it is in the middle of it; sooner, it is not sent, which must do no harm
            g.stop()
            thread.join()
            assert [type(error) for error in errors] == [GlobalContextError], errors
    """)
