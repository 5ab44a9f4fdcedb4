"""The exact prompts of annotations, and what their answers are read as."""

from __future__ import annotations

import pytest

from synth.prompts import Prompt, PromptSet, Proof, Unread, load_prompts, write_statement
from synth.prompts.annotate import (
    MAX_STEPS,
    Surroundings,
    annotate,
    as_text,
    copied,
    explain,
    follow,
    formalize_back,
    match,
    proof_steps,
    read_steps,
    words_of,
)

EMBEDDED, CHAT = load_prompts("embedded"), load_prompts("chat")
STATEMENT, HEADER = "theorem X (n : ℕ) : Parity.twice n % 2 = 0", "import Basic"
USES = words_of({"Parity.twice": ("Parity.twice (n : ℕ) : ℕ", "The double\nof n.")})
AROUND = Surroundings("Parity.twice_even", "theorem", "Doubling gives an even number.", USES, "- `def twice (n : Nat) : Nat` -- A double.")
VOCABULARY = "-- `Parity.twice (n : ℕ) : ℕ`: The double of n."
PROOF = Proof("proof", "by\n  unfold Parity.twice\n  omega")

ANNOTATE = """\
Say in plain English what the following Lean 4 theorem `Parity.twice_even` states, as a mathematician would write it in a textbook.
Say every hypothesis, the domain of every variable, each quantifier in its place, and the exact conclusion; write numbers as they are.
Add nothing, correct nothing, and do not prove it: if the theorem is odd or false, say what it states all the same.

```lean4
import Basic

theorem Parity.twice_even (n : ℕ) : Parity.twice n % 2 = 0 := by sorry
```

Its documentation:
Doubling gives an even number.

What it uses, in words:
- `Parity.twice (n : ℕ) : ℕ`: The double of n.

Declared near it:
- `def twice (n : Nat) : Nat` -- A double.

Lean 4 as it is: subtraction of natural numbers stops at 0, division of integers and of natural numbers rounds, division by 0
is 0; arrows group to the right; `∀ x, P x → Q` reads "for every x with P x, Q".

Answer with the statement alone, in one paragraph without Lean code; a notion that is defined above is called by its usual name, or by
its Lean name where it has no other."""

DEFINITION = """\
Say in plain English what the following Lean 4 definition `Parity.twice` is, as a mathematician would write it in a textbook.
Say what it is made of and what it depends on, so that a reader who sees only your words could define it again.

```lean4
import Basic

def twice (n : Nat) : Nat :=
  n + n
```

Lean 4 as it is: subtraction of natural numbers stops at 0, division of integers and of natural numbers rounds, division by 0
is 0; arrows group to the right; `∀ x, P x → Q` reads "for every x with P x, Q".

Answer with the description alone, in one paragraph without Lean code; a notion that is defined above is called by its usual name, or by
its Lean name where it has no other."""

EXPLAIN = """\
Explain the following Lean 4 proof step by step in plain English, as a mathematician would.

The theorem `Parity.twice_even` says: The double is even.

```lean4
import Basic

theorem Parity.twice_even (n : ℕ) : Parity.twice n % 2 = 0 := by
  unfold Parity.twice
  omega
```

Its documentation:
Doubling gives an even number.

What it uses, in words:
- `Parity.twice (n : ℕ) : ℕ`: The double of n.

Its steps:
1. `unfold Parity.twice`
2. `omega`

For each step say what it shows or changes, and why that is allowed: what is assumed there, what follows, which fact is used. A reader
who knows no Lean should be able to write the proof down from your words. Do not quote Lean.

Answer with exactly one line for each step, under its number: `1. …`, `2. …`, and nothing else."""

FOLLOW = """\
Write the following proof in Lean 4.

Theorem: The double is even.

Proof:
1. By definition.
2. It follows.

The theorem in Lean:
```lean4
import Basic

theorem X (n : ℕ) : Parity.twice n % 2 = 0 := by
  sorry
```

Go as the proof goes, one step after the other. Do not change the theorem's name or its statement, add no axioms, and leave no `sorry`.
Answer with one ```lean4 block that holds the whole file."""

