"""Every Python block of README and docs runs as its reader would run it, and prints what is said.

A block that names itself in its first line (`# consumer.py`) is saved under that name.
A script that joins stays and serves the later ones of its page; all others end by themselves.
A block of text after a script is what the script prints; `...` stands for anything.
"""

import re
import shlex

import pytest
from page import ROOT, Page, pages

PAGES = [Page.read(path) for path in pages() if path.exists()]
WITH_SCRIPTS = [page for page in PAGES if page.of("python")]
WITH_SHELL = [page for page in PAGES if page.of("bash") or page.of("sh")]


def name(page):
    return str(page.path.relative_to(ROOT))


def pattern(expected):
    """A regular expression for printed text with `...` in it."""
    return ".*".join(re.escape(part) for part in expected.strip().split("..."))


@pytest.mark.parametrize("page", WITH_SCRIPTS, ids=name)
def test_the_scripts_of_a_page_run(page, run, folder):
    staying = []
    for number, block in enumerate(page.of("python"), 1):
        file_name = block.file_name or f"block_{number}.py"
        for script in [s for s in staying if s.path.name == file_name]:
            # The page shows the same file again, changed: the reader starts it anew.
            script.end()
            staying.remove(script)
        path = folder / file_name
        path.write_text(block.text)
        script = run(path)
        script.path = path
        where = f"{name(page)}:{block.line}"
        if block.stays:
            staying.append(script)
            for line in (block.prints or "").splitlines():
                script.wait_for(pattern(line))
            continue
        assert script.wait_end() == 0, f"{where} ended badly:\n{script.output}"
        if block.prints is not None:
            wanted = re.compile(pattern(block.prints), re.DOTALL)
            assert wanted.fullmatch(script.output), f"{where} printed:\n{script.output}"
    for script in staying:
        script.end()


@pytest.mark.parametrize("page", WITH_SHELL, ids=name)
def test_the_commands_of_a_page_exist(page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    scripts = {block.file_name for block in page.of("python")}
    for block in [*page.of("bash"), *page.of("sh")]:
        for line in block.text.splitlines():
            words = shlex.split(line, comments=True)
            where = f"{name(page)}:{block.line}: {line}"
            match words:
                case ["make", *rest]:
                    wanted = {word for word in rest if "=" not in word}
                    assert wanted <= targets, where
                case ["python3" | "python" | ".venv/bin/python", path, *_] if path.endswith(".py"):
                    assert path in scripts or (ROOT / path).exists(), where
                case [path, *_] if path.startswith(("./", ".ci/")):
                    assert (ROOT / path).exists(), where


def test_a_page_of_docs_is_there_for_every_idea():
    assert {page.path.stem for page in PAGES} >= {
        "README",
        "global-object",
        "callback-decorator",
        "execution-modifiers",
        "errors",
        "performance",
        "reliability",
        "logging",
        "scheduling",
        "subscribing",
        "concurrency",
    }
