"""The tools of the tests themselves: scripts in processes, and blocks of pages."""

import time

import pytest
from pace import at_most
from page import Page


def test_a_line_is_waited_for_and_not_seen_twice(run):
    script = run("""
        print("tick")
        print("tick")
        print("done")
    """)
    script.wait_for("^tick$")
    script.wait_for("^tick$")
    script.wait_for("^done$")
    assert script.wait_end() == 0
    with pytest.raises(AssertionError, match="ended, wanted 'tick'"):
        script.wait_for("tick")


def test_a_script_that_hangs_shows_its_stacks_and_is_ended(run):
    script = run("""
        import threading
        def waits_for_ever():
            threading.Event().wait()
        waits_for_ever()
    """)
    start = time.monotonic()
    with pytest.raises(AssertionError, match="waits_for_ever"):
        script.wait_end(patience=1)
    at_most(time.monotonic() - start, 10)


def test_a_traceback_is_no_clean_end(run):
    script = run("raise ValueError('loud')")
    script.wait_for("ValueError")
    with pytest.raises(AssertionError, match="loud"):
        script.end()


def test_a_page_is_read_as_its_reader_reads_it(folder):
    path = folder / "page.md"
    path.write_text(
        "# Page\n```python\n# one.py\nprint(1)\n```\nprints\n```text\n1\n```\n"
        "```python\nwith Global() as g:\n    g.join()\n```\n```text\nno output\n"
    )
    one, _, two = Page.read(path).blocks
    assert (one.file_name, one.prints, one.stays, one.line) == ("one.py", "1\n", False, 2)
    assert (two.file_name, two.prints, two.stays) == (None, None, True)
