"""Seed rows for `repair`: a proof that is one edit from a right one, and the right one.

What Lean says of the wrong one is not known here: `message` stays empty until `synth/run/seed_messages.py` has asked it, which also
drops the rows whose edit did no harm.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from random import Random

from synth.problems.families import Draft
from synth.problems.generate import Choice, draw, reference
from synth.problems.seed_roles.base import SeedRow

LEVELS = (1, 2)
DRAWN = 0.35  # share of rows whose wrong proof is one of the family's own, where one is near
NEAR = 0.6  # likeness from which a wrong proof counts as near a right one
TRIES = 60  # draws a row, after which fewer rows are made


def repairs(rng: Random, count: int, held: set[str], choice: Choice) -> list[SeedRow]:
    """`count` rows (fewer where the families run out of new ones)."""
    rows: dict[tuple[str, str], SeedRow] = {}
    for _ in range(TRIES * count):
        if len(rows) == count:
            break
        _, _, draft = draw(rng, choice, LEVELS)
        if reference(draft.goal) in held or draft.truth in ("contradictory", "trivial"):
            continue
        wrong, right = near_miss(rng, draft)
        if wrong and wrong != right:
            goal = f": ¬ ({draft.goal})" if draft.truth == "false" else f": {draft.goal}"
            rows[goal, wrong] = ({"goal": goal, "proof": wrong, "message": ""}, right)
    return list(rows.values())


def near_miss(rng: Random, draft: Draft) -> tuple[str, str]:
    """A wrong proof and the right one that is nearest to it; ('', '') where none came of it."""
    own = [wrong for wrong in draft.wrong if likeness(wrong, nearest(wrong, draft.proofs)) >= NEAR]
    if own and rng.random() < DRAWN:
        wrong = rng.choice(own)
        return wrong, nearest(wrong, draft.proofs)
    right = rng.choice(draft.proofs)
    wrong = edited(rng, right)
    return ("", "") if not wrong or wrong in draft.proofs else (wrong, right)


def nearest(wrong: str, proofs: Sequence[str]) -> str:
    """Of the right proofs the one that is most like a wrong one."""
    return max(proofs, key=lambda proof: likeness(wrong, proof))


def likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def edited(rng: Random, proof: str) -> str:
    """The proof with one edit such as a prover's slip; '' where that kind of edit has no place in it."""
    kind = rng.choice((_number, _name, _dropped, _swapped, _argument))
    return kind(rng, proof)


def _number(rng: Random, proof: str) -> str:
    places = list(re.finditer(r"\b\d+\b", proof))
    if not places:
        return ""
    place = rng.choice(places)
    other = max(0, int(place[0]) + rng.choice((-2, -1, 1, 2)))
    return proof[: place.start()] + str(other) + proof[place.end() :]


def _name(rng: Random, proof: str) -> str:
    """A lemma's name with a slip in it."""
    places = list(re.finditer(r"\b[A-Z]\w*\.(\w+)", proof))
    if not places:
        return ""
    place = rng.choice(places)
    name = place[1]
    slip = rng.choice((name[:-1], f"{name}_eq", name.replace("_", "", 1), f"{name}'"))
    return proof[: place.start(1)] + (slip or "x") + proof[place.end(1) :]


def _tactics(proof: str) -> list[str]:
    return proof.split("; ") if "\n" not in proof else []


def _dropped(rng: Random, proof: str) -> str:
    tactics = _tactics(proof)
    if len(tactics) < 2:
        return ""
    tactics.pop(rng.randrange(len(tactics)))
    return "; ".join(tactics)


def _swapped(rng: Random, proof: str) -> str:
    tactics = _tactics(proof)
    if len(tactics) < 3:
        return ""
    place = rng.randrange(len(tactics) - 1)
    tactics[place], tactics[place + 1] = tactics[place + 1], tactics[place]
    return "; ".join(tactics)


def _argument(rng: Random, proof: str) -> str:
    """A `simp` or `rw` without one of its arguments."""
    places = [found for found in re.finditer(r"\[([^\[\]]+)\]", proof) if "," in found[1]]
    if not places:
        return ""
    place = rng.choice(places)
    arguments = place[1].split(", ")
    arguments.pop(rng.randrange(len(arguments)))
    return proof[: place.start(1)] + ", ".join(arguments) + proof[place.end(1) :]