MATCH = """\
Two Lean 4 theorems follow, both below the same header. The second was written from a description of the first.

The header:
```lean4
import Basic
```

First:
```lean4
theorem X (n : ℕ) : Parity.twice n % 2 = 0 := by sorry
```

Second:
```lean4
theorem X (n : ℕ) : Parity.twice n % 2 = 1 := by sorry
```

Do both say the same mathematically? Names of variables, notation, binder kinds and the order of independent hypotheses do not matter. These
do: a hypothesis that is missing or added, another number, another domain (natural numbers for integers or reals), strict for
non-strict, "for every" for "there is", a weaker or stronger conclusion. Name each difference in a sentence, then end with one
line: `verdict: same` or `verdict: different`."""


def asked(prompts: PromptSet) -> list[Prompt]:
    return [
        annotate(prompts, STATEMENT, HEADER, "", AROUND),
        annotate(prompts, "def twice (n : Nat) : Nat :=\n  n + n", HEADER, "", Surroundings("Parity.twice", "definition")),
        explain(prompts, STATEMENT, PROOF, "The double is even.", HEADER, "", AROUND),
        follow(prompts, STATEMENT, "The double is even.", as_text(["By definition.", "It follows."]), HEADER),
        match(prompts, STATEMENT, "theorem Y (n : ℕ) : Parity.twice n % 2 = 1".replace("Y", "X"), HEADER),
    ]


def test_what_a_chat_is_asked_word_for_word() -> None:
    prompts = asked(CHAT)
    assert [prompt.text.strip() for prompt in prompts] == [ANNOTATE, DEFINITION, EXPLAIN, FOLLOW, MATCH]
    assert all(prompt.chat for prompt in prompts) and (prompts[3].shape, prompts[3].name, prompts[3].header) == ("file", "X", HEADER)


def test_the_small_model_is_shown_the_bare_parts() -> None:
    assert [prompt.text for prompt in asked(EMBEDDED)] == [
        "<|informalize|>(n : ℕ) : Parity.twice n % 2 = 0<|answer|>",
        "<|informalize|>def twice (n : Nat) : Nat := n + n<|answer|>",
        "<|informalize|>(n : ℕ) : Parity.twice n % 2 = 0<|proof|>\n  unfold Parity.twice\n  omega<|answer|>",
        "<|prove|>(n : ℕ) : Parity.twice n % 2 = 0<|message|>1. By definition. 2. It follows.<|answer|>",
        "<|compare|>(n : ℕ) : Parity.twice n % 2 = 0<|message|>(n : ℕ) : Parity.twice n % 2 = 1<|answer|>",
    ]


def test_a_statement_alone_is_shown_alone() -> None:
    text = annotate(CHAT, "theorem X : 1 = 1").text
    assert "theorem states," in text and "```lean4\ntheorem X : 1 = 1 := by sorry\n```\n\nLean 4 as it is:" in text
    assert "documentation" not in text and "uses" not in text and "near it" not in text


def test_a_proof_by_cases_has_no_sign_before_it() -> None:
    shown = explain(CHAT, "theorem X : ∀ n : Nat, n = n", Proof("proof", "| 0 => rfl\n| n + 1 => rfl"), "").text
    assert "theorem X : ∀ n : Nat, n = n | 0 => rfl" in shown and "says:" not in shown


def test_a_whole_file_is_shown_as_it_is_and_told_by_its_declarations() -> None:
    file = "lemma one : 1 = 1 := rfl\n\ntheorem X : 1 = 1 ∧ True := ⟨one, trivial⟩"
    shown = explain(CHAT, "theorem X : 1 = 1 ∧ True", Proof("code", file), "", HEADER).text
    assert f"```lean4\n{HEADER}\n\n{file}\n```" in shown
    assert "Its steps:\n1. `lemma one : 1 = 1 := rfl`\n2. `theorem X : 1 = 1 ∧ True := ⟨one, trivial⟩`\n" in shown


