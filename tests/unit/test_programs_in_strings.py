"""The check of `make lint` that keeps programs out of the strings of tests."""

import runpy
from pathlib import Path
from textwrap import indent

CHECK = runpy.run_path(str(Path(__file__).parents[2] / "xtask/python/programs_in_strings.py"))
PROGRAM = "import os\n" + "print(os.getpid())\n" * 10
PROSE = "A line of prose that means something.\n" * 20
OUTPUT = "True\n" * 20


def findings(folder: Path, text: str) -> list[str]:
    (folder / "tests").mkdir(exist_ok=True)
    (folder / "tests/test_it.py").write_text(text)
    return list(CHECK["findings"](folder))


def test_a_long_program_in_a_string_is_found(tmp_path):
    for string in [
        f'"""{PROGRAM}"""',
        f'"""\n{indent(PROGRAM, "    ")}"""',
        f'f"""{PROGRAM}{{value}}()\n"""',
        f'f"""{{lines}}import sys\n{PROGRAM}"""',
        f'"""{PROGRAM}%s()\n""" % name',
    ]:
        found = findings(tmp_path, f"name = 1\ncall({string})\n")
        assert len(found) == 1
        assert found[0].startswith("tests/test_it.py:2: a program of 1")


def test_short_programs_prose_output_and_docstrings_are_not(tmp_path):
    short = "import os\n" + "print(os.getpid())\n" * 9
    for text in [
        f'call("""{short}""")\n',
        f'call("""{PROSE}""")\n',
        f'call("""{OUTPUT}""")\n',
        f'"""{PROGRAM}"""\n',
        f'call("""\n# Page\n{PROSE}```python\nprint(1)\n```\n""")\n',
    ]:
        assert findings(tmp_path, text) == []


def test_an_exemption_does_not_outlive_its_reason():
    found = ["tests/a.py:1: a program", "tests/b.py:1: a program"]
    assert CHECK["exempt"](found, ("tests/a.py",)) == found[1:]
    left = CHECK["exempt"](found, ("tests/", "gone/"))
    assert len(left) == 1
    assert left[0].endswith("gone/")
