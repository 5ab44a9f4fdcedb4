"""The prompts of answer construction, word for word, and what is read from answers to them."""

from __future__ import annotations

from random import Random

import pytest

from synth.problems.generate import EVERYTHING
from synth.problems.seed_roles.answers import guesses, programs
from synth.prompts import Formalization, Prompt, Unread, load_prompts, read_statement
from synth.prompts.answers import pose, read_guess, read_program

PROBLEM = "How many n are there\nwith n < 9?"
SHOWN = {"problem": PROBLEM, "statement": "theorem X (answer : Nat) : (List.range 9).length = answer", "type": "Nat"}
CHAT_ENUMERATE = """Write a short Python 3 program that finds the answers to small cases of the following problem by trying everything.

Problem:
How many n are there
with n < 9?

In Lean it says the following, where `answer` stands for what is asked for (it is of type `Nat`):
```lean4
theorem X (answer : Nat) : (List.range 9).length = answer
```

Print one case a line: the arguments of `answer`, if it takes some, then the value, with blanks between. If `answer` takes
no argument, print the value alone; if it is a list, its numbers. Do not use a formula for the answer: compute it from the
definition. Use the standard library only; there are no files and no network. The program has 60 seconds.

Answer with one ```python block."""
CHAT_GUESS = """Find the answer to the following problem.

Problem:
How many n are there
with n < 9?

In Lean 4 it says the following, where `answer` stands for what is asked for:
```lean4
theorem X (answer : Nat) : (List.range 9).length = answer
```

A program computed these cases (the arguments of `answer`, if it takes some, then the value):
```
9
```

Give a term of type `Nat` for `answer`. It may be made of numbers, its own parameters (`fun n => …`), `+ - * / % ^`,
`min`, `max`, `if … then … else …` with comparisons, and lists `[a, b]`; for a Prop it is `True` or `False`. On `ℕ`, `/`
rounds down and `-` stops at 0. A number is written out (`9`, not `3 ^ 2`). It must not repeat the question.

Explain briefly, then end with one ```lean4 block that holds `abbrev answer : Nat := …` and nothing else."""
CHAT_POSE = """Translate the following competition problem into a Lean 4 theorem statement. It asks for something: leave a place for it.
The first binder of the theorem is `(answer : T)`, where T is the type of what is asked for: `ℕ` or `ℤ` for a number,
`ℕ → ℕ` for a formula in n, `List ℕ` for all solutions, `Prop` for yes or no. The rest of the statement says what makes
`answer` the right one, and nothing else does: do not give the answer, and do not define anything new.

Example: "Find the least natural number n with n ^ 2 > 50." becomes
`theorem X (answer : ℕ) : answer ^ 2 > 50 ∧ ∀ n : ℕ, n ^ 2 > 50 → answer ≤ n := by sorry`

Problem:
How many n are there
with n < 9?

The statement will stand below this header:
```lean4
import Mathlib
```

Answer with one ```lean4 block that holds a single `theorem X (answer : T) … := by sorry`."""


def asked(preset: str, role: str, **more: str) -> Prompt:
    return load_prompts(preset).ask(role, {}, **SHOWN, **more)


def test_the_prompts_for_instruction_models() -> None:
    assert asked("chat", "enumerate", seconds="60").text == CHAT_ENUMERATE
    assert asked("chat", "guess", cases="9").text == CHAT_GUESS
    direct = asked("chat", "guess", cases="").text
    assert "program" not in direct and direct.replace("\n\n\n", "\n\n") != CHAT_GUESS
    assert pose(load_prompts("chat"), PROBLEM, "import Mathlib").text == CHAT_POSE


def test_the_prompts_for_the_small_model() -> None:
    assert asked("embedded", "enumerate", seconds="60").text == "<|enumerate|>How many n are there with n < 9?<|answer|>"
    cases = "<|guess|>How many n are there with n < 9?<|statement|>Nat<|message|>0 1; 1 3<|answer|>"
    assert asked("embedded", "guess", cases="0 1\n1 3").text == cases
    assert pose(load_prompts("embedded"), PROBLEM).text == load_prompts("embedded").formalize(PROBLEM).text


