"""audit.html: one self-contained page about an audit, drawn as report.html is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from synth.audit.labels import MEANING, SILENT, Audited, Label
from synth.show import charts, page

SHOWN = 6  # rows of each label and reason
REASONS = 24  # bars


def render(summary: Mapping[str, Any], rows: Iterable[Audited]) -> str:
    """The page as text; `rows` are gone over once."""
    labels = {label: count for label, count in summary["labels"].items() if count}
    reasons = {
        f"{label}: {reason}": count
        for label, found in summary["reasons"].items()
        if label != Label.ACCEPTED
        for reason, count in found.items()
        if reason
    }
    most = dict(sorted(reasons.items(), key=lambda item: -item[1])[:REASONS])
    figures = {"labels": charts.bars(labels, ordered=True), "reasons": charts.bars(most)}
    total = max(1, int(summary["rows"]))
    silent = {label.value for label in SILENT}
    return page.render(
        "audit/audit.html",
        figures,
        summary=summary,
        labels=[(label, count, 100 * count / total, MEANING[Label(label)]) for label, count in labels.items()],
        against=sum(count for label, count in labels.items() if label not in silent),
        findings=summary["findings"],
        shown=_shown(rows),
        meaning={label.value: words for label, words in MEANING.items()},
        raw=json.dumps(summary, indent=1, ensure_ascii=False),
    )


def _shown(rows: Iterable[Audited]) -> dict[str, list[Audited]]:
    """The first rows of each label and reason, but for accepted ones, by label."""
    shown: dict[str, dict[str, list[Audited]]] = {}
    for row in rows:
        if row.label == Label.ACCEPTED:
            continue
        kept = shown.setdefault(row.label, {}).setdefault(row.reason, [])
        if len(kept) < SHOWN:
            kept.append(row)
    return {label.value: [row for kept in shown[label].values() for row in kept] for label in Label if label in shown}
