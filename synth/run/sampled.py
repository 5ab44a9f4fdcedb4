"""A look at a round's statements and proofs, with verdicts: small samples, the same whenever they are drawn."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

from synth.records import Attempt, Problem, Statement, VerdictRow
from synth.store.rundir import RunDir

SIZE = 20  # rows
UNITS = 8  # finished units of work that a sample is drawn from, so that it costs the same in a large round
T = TypeVar("T")

STATEMENTS = ("statement", "round", "problem", "lean", "kept", "reason")
PROOFS = ("attempt", "round", "statement", "strategy", "proof", "verdict", "message")


def sampled_statements(store: RunDir, number: int, seed: int) -> list[tuple[str, int, str, str, bool, str]]:
    """Up to `SIZE` statements of round `number`, kept and dropped (see `STATEMENTS`)."""
    found = [s for key in _units(store, "statements", number, seed) for s in store.read("statements", Statement, key)]
    chosen = _chosen(found, number, seed)
    problems = store.find("problems", Problem, {s.problem_id for s in chosen})
    words = {s.id: problems[s.problem_id].text if s.problem_id in problems else "" for s in chosen}
    return [(s.id, number, words[s.id], s.text, s.kept, str(s.reason)) for s in chosen]


def sampled_proofs(store: RunDir, number: int, seed: int) -> list[tuple[str, int, str, str, str, str, str]]:
    """Up to `SIZE` proof attempts of round `number`, accepted and refused (see `PROOFS`)."""
    keys = _units(store, "attempts", number, seed)
    chosen = _chosen([attempt for key in keys for attempt in store.read("attempts", Attempt, key)], number, seed)
    verdicts = {v.id: v for key in keys for v in store.read("verdicts", VerdictRow, key)}
    statements = store.find("statements", Statement, {attempt.statement_id for attempt in chosen})
    rows = []
    for attempt in chosen:
        verdict, statement = verdicts.get(attempt.id), statements.get(attempt.statement_id)
        outcome = f"{verdict.outcome}: {verdict.reason}".removesuffix(": ") if verdict else "unknown"
        text = f"the negation of {statement.text}" if statement and attempt.negated else statement.text if statement else ""
        rows.append((attempt.id, number, text, attempt.strategy, attempt.proof, outcome, verdict.message if verdict else ""))
    return rows


def _units(store: RunDir, kind: str, number: int, seed: int) -> list[str]:
    mine = list(store.units(kind, f"r{number:03d}-"))
    return sorted(random.Random(f"{seed} {number} {kind}").sample(mine, min(UNITS, len(mine))))


def _chosen(found: Sequence[T], number: int, seed: int) -> list[T]:
    return random.Random(f"{seed} {number}").sample(found, min(SIZE, len(found)))
