"""What pickles itself by a name of the started script: another script has something else by that name."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


OTHER = PROGRAMS / "other.py"


def test_a_cached_function_is_never_the_one_of_the_other_script(serve, call):
    # It was found by its name there, and ran in place of the caller's.
    serve(OTHER)
    call(PROGRAMS / "a_cached_function_is_never_the_one_of_the_other_script.py")


def test_a_generic_function_travels_with_what_is_registered(serve, call):
    # Its cache could not be pickled.
    serve(OTHER)
    call(PROGRAMS / "a_generic_function_travels_with_what_is_registered.py")


def test_types_of_annotations_travel(serve, call):
    # A function that was annotated with one could not be sent.
    serve(OTHER)
    call(PROGRAMS / "types_of_annotations_travel.py")


def test_a_sentinel_is_never_another_object(serve, call):
    # What the other script has by its name arrived in its place.
    serve(OTHER)
    call(PROGRAMS / "a_sentinel_is_never_another_object.py")


def test_a_sentinel_is_refused_where_the_script_has_no_file(serve, join):
    serve(OTHER)
    text = (PROGRAMS / "a_sentinel_is_refused_where_the_script_has_no_file.py").read_text()
    start = "import os, sys; os.execv(sys.executable, [sys.executable, '-u', '-c', sys.argv[1]])"
    script = join(start, text)
    assert script.wait_end() == 0, script.output


@pytest.mark.parametrize("changed", [False, True])
def test_in_a_process_of_the_same_script_it_is_the_one_of_there(changed, folder, serve, join):
    text = (PROGRAMS / "member.py").read_text()
    path = folder / "member.py"
    path.write_text(text)
    serve(path, "server")
    if changed:
        path.write_text(text.replace("Missing:", "Absent:").replace("Missing()", "Absent()"))
    script = join(path, "refused" if changed else "client")
    assert script.wait_end() == 0, script.output
