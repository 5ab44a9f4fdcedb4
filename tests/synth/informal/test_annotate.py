"""Annotations by a scripted endpoint with the chat preset, on real Lean: right, wrong, malformed, empty and off-topic answers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from synth.annotations import Annotation
from synth.config import RunConfig
from synth.examples import annotation_examples
from synth.informal.annotate import Annotator, Book
from synth.informal.project import project_units, stated
from synth.informal.units import Unit, of_records
from synth.llm.config import ROLES, RoleConfig
from synth.llm.endpoint import Endpoint
from synth.llm.types import Completion, Sampling
from synth.prompts import Prompt, load_prompts, read_statement
from synth.prompts.annotate import formalize_back
from synth.records import Pair, Statement
from synth.services import RoleModel, Tools, Verify
from tests.synth.llm.fake_openai import FakeOpenAI, content
from tests.synth.stage_fakes import checked_by, tools
from tests.synth.stage_fakes import scripted as scripted_sample
from tests.verify_workers.fake_lake import FakeLake
from verify_workers.backends.base import Backend
from verify_workers.lean.project import discover

LEAN = "theorem X (n : Nat) (h : 2 < n) : n * n ≠ 2"
WORDS = "For every natural number n greater than 2, the square of n is not 2."
SAME = "theorem square {m : ℕ} (hm : m > 2) : m * m ≠ 2"
"""The statement in other letters and spelling: Lean's normal form is the same."""
PROOF = "by\n  intro e\n  have : 2 * n < n * n := Nat.mul_lt_mul_of_pos_right h (by omega)\n  omega"
STEPS = "1. Assume that the square is 2.\n2. As n is above 2, its square is above its double.\n3. This cannot be."
UNIT = Unit("pair p", LEAN, proof=PROOF)

Reply = Callable[[str, int], list[str]]


def fence(text: str) -> str:
    return f"So it is.\n```lean4\n{text}\n```"


def scripted(**replies: str | list[str]) -> Reply:
    """Answers by what is asked for; a list is cut to as many as are wanted."""
    openings = {
        "Say in plain": "annotate",
        "Translate the": "formalize",
        "Explain the": "explain",
        "Write the": "follow",
        "Two Lean": "match",
    }
    default = {
        "annotate": WORDS,
        "formalize": fence(f"{SAME} := by sorry"),
        "explain": STEPS,
        "follow": fence(f"{LEAN} := {PROOF}"),
        "match": "verdict: same",
    }

    def answer(text: str, n: int) -> list[str]:
        asked = next(name for opening, name in openings.items() if text.startswith(opening))
        reply = {**default, **replies}[asked]
        return [reply] * n if isinstance(reply, str) else reply[:n]

    return answer


def annotated(
    units: list[Unit],
    reply: Reply,
    verify: Verify,
    known: dict[str, Annotation] | None = None,
    **settings: Any,
) -> tuple[list[Annotation], list[str]]:
    """The annotations, and what was asked for them."""
    config = RunConfig.model_validate({"informalize": {"back": 2, "check": "form", **settings}})

    async def work(server: FakeOpenAI) -> list[Annotation]:
        endpoint = Endpoint(RoleConfig.model_validate({"endpoint": server.url, "name": "fake"}), SecretStr(""))

        async def sample(prompts: list[Prompt], sampling: Sampling) -> list[list[Completion] | str]:
            return await endpoint.sample(prompts, sampling)

        tools = Tools(dict.fromkeys(ROLES, RoleModel(load_prompts("chat"), sample)), verify)
        try:
            return await Annotator(tools, config, Book("test", known or {})).all(units)
        finally:
            await endpoint.client.close()

    with FakeOpenAI(lambda body: reply(content(body), int(body.get("n", 1)))) as server:
        rows = asyncio.run(work(server))
        return rows, [content(body) for body in server.requests]


@pytest.fixture
def verify(backend: Backend) -> Verify:
    return checked_by(backend)


