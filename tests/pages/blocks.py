"""The fenced blocks of the pages, and the commands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROMPT = "$ "


def pages(root: Path = ROOT) -> list[Path]:
    """Every page that users read."""
    return [*sorted(root.glob("*.md")), *sorted(root.glob("docs/**/*.md")), *sorted(root.glob("examples/**/*.md"))]


@dataclass(frozen=True)
class Command:
    """A command of a console block, with the lines that it goes on in, and the output that stands below it."""

    text: str
    output: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """`place` is page and line (of the fence); `language` what stands behind the fence."""

    page: str
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    def commands(self) -> list[Command]:
        """Of a console block; what stands before the first prompt is a fault."""
        found: list[tuple[list[str], list[str]]] = []
        goes_on = False
        for line in self.text.splitlines():
            if line.startswith(PROMPT) and not goes_on:
                found.append(([line.removeprefix(PROMPT)], []))
            elif not found:
                raise ValueError(f"{self.place}: a console block begins with `$ `, not with {line!r}")
            else:
                found[-1][0 if goes_on else 1].append(line)
            goes_on = _goes_on(found[-1][0])
        return [Command("\n".join(lines), tuple(output)) for lines, output in found]


def _goes_on(lines: list[str]) -> bool:
    """Whether the command needs a further line: after a backslash, or in a here-document that has not ended."""
    end = re.search(r"<<'?(\w+)'?", lines[0])
    return lines[-1].endswith("\\") or (end is not None and lines[-1] != end[1])


def blocks(path: Path, root: Path = ROOT) -> Iterator[Block]:
    """The fenced blocks of a page; ValueError for one that does not end."""
    fence, language, first, inside = "", "", 0, list[str]()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        mark = re.match(r"\s*(`{3,}|~{3,})(.*)$", line)
        if not fence and mark:
            fence, language, first, inside = mark[1], mark[2].strip(), number, []
        elif fence and mark and mark[1].startswith(fence) and not mark[2].strip():
            yield Block(str(path.relative_to(root)), first, language, "\n".join(inside))
            fence = ""
        elif fence:
            inside.append(line)
    if fence:
        raise ValueError(f"{path.relative_to(root)}:{first}: the block does not end")


def all_blocks() -> list[Block]:
    return [block for page in pages() for block in blocks(page)]


def spans(path: Path) -> list[str]:
    """What stands between single backticks outside of blocks: commands too."""
    text = re.sub(r"^\s*(`{3,}|~{3,}).*?^\s*\1\s*$", "", path.read_text(encoding="utf-8"), flags=re.S | re.M)
    return [" ".join(span.split()) for span in re.findall(r"(?<!`)`([^`]+)`(?!`)", text)]
