"""Strategies at equal budget: what is spent is counted on both sides, and whole proofs alone get at least as much."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest
from rich.console import Console

from synth.config import RunConfig, SearchConfig
from synth.records import Problem
from synth.run.compare import Arm, Meter, compare_file, compared, summary, table
from synth.show.progress import Progress
from synth.statements.text import given
from tests.synth.stage_fakes import checked_by, scripted, tools
from train.config import EvalConfig
from verify_workers.backends.base import Backend
from verify_workers.errors import UserError

STATEMENTS = [given(Problem(id=g, statement=f"theorem X : {g}"), 0) for g in ("1 + 1 = 2", "∀ n : Nat, 4 ^ n * 7 ^ n % 3 = 1")]
CONFIG = SearchConfig.model_validate({"attempts": 2, "wave": 1, "timeout": 20, "sketch": {"skeletons": 1, "attempts": 1, "revisions": 0}})


def progress() -> Progress:
    shown = Progress(Console(file=io.StringIO()), plain=True)
    shown.stage("compare", 4)
    return shown


def answer(prompt: str, n: int) -> list[str]:
    """Sketches what takes two steps, and proves steps; of the whole it has no idea."""
    if prompt.startswith("<|sketch|>"):
        steps = "have a : ∀ n : Nat, 4 ^ n % 3 = 1 := sorry; have b : ∀ n : Nat, 7 ^ n % 3 = 1 := sorry"
        return [f"{steps}; intro n; rw [Nat.mul_mod, a, b]"] * n
    if "*" in prompt:
        return ["simp"] * n
    return ["rfl" if "1 + 1" in prompt else "intro n; induction n with | zero => decide | succ n ih => rw [Nat.pow_succ]; omega"] * n


def test_a_strategy_is_set_beside_whole_proofs_that_spend_as_much(backend: Backend) -> None:
    sample, asked = scripted(answer)
    row = asyncio.run(compared(STATEMENTS, CONFIG, "sketch", 120, tools(sample, checked_by(backend)), progress()))
    easy, hard = (s.id for s in STATEMENTS)
    assert (row["statements"], row["solved"], row["alone_first"]["solved"], row["alone_equal"]["solved"]) == (2, 2, 1, 1)
    assert row["open"] == [hard] == row["solved_of_open"] and easy not in row["open"]
    assert row["alone_equal"]["tokens"] >= row["tokens"] > row["alone_first"]["tokens"] > 0 < row["core_seconds"]
    assert not any("¬" in prompt for prompt in asked), "held-out statements are true: no time goes into their negations"
    figures = summary([row], EvalConfig(resamples=20), 0)
    assert (figures["left_open"], figures["solved_of_open_percent"], figures["interval"]) == (1, 100.0, [100.0, 100.0])


def test_equal_means_both_tokens_and_seconds() -> None:
    """Whole proofs alone go on until neither is less; where they may not go on so far, that is said."""

    def meter(points: list[tuple[int, float]], proved: bool = False) -> Meter:
        return Meter(*points[-1], points, proved)

    with_it = Arm([meter([(100, 3.0)], True), meter([(100, 3.0)], True)])
    waves = [(50 * i, 0.5 * i) for i in range(1, 11)]
    without = Arm([meter(waves[:5], True), meter(waves)])
    row = table(STATEMENTS, with_it, without, CONFIG, 10)
    assert row["alone_equal"] == {"attempts": 7, "solved": 1, "tokens": 600, "core_seconds": 6.0} and row["enough"]
    assert row["alone_first"] == {"attempts": 2, "solved": 0, "tokens": 200, "core_seconds": 2.0}
    assert row["open"] == [STATEMENTS[1].id] == row["solved_of_open"]
    less = table(STATEMENTS, with_it, Arm([meter(waves[:5], True), meter(waves[:6])]), CONFIG, 6)
    assert less["alone_equal"]["attempts"] == 6 and not less["enough"]


def test_what_is_no_strategy_to_compare_is_said_at_once() -> None:
    nothing: Any = None
    for strategy, message in (("whole_proof", "such as sketch"), ("skech", "unknown strategy 'skech'")):
        with pytest.raises(UserError, match=message):
            compare_file(RunConfig(), strategy, 1, 8, nothing)