def test_a_right_annotation_is_a_pair_with_its_lineage(verify: Verify) -> None:
    rows, asked = annotated([UNIT], scripted(), verify)
    statement, proof = rows
    assert [(row.kind, row.kept, row.checked, row.reason) for row in rows] == [
        ("statement", True, "form", ""),
        ("proof", True, "proof", ""),
    ]
    assert statement.text == WORDS and statement.recovered == 1.0 and statement.back == SAME
    assert proof.steps == [line.partition(". ")[2] for line in STEPS.split("\n")] and proof.text == STEPS
    assert proof.parents == [statement.id] and proof.proof == PROOF
    assert all(row.model and row.prompt and row.back_model and row.source == "pair p" and row.temperature == 0.1 for row in rows)
    assert statement.lean and len(asked) == 4


def test_a_second_call_asks_nothing_that_is_known(verify: Verify) -> None:
    rows, _ = annotated([UNIT], scripted(), verify)
    again, asked = annotated([UNIT], scripted(annotate="nothing of this"), verify, {row.id: row for row in rows})
    assert again == rows and asked == []


def test_what_was_not_decided_is_asked_again(verify: Verify) -> None:
    rows, _ = annotated([UNIT], scripted(), verify, proofs=False)
    open_one = rows[0].model_copy(update={"kept": False, "reason": "undecided"})
    again, asked = annotated([UNIT], scripted(), verify, {open_one.id: open_one}, proofs=False)
    assert asked and [(row.id, row.text, row.kept) for row in again] == [(row.id, row.text, row.kept) for row in rows]


@pytest.mark.parametrize(
    ("replies", "reason", "detail"),
    [
        ({"annotate": ""}, "unread", "empty"),
        ({"annotate": f"```lean4\n{LEAN}\n```"}, "unread", "no_text"),
        ({"annotate": "The theorem says (n : Nat) (h : 2 < n) : n * n ≠ 2."}, "copied", "it holds the Lean"),
        ({"annotate": "I like Lisbon.", "formalize": fence("theorem X : True := by sorry")}, "not_recovered", "0 of 2"),
        ({"formalize": fence(f"{LEAN.replace('2 < n', '1 < n')} := by sorry")}, "not_recovered", "0 of 2"),
        ({"formalize": "I like Lisbon."}, "not_formalized", "no formalization could be read: prose"),
        ({"formalize": ""}, "not_formalized", "no formalization could be read"),
        ({"formalize": fence("theorem X (n : Foo) : n = n := by sorry")}, "not_formalized", "Lean accepts none of its 1 formalizations"),
        ({"formalize": fence("theorem X (n : Nat : n = n")}, "not_formalized", "could be read"),
    ],
)
def test_other_answers_make_no_pair(replies: dict[str, str], reason: str, detail: str, verify: Verify) -> None:
    rows, asked = annotated([UNIT], scripted(**replies), verify)
    assert [(row.kind, row.kept, row.reason) for row in rows] == [("statement", False, reason)], "and no proof is explained"
    assert detail in rows[0].detail and not any(text.startswith("Explain") for text in asked)


def test_what_this_lean_cannot_state_is_not_asked_about(verify: Verify) -> None:
    (row,), asked = annotated([Unit("statement s", "theorem X (x : NotHere) : x = x")], scripted(), verify)
    assert (row.kept, row.reason) == (False, "unstated") and "NotHere" in row.detail and asked == []


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        ({"explain": "1. All of it."}, "unread"),
        ({"explain": STEPS.replace("Assume", "theorem X := by assume")}, "copied"),
        ({"follow": "I like Lisbon."}, "not_proved"),
        ({"follow": fence(f"{LEAN} := by omega")}, "not_proved"),
        ({"follow": fence(f"{LEAN} := by sorry")}, "not_proved"),
        ({"follow": fence("theorem X (n : Nat) : n = n := rfl")}, "not_proved"),
    ],
)
def test_an_explanation_from_which_no_proof_comes_makes_none(replies: dict[str, str], reason: str, verify: Verify) -> None:
    statement, proof = annotated([UNIT], scripted(**replies), verify)[0]
    assert statement.kept and (proof.kept, proof.reason) == (False, reason) and proof.detail


def test_the_annotation_that_comes_back_most_often_is_kept(verify: Verify) -> None:
    other = fence(f"{LEAN.replace('≠ 2', '≠ 3')} := by sorry")

    def reply(text: str, n: int) -> list[str]:
        if text.startswith("Say in plain"):
            return ["A poor wording.", WORDS, "A poor wording."][:n]
        return [fence(f"{SAME} := by sorry"), other][:n] if "A poor" in text else scripted()(text, n)

    (row,), _ = annotated([UNIT], reply, verify, samples=3, proofs=False)
    assert (row.text, row.recovered) == (WORDS, 1.0)


