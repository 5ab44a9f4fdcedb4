"""Seed rows of answer construction: programs that list small cases, and answers with and without such cases before them."""

from __future__ import annotations

import contextlib
import io
from random import Random

from synth.problems.families.answers import FAMILIES
from synth.problems.families.base import Draft
from synth.problems.generate import Choice, reference, word
from synth.problems.seed_roles.base import SeedRow

NAMES = tuple(family.name for family in FAMILIES)
BLIND = 0.5  # share of answers that are given without cases: the same model answers directly, too
OWN = Choice(NAMES)


def _drawn(rng: Random, held: set[str], choice: Choice) -> tuple[Draft, str]:
    """A draft that is not held out, and its text."""
    families = [family for family in (choice.drawn() if set(choice.families) & {*NAMES} else OWN.drawn()) if family.name in NAMES]
    while True:
        family = rng.choices(families, [family.weight for family in families])[0]
        level = rng.choice([level for level in (1, 1, 2, 2, 3) if level in choice.levels] or list(choice.levels))
        draft = family.draw(rng, level)
        if reference(draft.goal) not in held:
            return draft, word(rng, family, draft)


def programs(rng: Random, count: int, held: set[str], choice: Choice) -> list[SeedRow]:
    """For the prompt `enumerate`."""
    rows: list[SeedRow] = []
    for _ in range(count):
        draft, text = _drawn(rng, held, choice)
        assert draft.asks
        shown = {"problem": text, "statement": _statement(draft), "type": draft.asks.type, "seconds": "60"}
        rows.append((shown, draft.asks.program.strip()))
    return rows


def guesses(rng: Random, count: int, held: set[str], choice: Choice) -> list[SeedRow]:
    """For the prompt `guess`: the cases are what the program prints."""
    rows: list[SeedRow] = []
    for _ in range(count):
        draft, text = _drawn(rng, held, choice)
        assert draft.asks
        cases = "" if rng.random() < BLIND else printed(draft.asks.program)
        rows.append(({"problem": text, "statement": _statement(draft), "type": draft.asks.type, "cases": cases}, draft.asks.answer))
    return rows


def printed(program: str) -> str:
    """What one of our own programs prints, as `synth.answers` shows it (`True` is 1)."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(program, {})  # ours, from families/answers.py
    return output.getvalue().strip().replace("True", "1").replace("False", "0")


def _statement(draft: Draft) -> str:
    assert draft.asks
    return draft.asks.theorem()
