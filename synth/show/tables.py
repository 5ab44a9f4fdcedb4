"""The tables of an ablation in the shape of DeepSeek-Prover's (arXiv 2405.14333), and what of its findings they reproduce.

Each row is an arm: one way to make a model, with all its trainings.  Whether one arm is better than another is read off the
interval of their difference, paired by held-out statement, and of nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from synth.show.paper import Row, Table
from train.config import EvalConfig
from train.evaluate import Estimate, pass_at_k, resampled

TOO_SMALL = "cannot be told at this size"
EVALUATED_ONLY = ("iterations", "mode")  # tables of models that runs have trained


class ArmResult(BaseModel):
    """One training of an arm, evaluated: how many proofs of each held-out statement were judged, and how many were accepted."""

    arm: str
    seed: int
    model: str
    pairs: int | None = None
    """That it was trained on; None = nothing was trained for it."""
    statements: int | None = None
    """That these are proofs of (or of the negation of)."""
    tokens: int | None = None
    steps: int | None = None
    judged: dict[str, int]
    correct: dict[str, int]


@dataclass(frozen=True)
class Comparison:
    """By how many points one arm's pass@k is above another's, and what that says."""

    of: str
    over: str
    k: int
    difference: Estimate
    word: str


def word(difference: Estimate, claims: bool) -> str:
    """What the interval of a difference says; `claims`: the paper finds that it is above zero."""
    if not (difference.low > 0 or difference.high < 0):  # also where there is no number
        return TOO_SMALL
    if claims:
        return "reproduces" if difference.low > 0 else "the opposite"
    return "higher" if difference.low > 0 else "lower"


@dataclass
class Filled:
    """A table with what was measured."""

    table: Table
    arms: dict[str, list[ArmResult]]
    config: EvalConfig
    seed: int = 0
    easy: frozenset[str] = frozenset()
    """Held-out statements that a cheap tactic proves."""
    notes: list[str] = field(default_factory=list)

    @property
    def rows(self) -> list[Row]:
        """The rows that were measured."""
        return [row for row in self.table.rows if self.arms.get(row.arm)]

    @property
    def seeds(self) -> list[int]:
        """Those of which every row has a result: differences are paired by them."""
        held = [{result.seed for result in self.arms[row.arm]} for row in self.rows]
        return sorted(set.intersection(*held)) if held else []

    @property
    def statements(self) -> list[str]:
        """Those that were judged in every result of the table."""
        kept = [{name for name, n in result.judged.items() if n} for results in self.results().values() for result in results]
        return sorted(set.intersection(*kept)) if kept else []

    def results(self) -> dict[str, list[ArmResult]]:
        """Each row's results, seed by seed."""
        return {row.arm: [next(result for result in self.arms[row.arm] if result.seed == seed) for seed in self.seeds] for row in self.rows}

    def values(self, arm: str, k: int, beyond: bool = False) -> NDArray[Any]:
        """pass@k in percent: trainings × statements; `beyond`: of those that no cheap tactic proves."""
        names = [name for name in self.statements if not (beyond and name in self.easy)]
        return np.array(
            [[100 * pass_at_k(r.judged[i], r.correct[i], min(k, r.judged[i])) for i in names] for r in self.results()[arm]]
        ).reshape(len(self.seeds), len(names))

    def estimate(self, arm: str, k: int, beyond: bool = False) -> Estimate:
        return resampled(self.values(arm, k, beyond), self.config, self.seed)

    def comparisons(self) -> list[Comparison]:
        """Each row over the one before, and the last over the first."""
        steps = list(zip(self.rows, self.rows[1:], strict=False))
        if len(self.rows) > 2:
            steps.append((self.rows[0], self.rows[-1]))
        found = []
        for before, after in steps:
            for k in self.config.ks:
                difference = resampled(self.values(after.arm, k) - self.values(before.arm, k), self.config, self.seed)
                found.append(Comparison(after.label, before.label, k, difference, word(difference, self.table.claims)))
        return found


