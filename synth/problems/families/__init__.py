"""The families of generated problems.  To add one, write it in a module here and put it in that module's FAMILIES."""

from __future__ import annotations

from synth.problems.families import divisibility, equations, flawed, logic, order, remainders, sequences, steps
from synth.problems.families.base import Draft, Family, Plan, Step, Truth

FAMILIES: tuple[Family, ...] = (
    *remainders.FAMILIES,
    *divisibility.FAMILIES,
    *equations.FAMILIES,
    *order.FAMILIES,
    *sequences.FAMILIES,
    *steps.FAMILIES,
    *logic.FAMILIES,
    *flawed.FAMILIES,
)

__all__ = ["FAMILIES", "Draft", "Family", "Plan", "Step", "Truth"]
