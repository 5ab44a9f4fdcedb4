"""Variants as statements with their lineage: by the rules on a statement's text, and of the goals at which proofs of it failed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from synth.conjectures.filters import Tie
from synth.conjectures.variants import variants
from synth.records import Drop, Problem, Statement, VerdictRow, content_id
from synth.search.goals import Goal, read_goal
from synth.statements.formalize import passed_over
from synth.statements.screen import Passed
from synth.statements.text import new_statement
from verify_workers.text.statement import StatementError

SUBGOAL = "subgoal"
_CUT = re.compile(r" …$")  # of a message that was kept in part


def by_rules(parents: Iterable[Statement], rules: Sequence[str], most: int, round: int) -> tuple[list[Statement], dict[str, Tie]]:
    """At most `most` variants of each parent by each rule, not filtered yet, and what ties them to their parents."""
    made: dict[str, Statement] = {}
    ties: dict[str, Tie] = {}
    for parent in parents:
        for rule in rules:
            for variant in variants(parent.text, rule, most):
                lineage = {"origin": "variant", "parent": parent.id, "variant": rule, "shown": variant.changed, "round": round}
                statement = new_statement(place_of(parent, round), variant.text, **lineage)
                if made.setdefault(statement.id, statement) is statement:
                    ties[statement.id] = (parent, variant.link)
    return list(made.values()), ties


def place_of(parent: Statement, round: int) -> Problem:
    """Where the variants of a statement stand: a problem of their own, below its header and preamble."""
    return Problem(id=content_id("variants", parent.id, round), header=parent.header, preamble=parent.preamble)


def not_varied(parent: Statement, round: int) -> list[Statement]:
    """What is written down of a statement that is in a benchmark: nothing is made of it."""
    why = Passed(reason=Drop.CONTAMINATED, detail=f"what it comes from: {parent.benchmark}")
    lineage = {"origin": "variant", "parent": parent.id}
    return [s.model_copy(update=lineage) for s in passed_over(place_of(parent, round), why, round)]


def subgoals(parents: Mapping[str, Statement], failures: Iterable[VerdictRow], most: int, round: int) -> list[Statement]:
    """The goals that Lean showed where proofs of `parents` (by id) failed, at most `most` each, as statements."""
    found: dict[str, dict[str, Statement]] = {}
    for row in failures:
        parent = parents.get(row.statement_id)
        if parent is None:
            continue
        own = found.setdefault(parent.id, {})
        for goal in _goals(row):
            try:
                lineage = {"origin": "variant", "parent": parent.id, "variant": SUBGOAL, "shown": {"attempt": row.id}, "round": round}
                statement = new_statement(place_of(parent, round), goal.statement, **lineage)
            except StatementError:
                continue
            if len(own) < most:
                own.setdefault(statement.id, statement)
    return [statement for own in found.values() for statement in own.values()]


def _goals(row: VerdictRow) -> Iterator[Goal]:
    """The goals in Lean's messages on a failed proof; a message that was kept in part shows none."""
    for message in row.errors:
        if "⊢ " not in message.text or _CUT.search(message.text):
            continue
        lines = message.text.split("\n")
        for start in range(len(lines)):
            if goal := read_goal("\n".join(lines[start:])):
                yield goal
                break
