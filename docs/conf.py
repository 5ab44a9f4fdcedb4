"""The documentation as a site: `make site` builds docs/_build/html, warnings being errors."""

project = "proof-synth"
author = "the authors of proof-synth"
extensions = ["myst_parser", "sphinx_copybutton"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "proof-synth"
myst_heading_anchors = 4
copybutton_prompt_text = "$ "
# What the pages show of shells, Lean and configurations is not always a whole file of its language.
highlight_language = "text"
suppress_warnings = ["misc.highlighting_failure"]
