"""Seeded variations of a few shapes: other numbers, names, headers, comments and tails around proofs that are known to be right."""

from __future__ import annotations

import random

from tests.verify_workers.adversarial.case import Case

SEED = 20261126
COUNT = 60

_HEADERS = (
    "",
    "import Init\n\n",
    "import Init\n\nset_option maxHeartbeats 400000\n\nopen Nat Int\n\n",
    "set_option maxHeartbeats 0\nset_option maxRecDepth 2000\n\n",
    "import Init\nimport Init.Nat\nopen Nat\n\n",
)
_DOCS = ("", "/-- {words} -/\n", "/- {words} -/\n", "-- {words}\n", "/-! # {words} -/\n\n", "/--{words}-/\n")
_WORDS = (
    "Show that the claim holds.",
    "Prove it; there is no `sorry` here.",
    r"Find $x$ with $\frac{x}{2} = 1$.",
    "证明：显然。",
    "It's by definition…",
)
_STEPS = ("", "  -- step by step\n", "  /- first -/\n", "  -- 1. nothing to do\n  -- 2. still nothing\n")
_TAILS = ("", "\n#print axioms {name}\n", "\n-- QED\n", "\n#check {name}\n", "\nexample : True := trivial\n", "\n/- the end -/\n")
_LETTERS = ("a b c", "x y z", "m n k", "α β γ", "x₁ x₂ x₃", "n n' n''", "«p q» r s", "stop native alias")


def _linear(draw: random.Random, one: str, two: str, _: str) -> tuple[str, str]:
    p, q, r = draw.randint(2, 9), draw.randint(1, 20), draw.randint(1, 9)
    return f"({one} {two} : Int) (h₁ : {one} = {p} * {two}) (h₂ : {two} = {r}) : {one} + {q} = {p * r + q}", "  omega\n"


def _remainder(draw: random.Random, one: str, _two: str, _three: str) -> tuple[str, str]:
    m = draw.randint(2, 12)
    k = draw.randint(1, 40)
    return f"({one} : Nat) (h : {one} % {m} = {k % m}) : ({one} + {m * k}) % {m} = {k % m}", "  omega\n"


def _power(draw: random.Random, one: str, _two: str, _three: str) -> tuple[str, str]:
    base, exponent, m = draw.randint(2, 9), draw.randint(2, 60), draw.randint(2, 30)
    return f"({one} : Nat) (h : {one} = {base} ^ {exponent} % {m}) : {one} = {base**exponent % m}", "  subst h\n  norm_num\n"


def _chain(draw: random.Random, one: str, two: str, three: str) -> tuple[str, str]:
    p, q = draw.randint(1, 30), draw.randint(1, 30)
    statement = f"({one} {two} {three} : Nat) (h₁ : {one} + {p} ≤ {two}) (h₂ : {two} + {q} < {three}) : {one} + {p + q} < {three}"
    step = f"  have h₃ : {one} + {p} + {q} < {three} := by\n    omega\n"
    return statement, f"{step}  calc\n    {one} + {p + q} = {one} + {p} + {q} := by omega\n    _ < {three} := h₃\n"


def _witness(draw: random.Random, one: str, _two: str, _three: str) -> tuple[str, str]:
    root = draw.randint(3, 99)
    return f": ∃ {one} : Nat, {one} * {one} = {root * root}", f"  refine ⟨{root}, ?_⟩\n  norm_num\n"


def _bounded(draw: random.Random, one: str, _two: str, _three: str) -> tuple[str, str]:
    bound, m = draw.randint(3, 12), draw.choice((3, 4))
    return f": ∀ {one} : Nat, {one} < {bound} → {one} * {one} % {m} ≤ 1", "  decide\n"


def _logic(draw: random.Random, one: str, two: str, three: str) -> tuple[str, str]:
    left, right = draw.choice((("∧", "And"), ("∨", "Or"))), draw.choice(("rcases", "cases"))
    statement = f"({one} {two} {three} : Prop) (h : {one} {left[0]} {two}) : {two} {left[0]} {one}"
    if left[1] == "And":
        return statement, "  exact ⟨h.2, h.1⟩\n" if right == "cases" else "  obtain ⟨h₁, h₂⟩ := h\n  exact ⟨h₂, h₁⟩\n"
    if right == "rcases":
        return statement, "  rcases h with h | h\n  · exact Or.inr h\n  · exact Or.inl h\n"
    return statement, "  cases h with\n  | inl h => exact Or.inr h\n  | inr h => exact Or.inl h\n"


_SHAPES = (_linear, _remainder, _power, _chain, _witness, _bounded, _logic)


def variations(count: int = COUNT, seed: int = SEED) -> list[Case]:
    """The same cases for the same seed."""
    draw = random.Random(seed)
    cases = []
    for i in range(count):
        shape = _SHAPES[i % len(_SHAPES)]
        text = draw.choice(_LETTERS)
        names = ["«p q»", "r", "s"] if text.startswith("«") else text.split()
        goal, steps = shape(draw, *names)
        name = draw.choice(("goal", "problem_{}", "Contest.p{}", "lean_workbook_{}", "goal'")).format(i)
        words, header = draw.choice(_WORDS), draw.choice(_HEADERS)
        statement = f"theorem {name} {goal}"
        code = f"{header}{draw.choice(_DOCS).format(words=words)}{statement} := by\n{draw.choice(_STEPS)}{steps}"
        cases.append(Case(f"variations/{shape.__name__.strip('_')}-{i}", statement, code=code + draw.choice(_TAILS).format(name=name)))
    return cases


CASES = variations()
