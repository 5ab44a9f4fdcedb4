"""A round's figures: counted from the run directory, and pass@k with what the portfolio leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth.records import VerdictRow
from synth.run.evaluate import scores
from synth.run.figures import costs, round_counts
from tests.synth.run.fakes import make_run, pair, statement
from train.config import EvalConfig
from train.evaluate import Tally


def test_a_round_is_counted_from_its_own_units(tmp_path: Path) -> None:
    job = make_run(tmp_path)
    job.inputs.references["p-one"] = "theorem ref : one"
    statements = [statement("one"), statement("two"), statement("bad", kept=False, reason="trivial")]
    job.store.commit(
        "r001-s0000-statements", {"statements": statements}, {"problems": 3, "tokens": 70, "tokens_formalizer": 60, "tokens_judge": 10}
    )
    outcomes = [("accepted", ""), ("rejected", "unsolved"), ("rejected", "unsolved"), ("timeout", "")]
    verdicts = [VerdictRow(id=str(n), statement_id="one", outcome=o, reason=r) for n, (o, r) in enumerate(outcomes)]
    job.store.commit(
        "r001-s0000-c0000",
        {
            "verdicts": verdicts,
            "pairs": [pair(statements[0], strategy="whole_proof"), pair(statements[1], negated=True, strategy="portfolio")],
        },
        {"searched": 2, "samples": 8, "tokens": 30, "tokens_prover": 30, "faults_prover": 2, "proved": 2},
    )
    job.store.commit("r002-s0000-c0000", {"pairs": [pair(statements[1], 2)]}, {"searched": 1, "samples": 99, "tokens": 99, "proved": 1})
    assert round_counts(job, 1) == {
        "problems": 3,
        "statements": 3,
        "statements_kept": 2,
        "statements_rejected": {"trivial": 1},
        "faithful": 100.0,
        "faithful_interval": [100.0, 100.0],
        "pieces": 0,
        "pieces_proved": 0,
        "pieces_refuted": 0,
        "searched": 2,
        "attempts": 8,
        "checks": 4,
        "verdicts": {"rejected: unsolved": 2, "accepted": 1, "timeout": 1},
        "pairs": 2,
        "pairs_negated": 1,
        "proved": 2,
        "proved_by": {"whole_proof": 1, "portfolio": 1},
        "proved_by_tactics": 1,
        "proved_by_model": 1,
        "model_compared": 0,
        "model_only": 0,
        "quarantined": 0,
        "tokens": 100,
        "tokens_formalizer": 60,
        "tokens_judge": 10,
        "tokens_prover": 30,
        **dict.fromkeys(("tokens_informalizer", "tokens_corrector", "tokens_sketcher", "tokens_conjecturer"), 0),
        "faults_prover": 2,
    }
    assert round_counts(job, 3)["pairs"] == 0 and round_counts(job, 3)["faithful"] is None


def test_pieces_of_statements_are_counted_apart(tmp_path: Path) -> None:
    job = make_run(tmp_path)
    whole = statement("whole")
    pieces = [
        statement(name).model_copy(update={"origin": origin}) for name, origin in (("a", "subgoal"), ("b", "lemma"), ("c", "subgoal"))
    ]
    pairs = [
        pair(whole, strategy="sketch"),
        pair(pieces[0], strategy="portfolio").model_copy(update={"kind": "subgoal"}),
        pair(pieces[1], negated=True).model_copy(update={"kind": "lemma"}),
    ]
    job.store.commit("r001-s0000-c0000", {"statements": pieces, "pairs": pairs}, {"searched": 1, "proved": 1})
    figures = round_counts(job, 1)
    assert (figures["statements"], figures["pieces"], figures["pieces_proved"], figures["pieces_refuted"]) == (0, 3, 1, 1)
    assert figures["proved_by"] == {"sketch": 1} and figures["pairs"] == 3


def test_costs_are_per_pair_and_none_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    found = costs({"pairs": 4, "tokens": 100, "seconds": 8.0})
    assert found["tokens_per_pair"] == 25.0 and found["core_seconds_per_pair"] % 2 == 0 and found["core_seconds_per_pair"] >= 2
    assert costs({"pairs": 0, "tokens": 100, "seconds": 8.0}) == {}


def test_scores_overall_beyond_the_portfolio_and_by_family() -> None:
    tallies = [Tally("1", 4, 4, "a", True), Tally("2", 4, 0, "a"), Tally("3", 4, 4, "b"), Tally("4", 4, 1, "b")]
    figures = scores(tallies, EvalConfig(ks=(1, 4), samples=4, resamples=50), 0)
    assert (figures["baseline"], figures["heldout"], figures["heldout_beyond"]) == (25.0, 4, 3)
    assert (figures["pass@1"], figures["pass@4"]) == (56.25, 75.0)
    assert (figures["beyond_pass@1"], figures["beyond_pass@4"]) == (41.67, 66.67)
    assert figures["families"] == {"a": {"pass@1": 50.0, "pass@4": 50.0}, "b": {"pass@1": 62.5, "pass@4": 100.0}}
    low, high = figures["pass@1_interval"]
    assert low <= 56.25 <= high


def test_scores_of_a_benchmark_that_the_portfolio_proves_whole() -> None:
    figures = scores([Tally("1", 2, 1, "", True)], EvalConfig(ks=(1,), samples=2, resamples=10), 0)
    assert figures["baseline"] == 100.0 and figures["heldout_beyond"] == 0 and "beyond_pass@1" not in figures
    assert figures["families"] == {}
