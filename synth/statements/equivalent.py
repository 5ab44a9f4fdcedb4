"""Whether two statements say the same, decided by Lean: each follows from the other by cheap tactics.

BEq (Liu et al., Rethinking and Improving Autoformalization, ICLR 2025), with the care of BEq+ (Poiroux et al., arXiv 2406.07222):
two true theorems follow from each other in any logic, so a proof counts only if the other statement does the work in it.

    by structure   the proof ends in the other statement itself (`exact`, `apply`), after the same rewriting on both sides: it cannot do
                   without it
    by tactics     `omega` or `simp` with the other statement at hand; counts only if the same tactics do not prove the goal without it,
                   and do not find it absurd

What is not shown to be equivalent is *undecided*: nothing here says that two statements differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from synth.prompts import NAME
from synth.records import Statement
from synth.services import Verify
from synth.statements.filters.base import any_of
from synth.statements.follows import ALONE, GIVEN, STRUCTURE, absurd, with_given, witnesses
from synth.statements.telescope import telescope
from synth.statements.text import UNPROVED
from verify_workers.records import Check, Outcome, Verdict
from verify_workers.text.statement import StatementError, parse_theorem


class How(StrEnum):
    """How a comparison ended; the first three say that the statements are equivalent."""

    FORM = "form"  # one normal form
    STRUCTURE = "structure"
    TACTICS = "tactics"
    UNPROVED = "unproved"  # at least one direction was not proved
    CHEAP = "cheap"  # the tactics prove one without the other, or refute it: that it follows says nothing
    CHECKER = "checker"  # the checker failed, or ran out of time
    SETTING = "setting"  # under different headers or definitions, or no closed statement

    @property
    def equivalent(self) -> bool:
        return self in (How.FORM, How.STRUCTURE, How.TACTICS)


@dataclass
class _Pair:
    """Two statements, and what is known of both directions (the first: the second statement from the first)."""

    statements: tuple[Statement, Statement]
    proved: list[How | None]
    ended: How | None = None

    def open_directions(self) -> list[int]:
        return [] if self.ended else [side for side in (0, 1) if self.proved[side] is None]

    def premise(self, side: int) -> Statement:
        return self.statements[side]

    def goal(self, side: int) -> Statement:
        return self.statements[1 - side]


async def compared(pairs: Sequence[tuple[Statement, Statement]], verify: Verify, timeout: float) -> list[How]:
    """How each two statements compare; at most 12 checks a pair, each of `timeout` seconds at most, and 3 for most that differ."""
    work = [_Pair(pair, [None, None], _at_once(*pair)) for pair in pairs]
    left = [pair for pair in work if pair.ended is None]
    await _read_alike(left, verify, timeout)
    await _tried([(pair, side) for pair in left for side in pair.open_directions()], How.STRUCTURE, verify, timeout)
    for _ in range(2):  # the second direction only where the first was proved
        await _tried([(pair, side) for pair in left for side in pair.open_directions()[:1]], How.TACTICS, verify, timeout)
        for pair in left:
            if pair.ended is None and len(pair.open_directions()) == 2:
                pair.ended = How.UNPROVED
    await _controlled([pair for pair in left if pair.ended is None and not pair.open_directions()], verify, timeout)
    return [_outcome(pair) for pair in work]


def _outcome(pair: _Pair) -> How:
    if pair.ended:
        return pair.ended
    return How.UNPROVED if pair.open_directions() else How.TACTICS if How.TACTICS in pair.proved else How.STRUCTURE


def _at_once(one: Statement, other: Statement) -> How | None:
    """What needs no proof."""
    if one.form and one.form == other.form and (one.header, one.preamble) == (other.header, other.preamble):
        return How.FORM
    try:
        same = parse_theorem(one.text).universes == parse_theorem(other.text).universes
    except StatementError:
        return How.SETTING
    closed = bool(one.negation and other.negation)  # no variables that Lean would bind where the text does not
    return None if same and closed and (one.header, one.preamble) == (other.header, other.preamble) else How.SETTING


def _head(statement: Statement) -> str:
    return replace(parse_theorem(statement.text), name=NAME).head


def _check(statement: Statement, id: str, text: str, proof: str, timeout: float) -> Check:
    return statement.model_copy(update={"text": text}).check(id, timeout, proof=proof)


def _follows(premise: Statement, goal: Statement, proof: str, id: str, timeout: float, says: str = "") -> Check:
    """The question whether `proof` shows `goal` (or `says` instead) where `premise` is at hand."""
    text = f"{_head(goal)} ({GIVEN} : {parse_theorem(premise.text).proposition}) : {says or parse_theorem(goal.text).proposition}"
    return _check(goal, id, text, proof, timeout)


async def _read_alike(pairs: Sequence[_Pair], verify: Verify, timeout: float) -> None:
    """A statement with binders must say the same as a proposition: its normal form tells."""
    asked = [(pair, s) for pair in pairs for s in pair.statements if s.form and parse_theorem(s.text).binders]
    checks = [_check(s, str(i), f"{_head(s)} : {parse_theorem(s.text).proposition}", UNPROVED, timeout) for i, (_, s) in enumerate(asked)]
    for (pair, statement), verdict in zip(asked, await _asked(checks, verify), strict=True):
        if verdict.form != statement.form:
            pair.ended = How.SETTING


async def _tried(directions: Sequence[tuple[_Pair, int]], how: How, verify: Verify, timeout: float) -> None:
    checks = []
    for i, (pair, side) in enumerate(directions):
        premise, goal = pair.premise(side), pair.goal(side)
        if how is How.STRUCTURE:
            tactics = [tactic.format(GIVEN) for tactic in STRUCTURE]
        else:
            tactics = list(with_given(telescope(premise.text), telescope(goal.text)))
        checks.append(_follows(premise, goal, any_of(tuple(tactics)), str(i), timeout))
    for (pair, side), verdict in zip(directions, await _asked(checks, verify), strict=True):
        if verdict.accepted:
            pair.proved[side] = how
        elif how is How.TACTICS:
            pair.ended = How.UNPROVED if verdict.outcome is Outcome.REJECTED else How.CHECKER


async def _controlled(pairs: Sequence[_Pair], verify: Verify, timeout: float) -> None:
    """Pairs with a direction by tactics: those are nothing where the goal needs no premise, or the premise is absurd."""
    directions = [(pair, side) for pair in pairs for side in (0, 1) if pair.proved[side] is How.TACTICS]
    checks, owners = list[Check](), list[_Pair]()
    for i, (pair, side) in enumerate(directions):
        premise, goal = pair.premise(side), pair.goal(side)
        parts, said = telescope(premise.text), telescope(goal.text)
        alone = any_of((*ALONE, *witnesses(said)))
        checks.append(_check(goal, f"{i}:alone", f"{_head(goal)} : {parse_theorem(goal.text).proposition}", alone, timeout))
        checks.append(_follows(premise, goal, any_of(tuple(absurd(parts))), f"{i}:absurd", timeout, "False"))
        if said.conclusion != "False":
            clash = parse_theorem(replace(said, conclusion="False").statement()).proposition
            checks.append(_follows(premise, goal, any_of(tuple(with_given(parts, said))), f"{i}:clash", timeout, clash))
        owners += [pair] * (len(checks) - len(owners))
    for pair, verdict in zip(owners, await _asked(checks, verify), strict=True):
        if verdict.accepted:
            pair.ended = How.CHEAP
        elif verdict.outcome is not Outcome.REJECTED and pair.ended is None:
            pair.ended = How.CHECKER


async def _asked(checks: list[Check], verify: Verify) -> list[Verdict]:
    return await verify(checks) if checks else []
