"""A page of documentation as readers meet it: scripts to save and start, and what they print."""

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Block:
    """A fenced block; a ```text block after a Python block is what that one prints."""

    language: str
    text: str
    line: int
    prints: str | None = None

    @property
    def file_name(self) -> str | None:
        """The name in a first line like `# consumer.py`."""
        named = re.match(r"# (\w+\.py)$", self.text.splitlines()[0])
        return named[1] if named else None

    @property
    def stays(self) -> bool:
        """Whether the script serves until it is interrupted."""
        return bool(re.search(r"^\s*g\.join\(\)", self.text, re.MULTILINE))


@dataclass
class Page:
    """The blocks of one Markdown file, in order."""

    path: Path
    blocks: list[Block] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> "Page":
        """Read the blocks of a file and join outputs to the scripts before them."""
        text = path.read_text()
        page = cls(path)
        for found in FENCE.finditer(text):
            block = Block(found[1], found[2], text[: found.start()].count("\n") + 1)
            before = page.blocks[-1] if page.blocks else None
            if block.language == "text" and before and before.language == "python":
                before.prints = block.text
            page.blocks.append(block)
        return page

    def of(self, language: str) -> list[Block]:
        """The blocks of one language."""
        return [block for block in self.blocks if block.language == language]


def pages() -> list[Path]:
    """Every page that users read; decisions and protocol show no user code."""
    return [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md")),
        *sorted((ROOT / "docs").glob("*.md")),
        *sorted((ROOT / "docs" / "code-reference").glob("*.md")),
    ]
