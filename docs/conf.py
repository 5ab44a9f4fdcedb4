"""The documentation as a site: `make site` builds docs/_build/html, warnings being errors."""

from __future__ import annotations

import re
from typing import Any

project = "proof-synth"
author = "the authors of proof-synth"
extensions = ["myst_parser", "sphinx_copybutton", "sphinxcontrib.mermaid"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "proof-synth"
myst_heading_anchors = 4
myst_fence_as_directive = ["mermaid"]
copybutton_prompt_text = "$ "
# What the pages show of shells, Lean and configurations is not always a whole file of its language.
highlight_language = "text"
suppress_warnings = ["misc.highlighting_failure"]

# Pages that stand outside of this folder, and those here that include them.
OUTSIDE = {"README.md": "readme.md", "CONTRIBUTING.md": "contributing.md", "examples/README.md": "examples.md"}


def _to_own_pages(app: Any, name: str, source: list[str]) -> None:
    for page, own in OUTSIDE.items():
        source[0] = source[0].replace(f"](../{page}", f"]({own}")


def _from_outside(app: Any, path: Any, name: str, source: list[str]) -> None:
    """Links of an included page, which are from where it stands."""
    for page, own in OUTSIDE.items():
        source[0] = source[0].replace(f"]({page}", f"]({own}")
    source[0] = re.sub(r"\]\((?:\.\./)?docs/", "](", source[0])
    source[0] = re.sub(r"\]\((?=problems/)", "](../examples/", source[0])
    source[0] = re.sub(r"\]\((?=(?:notebooks|cluster|tests)/)", "](../", source[0])


def setup(app: Any) -> None:
    app.connect("source-read", _to_own_pages)
    app.connect("include-read", _from_outside)
