"""Whether an answer is the right one: equal to a reference, by Lean.  The reference is known only here, after all is done."""

from __future__ import annotations

from synth.answers.hole import Hole, replaced
from synth.answers.terms import Answer, Node, NotATerm, parse
from synth.answers.values import folded
from synth.services import Verify
from synth.statements.filters.base import any_of
from synth.statements.spelling import spelled
from verify_workers.records import Check

TACTICS = (
    "rfl",
    "decide",
    "omega",
    "intros; omega",
    "intros; simp [Nat.pow_succ, Nat.mul_comm, Nat.mul_left_comm, Nat.add_comm]",
    "intros; simp [Nat.mul_add, Nat.add_mul, Nat.mul_comm, Nat.mul_left_comm, Nat.add_comm, Nat.add_left_comm]",
    "intros; simp only [Nat.mul_add, Nat.add_mul, Nat.mul_comm, Nat.mul_assoc]; omega",
    "intros; ring",
    "intros; ring_nf",
)


async def right(hole: Hole, answer: Answer, reference: str, verify: Verify, timeout: float = 10.0) -> bool:
    """Whether `answer` is proved equal to the reference.  What cannot be proved equal, or cannot be compared, counts as wrong."""
    if answer.text == reference.strip():
        return True
    try:
        known = parse(reference)
    except NotATerm:
        known = None  # it may be any Lean term
    if known and hole.result in ("Prop", "Bool") and answer.body.kind == known.body.kind == "truth":
        return answer.body_text == known.body_text
    if known and not hole.parameters and answer.body.kind == known.body.kind == "list":
        return _elements(answer, hole) == _elements(known, hole)
    names = [f"x{n}" for n in range(hole.parameters)]
    one, other = (_at(each, names) for each in (answer, known or reference))
    binders = "".join(f"∀ {name} : {kind.strip()}, " for name, kind in zip(names, spelled(hole.type).split("→"), strict=False))
    goal = f"theorem same : {binders}({one} : {hole.result}) = ({other} : {hole.result})"
    proof = any_of(TACTICS)
    check = Check(id="same", header=hole.header, statement=goal, proof=proof, timeout=timeout)
    (verdict,) = await verify([check])
    return verdict.accepted


def _at(function: Answer | str, names: list[str]) -> str:
    """What an answer, or any Lean term, gives for these arguments."""
    if isinstance(function, str):
        return " ".join([f"({function})", *names])
    if len(function.parameters) != len(names):
        return " ".join([f"({function.text})", *names])
    return replaced(function.body_text, dict(zip(function.parameters, names, strict=True)))


def _elements(answer: Answer, hole: Hole) -> set[Node] | list[str]:
    """All solutions, in whatever order they are listed (of a Multiset, as often as they are); numbers too large to compute as written."""
    parts = [folded(part, hole.natural, hole.field) for part in answer.body.parts]
    return sorted(map(repr, parts)) if hole.result.startswith("Multiset") else set(parts)