def as_json(filled: Filled) -> dict[str, Any]:
    """A table in plain data."""
    rows = []
    for row in filled.rows:
        results = filled.results()[row.arm]
        measured = {f"pass@{k}": _plain(filled.estimate(row.arm, k)) for k in filled.config.ks}
        k = max(filled.config.ks)
        measured[f"beyond_pass@{k}"] = _plain(filled.estimate(row.arm, k, beyond=True))
        counts = {name: mean(getattr(result, name) for result in results) for name in ("pairs", "statements", "tokens", "steps")}
        rows.append({"arm": row.arm, "label": row.label, "paper": row.paper, **counts, **measured})
    compared = [{"of": c.of, "over": c.over, "k": c.k, **_plain(c.difference), "word": c.word} for c in filled.comparisons()]
    return {
        "table": filled.table.name,
        "heldout": len(filled.statements),
        "seeds": filled.seeds,
        "rows": rows,
        "comparisons": compared,
        "notes": filled.notes,
    }


def _plain(figure: Estimate) -> dict[str, Any]:
    if not figure.statements:
        return {"value": None, "interval": None}
    return {"value": round(figure.value, 2), "interval": [round(figure.low, 2), round(figure.high, 2)]}


def mean(values: Iterable[int | None]) -> float | None:
    """The mean of whole numbers; None where one is missing."""
    known = list(values)
    return None if not known or None in known else sum(value or 0 for value in known) / len(known)


def markdown(table: Table, found: Mapping[str, Any]) -> str:
    """A table (`as_json`) as Markdown, with a line for each comparison."""
    done, times = "evaluation" if table.name in EVALUATED_ONLY else "training", len(found["seeds"])
    heading = f"### {table.title} (`--only {table.name}`, {times} {done}{'s' * (times != 1)} each)"
    lines = [heading, "", table.about, ""]
    ks = [key for row in found["rows"][:1] for key in row if "pass@" in key]
    paper = any(row["paper"] for row in found["rows"])
    heads = ["", "pairs", "tokens", *(key.replace("_", ", ") for key in ks), *(["the paper"] if paper else [])]
    lines += [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for row in found["rows"]:
        counts = ["–" if row[name] is None else f"{row[name]:,.0f}" for name in ("pairs", "tokens")]
        figures = [_interval(row[key]) for key in ks]
        lines.append(f"| {' | '.join([row['label'], *counts, *figures, *([row['paper'] or '–'] if paper else [])])} |")
    lines.append("")
    steps = dict.fromkeys((c["of"], c["over"]) for c in found["comparisons"])
    for of, over in steps:
        parts = [f"pass@{c['k']} {_signed(c)}: **{c['word']}**" for c in found["comparisons"] if (c["of"], c["over"]) == (of, over)]
        lines.append(f"- {of} over {over}: {'; '.join(parts)}")
    lines += [f"- {note}" for note in found["notes"]]
    return "\n".join(lines) + "\n"


def _interval(figure: Mapping[str, Any]) -> str:
    if figure["value"] is None:
        return "–"
    low, high = figure["interval"]
    return f"{figure['value']:.1f} ({low:.1f}–{high:.1f})"


def _signed(figure: Mapping[str, Any]) -> str:
    if figure["value"] is None:
        return "–"
    low, high = figure["interval"]
    return f"{figure['value']:+.1f} ({low:+.1f} to {high:+.1f})"


def summary(filled: Sequence[tuple[Table, Mapping[str, Any]]]) -> list[str]:
    """A row for each table: its last row over its first."""
    ks = sorted({c["k"] for _, found in filled for c in found["comparisons"]})
    lines = [f"| {' | '.join(['table', 'compared', *(f'pass@{k}' for k in ks)])} |", "|---" * (len(ks) + 2) + "|"]
    for table, found in filled:
        last, first = (found["rows"][place]["label"] if found["rows"] else "" for place in (-1, 0))
        ends = {c["k"]: c for c in found["comparisons"] if (c["of"], c["over"]) == (last, first)}
        words = [f"**{ends[k]['word']}** {_signed(ends[k])}" for k in ks if k in ends]
        if words:
            lines.append(f"| {' | '.join([table.name, f'{last} over {first}', *words])} |")
    return lines


def page(filled: Sequence[tuple[Table, Mapping[str, Any]]], about: Sequence[str]) -> str:
    """All tables as one page, under what was done and a summary."""
    return "\n".join(["# Ablations", "", *about, "", *summary(filled), "", *(markdown(table, found) for table, found in filled)])
