"""The prompt `repair`: to the letter, with messages that real Lean gives, at their lines."""

from __future__ import annotations

from synth.prompts import Proof, Unread, load_prompts, read_proof
from synth.prompts.prompt import Prompt
from synth.prompts.repair import annotated, ask_repair, before_failure, first_message, goal_there, shown_repair
from verify_workers.backends.base import Backend
from verify_workers.records import Check, Message, Verdict

STATEMENT = "theorem rem (n : Nat) (h : n % 3 = 1) : (2 * n + 1) % 3 = 0"
FAILED = "by\n  have h2 : n % 3 = 2 := by\n    omega\n  omega"
SAID = "omega could not prove the goal:\na possible counterexample may satisfy the constraints\n  a ≥ 0\nwhere\n a := ↑n / 3"


def verdict(backend: Backend, proof: str, statement: str = STATEMENT) -> Verdict:
    return backend.check(Check(id="x", statement=statement, proof=proof))


def asked(preset: str, proof: str, found: Verdict, state: str = "") -> Prompt:
    prompts = load_prompts(preset)
    front = ("open Nat", "def one : Nat := 1")
    return ask_repair(prompts, STATEMENT, shown_repair(prompts, STATEMENT, front, Proof("proof", proof), found.messages, state))


def test_the_small_models_prompt(backend: Backend) -> None:
    prompt = asked("embedded", "by omega_", verdict(backend, "by omega_"))
    assert prompt.text.startswith("<|repair|>(n : Nat) (h : n % 3 = 1) : (2 * n + 1) % 3 = 0<|proof|>omega_<|message|>")
    assert prompt.text.endswith("<|answer|>") and not prompt.chat and "error" not in prompt.text
    lines = asked("embedded", FAILED, verdict(backend, FAILED))
    assert lines.text == (
        "<|repair|>(n : Nat) (h : n % 3 = 1) : (2 * n + 1) % 3 = 0<|proof|>\n  have h2 : n % 3 = 2 := by\n    omega\n  omega"
        "<|message|>3: omega could not prove the goal: a possible counterexample may satisfy the constraints a ≥ 0 where a := ↑n / 3"
        "<|answer|>"
    )


def test_the_chat_prompt_to_the_letter(backend: Backend) -> None:
    prompt = asked("chat", FAILED, verdict(backend, FAILED), "n : ℕ\nh : n % 3 = 1\n⊢ n % 3 = 2")
    assert prompt.chat and prompt.text == (
        f"""\
The proof below does not compile in Lean 4. Lean's messages stand as comments below the lines that they are about.

```lean4
open Nat

def one : Nat := 1

theorem rem (n : Nat) (h : n % 3 = 1) : (2 * n + 1) % 3 = 0 := by
  have h2 : n % 3 = 2 := by
    omega
/- error: {SAID} -/
  omega
```

The goal before the first line that fails:
```
n : ℕ
h : n % 3 = 1
⊢ n % 3 = 2
```

Say in a few sentences why it fails, then correct it; where the idea itself is wrong, prove the theorem another way. Mind that

- tactics stand on lines of their own with the same indentation, without commas at the end and without `begin … end`;
- on `Nat`, subtraction stops at 0 and division rounds down;
- `omega` knows linear arithmetic over `Nat` and `Int` alone, and `rw` needs the very term;
- a tactic that closes the goal comes last, and a name that Lean does not know has to be replaced.

Do not change the theorem's name or its statement, add no axioms, and leave no `sorry`.
End with one ```lean4 block that holds the whole file."""
    )


def test_goals_that_are_left_stand_below_their_block(backend: Backend) -> None:
    text = "by\n  constructor\n  skip"
    found = verdict(backend, text, "theorem t (p : Prop) (h : p) : p ∧ p")
    placed = annotated(text, found.messages)
    assert placed.startswith("by\n  constructor\n  skip\n/- error: unsolved goals\n") and "⊢ p" in placed


def test_a_message_cannot_end_its_comment_or_fill_the_prompt() -> None:
    many = [Message(severity="error", line=1, column=0, text=f"-/ theorem {n} " + "x" * 500 + "\n" * 50) for n in range(12)]
    placed = annotated("by omega", many)
    assert placed.count("/-") == placed.count("-/") == 9 and "and 4 more errors" in placed and len(placed) < 8 * 320
    assert first_message(many).startswith("-/ theorem 0 x") and first_message([]) == ""


def test_lean_is_asked_for_the_goal_before_the_failure(backend: Backend) -> None:
    cases = {
        FAILED: "n : ℕ\nh : n % 3 = 1\n⊢ n % 3 = 2",
        "by have := h; exact foo this": "n : ℕ\nh this : n % 3 = 1\n⊢ (2 * n + 1) % 3 = 0",
        "by\n  have g := h\n  exact Nat.add_com _ _": "n : ℕ\nh g : n % 3 = 1\n⊢ (2 * n + 1) % 3 = 0",
    }
    for text, wanted in cases.items():
        cut = before_failure(text, verdict(backend, text).messages)
        assert cut and goal_there(verdict(backend, cut).messages) == wanted, text
    for text in ("by omega_", "by\n  constructor", "foo"):  # the goal is the statement's own, or stands in the message
        assert before_failure(text, verdict(backend, text).messages) == "", text
    assert goal_there([]) == ""


def test_what_it_answers_is_read_as_a_provers() -> None:
    for preset, answer in (("embedded", "omega"), ("chat", f"Use omega.\n```lean4\n{STATEMENT} := by omega\n```")):
        prompt = asked(preset, "by foo", Verdict(id="x", outcome="rejected"))  # type: ignore[arg-type]
        assert read_proof(prompt, answer) == Proof("proof", "by omega")
        for nothing, reason in (("", "empty"), ("I cannot say why this fails.", "prose")):
            read = read_proof(prompt, nothing)
            assert preset == "embedded" or (isinstance(read, Unread) and read.reason == reason)
