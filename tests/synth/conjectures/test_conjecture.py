"""Conjectures of a scripted model, and of one behind an OpenAI-compatible endpoint, on real Lean: right, wrong and no answers."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from pydantic import SecretStr

from synth.config import ConjectureConfig
from synth.conjectures.conjecture import chosen, conjectured, not_asked
from synth.conjectures.filters import kept_conjectures
from synth.llm.config import ROLES, RoleConfig
from synth.llm.endpoint import Endpoint
from synth.llm.types import Completion, Sampling
from synth.prompts import Prompt, load_prompts
from synth.records import Pair, Statement
from synth.services import RoleModel, Tools
from synth.statements.filters.base import Context
from synth.statements.text import normalized
from tests.synth.llm.fake_openai import FakeOpenAI
from tests.synth.stage_fakes import checked_by, scripted, tools
from verify_workers.backends.base import Backend

KNOWN = "∀ n : Nat, 12 ^ n % 11 = 1"
PROOF = "by intro n; induction n with | zero => decide | succ n ih => rw [Nat.pow_succ, Nat.mul_mod, ih]"
HELD = "∀ n : Nat, 34 ^ n % 11 = 1"
ANSWERS = {
    "∀ n : Nat, 12 ^ n * 5 % 11 = 5": "",
    "∀ n : Nat, 12 ^ n % 11 = 2": "",  # false, which is for the search to find
    "∀ k : Nat, 12 ^ k % 11 = 1": "duplicate",  # the seed again
    "∀ n : Nat, 12 ^ n % m = 1": "elaboration",
    "1 + 1 = 2": "trivial",
    "∀ n : Nat, n % 4 = 1 → n % 2 = 0 → 12 ^ n % 11 = 3": "contradictory",
    "∀ n j : Nat, 12 ^ n * 12 % 11 = 1": "unused",
    HELD: "heldout",
}
SEED = Pair(id="pair", attempt_id="a", statement_id="seed", problem_id="p", statement=f"theorem X : {KNOWN}", proof=PROOF)
PARENT = Statement(id="seed", problem_id="p", text=SEED.statement)


def made(answers: list[str], backend: Backend, pairs: tuple[Pair, ...] = (SEED,)) -> list[Statement]:
    sample, asked = scripted(lambda prompt, n: answers)
    work = tools(sample, checked_by(backend), round=2)
    found = asyncio.run(conjectured(pairs, {"seed": PARENT}, ConjectureConfig(), work))
    assert all(prompt.startswith("<|conjecture|>Nat.") for prompt in asked)
    (verdict,) = asyncio.run(checked_by(backend)([PARENT.check("k", 5.0, proof="by skip")]))
    held = frozenset({normalized(f"theorem X : {HELD}")})
    return asyncio.run(kept_conjectures(found, Context(work, heldout=held, known={verdict.form: "seed"})))


def test_each_answer_is_kept_or_dropped_with_its_reason(backend: Backend) -> None:
    rows = made([f": {text}" for text in ANSWERS], backend)
    assert {s.text.removeprefix("theorem conjecture : "): s.reason for s in rows} == ANSWERS
    for s in rows:
        assert (s.origin, s.parent, s.round, s.model, s.samples) == ("conjectured", "seed", 2, "model", len(ANSWERS))
        assert s.lemma in ("Nat.pow_succ", "Nat.mul_mod") and s.shown["lemma"] == s.lemma and s.shown["goal"] == f": {KNOWN}" and s.prompt
        assert s.problem_id not in ("", "p") and s.negation == f"theorem conjecture : ¬ ({s.text.partition(' : ')[2]})"
    assert len({s.problem_id for s in rows}) == 1 and [s.id for s in rows] == [s.id for s in made([f": {t}" for t in ANSWERS], backend)]


def test_equal_answers_are_one_with_their_votes_and_no_answer_is_written_down(backend: Backend) -> None:
    again = made([": ∀ n : Nat, 12 ^ n * 5 % 11 = 5", "", ":  ∀ n : Nat, 12^n * 5 % 11 = 5", "what?"], backend)
    assert [(s.kept, s.votes, s.samples) for s in again] == [(True, 2, 4)]
    (nothing,) = made(["", ": ∀ n (", ""], backend)
    assert (nothing.kept, nothing.reason, nothing.parent, nothing.text) == (False, "unparsed", "seed", "")
    assert nothing.detail == "no completion held a theorem: 2 empty, 1 malformed"


def test_what_is_not_asked_about_says_why(backend: Backend) -> None:
    plain = SEED.model_copy(update={"id": "plain", "proof": "by intro n; omega"})
    more = [SEED.model_copy(update={"id": f"more{n}", "statement_id": f"s{n}"}) for n in range(3)]
    rows = made([": ∀ n : Nat, 12 ^ n * 7 % 11 = 7"], backend, pairs=(SEED, *more, plain))
    assert Counter(s.reason for s in rows if not s.kept) == {"lemma_cap": 2, "no_lemma": 1, "duplicate": 1}
    (bare,) = (s for s in rows if s.reason == "no_lemma")
    assert bare.parent == "seed" and "the proof plain names no theorem" in bare.detail and not bare.text
    barred = PARENT.model_copy(update={"benchmark": "b.jsonl:1 (text)"})
    lemmas = {"pair": [("Nat.pow_succ", "theorem …")]}
    (seed,) = chosen([SEED], {"seed": barred}, lemmas, ConjectureConfig(), tools())
    assert seed.left_out and (seed.left_out.reason, seed.left_out.detail) == ("contaminated", "what it comes from: b.jsonl:1 (text)")
    (spent,) = not_asked([SEED], "round.tokens", 2)
    assert (spent.reason, spent.detail, spent.origin, spent.parent) == ("budget", "round.tokens", "conjectured", "seed")
    free = ConjectureConfig(need_lemma=False)
    assert [s.lemma for s in chosen([plain], {}, {"plain": []}, free, tools())] == [("", "")]


def test_at_an_endpoint_with_the_chat_preset(backend: Backend) -> None:
    """Right, off topic (a theorem, and words), malformed and empty answers."""
    right = "theorem conjecture (n : ℕ) : 12 ^ (n + 1) % 11 = 12 ^ n % 11"
    replies = [
        f"<think>Powers of 12.</think>\nIt holds since 12 is 1 modulo 11.\n```lean4\n{right} := by sorry\n```",
        "```lean4\ntheorem conjecture (a b : ℕ) : a ∣ b → b ∣ a → a = b := by\n  sorry\n```",
        "```lean4\ntheorem conjecture (n : ℕ : 12 ^ n > 0 := by sorry\n```",
        "Induction is a beautiful principle.",
        "",
    ]

    async def work(server: FakeOpenAI) -> list[Statement]:
        endpoint = Endpoint(RoleConfig.model_validate({"endpoint": server.url, "name": "fake"}), SecretStr(""))

        async def sample(prompts: list[Prompt], sampling: Sampling) -> list[list[Completion] | str]:
            return await endpoint.sample(prompts, sampling)

        there = Tools(dict.fromkeys(ROLES, RoleModel(load_prompts("chat"), sample)), checked_by(backend), 1)
        try:
            found = await conjectured([SEED], {"seed": PARENT}, ConjectureConfig(samples=5), there)
            return await kept_conjectures(found, Context(there))
        finally:
            await endpoint.client.close()

    def answer(body: dict[str, Any]) -> list[str]:
        assert "State one new theorem for whose proof this lemma is of use" in body["messages"][-1]["content"]
        return replies[: body.get("n", 1)]

    with FakeOpenAI(answer) as server:
        rows = asyncio.run(work(server))
    kept = {s.text: s for s in rows if s.kept}
    assert set(kept) == {right, "theorem conjecture (a b : ℕ) : a ∣ b → b ∣ a → a = b"}, "off topic is not wrong: nothing is trained on it"
    assert all((s.votes, s.samples) == (1, 5) for s in rows) and len(rows) == 2
