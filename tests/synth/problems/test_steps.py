"""Statements in several steps: what cheap tactics cannot close, plans whose holes are what Lean says they are, and seed rows of them."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from synth.problems.families import Draft
from synth.problems.families.steps import draw_steps
from synth.problems.generate import ONE_LINERS, Choice, reference
from synth.problems.seed_roles.sketches import sketches
from synth.problems.seeds import seed_set
from synth.prompts import Skeleton, ask_skeleton, load_prompts, read_skeleton
from synth.records import Statement
from synth.search.holes import Probe
from synth.search.portfolio import GENERIC_TACTICS, tactic_proof
from verify_workers.backends.base import Backend
from verify_workers.backends.choose import make_backend
from verify_workers.records import Check

MULTI = Choice(("multi step",))
KINDS = ("divisor", "remainder", "bound", "sequences")


@pytest.fixture(scope="module")
def lean() -> Iterator[Backend]:
    backend = make_backend("auto")
    yield backend
    backend.close()


def drawn(kind: str, level: int) -> Draft:
    rng = Random(f"{kind} {level}")
    return next(draft for draft in iter(lambda: draw_steps(rng, level), None) if draft.wording == kind)


def proved(lean: Backend, statement: str, proof: str) -> bool:
    return lean.check(Check(id="t", statement=statement, proof=proof, timeout=20)).accepted


@pytest.mark.parametrize("kind", KINDS)
def test_no_cheap_tactic_proves_them(lean: Backend, kind: str) -> None:
    statement = reference(drawn(kind, 1).goal)
    assert not [t for t in dict.fromkeys(ONE_LINERS + GENERIC_TACTICS) if proved(lean, statement, tactic_proof(t))]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", [1, 3])
def test_the_holes_of_a_plan_are_its_steps(lean: Backend, kind: str, level: int) -> None:
    """As Lean prints them, so that what the seed set teaches to prove is what the search will ask; and each step is proved."""
    draft = drawn(kind, level)
    assert draft.plan is not None
    probe = Probe(Statement(id="s", problem_id="p", text=""), reference(draft.goal), f"by {draft.plan.skeleton}")
    holes = probe.read(lean.check(probe.snippet("probe", 20)).messages)
    assert [goal.statement for hole in holes for goal in hole.goals] == [f"theorem subgoal {step.theorem}" for step in draft.plan.steps]
    assert lean.check(probe.fitting("fit", holes, 20)).accepted
    for step in draft.plan.steps:
        assert all(proved(lean, f"theorem X {step.theorem}", f"by {proof}") for proof in step.proofs)
        assert not all(proved(lean, f"theorem X {step.theorem}", f"by {proof}") for proof in step.wrong)


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_plans_are_wrong(lean: Backend, kind: str) -> None:
    """Filled with the right proofs of right steps they prove nothing."""
    draft = drawn(kind, 2)
    assert draft.plan is not None and len(set(draft.plan.wrong)) >= 3
    for wrong in draft.plan.wrong:
        text = wrong
        for step in draft.plan.steps:
            text = text.replace("sorry", f"(by {step.proofs[0]})", 1)
        assert "sorry" not in text and not proved(lean, reference(draft.goal), f"by {text}"), wrong


def test_seed_rows_are_plans_of_other_statements_than_the_benchmarks() -> None:
    first = sketches(Random(1), 200, set(), MULTI)
    assert len(first) == 200 == len({str(row) for row in first}) and first == sketches(Random(1), 200, set(), MULTI)
    held = {reference(shown["goal"].removeprefix(": ")) for shown, _ in first[:50]}
    again = sketches(Random(1), 200, held, MULTI)
    assert not held & {reference(shown["goal"].removeprefix(": ")) for shown, _ in again}
    revised = [shown for shown, _ in first if shown["earlier"]]
    assert 30 <= len(revised) <= 70 and {shown["failed"] for shown in revised} == {"error"}
    assert sketches(Random(1), 5, set(), Choice(("powers",))) == [], "no family of these has plans"


def test_seed_rows_are_asked_and_read_as_the_search_does() -> None:
    prompts = load_prompts("embedded")
    for shown, answer in sketches(Random(2), 40, set(), MULTI):
        if shown["earlier"]:
            continue
        prompt = ask_skeleton(prompts, "sketch", f"theorem X {shown['goal']}")
        assert prompts.ask("sketch", {}, **shown).text == prompt.text
        assert read_skeleton(prompt, answer) == Skeleton(f"by {answer}", read_skeleton(prompt, answer).hidden)  # type: ignore[union-attr]


def test_seed_proofs_are_of_steps_and_of_wholes_and_as_weak_as_others(lean: Backend) -> None:
    seeds = seed_set(1, 10, proofs=60, choice=MULTI).proofs
    wholes = [row for row in seeds if "have h1" in row[1]]
    assert 0.25 <= len(wholes) / len(seeds) <= 0.55
    steps = [row for row in seeds if row not in wholes]
    assert 0.15 <= sum(proved(lean, *row) for row in steps) / len(steps) <= 0.5
    assert sum(proved(lean, *row) for row in wholes) / len(wholes) <= 0.25
