"""The exact prompts for skeletons and blueprints, and the readings of what is answered to them."""

from __future__ import annotations

import pytest

from synth.prompts import Earlier, Prompt, Skeleton, Unread, ask_skeleton, load_prompts, read_skeleton

STATEMENT = "theorem Foo.bar (n : Nat) -- a number\n    (h : 0 < n) : n ≠ 0"
PLAN = "by\n  have a : n ≠ 1 := by sorry\n  exact fun b => a (b ▸ rfl)"
EARLIER = Earlier(Skeleton(PLAN), "too hard: n ≠ 1", "- `(n : ℕ) : n ≠ 1`: too hard")

SKETCH = """\
Plan a proof of the following theorem in Lean 4, and write the plan as a proof with holes.

```lean4
open Nat

def two := 2

theorem Foo.bar (n : Nat) -- a number
    (h : 0 < n) : n ≠ 0 := by
  sorry
```

In words: Show it.

First say in a few sentences how the proof goes. Then give one ```lean4 block with the theorem, unchanged, and a proof that consists of
steps `have NAME : STATEMENT := by sorry`, each a true statement that is clearly easier than the theorem and of use for it, and of the lines
that conclude from them. Everything but the statements after `have` must be there: the lines that conclude may hold no `sorry`.

- A step may use the variables, the hypotheses and the steps above it. Say every bound and every type that it needs: each step is proved
  alone, from these.
- Subtraction of natural numbers stops at 0, and `/` on natural numbers and integers rounds: state steps with `+` and `*` where you can.
- A step that is the theorem again is no step."""

REVISION = """

An earlier plan did not work out:
```lean4
theorem Foo.bar (n : Nat) -- a number
    (h : 0 < n) : n ≠ 0 := by
  have a : n ≠ 1 := by sorry
  exact fun b => a (b ▸ rfl)
```
What became of it:
- `(n : ℕ) : n ≠ 1`: too hard

Change the plan: correct the steps that are wrong, split those that are too hard, keep what was proved."""

BLUEPRINT = """\
Write a blueprint for a proof of the following theorem in Lean 4: one file of lemmas, each left open, from which the theorem follows.

```lean4
theorem Foo.bar (n : Nat) -- a number
    (h : 0 < n) : n ≠ 0 := by
  sorry
```

First say in a few sentences how the proof goes. Then give one ```lean4 block that holds the whole file:

- lemmas `lemma NAME (x : TYPE) (h : HYPOTHESIS) : STATEMENT := by sorry_using [A, B]`, A and B being the lemmas of the file that a proof
  of it uses (`sorry_using []` for none). They are proved at the same time, each alone from what it names, so say every hypothesis and type.
- then the theorem, unchanged, with its proof from the lemmas, or with `sorry_using […]` where that proof is long.

Each lemma has to be true, and clearly easier than the theorem. Subtraction of natural numbers stops at 0, and `/` on natural numbers and
integers rounds: state lemmas with `+` and `*` where you can. Define nothing new, and add nothing above the first lemma."""


def sketch(preset: str = "chat", role: str = "sketch", earlier: Earlier | None = None) -> Prompt:
    return ask_skeleton(load_prompts(preset), role, STATEMENT, earlier=earlier)


def test_what_a_chat_model_is_asked() -> None:
    prompt = ask_skeleton(load_prompts("chat"), "sketch", STATEMENT, "open Nat", "def two := 2", "Show it.", EARLIER)
    assert prompt.text == SKETCH + REVISION and prompt.shape == "file" and prompt.name == "Foo.bar"
    assert sketch(role="blueprint").text == BLUEPRINT


def test_what_the_small_model_is_asked() -> None:
    for role in ("sketch", "blueprint"):
        assert sketch("embedded", role).text == f"<|{role}|>(n : Nat) (h : 0 < n) : n ≠ 0<|answer|>"
        assert sketch("embedded", role, EARLIER).text == (
            f"<|{role}|>(n : Nat) (h : 0 < n) : n ≠ 0<|proof|>{PLAN}<|message|>too hard: n ≠ 1<|answer|>"
        )


def test_a_blueprint_comes_back_as_the_file_that_it_was() -> None:
    read = read_skeleton(sketch(role="blueprint"), f"```lean4\n{FILE}\n```")
    assert isinstance(read, Skeleton) and read.file == FILE
    text = ask_skeleton(load_prompts("chat"), "blueprint", STATEMENT, earlier=Earlier(read, "", "- b: too hard")).text
    assert f"```lean4\n{FILE}\n```\nWhat became of its lemmas:\n- b: too hard\n" in text


