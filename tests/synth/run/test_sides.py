"""Negations searched or not: the same statements, as many proofs allowed, and who decides how much with how many."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from synth.config import RunConfig, SearchConfig
from synth.problems.generate import Generated
from synth.run.sides import Decided, arms, decided, figures, mixed, negation_file, summary
from synth.show.progress import Progress
from tests.synth.stage_fakes import checked_by, scripted, tools
from train.config import EvalConfig
from verify_workers.backends.base import Backend
from verify_workers.errors import UserError

CONFIG = SearchConfig.model_validate({"attempts": 2, "wave": 1, "timeout": 20})


def item(goal: str, truth: Any) -> Generated:
    return Generated(text=goal, family="powers", level=1, truth=truth, reference=f"theorem X : {goal}")


def test_one_statement_in_four_is_false_and_stands_as_it_is() -> None:
    items = [item(f"{n} = {n}", "true") for n in range(7)] + [item(f"{n} = {n + 1}", "false") for n in range(5)]
    found = mixed(items)
    assert [false for _, false in found] == [False] * 6 + [True] * 2
    assert found[-1][0].text == "theorem X : 1 = 2" and found[-1][0].negation


def test_both_may_sample_as_much_and_only_one_decides_what_is_false(backend: Backend) -> None:
    """The true statement is proved at once either way; the false one is refuted at once, or all is spent on it."""
    statements = mixed([item("1 + 1 = 2", "true"), item("2 + 2 = 4", "true"), item("3 + 3 = 6", "true"), item("1 + 1 = 3", "false")])
    sample, _ = scripted(lambda prompt, n: [f"{'decide' if k % 2 == 0 else 'simp'}" for k in range(n)])
    shown = Progress(Console(file=io.StringIO()), plain=True)
    shown.stage("compare", 8)
    with_it, without = (
        asyncio.run(decided(statements, config, tools(sample, checked_by(backend)), shown)) for config in arms(CONFIG)
    )  # fmt: skip
    assert [s.proved for s in with_it] == [s.proved for s in without] == [True, True, True, False]
    assert [s.refuted for s in with_it] == [False, False, False, True] and not any(s.refuted for s in without)
    assert without[-1].samples == 4 and with_it[-1].samples <= 2
    assert arms(CONFIG)[1].attempts == 4 and figures(without)["sampled_per_decided"] == round(sum(s.samples for s in without) / 3, 2)


def test_the_fall_is_that_of_proofs_for_each_decided_statement() -> None:
    with_it = [Decided(False, 2, True, False)] * 3 + [Decided(True, 2, False, True)]
    without = [Decided(False, 1, True, False)] * 3 + [Decided(True, 9, False, False)]
    found = summary([(with_it, without)], EvalConfig(resamples=200), 0)
    assert found["fewer_sampled_percent"] == 50.0  # 8 / 4 in place of 12 / 3
    low, high = found["interval"]
    assert low < 50.0 < high


def test_what_cannot_be_measured_is_said_at_once(tmp_path: Path) -> None:
    nothing: Any = None
    rows = tmp_path / "rows.jsonl"
    with pytest.raises(UserError, match="measured on generated statements"):
        negation_file(RunConfig.model_validate({"heldout": {"path": str(rows)}}), 1, nothing)
    config = RunConfig.model_validate({"generator": {"families": ["plain sum", "bounded search"]}, "heldout": {"count": 1}})
    with pytest.raises(UserError, match="no false statements"):
        negation_file(config, 1, nothing)