@pytest.mark.parametrize(
    ("verdict", "kept", "reason"),
    [
        ("verdict: same", True, ""),
        ("A number differs.\nverdict: different", False, "not_recovered"),
        ("I like Lisbon.", False, "unjudged"),
    ],
)
def test_the_judge_says_it_where_it_is_asked(verdict: str, kept: bool, reason: str, verify: Verify) -> None:
    replies = {"formalize": fence(f"{LEAN.replace('n * n ≠ 2', '¬ (n * n = 2)')} := by sorry"), "match": verdict}
    (row,), asked = annotated([UNIT], scripted(**replies), verify, check="judge", proofs=False)
    assert (row.kept, row.reason, row.checked) == (kept, reason, "judge" if kept else "") and row.judged == 1
    assert any("Second:\n```lean4\ntheorem X (n : Nat) (h : 2 < n) : ¬ (n * n = 2) := by sorry" in text for text in asked)


def test_a_project_is_told_from_its_ground_up(parity: FakeLake, in_parity: Verify, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{parity.bin}{os.pathsep}{os.environ['PATH']}")
    units, _ = project_units(discover(parity.project, need_repl=False), [], 1)
    units = asyncio.run(stated(units, in_parity))
    words = {
        "twice": "The double of a natural number n.",
        "twice_even": "The double of every natural number n is even.",
        "twice_add": "If k is the double of n, then k and the double of m make the double of n + m.",
        "by_hidden": "The double of 1 is 2.",
        "both": "The doubles of any two natural numbers make an even number.",
    }
    back = {
        "twice_even": "theorem X : ∀ m : Nat, Parity.twice m % 2 = 0",
        "twice_add": "theorem X (n m k : ℕ) (h : k = Parity.twice n) : k + Parity.twice m = Parity.twice (m + n)",
        "by_hidden": "theorem X : 2 = Parity.twice 1",
        "both": "theorem X (b a : ℕ) : (Parity.twice b + Parity.twice a) % 2 = 0",
    }

    def reply(text: str, n: int) -> list[str]:
        if text.startswith("Say in plain"):
            return [words[text.split("`")[1].removeprefix("Parity.")]]
        if text.startswith("Translate"):
            return [fence(f"{back[next(name for name, said in words.items() if said in text.split('below')[0])]} := by sorry")] * n
        if text.startswith("Two Lean"):
            return ["verdict: different" if "m + n" in text else "verdict: same"] * n
        if text.startswith("Explain"):
            return ["\n".join(f"{k}. A step." for k in range(1, text.count("\n1. `") + text.count("\n2. `") + text.count("\n3. `") + 1))]
        return [fence(f"{'theorem X (a b : ℕ) : (Parity.twice a + Parity.twice b) % 2 = 0'} := by exact both a b")] * n

    rows, asked = annotated(units, reply, in_parity, check="auto")
    found = {(row.source.removeprefix("declaration "), row.kind): row for row in rows}
    assert {key: (row.checked or row.reason) for key, row in found.items()} == {
        ("Parity.twice", "definition"): "definition",
        ("Parity.twice_even", "statement"): "printed",
        ("Parity.twice_even", "proof"): "not_proved",
        ("Parity.twice_add", "statement"): "not_recovered",
        ("Parity.hidden", "statement"): "unstated",
        ("Parity.by_hidden", "statement"): "judge",
        ("Parity.by_hidden", "proof"): "not_proved",
        ("both", "statement"): "text",
        ("both", "proof"): "not_proved",
    }
    assert "name the theorem itself" in found["both", "proof"].detail
    both = next(text for text in asked if text.startswith("Say in plain") and "`both`" in text)
    assert "Its documentation:\nTwo doubles make an even number." in both
    assert "What it uses, in words:\n- `Parity.twice (n : ℕ) : ℕ`: The double of a natural number n." in both
    explained = next(text for text in asked if text.startswith("Explain") and "`both`" in text)
    assert f"- `{units[1].signature}`: {words['twice_even']}" in explained
    row = found["both", "statement"]
    assert row.vocabulary == "-- `Parity.twice (n : ℕ) : ℕ`: The double of a natural number n."
    assert row.parents == [found["Parity.twice", "definition"].id] and row.uses == ["Parity.twice"] and row.module == "More"
    assert next(text for text in asked if text.startswith("Translate") and words["both"] in text).count(row.vocabulary) == 1


def test_kept_pairs_train_the_formalizer_as_they_were_checked(verify: Verify) -> None:
    rows, asked = annotated([UNIT], scripted(), verify)
    for preset in ("chat", "embedded", "herald-translator"):
        prompts = load_prompts(preset)
        (example,) = annotation_examples([*rows, *rows], prompts)
        prompt = formalize_back(prompts, WORDS)
        assert example.prompt == prompt.for_training()
        read = read_statement(prompt, example.completion)
        assert getattr(read, "statement", "").split(" ", 2)[2] == LEAN.split(" ", 2)[2]
    (example,) = annotation_examples(rows, load_prompts("chat"))
    assert isinstance(example.prompt, dict) and example.prompt["text"] in asked, "trained with the very prompt that was asked"


def test_the_small_model_is_asked_as_it_was_taught(verify: Verify) -> None:
    replies = {"<|informalize|>": WORDS, "<|formalize|>": "{n : ℕ} (h : n > 2) : n * n ≠ 2", "<|prove|>": "\n" + PROOF.partition("\n")[2]}
    small = Unit("pair p", "theorem X (n : Nat) (h : 2 < n) : n * n ≠ 2", proof="by grind")

    def answer(text: str, n: int) -> list[str]:
        return [next(reply for opening, reply in replies.items() if text.startswith(opening))] * n

    sample, asked = scripted_sample(answer)
    config = RunConfig.model_validate({"informalize": {"check": "form"}})
    statement, proof = asyncio.run(Annotator(tools(sample, verify), config, Book("test", {})).all([small]))
    assert (statement.checked, statement.text, proof.checked, proof.steps) == ("form", WORDS, "proof", [WORDS])
    assert [text.split("|>")[0] for text in asked] == ["<|informalize", "<|formalize", "<|informalize", "<|prove"]


def test_no_answer_and_too_long_a_prompt_are_told_apart(verify: Verify) -> None:
    async def silent(prompts: list[Prompt], sampling: Sampling) -> list[list[Completion] | str]:
        return [[Completion("", 0, True, fault="no choices in the reply")] for _ in prompts]

    async def refused(prompts: list[Prompt], sampling: Sampling) -> list[list[Completion] | str]:
        return ["600 tokens, the context has 512" for _ in prompts]

    config = RunConfig.model_validate({"informalize": {"check": "form"}})
    for sample, reason, detail in ((silent, "no_answer", "no choices"), (refused, "prompt_too_long", "600 tokens")):
        (row,) = asyncio.run(Annotator(tools(sample, verify), config, Book("test", {})).all([UNIT]))
        assert (row.kept, row.reason) == (False, reason) and detail in row.detail
        assert (Book("test", {row.id: row}).find(row.id) is None) is (reason == "no_answer"), "who gave no answer is asked again"


def test_records_are_taken_once_with_their_shortest_proof() -> None:
    def pair(id: str, statement: str, proof: str, **more: Any) -> Pair:
        return Pair(id=id, attempt_id="a", statement_id="s", problem_id="p", statement=statement, proof=proof, **more)

    pairs = [
        pair("1", "theorem a : 1 = 1", "by simp"),
        pair("2", "theorem b : 1 = 1", "rfl"),
        pair("3", "theorem c : 2 = 2", "rfl", kind="heldout"),
        pair("4", "theorem c : 1 = 1", "rfl", header="import Foo"),
        pair("5", "nonsense", "rfl"),
    ]
    statements = [
        Statement(id="s1", problem_id="p", text="theorem q : 1 = 1"),
        Statement(id="s2", problem_id="p", text="theorem q : 3 = 3"),
        Statement(id="s3", problem_id="p", text="theorem q : 4 = 4", kept=False),
    ]
    units, notes = of_records(pairs, statements)
    assert [(unit.source, unit.lean, unit.proof) for unit in units] == [
        ("pair 2", "theorem X : 1 = 1", "rfl"),
        ("pair 4", "theorem X : 1 = 1", "rfl"),
        ("statement s2", "theorem X : 3 = 3", ""),
    ]
    assert notes == ["1 proofs of held-out statements are left out", "1 rows have no theorem that can be read, and are left out"]