def test_the_formalizer_sees_the_vocabulary_and_does_not_repeat_it() -> None:
    prompt = formalize_back(CHAT, "The double is even.", HEADER, "", VOCABULARY)
    assert f"```lean4\n{HEADER}\n\n{VOCABULARY}\n```" in prompt.text and prompt.header == HEADER
    assert write_statement(prompt, STATEMENT) == f"```lean4\n{HEADER}\n\n{STATEMENT} := by sorry\n```"
    small = formalize_back(EMBEDDED, "The double is even.", HEADER, "", VOCABULARY)
    assert small.text == "<|formalize|>The double is even.<|answer|>"
    assert write_statement(small, STATEMENT) == "(n : ℕ) : Parity.twice n % 2 = 0"


@pytest.mark.parametrize(
    ("proof", "steps"),
    [
        ("rfl", ["rfl"]),
        ("by omega", ["omega"]),
        ("by intro n; simp [a, (b; c)]; (omega; done)", ["intro n", "simp [a, (b; c)]", "(omega; done)"]),
        (
            "by\n  have h : a := by\n    simp\n    omega\n  -- a remark\n  rw [h]\n  · exact x\n",
            ["have h : a := by\n  simp\n  omega", "rw [h]", "· exact x"],
        ),
        ("by intro x\n   simp\n   omega", ["intro x", "simp", "omega"]),
        ("fun x => by\n  omega", ["fun x => by\n  omega"]),
        ("by", ["by"]),
    ],
)
def test_a_proof_falls_into_its_tactics(proof: str, steps: list[str]) -> None:
    assert proof_steps(Proof("proof", proof)) == steps


def test_a_long_proof_has_no_more_steps_than_can_be_told() -> None:
    steps = proof_steps(Proof("proof", "by\n" + "".join(f"  have h{n} := {n}\n" for n in range(100))))
    assert len(steps) == MAX_STEPS and steps[-1].endswith("have h99 := 99") and steps[-1].count("\n") == 100 - MAX_STEPS


@pytest.mark.parametrize(
    ("answer", "count", "read"),
    [
        ("1. One.\n2. Two,\n   and more.", 2, ["One.", "Two, and more."]),
        ("<think>1. Hm.</think>Here:\n\n**Step 1:** One.\n\n**2.** Two.", 2, ["One.", "Two."]),
        ("It is so by computation.", 1, ["It is so by computation."]),
        ("1. One.", 2, "no_steps"),
        ("1. One.\n3. Three.", 2, "no_steps"),
        ("1. One.\n2.", 2, "no_steps"),
        ("A fine day.", 2, "no_steps"),
        ("", 1, "empty"),
    ],
)
def test_explanations_are_read_under_their_numbers(answer: str, count: int, read: list[str] | str) -> None:
    found = read_steps(explain(CHAT, STATEMENT, PROOF, ""), answer, count)
    assert (found.reason if isinstance(found, Unread) else found) == read


def test_a_cut_explanation_is_none() -> None:
    found = read_steps(explain(CHAT, STATEMENT, PROOF, ""), "1. One.\n2. Tw", 2, finished=False)
    assert isinstance(found, Unread) and found.reason == "truncated"


@pytest.mark.parametrize(
    ("text", "yes"),
    [
        ("For every natural number n, twice n is even.", False),
        ("For all n ∈ ℕ (n > 0): n ≠ 0.", False),
        ("We have Parity.twice n % 2 = 0 for all n.", False),
        ("The theorem says (n : ℕ) : Parity.twice n % 2 = 0.", True),
        ("For {n m : ℕ} it holds.", True),
        ("theorem X := by sorry", True),
    ],
)
def test_lean_in_place_of_words_is_found(text: str, yes: bool) -> None:
    assert copied(text, STATEMENT) is yes
