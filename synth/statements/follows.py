"""Cheap tactics that may prove one statement from another, or show that no such proof says anything (`equivalent`)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice, permutations

from synth.statements.telescope import Telescope, bound
from verify_workers.text.commands import first_outside
from verify_workers.text.lexer import BRACKETS, tokens

GIVEN = "beq_given"
"""The name under which one statement is at hand in a proof of the other."""
_AC = ", ".join(f"{kind}.{name}" for kind in ("Nat", "Int") for op in ("add", "mul") for name in (f"{op}_comm", f"{op}_assoc"))
_AC += ", Nat.add_left_comm, Nat.mul_left_comm, Int.add_left_comm, Int.mul_left_comm"
STRUCTURE = (
    "exact {0}",
    "intros; apply {0} <;> assumption",
    "intros; apply Eq.symm; apply {0} <;> assumption",
    "intros; apply Ne.symm; apply {0} <;> assumption",
    "intros; apply Iff.symm; apply {0} <;> assumption",
    "simp only [not_exists, not_forall, Classical.not_not] at {0} ⊢; exact {0}",
    "simp at {0} ⊢; exact {0}",
    "simp at {0} ⊢; intros; apply {0} <;> assumption",
    f"simp only [{_AC}] at {{0}} ⊢; exact {{0}}",
    "exact fun ⟨x, h⟩ => {0} x h",
    "exact fun x h => {0} ⟨x, h⟩",
)
"""Proofs that end in the other statement, `{0}`; where the rewriting before that proves the goal, or refutes `{0}`, they fail."""
ALONE = ("intros; omega", "intros; simp_all", "intros; simp", "simp", "decide", "intros; rfl", "intros; trivial", "intros; contradiction")
"""What the tactics of the second kind can do without the other statement."""
NUMERALS = (0, 1, 2, 3, 10, 100)
ORDERS = 6  # in which the goal's variables are given to the other statement


def with_given(given: Telescope, goal: Telescope) -> Iterable[str]:
    """Tactics that may prove `goal` with `given` at hand, for the goal's variables in several orders."""
    names, variables = _intros(goal)
    begin = f"intro {' '.join(names)}; " if names else ""
    wanted, found = _leading(given), _existential(given.conclusion)
    yield f"intros; apply {GIVEN} <;> omega"
    for order in islice(permutations(variables, wanted), ORDERS):
        instance = " ".join([GIVEN, *order])
        yield f"{begin}have beq_one := {instance}; omega"
        if found and not any(part.hypothesis for part in given.all_parts):
            inside = ", ".join(f"y{i}" for i in range(found))
            yield f"{begin}obtain ⟨{inside}, h⟩ := {instance}; exact ⟨{inside}, by first | omega | simp_all⟩"
    yield f"simpa using {GIVEN}"
    yield f"simpa [eq_comm] using {GIVEN}"
    yield "intros; simp_all"


def absurd(given: Telescope) -> Iterable[str]:
    """Tactics that may refute `given`."""
    yield f"simp at {GIVEN}"
    yield "simp_all"
    yield "omega"
    for numeral in NUMERALS:
        instance = " ".join([GIVEN, *[str(numeral)] * _leading(given)])
        yield f"have beq_one := {instance}; omega"
        yield f"have beq_one := {instance}; simp at beq_one"


def witnesses(goal: Telescope) -> Iterable[str]:
    """Tactics that prove an existential statement by numbers that come to mind."""
    if found := _existential(goal.conclusion):
        for numeral in NUMERALS:
            values = ", ".join([str(numeral)] * found)
            yield f"intros; exact ⟨{values}, by omega⟩"
            yield f"intros; exact ⟨{values}, by simp⟩"


def _intros(goal: Telescope) -> tuple[list[str], list[str]]:
    """Fresh names for all that stands before the conclusion, and of these the variables'."""
    names, variables = list[str](), list[str]()
    for part in goal.all_parts:
        count = max(len(part.names), 1)
        fresh = [f"x{len(names) + i}" for i in range(count)]
        bare = part.hypothesis and part.text.startswith("∀") and not any(sign in part.text for sign in (":", *BRACKETS))
        if not part.hypothesis or bare:
            variables += fresh
        names += fresh
        if bare:  # `∀ n > 3,`
            names.append(f"x{len(names)}")
    return names, variables


def _leading(given: Telescope) -> int:
    """How many variables `given` begins with."""
    count = 0
    for part in given.all_parts:
        if part.hypothesis:
            break
        count += len(part.names)
    return count


def _existential(conclusion: str) -> int:
    """How many variables a conclusion says to exist, one after another."""
    count, text = 0, conclusion.strip()
    while re.match(r"∃(?!!)", text):
        marks = tokens(text)
        place = first_outside(marks, ",")
        if place is None:
            break
        names, _ = bound(text[1 : marks[place].start])
        count, text = count + len(names), text[marks[place].end :].strip()
    return count
