"""Retrieval: the nearest lemmas are shown, and a proof that uses one carries it and stands on its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from synth.config import RunConfig, SearchConfig
from synth.prompts import load_prompts
from synth.records import Attempt, Pair, Problem
from synth.run.shard import Shard, ShardTask
from synth.search.lemmas import Shelf, carried, lemma_name, stated, worth
from synth.search.loop import search, strategies
from synth.search.outcome import Found
from synth.search.retrieval import ask_with_lemmas, shown_lemmas
from synth.statements.text import given
from synth.store.rundir import RunDir
from tests.synth.stage_fakes import BY_ROLE, FakeServices, checked_by, scripted, tools
from verify_workers.backends.base import Backend
from verify_workers.records import Check

SQUARE = "theorem X : ∀ n : Nat, n * n % 4 ≠ 2"
PROOF = "by intro n; rw [Nat.mul_mod]; have h : n % 4 < 4 := Nat.mod_lt _ (by decide); revert h; generalize n % 4 = k; revert k; decide"
GOAL = "theorem X (a b : Nat) (h : a = b * b) : a % 4 ≠ 2"
CONFIG = SearchConfig(attempts=2, wave=2, negation=False, strategies=("retrieval",), timeout=10)


def pair(id: str, statement: str, proof: str, **fields: Any) -> Pair:
    return Pair(id=id, attempt_id="a", statement_id=f"s-{id}", problem_id="p", statement=statement, proof=proof, **fields)


SQUARES = pair("abcdefghijkl", SQUARE, PROOF)
OTHER = pair("other", "theorem X : ∀ p q : Prop, p ∧ q → q ∧ p", "by intro p q h; exact ⟨h.2, h.1⟩")
NAME = lemma_name(SQUARES)


def run(backend: Backend, answer: Callable[[str, int], list[str]], shelf: Shelf | None) -> tuple[Found, list[str]]:
    sample, asked = scripted(answer)
    statement = given(Problem(id="p", statement=GOAL), 1)
    own = replace(tools(sample, checked_by(backend), round=2), shelf=shelf)
    return asyncio.run(search(statement, None, strategies(statement, None, CONFIG, own), CONFIG, own)), asked


def test_the_nearest_lemma_comes_first_and_none_where_nothing_is_shared() -> None:
    shelf = Shelf([OTHER, SQUARES])
    assert [p.id for p in shelf.near(GOAL, "x", ("", ""), 1)] == [SQUARES.id]
    assert shelf.near(GOAL, SQUARES.statement_id, ("", ""), 1) != [SQUARES], "a statement is no lemma of itself"
    assert shelf.near(GOAL, "x", ("import Mathlib", ""), 4) == [], "a lemma below another header is none here"
    assert shelf.near("theorem X : True", "x", ("", ""), 4) == []


def test_what_can_serve_as_a_lemma() -> None:
    code, negated = pair("code", SQUARE, PROOF, form="code"), pair("neg", SQUARE, PROOF, negated=True)
    piece = pair("piece", SQUARE + " ∧ True", PROOF, kind="subgoal")
    again = SQUARES.model_copy(update={"id": "again"})
    assert [p.id for p in worth([code, negated, SQUARES, again, OTHER, piece], 9)] == ["piece", SQUARES.id, "other"]
    assert [p.id for p in worth([SQUARES, OTHER], 1)] == [SQUARES.id]


def test_a_proof_that_uses_a_lemma_carries_it_and_verifies_alone(backend: Backend) -> None:
    found, asked = run(backend, lambda prompt, n: [f"rw [h]; exact {NAME} b"] * n, Shelf([OTHER, SQUARES]))
    (accepted,) = found.pairs
    assert asked[0].startswith(f"<|prove|>theorem {NAME} : ∀ n : Nat, n * n % 4 ≠ 2")
    assert asked[0].endswith("<|statement|>(a b : Nat) (h : a = b * b) : a % 4 ≠ 2<|answer|>")
    assert accepted.form == "code" and accepted.proof.count("theorem") == 2 and "proved_other" not in accepted.proof
    assert accepted.strategy == "retrieval" and found.attempts[0].shown["lemmas"].startswith(f"theorem {NAME}")
    assert backend.check(Check(id="again", statement=GOAL, code=accepted.proof)).accepted


def test_a_proof_without_a_lemma_stays_as_it_is_and_a_wrong_lemma_proves_nothing(backend: Backend) -> None:
    found, _ = run(backend, lambda prompt, n: [f"exact {NAME}", "have := 1; rw [h]; simp"][:n], Shelf([SQUARES]))
    assert not found.pairs and [a.form for a in found.attempts] == ["code", "proof"]
    false = pair("false", "theorem X : ∀ n : Nat, n % 4 ≠ 2", "by sorry")
    found, _ = run(backend, lambda prompt, n: [f"exact {lemma_name(false)} a"] * n, Shelf([false]))
    assert not found.pairs, "a lemma is never taken on trust"


def test_answers_that_are_none_are_recorded(backend: Backend) -> None:
    found, _ = run(backend, lambda prompt, n: ["", "  "][:n], Shelf([SQUARES]))
    assert {a.unread for a in found.attempts} == {"empty"}


def test_nothing_is_asked_where_nothing_was_proved(backend: Backend) -> None:
    assert run(backend, lambda prompt, n: ["omega"] * n, None)[1] == []
    assert run(backend, lambda prompt, n: ["omega"] * n, Shelf([]))[1] == []


def test_the_chat_prompt_to_the_letter() -> None:
    prompts = load_prompts("chat")
    prompt = ask_with_lemmas(prompts, GOAL, shown_lemmas(prompts, GOAL, ("open Nat", ""), [SQUARES]))
    assert prompt.text == (
        f"""\
Prove the last of the following theorems in Lean 4. Those before it have been proved already and may be used by name.

```lean4
open Nat

theorem {NAME} : ∀ n : Nat, n * n % 4 ≠ 2 := by sorry

theorem X (a b : Nat) (h : a = b * b) : a % 4 ≠ 2 := by
  sorry
```

Do not change the last theorem's name or its statement, add no axioms, and leave no `sorry` in it. Answer with one ```lean4 block that holds
this theorem alone, with its proof; do not repeat the ones above it."""
    )
    assert carried([SQUARES], GOAL, "by omega", "proof").startswith(f"{stated(SQUARES)} := {PROOF}\n\ntheorem X (a b : Nat)")


def test_a_shard_offers_what_earlier_rounds_proved(tmp_path: Path, backend: Backend) -> None:
    sample, asked = scripted(lambda prompt, n: [f"rw [h]; exact {NAME} b"] * n)
    services: Any = FakeServices(sample, checked_by(backend))
    settings = {"search": {"strategies": ["retrieval"], "attempts": 1, "wave": 1, "negation": False}}
    shard = Shard(RunConfig.model_validate(settings), RunDir(tmp_path), services, frozenset())
    shard.store.commit("r001-x", {"pairs": [SQUARES]})
    statement = given(Problem(id="q", statement=GOAL), 1)
    asyncio.run(shard.run(ShardTask(2, 0, (), (statement,), BY_ROLE)))
    new = [p for p in shard.store.read("pairs", Pair) if p.id != SQUARES.id]
    assert len(asked) == len(new) == 1 and new[0].form == "code" and len(list(shard.store.read("attempts", Attempt))) == 1
