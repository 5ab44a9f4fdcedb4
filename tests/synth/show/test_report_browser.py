"""report.html in a real browser: every chart is drawn, no label lies on another, nothing is wider than a phone."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from synth.show.report import write_report
from tests.synth.show.made_run import run_with_everything

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
LABELS = "text:not([style*='opacity: 0'])"
PROBE = """<body style="margin:0"><iframe src="report.html" style="width:%(width)dpx;height:900px;border:0"></iframe><pre id="found"></pre>
<script>
addEventListener("load", () => setTimeout(() => {
  const page = document.querySelector("iframe").contentDocument, boxes = [];
  for (const chart of page.querySelectorAll(".chart"))
    for (const text of chart.querySelectorAll("%(labels)s")) {
      const box = text.getBoundingClientRect();
      if (text.textContent.trim() && box.width) boxes.push([chart.id, text.textContent, box.left, box.top, box.right, box.bottom]);
    }
  const size = one => [one.id, one.querySelectorAll("svg.main-svg").length, one.getBoundingClientRect().height];
  const charts = [...page.querySelectorAll(".chart")].map(size);
  const ink = getComputedStyle(page.querySelector(".chart text")).fill;
  const found = {boxes, charts, ink, wide: page.documentElement.scrollWidth, dark: matchMedia("(prefers-color-scheme: dark)").matches};
  document.getElementById("found").textContent = JSON.stringify(found);
}, 1500));
</script></body>"""


def seen(folder: Path, width: int, *options: str) -> dict[str, Any]:
    """What the browser made of the report in a window of `width` pixels."""
    probe = folder / "probe.html"
    probe.write_text(PROBE % {"width": width, "labels": LABELS})
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", "--virtual-time-budget=20000", *options]
    command = [CHROMIUM, *flags, f"--user-data-dir={folder / 'profile'}", f"--window-size={width + 60},1000", "--dump-dom", probe.as_uri()]
    page = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout
    found = re.search(r'<pre id="found">(.+?)</pre>', page, re.S)
    assert found, "the report did not load"
    return dict(json.loads(found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")))


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine (Debian: apt-get install chromium)")
@pytest.mark.parametrize(("width", "dark"), [(390, False), (390, True), (1100, False)])
def test_the_report_in_a_browser(tmp_path: Path, width: int, dark: bool) -> None:
    write_report(run_with_everything(tmp_path))
    found = seen(tmp_path, width, *(["--force-dark-mode"] if dark else []))
    assert found["dark"] is dark and found["ink"] == ("rgb(229, 231, 235)" if dark else "rgb(31, 41, 55)")
    assert found["wide"] <= width, "nothing to scroll sideways"
    assert len(found["charts"]) == 14 and all(parts and height > 60 for _, parts, height in found["charts"]), found["charts"]
    assert overlaps(found["boxes"]) == []


def overlaps(boxes: list[list[Any]]) -> list[tuple[str, str, str]]:
    """Pairs of labels of a chart that lie on each other by more than a pixel."""
    return [
        (one[0], one[1], other[1])
        for place, one in enumerate(boxes)
        for other in boxes[:place]
        if one[0] == other[0] and min(one[4], other[4]) - max(one[2], other[2]) > 1 and min(one[5], other[5]) - max(one[3], other[3]) > 1
    ]
