"""The pages' pictures as Mermaid draws them in a browser: nothing refused, every word there, no box on another, large enough to read."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.pages.blocks import Block, all_blocks

MERMAID = "mermaid@11.17.2"  # of the npm registry
PICTURES = [block for block in all_blocks() if block.language == "mermaid"]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
WIDTH = 830  # pixels that GitHub gives a page
SMALLEST = 8.5  # pixels of height of a line of letters, drawn in a page of that width
PROBE = """<meta charset="utf-8"><body style="margin:0;width:%(width)dpx">%(pictures)s<pre id="found"></pre>
<script src="mermaid.min.js"></script>
<script>
mermaid.initialize({startOnLoad: false, theme: "%(theme)s"});
const of = (one, what) => [...one.querySelectorAll(what)].map(part => {
  const box = part.getBoundingClientRect();
  return [part.textContent.trim(), box.left, box.top, box.right, box.bottom];
});
mermaid.run({querySelector: ".mermaid", suppressErrors: true}).catch(error => error).then(() => {
  const found = [...document.querySelectorAll(".mermaid")].map(one => ({
    boxes: of(one, "g.node"), labels: of(one, ".edgeLabel p, .edgeLabel span p"), titles: of(one, ".cluster-label"),
    letters: Math.min(...[...one.querySelectorAll(".nodeLabel")].map(label => label.getBoundingClientRect().height)),
    wide: one.scrollWidth, text: one.textContent, arrows: one.querySelectorAll(".edgePaths > path, path.flowchart-link").length}));
  document.getElementById("found").textContent = JSON.stringify(found);
});
</script></body>"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Mermaid in one file, as its package has it."""
    npm = shutil.which("npm")
    if npm is None or not CHROMIUM:
        pytest.skip("no npm or no Chromium on this machine (Debian: apt-get install npm chromium)")
    folder = tmp_path_factory.mktemp("mermaid")
    done = subprocess.run([npm, "pack", MERMAID, "--prefer-offline"], cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        pytest.skip(f"the npm registry does not give {MERMAID}: {done.stderr[-300:]}")
    with tarfile.open(next(folder.glob("*.tgz"))) as package:
        package.extract("package/dist/mermaid.min.js", folder, filter="data")
    return folder / "package" / "dist" / "mermaid.min.js"


def drawn(folder: Path, pictures: list[str], theme: str = "default") -> list[dict[str, Any]]:
    """What the browser made of each picture, in a page as wide as GitHub's."""
    probe = folder / "probe.html"
    shown = "".join(f'<div class="mermaid">{html.escape(picture)}</div>' for picture in pictures)
    probe.write_text(PROBE % {"width": WIDTH, "pictures": shown, "theme": theme}, encoding="utf-8")
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", "--virtual-time-budget=30000"]
    command = [CHROMIUM, *flags, f"--user-data-dir={folder / 'profile'}", f"--window-size={WIDTH + 60},2000", "--dump-dom", probe.as_uri()]
    page = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout
    found = re.search(r'<pre id="found">(.+?)</pre>', page, re.S)
    assert found, "Mermaid did not come to its end"
    return list(json.loads(html.unescape(found[1])))


def overlaps(boxes: list[list[Any]]) -> list[tuple[str, str]]:
    """Pairs that lie on each other by more than a pixel."""
    return [
        (one[0], other[0])
        for place, one in enumerate(boxes)
        for other in boxes[:place]
        if min(one[3], other[3]) - max(one[1], other[1]) > 1 and min(one[4], other[4]) - max(one[2], other[2]) > 1
    ]


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["default", "dark"])
def test_mermaid_draws_every_picture(script: Path, tmp_path: Path, theme: str) -> None:
    shutil.copy(script, tmp_path)
    for block, picture in zip(PICTURES, drawn(tmp_path, [block.text for block in PICTURES], theme), strict=True):
        named = names(block)
        assert {box[0] for box in picture["boxes"]} == named, block.place
        assert picture["arrows"] == block.text.count("-->"), block.place
        assert overlaps([*picture["boxes"], *picture["titles"]]) == [] and overlaps([*picture["labels"], *picture["boxes"]]) == [], (
            block.place
        )
        assert picture["wide"] <= WIDTH and picture["letters"] >= SMALLEST, (block.place, picture["wide"], picture["letters"])


def names(block: Block) -> set[str]:
    """What stands in the boxes of a picture."""
    shown = dict(re.findall(r'(\w+)\["([^"]+)"\]', block.text))
    groups = set(re.findall(r"subgraph (\w+)", block.text))
    lines = [line for line in block.text.splitlines() if "-->" in line]
    return {shown.get(node, node) for line in lines for node in re.findall(r"\w+", re.sub(r'\|[^|]+\||\["[^"]+"\]', " ", line))} - groups


@pytest.mark.slow
def test_a_picture_that_mermaid_refuses_is_found(script: Path, tmp_path: Path) -> None:
    shutil.copy(script, tmp_path)
    (wrong,) = drawn(tmp_path, ["flowchart LR\n  one --> end"])  # a word that is Mermaid's
    assert not {"one", "end"} <= {box[0] for box in wrong["boxes"]}
