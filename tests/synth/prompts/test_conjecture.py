"""The prompt `conjecture`: to the letter, from proofs and whole files, and what is read of its answers."""

from __future__ import annotations

import pytest

from synth.prompts import Formalization, Proof, Unread, load_prompts, read_statement, write_statement
from synth.prompts.conjecture import ask_conjecture, shown_conjecture
from synth.prompts.prompt import Prompt

STATEMENT = "theorem X : ∀ n : Nat, 12 ^ n % 11 = 1"
PROOF = "by intro n; induction n with | zero => decide | succ n ih => rw [Nat.pow_succ, Nat.mul_mod, ih]"
LEMMA = ("Nat.pow_succ", "theorem Nat.pow_succ (b n : ℕ) : b ^ (n + 1) = b ^ n * b")
NEW = "∀ n : Nat, 12 ^ n * 5 % 11 = 5"


def asked(preset: str, lemma: tuple[str, str] = LEMMA, proof: Proof | None = None) -> Prompt:
    shown = shown_conjecture(STATEMENT, proof or Proof("proof", PROOF), lemma, "open Nat", "def one : Nat := 1")
    return ask_conjecture(load_prompts(preset), shown)


def test_the_small_models_prompt() -> None:
    prompt = asked("embedded")
    assert prompt.text == (
        "<|conjecture|>Nat.pow_succ<|statement|>: ∀ n : Nat, 12 ^ n % 11 = 1<|proof|>"
        "intro n; induction n with | zero => decide | succ n ih => rw [Nat.pow_succ, Nat.mul_mod, ih]<|answer|>"
    )
    assert not prompt.chat and asked("embedded", ("", "")).text.startswith("<|conjecture|><|statement|>: ∀ n")


def test_the_chat_prompt_to_the_letter() -> None:
    prompt = asked("chat")
    assert prompt.chat and prompt.text == (
        f"""\
Here is a theorem that has been proved in Lean 4, with a lemma that its proof uses.

The lemma `Nat.pow_succ`:
```lean4
theorem Nat.pow_succ (b n : ℕ) : b ^ (n + 1) = b ^ n * b
```

The theorem with its proof:
```lean4
open Nat

def one : Nat := 1

theorem proved : ∀ n : Nat, 12 ^ n % 11 = 1 := {PROOF}
```

State one new theorem for whose proof this lemma is of use, below the same header. It should be

- true: check it on small cases first, the smallest ones too;
- somewhat harder than the theorem above, so that a prover which knows that proof needs several tries, but not out of reach;
- new: not the theorem again with other names or numbers, no special case of it, and nothing that one standard tactic closes;
- without hypotheses that it does not need, or that cannot hold together.

Use only what the header and the theorem above know, and define nothing. Say in a sentence or two why it is true.
End with one ```lean4 block that holds a single `theorem conjecture … := by sorry`."""
    )
    bare = asked("chat", ("", "")).text
    assert bare.startswith("Here is a theorem that has been proved in Lean 4.\n\nThe theorem with its proof:\n```lean4\nopen Nat")
    assert "State one new theorem that is proved with the same ideas, below the same header." in bare and "lemma" not in bare


def test_a_whole_file_is_shown_whole_and_its_proof_alone() -> None:
    file = f"theorem proved_1 (b n : Nat) : b ^ (n + 1) = b ^ n * b := Nat.pow_succ b n\n\n{STATEMENT} := by\n  intro n\n  simp [proved_1]"
    shown = shown_conjecture(STATEMENT, Proof("code", file), ("proved_1", "theorem proved_1 …"))
    assert shown["theorem"] == file.replace("theorem X", "theorem proved") and shown["proof"] == "\n  intro n\n  simp [proved_1]"


def test_the_seed_is_not_taken_for_the_answer_when_it_is_a_conjecture_itself() -> None:
    shown = shown_conjecture("theorem conjecture : 1 + 1 = 2", Proof("proof", "rfl"), ("", ""))
    assert shown["theorem"] == "theorem proved : 1 + 1 = 2 := rfl" and shown["name"] == "conjecture"


SEED = f"{STATEMENT.replace(' X ', ' proved ')} := {PROOF}"


def fence(code: str) -> str:
    return f"It holds by induction.\n```lean4\n{code}\n```"


@pytest.mark.parametrize(
    ("preset", "answer", "read"),
    [
        ("embedded", f": {NEW}", f"theorem conjecture : {NEW}"),
        ("embedded", "", "empty"),
        ("embedded", ": ∀ n : Nat, (12", "malformed"),
        ("chat", fence(f"theorem conjecture : {NEW} := by sorry"), f"theorem conjecture : {NEW}"),
        ("chat", fence(f"{SEED}\n\ntheorem conjecture : {NEW} := by sorry"), f"theorem conjecture : {NEW}"),
        ("chat", fence(f"theorem better : {NEW} := by sorry"), f"theorem better : {NEW}"),
        ("chat", fence("def f (n : Nat) := 12 ^ n\n\ntheorem conjecture : ∀ n, f n % 11 = 1 := by sorry"), "definitions"),
        ("chat", fence("theorem conjecture : ∀ n : Nat, (12 := by sorry"), "malformed"),
        ("chat", "What a lovely theorem. I would not change it.", "prose"),
        ("chat", "", "empty"),
    ],
)  # fmt: skip
def test_what_is_read_of_answers(preset: str, answer: str, read: str) -> None:
    found = read_statement(asked(preset), answer)
    assert (found.statement if isinstance(found, Formalization) else found.reason) == read


def test_an_answer_that_was_cut_is_none() -> None:
    for preset in ("embedded", "chat"):
        found = read_statement(asked(preset), ": ∀ n : Nat, 12 ^ n", finished=False)
        assert isinstance(found, Unread) and found.reason == "truncated"


def test_what_a_conjecturer_is_trained_on_is_read_back() -> None:
    for preset in ("embedded", "chat"):
        prompt = asked(preset)
        found = read_statement(prompt, write_statement(prompt, f"theorem other : {NEW}"))
        assert isinstance(found, Formalization) and found.statement == f"theorem conjecture : {NEW}"
