"""Refinement turns on real Lean: the formalizer sees Lean's error, or what the judge found; each turn is recorded."""

from __future__ import annotations

import asyncio

from synth.config import BackConfig, FilterConfig, FormalizeConfig
from synth.records import Problem, Statement
from synth.statements.filters.base import Context
from synth.statements.formalize import formalize
from synth.statements.refine import fault, settled, unsettled
from tests.synth.stage_fakes import checked_by, scripted, tools
from verify_workers.backends.base import Backend

PROBLEM = Problem(id="p", text="No square is 2 modulo 4.")
RIGHT, WRONG = ": ∀ n : Nat, n * n % 4 ≠ 2", ": ∀ n : Nat, n * n % 4 ≠ 3"
UNKNOWN = ": ∀ n : Nat, n * m % 4 ≠ 2"


def story(
    backend: Backend, refined: list[list[str]], turns: int, first: str = UNKNOWN, judge: bool = False
) -> tuple[list[Statement], list[str]]:
    """What comes of a problem whose formalizer first says `first` and then, turn by turn, `refined`."""
    later = iter(refined)

    def answer(prompt: str, n: int) -> list[str]:
        if prompt.startswith("<|formalize|>"):
            return [first] * n
        if prompt.startswith("<|informalize|>"):
            return ["No square is 3 modulo 4." if "≠ 3" in prompt else "No square is 2 modulo 4."]
        if prompt.startswith("<|compare|>"):
            return ["different" if "3 modulo" in prompt else "same"]
        assert prompt.startswith("<|refine|>")
        return next(later)

    sample, asked = scripted(answer)
    config = FormalizeConfig(samples=2, refine=turns)
    filters = FilterConfig(grade=False, back=BackConfig(translations=int(judge)))
    context = Context(tools(sample, checked_by(backend)), filters, problems={"p": PROBLEM})

    async def work() -> list[Statement]:
        return await settled(await formalize(PROBLEM, config, context.tools), config, context)

    return asyncio.run(work()), [prompt for prompt in asked if prompt.startswith("<|refine|>")]


def test_leans_error_is_seen_and_mended(backend: Backend) -> None:
    rows, asked = story(backend, [[RIGHT, RIGHT]], turns=3)
    assert [(s.origin, s.kept, s.reason) for s in rows] == [("autoformalized", False, "elaboration"), ("refined", True, "")]
    assert rows[1].parent == rows[0].id and rows[1].votes == 2 and rows[1].prompt != rows[0].prompt
    assert len(asked) == 1 and f"<|statement|>{UNKNOWN}<|message|>" in asked[0] and "m" in asked[0].split("<|message|>")[1]
    assert "unknown" in asked[0].lower()


def test_the_difference_that_the_judge_found_is_seen(backend: Backend) -> None:
    rows, asked = story(backend, [[RIGHT, RIGHT]], turns=1, first=WRONG, judge=True)
    assert [(s.origin, s.reason) for s in rows] == [("autoformalized", "unfaithful"), ("refined", "")]
    assert asked[0] == f"<|refine|>{PROBLEM.text}<|statement|>{WRONG}<|message|>No square is 3 modulo 4.<|answer|>"


def test_each_turn_mends_the_latest_statement_and_all_are_recorded(backend: Backend) -> None:
    """Malformed, the same again, another fault, and then right."""
    rows, asked = story(backend, [["¬", "¬"], [": ∀ n : Nat, n * k % 4 ≠ 2"] * 2, [RIGHT, RIGHT]], turns=5)
    assert [s.reason for s in rows] == ["elaboration", "unparsed", "elaboration", ""]
    assert [s.parent for s in rows] == ["", *(s.id for s in rows[:3])] and len({s.id for s in rows}) == 4
    assert len(asked) == 3 and "n * k" in asked[2]


def test_what_was_said_before_is_a_duplicate_and_ends_it(backend: Backend) -> None:
    rows, asked = story(backend, [[UNKNOWN, UNKNOWN]], turns=4)
    assert [(s.reason, s.detail) for s in rows[1:]] == [("duplicate", "an earlier turn gave this statement already")]
    assert len({s.id for s in rows}) == 2 and len(asked) == 1


def test_no_turns_by_default_and_none_for_what_was_kept(backend: Backend) -> None:
    assert len(story(backend, [], turns=0)[0]) == 1
    rows, asked = story(backend, [], turns=2, first=RIGHT)
    assert [s.kept for s in rows] == [True] and not asked


def test_who_is_to_be_mended_and_what_is_said_of_it() -> None:
    def row(id: str, reason: str, detail: str = "", problem: str = "p", **fields: object) -> Statement:
        data = {"id": id, "problem_id": problem, "text": f"theorem X : {id} = 1", "kept": not reason, "reason": reason, "detail": detail}
        return Statement.model_validate(data | fields)

    rows = [row("1", "elaboration"), row("2", "grade", votes=3), row("3", "contradictory", votes=9), row("4", "trivial", problem="q")]
    assert [s.id for s in unsettled(rows, rows)] == ["2"]
    assert unsettled([*rows, row("5", "")], rows) == []
    assert fault(rows[1].model_copy(update={"detail": "poor"})) == "A judge found it poor."
    unfaithful = row("6", "unfaithful", "0 of 1 votes for same: The bound is 4: not 5.\nverdict: different", back="n is at most 4.")
    assert fault(unfaithful) == "n is at most 4.\nThe bound is 4: not 5.\nverdict: different"
    assert fault(row("7", "unused", "m is bound and does not occur")) == "m is bound and does not occur"
