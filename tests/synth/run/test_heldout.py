"""Held-out statements: what is judged, what is not, and what the figures say of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from synth.config import RunConfig
from synth.problems.generate import ONE_LINERS
from synth.records import HeldoutAttempt, Pair, Problem, Statement
from synth.run.baseline import Baseline, easily_proved
from synth.run.evaluate import evaluate, figures, remarks
from synth.run.figures import compare, round_counts
from synth.run.heldout import Measured, measure
from synth.run.rounds import plateau
from synth.run.state import Run
from synth.services import Verify
from synth.show.series import round_series
from synth.statements.filters.base import any_of
from synth.statements.text import given
from synth.store.arrow import from_table
from tests.synth.run.fakes import FakeActor, make_run, output, pair, statement
from tests.synth.stage_fakes import checked_by, scripted, tools
from train.config import EvalConfig
from verify_workers.backends.base import Backend
from verify_workers.records import Check, Outcome, Verdict

CONFIG = RunConfig().search
GOAL = given(Problem(id="h", statement="theorem X (n : Nat) : n + 1 = 1 + n"), 0)
NONE = Baseline({}, {})
EVAL = EvalConfig(ks=(1, 4), samples=4, resamples=20)


def asked(statement: Statement, answers: list[str] | str, verify: Verify, n: int = 4) -> Measured:
    sample, _ = scripted(lambda prompt, _: answers)
    return asyncio.run(measure(statement, "in words", n, CONFIG, tools(sample, verify)))[0]


def outcomes(table: dict[str, list[Outcome]]) -> tuple[Verify, list[list[str]]]:
    """A checker that answers each proof with the next outcome of its list (the last one again and again), and what it was asked."""
    calls: list[list[str]] = []

    async def verify(checks: list[Check]) -> list[Verdict]:
        calls.append([check.proof or "" for check in checks])
        return [Verdict(id=c.id, outcome=row.pop(0) if len(row) > 1 else row[0]) for c in checks if (row := table[c.proof or ""])]

    return verify, calls


def test_samples_are_judged_by_lean_and_the_accepted_ones_kept(backend: Backend) -> None:
    row = asked(GOAL, ["omega", "rfl", "omega", "exact Nat.add_comm _ _"], checked_by(backend))
    assert (row.attempts, row.correct, row.infra, row.unsupported) == (4, 3, 0, "")
    assert {p.proof for p in row.pairs} == {"by omega", "by exact Nat.add_comm _ _"}
    proof = row.pairs[0]
    assert (proof.kind, proof.strategy, proof.statement) == ("heldout", "whole_proof", GOAL.text)
    assert (proof.model, proof.version, proof.audit) == ("model", 1, "kernel"), "the weights that answered, and who decided"


def test_a_statement_that_lean_does_not_know_is_unsupported(backend: Backend) -> None:
    foreign = given(Problem(id="f", statement="theorem X : Nat.totient 6 = NoSuchThing"), 0)
    row = asked(foreign, ["rfl"] * 4, checked_by(backend))
    assert row.correct == 0 and "totient" in row.unsupported


def test_a_check_that_failed_is_done_once_more_and_then_left_out() -> None:
    table = {"by a": [Outcome.INFRA, Outcome.ACCEPTED], "by b": [Outcome.INFRA], "by c": [Outcome.TIMEOUT]}
    verify, calls = outcomes(table)
    row = asked(GOAL, ["a", "b", "b", "c"], verify)
    assert (row.attempts, row.correct, row.infra, row.timeouts) == (2, 1, 2, 1)
    assert [(s.same, s.tokens, s.outcome) for s in row.samples] == [(0, 1, "accepted"), (1, 1, "infra"), (1, 1, "infra"), (3, 1, "timeout")]
    assert calls == [["by a", "by b", "by c"], ["by a", "by b"]]


def test_a_prompt_that_is_too_long_is_a_failure_and_said() -> None:
    verify, calls = outcomes({})
    row = asked(GOAL, "the prompt has 9,000 tokens", verify)
    assert (row.attempts, row.correct, row.refused, calls) == (4, 0, True, [])


def test_figures_are_of_what_was_judged_and_count_the_rest() -> None:
    rows = [
        Measured("both", 4, 4),
        Measured("model", 4, 1, timeouts=1),
        Measured("tactic", 4, 0, unread=2),
        Measured("broken", 0, 0, infra=4),
        Measured("half", 2, 0, infra=2),
        Measured("long", 4, refused=True),
        Measured("foreign", 4, 0, unsupported="unknown identifier `Real.pi`"),
    ]
    known = Baseline({"both": "rfl", "tactic": "omega"}, {"stranger": "unknown `Finset`\nmore"})
    found = figures(rows, known, {}, EVAL, 0)
    assert (found["heldout_rows"], found["heldout"], found["heldout_unsupported"], found["heldout_infra"]) == (8, 5, 2, 1)
    assert (found["pass@1"], found["pass@4"], found["baseline"]) == (25.0, 40.0, 40.0)
    assert (found["pass@1_of_all"], found["pass@4_of_all"], found["baseline_of_all"]) == (17.86, 28.57, 28.57)
    assert (found["heldout_infra_samples"], found["heldout_timeout_samples"], found["heldout_unread_samples"]) == (6, 1, 2)
    assert found["heldout_prompt_too_long"] == 1
    assert (found["heldout_proved_by_tactics"], found["heldout_proved_by_model"], found["heldout_proved_by_model_only"]) == (2, 2, 1)
    said = " | ".join(remarks(found, known))
    assert "2 of 8 held-out statements cannot be stated in this Lean" in said and "unknown `Finset`)" in said
    assert (
        "failed twice on 6 samples" in said
        and "1 held-out statements are left out" in said
        and "1 held-out statements are too long" in said
    )


def test_figures_of_a_benchmark_without_trouble_say_nothing_more() -> None:
    found = figures([Measured("a", 4, 4)], NONE, {"a": "family"}, EVAL, 0)
    assert remarks(found, NONE) == [] and not [key for key in found if key.endswith("_of_all")]
    nothing = figures([Measured("a", 0, 0, infra=4)], NONE, {}, EVAL, 0)
    assert (nothing["heldout"], nothing["heldout_infra"]) == (0, 1) and "pass@1" not in nothing


def test_a_round_keeps_each_statements_counts_and_the_accepted_proofs(tmp_path: Path) -> None:
    job = make_run(tmp_path, eval={"ks": [1, 4], "samples": 4, "resamples": 20})
    easy, foreign, *_ = (s.id for s in job.inputs.benchmark.statements)
    asked: list[str] = []

    def answer(statements: list[Statement], *_: Any) -> list[Measured]:
        asked.extend(s.id for s in statements)
        took = HeldoutAttempt(statement_id=statements[0].id, sample=0, same=0, tokens=7, seconds=0.25, outcome="rejected")
        return [Measured(s.id, 4, 1, pairs=(pair(s, 0, kind="heldout"),), samples=(took,)) for s in statements]

    job.shards = [FakeActor(evaluate=answer, counts=({}, {}, {}))] * 2
    found = asyncio.run(evaluate(job, 3, Baseline({easy: "rfl"}, {foreign: "unknown"})))
    assert len(asked) == 3 and foreign not in asked, "what cannot be stated is not sampled"
    assert (found["heldout"], found["pass@1"], found["heldout_proved_by_model_only"]) == (3, 25.0, 2)
    rows = job.store.read_json("rounds/003/eval.json")
    assert {row["id"]: (row["attempts"], row["correct"], row["tactic"]) for row in rows}[easy] == (4, 1, "rfl")
    import pyarrow.parquet as pq

    proofs = list(from_table(pq.read_table(job.store.file("rounds/003/eval_proofs.parquet")), Pair))
    assert len(proofs) == 3 and {(p.kind, p.round) for p in proofs} == {("heldout", 3)}
    samples = list(from_table(pq.read_table(job.store.file("rounds/003/eval_samples.parquet")), HeldoutAttempt))
    assert [(s.tokens, s.seconds) for s in samples] == [(7, 0.25)] * 3, "what each took, for the simulator"
    assert "samples" not in rows[0]
    assert not list(job.store.read("pairs", Pair)), "nothing of it is trained on"
    assert "round 3: 1 of 4 held-out statements cannot be stated" in output(job)


def checked_with(job: Run, verify: Verify | None) -> None:
    """Let `verify` answer the checks of `job`; None: there must be none."""
    services: Any = SimpleNamespace(verify=verify)
    job.services = lambda: services  # type: ignore[method-assign]


def test_the_baseline_is_computed_once_and_read_from_older_runs(tmp_path: Path) -> None:
    job = make_run(tmp_path)

    async def verify(checks: list[Check]) -> list[Verdict]:
        proves = {"by rfl", any_of(ONE_LINERS)}
        return [Verdict(id=c.id, outcome=Outcome.ACCEPTED if c.proof in proves else Outcome.REJECTED) for c in checks]

    checked_with(job, verify)
    found = asyncio.run(easily_proved(job))
    assert set(found.solved.values()) == {"rfl"} and len(found.solved) == 4 and found.unsupported == {}
    checked_with(job, None)
    assert asyncio.run(easily_proved(job)) == found
    job.store.write_json("rounds/000/baseline.json", {"solved": {"a": "rfl"}, "unsupported": ["b"]})
    assert asyncio.run(easily_proved(job)) == Baseline({"a": "rfl"}, {"b": ""})


def test_what_the_model_proved_is_compared_with_the_cheap_tactics_once(tmp_path: Path) -> None:
    job = make_run(tmp_path, search={"compared": 3})
    goals = [statement(name) for name in ("a", "b", "c", "d")]
    by_model = [pair(goal, strategy="whole_proof") for goal in goals]
    job.store.commit("r001-a", {"pairs": [*by_model, pair(statement("e"), strategy="portfolio")]})
    asked: set[str] = set()

    async def verify(checks: list[Check]) -> list[Verdict]:
        asked.update(check.statement for check in checks)
        return [Verdict(id=c.id, outcome=Outcome.ACCEPTED if c.statement.endswith("b") else Outcome.REJECTED) for c in checks]

    checked_with(job, verify)
    asyncio.run(compare(job, 1))
    checked_with(job, None)
    asyncio.run(compare(job, 1))
    assert asked == {"theorem X : a", "theorem X : b", "theorem X : c"}, "the proofs of cheap tactics need no comparison"
    found = round_counts(job, 1)
    assert (found["proved_by"], found["proved_by_tactics"], found["proved_by_model"]) == ({"whole_proof": 4, "portfolio": 1}, 1, 4)
    assert (found["model_compared"], found["model_only"], found["model_only_share"]) == (3, 2, 66.7)
    logged = round_series(found)
    assert logged["round/proved_by/whole_proof"] == 4 and logged["round/model_only"] == 2 and "round/verdicts" not in logged
    assert all(isinstance(value, float) for value in logged.values())


@pytest.mark.parametrize(("ks", "limit", "stops"), [((1, 4), 2.0, True), ((1, 4), 1.0, False), ((1,), 5.0, False), ((1, 4), -1.0, False)])
def test_a_plateau_is_seen_with_any_k(ks: tuple[int, ...], limit: float, stops: bool) -> None:
    config = RunConfig.model_validate({"plateau": limit, "eval": {"ks": ks, "samples": 4}, "models": {"prover": {"path": "x"}}})
    rounds = [{"pass@1": 10.0, "pass@4": 20.0}, {"pass@1": 15.0, "pass@4": 21.0}]
    assert bool(plateau(rounds, config)) is stops
    assert not stops or "pass@4 rose by less than 2 points (20.0 to 21.0)" in plateau(rounds, config)
    assert plateau([{}, {}], config) == "", "nothing measured, nothing decided"
