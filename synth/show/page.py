"""Self-contained pages for a browser without a network: a template, its charts, and Plotly's script once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import jinja2
import plotly.graph_objects as go
from markupsafe import Markup
from plotly.offline import get_plotlyjs


def render(template: str, figures: Mapping[str, go.Figure | None], **values: Any) -> str:
    """The page of a template, by its path in this package; figures that are None are left out.

    What pages have in common is in `style.html`, `chart.html` and `scripts.html` beside this.
    """
    environment = jinja2.Environment(loader=jinja2.PackageLoader("synth", ""), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template(template).render(
        charts={name: json.loads(figure.to_json()) for name, figure in figures.items() if figure is not None},
        plotly=Markup(get_plotlyjs()),  # a script of Plotly's own, not text of whoever made the page's rows
        **values,
    )
