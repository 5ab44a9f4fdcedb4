"""Repairable near-misses: the natural first proof fails, real Lean says what is wrong, and with that it is put right."""

from __future__ import annotations

import asyncio
import re
from random import Random

import pytest

from synth.config import SearchConfig
from synth.problems.families import FAMILIES, NAMED, Draft
from synth.problems.families.near import SHAPES, WORDINGS, draw_near
from synth.problems.generate import EVERYTHING, ONE_LINERS, Choice, generate, reference, word
from synth.problems.seed_roles.repairs import repairs
from synth.records import Problem
from synth.run.seed_messages import with_messages
from synth.search.loop import search, strategies
from synth.search.portfolio import GENERIC_TACTICS, tactic_proof
from synth.statements.text import given
from tests.synth.stage_fakes import checked_by, scripted, tools
from verify_workers.backends.base import Backend
from verify_workers.records import Check, Verdict

NEAR = Choice(("near miss",))
FAMILY = next(family for family in NAMED if family.name == "near miss")
VALUED = ("term", "chain")


def drawn(wording: str, level: int) -> Draft:
    rng = Random(f"{wording} {level}")
    return next(draft for draft in iter(lambda: draw_near(rng, level), None) if draft.wording == wording)


def asked(backend: Backend, draft: Draft, proof: str) -> Verdict:
    return backend.check(Check(id="t", statement=reference(draft.goal), proof=f"by {proof}", timeout=20))


@pytest.mark.parametrize("wording", WORDINGS)
@pytest.mark.parametrize("level", [1, 3])
def test_right_proofs_verify_and_near_misses_fail_with_a_message(backend: Backend, wording: str, level: int) -> None:
    draft = drawn(wording, level)
    for proof in draft.proofs:
        assert asked(backend, draft, proof).accepted, proof
    for proof in draft.wrong:
        verdict = asked(backend, draft, proof)
        assert not verdict.accepted and verdict.reason != "statement" and verdict.first_error, proof


@pytest.mark.parametrize("wording", VALUED)
def test_lean_names_the_value_that_was_missed(backend: Backend, wording: str) -> None:
    for level in (1, 2, 3):
        draft = drawn(wording, level)
        for wrong in draft.wrong:
            value = re.search(r"has type\s+[^=]*= (\d+)", asked(backend, draft, wrong).first_error)
            assert value and asked(backend, draft, re.sub(r"⟨\d+", f"⟨{value[1]}", wrong)).accepted


@pytest.mark.parametrize("wording", WORDINGS)
def test_no_cheap_tactic_proves_them(backend: Backend, wording: str) -> None:
    draft = drawn(wording, 1)
    cheap = dict.fromkeys(ONE_LINERS + GENERIC_TACTICS)
    assert not [t for t in cheap if asked(backend, draft, tactic_proof(t).removeprefix("by ")).accepted]


def test_they_are_drawn_only_where_they_are_named_and_alike_with_one_seed() -> None:
    assert FAMILY not in FAMILIES and FAMILY not in EVERYTHING.drawn() and NEAR.drawn() == [FAMILY]
    items = generate(3, 60, choice=NEAR)
    assert items == generate(3, 60, choice=NEAR) and {item.family for item in items} == {"near miss"}
    assert {item.truth for item in items} == {"true"} and len(SHAPES) == 3


def test_every_wording_fixes_the_statement() -> None:
    meant: dict[str, str] = {}
    rng = Random(9)
    assert all(len(set(wordings)) >= 6 for wordings in WORDINGS.values())
    for _ in range(400):
        draft = draw_near(rng, rng.choice((1, 2, 3)))
        text = word(rng, FAMILY, draft)
        assert meant.setdefault(text, draft.goal) == draft.goal, text
        missing = set(re.findall(r"\d+", draft.goal)) - set(re.findall(r"\d+", text)) - {"0", "1"}
        assert not missing, (text, draft.goal)


def test_seed_rows_for_repair_show_what_lean_says_and_what_is_right(backend: Backend) -> None:
    rows = repairs(Random(1), 30, set(), NEAR)
    said = asyncio.run(with_messages(rows, checked_by(backend), "", 10.0))
    assert len(said) >= 25
    assert sum("but is expected to have type" in shown["message"] for shown, _ in said) >= 5
    for shown, answer in said:
        check = Check(id="x", statement=f"theorem X {shown['goal']}", proof=f"by {answer}", timeout=10)
        assert backend.check(check).accepted, f"{shown['goal']}: {answer}"


def test_a_correction_that_reads_the_message_proves_what_samples_miss(backend: Backend) -> None:
    """The prover names a value one off every time; the corrector puts in the one of the message."""
    draft = drawn("chain", 2)

    def answer(prompt: str, n: int) -> list[str]:
        if "<|repair|>" not in prompt:
            return list(draft.wrong)[:n]
        failed = prompt.partition("<|proof|>")[2].partition("<|message|>")[0]
        value = re.search(r"has type \w+ = (\d+)", prompt.partition("<|message|>")[2])
        return [re.sub(r"⟨\d+", f"⟨{value[1]}", failed) if value else failed] * n

    statement = given(Problem(id="p", statement=reference(draft.goal)), 0)
    kit = tools(scripted(answer)[0], checked_by(backend))

    def proved(*names: str) -> list[str]:
        config = SearchConfig(strategies=names, attempts=4, wave=4, negation=False, portfolio="never")
        found = asyncio.run(search(statement, None, strategies(statement, None, config, kit), config, kit))
        return [pair.strategy for pair in found.pairs]

    assert proved("whole_proof") == []
    assert proved("whole_proof", "repair") == ["repair"]