@pytest.mark.parametrize(
    ("answer", "finished", "read"),
    [
        ("```python\nprint(9)\n```", True, "print(9)\n"),
        ("<think>\n```python\nprint(1)\n```\n</think>\nIt is so:\n```python\nprint(9)\n```\nDone.", True, "print(9)\n"),
        ("```python\nx = 1\n```\nBetter:\n```python\nprint(9)\n```", True, "print(9)\n"),
        ("```python\nprint(9)\n```\nIt prints\n```text\n9 apples\n```", True, "print(9)\n"),
        ("```\nprint(9)\n```", True, "print(9)\n"),
        ("for n in range(3):\n    print(n)", True, "for n in range(3):\n    print(n)\n"),
        ("```python\nprint(9)\n```\nand now I will expl", False, "print(9)\n"),
        ("```python\nfor n in range(3):\n    print(n", False, "truncated"),
        ("<think>hm", False, "truncated"),
        ("", True, "empty"),
        ("<think>hm</think>", True, "empty"),
        ("The answer is nine.", True, "prose"),
        ("```python\nfor n in\n```", True, "malformed"),
        ("```python\nx = 1\n```", True, "malformed"),
    ],
)
def test_programs_are_read(answer: str, finished: bool, read: str) -> None:
    found = read_program(asked("chat", "enumerate", seconds="60"), answer, finished)
    assert (found.reason if isinstance(found, Unread) else found) == read


@pytest.mark.parametrize(
    ("answer", "finished", "read"),
    [
        ("So it is nine.\n```lean4\nabbrev answer : Nat := 9\n```", True, "9"),
        ("```lean4\nabbrev answer : ℕ → ℕ :=\n  fun n =>\n    n + 1\n```", True, "fun n => n + 1"),
        ("```lean\n:= 9\n```", True, "9"),
        ("```\n9\n```", True, "9"),
        ("```lean4\nabbrev answer : Nat := 8\n```\nNo:\n```lean4\ndef answer : Nat := 9\n```", True, "9"),
        ("<think>```lean4\nabbrev answer : Nat := 8\n```</think>```lean4\nabbrev answer : Nat := 9\n```", True, "9"),
        ("```lean4\nabbrev answer : Nat := 9\n```\nbecau", False, "9"),
        ("```lean4\nabbrev answer : Nat :=\n```", True, "no_code"),
        ("```lean4\n-- nothing\n```", True, "no_code"),
        ("It is nine.", True, "prose"),
        ("10", True, "10"),
        ("-3", True, "-3"),
        ("[3, 4]", True, "[3, 4]"),
        ("1/2", True, "1/2"),
        ("True", True, "True"),
        ("3 of them", True, "prose"),
        ("It is ni", False, "truncated"),
        ("", True, "empty"),
    ],
)
def test_answers_are_read(answer: str, finished: bool, read: str) -> None:
    found = read_guess(asked("chat", "guess", cases=""), answer, finished)
    assert (found.reason if isinstance(found, Unread) else found) == read


def test_a_place_for_the_answer_is_read_as_any_statement() -> None:
    prompt = pose(load_prompts("chat"), PROBLEM)
    read = read_statement(prompt, "```lean4\ntheorem X (answer : ℕ) : answer = 3 := by sorry\n```")
    assert read == Formalization("theorem X (answer : ℕ) : answer = 3")


def test_seed_rows_are_read_as_they_are_written() -> None:
    prompts = load_prompts("embedded")
    for shown, answer in programs(Random(1), 30, set(), EVERYTHING):
        assert read_program(prompts.ask("enumerate", {}, **shown), answer) == answer + "\n"
    rows = guesses(Random(1), 60, set(), EVERYTHING)
    assert all(read_guess(prompts.ask("guess", {}, **shown), answer) == answer for shown, answer in rows)
    assert 15 < sum(bool(shown["cases"]) for shown, _ in rows) < 45
