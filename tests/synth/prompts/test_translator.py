"""The prompt of the translator of programs, word for word, and what is read from answers to it."""

from __future__ import annotations

import pytest

from synth.prompts import Unread, load_prompts
from synth.prompts.translator import Translation, ask_translation, read_translation

PROGRAM = "def f(n: int) -> int:\n    while n > 9:\n        n -= 9\n    return n\n"
CHAT = """Translate the following python program into Lean 4: its functions as definitions, and what is required of them as one theorem.

```python
def f(n: int) -> int:
    while n > 9:
        n -= 9
    return n
```

What is said of it:
Digits only.

The requirement is the function `requirement_a`: the theorem says, of the definitions, that it gives true on all inputs. Bind its
parameters by one ∀ at the theorem's beginning, under their names and in their order, and make no definition of the function itself.

- Each other function is a `def` under its own name, with its parameters in their order. It computes exactly what the program
  computes, also where that looks like a mistake: correct nothing, and leave out no case.
- A whole number is an `Int`, and a `Nat` only where the program's type says that it is never negative. In Lean subtraction of `Nat`
  stops at 0, division by 0 gives 0, and `/` rounds down on `Int` for positive divisors.
- A loop becomes a function that calls itself on something smaller, so that Lean sees that it ends.
- Before the theorem there are `def`s (`abbrev`, `structure`, `inductive`) and nothing else: no axioms, `partial`, `unsafe`, `opaque`,
  `noncomputable`, `deriving`, instances, attributes, notation, namespaces or options, and no name that Lean has already.

Answer with one ```lean4 block: the definitions, then `theorem requirement_a : ∀ …, … := by sorry`, which is not to be proved."""
DEF = "def f (n : Int) : Int := n"


def test_the_prompts_word_for_word() -> None:
    chat = load_prompts("chat")
    assert ask_translation(chat, PROGRAM, "python", "requirement_a", "Digits only.", "requirement_a").text == CHAT
    in_words = ask_translation(chat, PROGRAM, "scala", "requirement", "Digits only.").text
    assert "What is required of it:\nDigits only.\n\nThe requirement is what these words say: bind all inputs by one ∀" in in_words
    given = ask_translation(chat, PROGRAM, "python", "requirement", goal="f 3 = 3").text
    assert "```\n\nThe requirement is given: the theorem is `theorem requirement : f 3 = 3`, so the definitions" in given
    small = ask_translation(load_prompts("embedded"), PROGRAM, "python", "requirement", "Digits\nonly.").text
    assert small == "<|formalize|>def f(n: int) -> int: while n > 9: n -= 9 return n Digits only.<|answer|>"


@pytest.mark.parametrize(
    ("answer", "finished", "read"),
    [
        (f"```lean4\n{DEF}\n\ntheorem X : f 3 = 3 := by sorry\n```", True, ("", DEF)),
        (f"```lean4\nimport Mathlib\nopen Nat Int\n\n-- it\n{DEF}\n\ntheorem X : f 3 = 3 := by sorry\n```", True, ("open Nat Int", DEF)),
        (f"```lean4\n{DEF}\n```\nand\n```lean4\ntheorem Y : f 3 = 3 := by sorry\n```", True, ("", DEF)),
        (f"<think>\n```lean4\ntheorem X : 1 = 1\n```\n</think>\n```lean\n{DEF}\ntheorem X : f 3 = 3\n```\nDone.", True, ("", DEF)),
        (f"{DEF}\n\ntheorem X : f 3 = 3 := by sorry\n\nThis is it.", True, ("", DEF)),
        (f"```lean4\nopen Nat in\n{DEF}\n\ntheorem X : f 3 = 3 := by sorry\n```", True, ("", f"open Nat in\n\n{DEF}")),
        (f"```lean4\n{DEF}\n\ntheorem X : f 3 = 3 := by sor", False, "truncated"),
        (f"```lean4\n{DEF}\n```", True, "no_theorem"),
        (f"```lean4\n{DEF}\ntheorem A : f 3 = 3 := by sorry\ntheorem B : f 3 = 3 := by sorry\n```", True, "several_theorems"),
        ("```lean4\ntheorem X : 3 = 3 := by sorry\n```", True, "definitions"),
        (f"```lean4\n{DEF}\n\ntheorem X (n : Nat : f 3 = 3 := by sorry\n```", True, "malformed"),
        ("It cannot be translated.", True, "prose"),
        ("", True, "empty"),
        ("<think>hm", False, "truncated"),
    ],
)
def test_answers_are_read(answer: str, finished: bool, read: tuple[str, str] | str) -> None:
    prompt = ask_translation(load_prompts("chat"), PROGRAM, "python", "X")
    found = read_translation(prompt, answer, finished)
    if isinstance(read, str):
        assert isinstance(found, Unread) and found.reason == read
    else:
        assert found == Translation(read[1], "theorem X : f 3 = 3", read[0])
