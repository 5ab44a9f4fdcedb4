"""Equivalence by cheap tactics (BEq): what Lean shows to be the same, and what it must not be taken to show."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from synth.config import FilterConfig
from synth.records import Drop, Problem, Statement
from synth.services import Verify
from synth.statements.against import faithful_by
from synth.statements.equivalent import How, compared
from synth.statements.filters.alike import alike
from synth.statements.filters.base import Context
from synth.statements.filters.elaborates import elaborates
from synth.statements.filters.run import FILTERS, filtered
from synth.statements.text import new_statement
from tests.synth.stage_fakes import checked_by, tools
from verify_workers.backends.base import Backend
from verify_workers.records import Check, Outcome, Verdict

STRUCTURE = [
    ("∀ n : Nat, n * n + 1 = 7 * n", "∀ n : Nat, 7 * n = n * n + 1"),
    ("∀ a b : Nat, a > 3 → b < a → a * b ≠ 7", "∀ a b : Nat, b < a → a > 3 → a * b ≠ 7"),
    ("¬ ∃ n : Nat, n > 2 ∧ n * n % 4 = 2", "∀ n : Nat, n > 2 → ¬ n * n % 4 = 2"),
    ("∀ n : Nat, (n + 3) ^ 2 % 5 ≠ 3", "∀ n : Nat, (3 + n) ^ 2 % 5 ≠ 3"),
    ("∀ n : Nat, n + 2 > n", "∀ m : Nat, m < m + 2"),  # cheap to prove, but one is the other
]
TACTICS = [
    ("∀ n : Nat, n > 0 → n * n * n % 7 ≠ 3", "∀ n : Nat, n ≠ 0 → n * n * n % 7 ≠ 3"),
    ("∀ n : Nat, n * n % 2 = 0 → n % 2 = 0", "∀ n : Nat, n % 2 ≠ 0 → n * n % 2 ≠ 0"),
    ("∀ n : Nat, 2 ∣ n * n * n + n", "∀ n : Nat, (n * n * n + n) % 2 = 0"),
]
UNPROVED = [
    ("∀ n : Nat, n > 3 → n * n % 4 ≠ 2", "∀ n : Nat, n * n % 4 ≠ 2"),  # a hypothesis more
    ("∀ n : Nat, n * n % 4 ≠ 2", "∀ n : Nat, n * n % 4 ≠ 3"),  # another constant, both true
    ("∀ n : Nat, n * n = 3", "∀ n : Nat, n * n = 5"),  # both false
    ("∀ n : Nat, n * n % 2 = 0 → n % 2 = 0", "∀ n : Nat, n % 2 = 0 → n * n % 2 = 0"),  # the converse
    ("∃ x : Nat, x * x = 4 ∧ x > 0", "∃ x : Nat, x * x = 4"),
]
CHEAP = [
    ("∀ n : Nat, n + 2 > n", "∀ n : Nat, n % 2 < 2"),  # the tactics prove both
    ("∀ n m : Nat, n + m = m + n", "∀ n : Nat, n + 1 = 1 + n"),  # an instance, provable alone
    ("∀ n : Nat, n = 3", "∀ n : Nat, n * 2 = 7"),  # the tactics refute both
    ("∀ n : Nat, n > 5 → n < 3", "∀ n : Nat, n > 5 → n = 100 * n"),  # absurd wherever the goal's hypotheses hold
    ("∀ n : Nat, n > 5 → n < 3 → n * n = 9", "∀ n : Nat, n > 7 → n < 2 → n * n = 9"),  # both empty
]


@dataclass
class Counted:
    """A checker that counts what it is asked."""

    verify: Verify
    asked: list[Check] = field(default_factory=list)

    async def __call__(self, checks: list[Check]) -> list[Verdict]:
        self.asked += checks
        return await self.verify(checks)


def theorem(goal: str, problem: str = "p", **fields: object) -> Statement:
    return new_statement(Problem(id=problem), f"theorem X : {goal}", **fields)


def pairs(rows: list[tuple[str, str]]) -> list[tuple[Statement, Statement]]:
    return [(theorem(one), theorem(other)) for one, other in rows]


@pytest.mark.parametrize(("rows", "how"), [(STRUCTURE, How.STRUCTURE), (TACTICS, How.TACTICS)])
def test_the_same_said_differently_is_equivalent(backend: Backend, rows: list[tuple[str, str]], how: How) -> None:
    checker = Counted(checked_by(backend))
    found = asyncio.run(compared(pairs(rows), checker, 5.0))
    assert found == [how] * len(rows) and all(one.equivalent for one in found)
    assert len(checker.asked) <= 12 * len(rows)


@pytest.mark.parametrize(("rows", "how"), [(UNPROVED, How.UNPROVED), (CHEAP, How.CHEAP)])
def test_two_true_or_two_false_statements_are_not_equivalent_for_that(backend: Backend, rows: list[tuple[str, str]], how: How) -> None:
    checker = Counted(checked_by(backend))
    for these in (rows, [(other, one) for one, other in rows]):
        found = asyncio.run(compared(pairs(these), checker, 5.0))
        assert found == [how] * len(rows) and not any(one.equivalent for one in found)


def test_binders_before_the_colon_and_settings(backend: Backend) -> None:
    bare = new_statement(Problem(id="p"), "theorem X (n : Nat) (h : n > 0) : n * n * n % 7 ≠ 3")
    other, hidden = theorem("∀ n : Nat, n ≠ 0 → n * n * n % 7 ≠ 3"), theorem("∀ n > 0, n * n * n % 7 ≠ 3")
    elsewhere = other.model_copy(update={"header": "open Nat"})
    asked = [(bare, other), (other, hidden), (bare, elsewhere)]
    formed = asyncio.run(elaborates([bare, other, hidden], Context(tools(verify=checked_by(backend)))))
    assert asyncio.run(compared(asked, checked_by(backend), 5.0)) == [How.TACTICS, How.TACTICS, How.SETTING]
    assert asyncio.run(compared([(formed[0], formed[2])], tools().verify, 5.0)) == [How.FORM], "equal forms ask nothing"


def test_a_checker_that_fails_decides_nothing() -> None:
    async def broken(checks: list[Check]) -> list[Verdict]:
        return [Verdict(id=check.id, outcome=Outcome.INFRA) for check in checks]

    assert asyncio.run(compared(pairs(TACTICS[:1]), broken, 5.0)) == [How.CHECKER]


def test_equivalent_candidates_share_their_votes(backend: Backend) -> None:
    """Two ways of saying it have five of eight samples together, and neither has half of them alone."""
    texts = {"∀ n : Nat, n * n % 4 ≠ 3 ∨ n = 0": 3, TACTICS[0][0]: 3, TACTICS[0][1]: 2}
    candidates = [theorem(text, votes=votes, samples=8) for text, votes in texts.items()]
    problems = {"p": Problem(id="p", text="No positive cube leaves 3 modulo 7.")}
    config = FilterConfig(vote_share=0.5, grade=False, cheats=())
    steps = FILTERS[: [step.__name__ for step in FILTERS].index("agreed") + 1]

    def kept(equivalence: bool, most: int = 6) -> list[tuple[int, str]]:
        settings = config.model_copy(update={"equivalence": equivalence, "equivalence_pairs": most})
        context = Context(tools(verify=checked_by(backend)), settings, problems=problems)
        return [(s.votes, s.reason) for s in asyncio.run(filtered(candidates, context, steps))]

    assert kept(False) == [(3, Drop.MINORITY), (3, Drop.MINORITY), (2, Drop.MINORITY)]
    assert kept(True) == [(3, Drop.MINORITY), (5, ""), (2, Drop.DUPLICATE)]
    assert kept(True, 1) == kept(True, 0) == kept(False), "the two that are compared first are not the same"


def test_other_problems_and_given_statements_are_not_merged(backend: Backend) -> None:
    one, other = TACTICS[0]
    asked = [theorem(one), theorem(other, "q"), theorem(other, origin="given")]
    context = Context(tools(), FilterConfig(equivalence=True))
    assert asyncio.run(alike(asked, context)) == asked


def test_faithful_by_form_or_by_equivalence(backend: Backend) -> None:
    """Against what the problem means: the same spelling, the same form, equivalent, something else, and no statement at all."""
    meant = {"p": f"theorem X : {TACTICS[0][0]}"}
    texts = [TACTICS[0][0], "∀ m : Nat, 0 < m → ¬ m * m * m % 7 = 3", TACTICS[0][1], UNPROVED[0][0], "∀ n : Nat, foo n"]
    statements = [theorem(text) for text in texts]

    def told(beq: bool) -> list[str]:
        how = asyncio.run(faithful_by([*statements, theorem(texts[0], "q")], meant, checked_by(backend), 5.0, beq))
        return [how[s.id].value if s.id in how else "-" for s in statements]

    assert told(False) == ["form", "form", "unproved", "unproved", "-"]
    assert told(True) == ["form", "form", "tactics", "unproved", "-"]
