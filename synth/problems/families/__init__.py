"""The families of generated problems.  To add one, write it in a module here and put it in that module's FAMILIES."""

from __future__ import annotations

from synth.problems.families import answers, divisibility, equations, flawed, logic, near, order, remainders, sequences, steps
from synth.problems.families.base import Asks, Draft, Family, Plan, Step, Truth

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
ASKING: tuple[Family, ...] = answers.FAMILIES
"""Families of problems that ask for something: drawn only where they are named."""
NAMED: tuple[Family, ...] = (*ASKING, *near.FAMILIES)
"""All that are drawn only where `generator.families` names them."""

__all__ = ["ASKING", "FAMILIES", "NAMED", "Asks", "Draft", "Family", "Plan", "Step", "Truth"]
