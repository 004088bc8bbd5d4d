"""Every link between pages leads to a page and a heading that are there, and every page can be reached from README."""

import re
from pathlib import Path

from page import ROOT

# `[text](target)`, outside code; targets beyond this project are not followed.
LINK = re.compile(r"\[[^\]\n]+\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]


def links(page: Path) -> set[tuple[Path, str]]:
    """The files and headings that a page links to."""
    found = set()
    for target in LINK.findall(CODE.sub("", page.read_text())):
        if not re.match(r"\w+:", target):
            path, _, heading = target.partition("#")
            found.add(((page.parent / path).resolve() if path else page, heading))
    return found


def headings(page: Path) -> set[str]:
    """The anchors of a page, made of its headings as code hosts do."""
    titles = HEADING.findall(
        re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    )
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_link_leads_somewhere():
    broken = [
        f"{page.relative_to(ROOT)}: {path.name}#{heading}"
        for page in PAGES
        for path, heading in sorted(links(page))
        if not path.exists() or (heading and heading not in headings(path))
    ]
    assert not broken, broken


def test_every_page_of_the_documentation_is_reached_from_the_readme():
    reached, new = set(), {ROOT / "README.md"}
    while new:
        reached |= new
        new = {
            path
            for page in new
            for path, _ in links(page)
            if path.suffix == ".md" and path.exists()
        } - reached
    lost = [
        str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.md") if page not in reached
    ]
    assert not lost, lost
