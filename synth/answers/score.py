"""Whether an answer is the right one: equal to a reference, by Lean.  The reference is known only here, after all is done."""

from __future__ import annotations

from synth.answers.hole import Hole, replaced
from synth.answers.legal import legal
from synth.answers.terms import Answer, evaluate
from synth.services import Verify
from synth.statements.filters.base import any_of
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
    """Whether `answer` is proved equal to the reference (what cannot be proved equal counts as wrong)."""
    if answer.text == reference:
        return True
    known = legal(hole, reference)
    if not isinstance(known, Answer):
        raise ValueError(f"the reference {reference!r} is no {hole.type}: {known[1]}")
    if hole.result == "Prop":
        return answer.body_text == known.body_text
    if answer.body.kind == "list":
        return _numbers(answer, hole) == _numbers(known, hole)
    names = [f"x{n}" for n in range(hole.parameters)]
    one, other = (replaced(each.body_text, dict(zip(each.parameters, names, strict=True))) for each in (answer, known))
    binders = "".join(f"∀ {name} : {kind.strip()}, " for name, kind in zip(names, hole.type.replace("->", "→").split("→"), strict=False))
    goal = f"theorem same : {binders}({one} : {hole.result}) = ({other} : {hole.result})"
    proof = any_of(TACTICS)
    (verdict,) = await verify([Check(id="same", header=hole.header, statement=goal, proof=proof, timeout=timeout)])
    return verdict.accepted


def _numbers(answer: Answer, hole: Hole) -> set[int]:
    """All solutions, in whatever order they are listed."""
    value = evaluate(answer.body, {}, hole.natural)
    return {*value} if isinstance(value, list) else set()
