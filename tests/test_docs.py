"""The pages: in step with the code, and nothing they name is missing."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_build", ROOT / "docs" / "build.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_pages_are_those_of_the_code(build: ModuleType) -> None:
    for name, page in build.PAGES.items():
        assert (ROOT / name).read_text(encoding="utf-8") == page(), f"{name}: run `make docs`"


def test_every_link_anchor_and_page_named_in_code_leads_somewhere(build: ModuleType) -> None:
    assert build.broken_links() == []


def test_what_leads_nowhere_is_found(build: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "synth").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# A page\n\n## How it's done (in `steps`)\n\n```text\n## no heading\n```\n")
    (tmp_path / "README.md").write_text(
        "[a](docs/a.md#how-its-done-in-steps) [b](docs/a.md#no-heading) [c](docs/b.md) [d](#e) [f](https://example.org/g.md)\n"
    )
    (tmp_path / "synth" / "code.py").write_text(
        '# docs/a.md, "A page" is there;\n# (docs/a.md,\n# "Another page") is not, nor is docs/c.md.\nurl = "https://example.org/docs/d.md"\n'
    )
    assert build.broken_links(tmp_path) == [
        "README.md: docs/a.md#no-heading: no such heading",
        "README.md: docs/b.md does not exist",
        "README.md: #e: no such heading",
        'synth/code.py: docs/a.md has no heading "Another page"',
        "synth/code.py: docs/c.md does not exist",
    ]


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="no Sphinx here: pip install '.[docs]'")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", str(ROOT / "docs"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tutorial.html").exists() and (tmp_path / "readme.html").exists()
