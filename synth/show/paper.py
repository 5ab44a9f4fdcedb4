"""The tables of DeepSeek-Prover's ablations (arXiv 2405.14333), and which arms stand for their rows here.

Two tables of ours have no counterpart there: what the negations are worth in training, and rounds in turn or at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """An arm in a table; `paper` is what the paper has there: miniF2F-test, percent."""

    arm: str
    label: str
    paper: str = ""


@dataclass(frozen=True)
class Table:
    """Arms from the one that should be worst to the one that should be best; `claims`: the paper says so."""

    name: str
    title: str
    about: str
    rows: tuple[Row, ...]
    claims: bool = True


def tables(rounds: int, mode: str, other: int | None) -> dict[str, Table]:
    """All tables, by name, for a run of so many rounds in `mode`, beside one of `other` rounds in the other mode."""
    last, names = f"round-{rounds}", ("sync", "async") if mode == "sync" else ("async", "sync")
    modes = {names[0]: last, names[1]: f"other-{rounds if other is None else other}"}
    iterations = ("34.0", "39.3", "41.4", "45.1", "46.3")
    listed = (
        Table(
            "data",
            "Synthetic data",
            "The first model as it is, trained on human-written proofs (here: the verified seed proofs), and on the run's verified pairs.",
            (
                Row("round-0", "no synthetic data", "27.5"),
                Row("seeds", "seed proofs alone", "31.2"),
                Row("synthetic", "verified pairs alone", "42.6"),
            ),
        ),
        Table(
            "grade",
            "Grades",
            "As many pairs of statements that the judge grades fair or poor as of better ones, both from searches by the first model.",
            (Row("low", "low-graded statements", "38.1"), Row("high", "high-graded statements", "42.6")),
        ),
        Table(
            "iterations",
            "Iterations",
            "The run's models, each trained on from the one before: tokens add up over the rounds.",
            tuple(Row(f"round-{n}", f"iteration {n}", iterations[n] if n < len(iterations) else "") for n in range(rounds + 1)),
        ),
        Table(
            "pairs",
            "Number of pairs",
            "Parts of the run's pairs, each in the next one. The paper: 24.2, 32.0, 37.7, 38.1, 40.2 of 1k, 10k, 100k, 1M, 8M samples.",
            (Row("pairs-16", "1×"), Row("pairs-4", "4×"), Row("synthetic", "16×")),
        ),
        Table(
            "negations",
            "Negations",
            "The same statements searched by the first model with as many proofs each: of the theorem alone, or of it and its negation.",
            (
                Row("theorem-only", "theorems alone are searched"),
                Row("no-negated", "both are searched, negations not trained on"),
                Row("negations", "both are searched and trained on"),
            ),
            claims=False,
        ),
        Table(
            "mode",
            "Rounds in turn or at the same time",
            "The last models of two runs that differ in `mode`. Not in the paper.",
            (Row(modes["sync"], "sync"), Row(modes["async"], "async")),
            claims=False,
        ),
    )
    return {table.name: table for table in listed}