FILE = """lemma b (n : Nat) (h : 0 < n) : n ≠ 1 ∨ n = 1 := by
  sorry_using [a]

/-- comes later, and is used before -/
lemma a : 1 = 1 := by sorry_using []

lemma c : 2 = 2 := by
  have d := a
  rfl

theorem Foo.bar (n : Nat) (h : 0 < n) : n ≠ 0 := by
  have := b n h
  sorry_using [b]"""

AS_PROOF = """by
  have a : 1 = 1 := by sorry
  have b (n : Nat) (h : 0 < n) : n ≠ 1 ∨ n = 1 := by
    sorry
  have c : 2 = 2 := by
    have d := a
    rfl
  have := b n h
  sorry"""


def test_a_file_of_lemmas_is_one_proof_in_an_order_in_which_each_uses_earlier_ones() -> None:
    read = read_skeleton(sketch(), f"The plan.\n```lean4\n{FILE}\n```")
    assert isinstance(read, Skeleton)
    assert read.text == AS_PROOF
    others = {"a", "b", "c", "Foo.bar"}
    assert read.hidden == (frozenset(others), frozenset(others - {"a"}), frozenset(others - {"b"}))


@pytest.mark.parametrize(
    ("lemmas", "reason"),
    [
        ("lemma a : 1 = 1 := by sorry_using [b]\nlemma b : 2 = 2 := by sorry_using [a]", "malformed"),
        ("lemma a : 1 = 1 := by sorry_using [Foo.bar]", "malformed"),
        ("lemma a : 1 = 1 := by sorry_using [nobody]", "malformed"),
        ("lemma a : 1 = 1 := by sorry_using", "malformed"),
        ("lemma a : 1 = 1", "malformed"),
        ("lemma a.b : 1 = 1 := by sorry", "malformed"),
        ("lemma a : 1 = 1 := by sorry\nlemma a : 2 = 2 := by sorry", "malformed"),
        ("def a := 1", "definitions"),
        ("axiom a : 1 = 2", "definitions"),
        ("lemma Foo.bar : 1 = 1 := by sorry", "malformed"),
    ],
)
def test_files_that_are_no_blueprint(lemmas: str, reason: str) -> None:
    read = read_skeleton(sketch(role="blueprint"), f"```lean4\n{lemmas}\n\ntheorem Foo.bar (n : Nat) (h : 0 < n) : n ≠ 0 := by sorry\n```")
    assert isinstance(read, Unread) and read.reason == reason


@pytest.mark.parametrize(
    ("preset", "text", "skeleton"),
    [
        ("chat", f"By cases.\n```lean4\ntheorem Foo.bar (n : Nat) (h : 0 < n) : n ≠ 0 := {PLAN}\n```", PLAN),
        ("chat", f"<think>hm, sorry</think>\n```lean4\ntheorem Foo.bar (n : Nat) (h : 0 < n) : n ≠ 0 := {PLAN}\n```\nThat is it.", PLAN),
        ("chat", "```lean4\ntheorem Foo.bar (n : Nat) (h : 0 < n) : n ≠ 0 := sorry\n```", "sorry"),
        ("embedded", PLAN.removeprefix("by"), PLAN),
        ("embedded", "have a : n ≠ 1 := sorry; omega", "by have a : n ≠ 1 := sorry; omega"),
        ("embedded", ":= fun h => sorry", "fun h => sorry"),
    ],
)
def test_skeletons_are_read(preset: str, text: str, skeleton: str) -> None:
    read = read_skeleton(sketch(preset), text)
    assert isinstance(read, Skeleton) and (read.text, read.file) == (skeleton, "")


@pytest.mark.parametrize(
    ("text", "finished", "reason"),
    [
        ("", True, "empty"),
        ("I would use induction on n and then conclude with the lemma.", True, "prose"),
        ("```lean4\n-- nothing\n```", True, "no_code"),
        ("```lean4\ntheorem Foo.bar (n : Nat) (h : 0 < n) : n ≠ 0 := by\n  have a : n ≠", False, "truncated"),
        ("<think>I wonder", True, "empty"),
    ],
)
def test_what_is_no_skeleton_says_why(text: str, finished: bool, reason: str) -> None:
    read = read_skeleton(sketch(), text, finished)
    assert isinstance(read, Unread) and read.reason == reason
