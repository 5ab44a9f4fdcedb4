"""The seed set that bootstraps a small model: English with its statement, graded statements, and weak proofs.

Proofs come from the easier levels only and about two thirds of them fail (plausible wrong witnesses, missing steps,
tactics that cannot do it), so that a model trained on them explores rather than knows.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from random import Random
from types import MappingProxyType

from pydantic import BaseModel

from synth.problems.families import Plan
from synth.problems.generate import EVERYTHING, Choice, draw, reference, word
from synth.problems.seed_roles import OTHERS, SeedRow
from synth.records import Grade

GOOD_PROOFS = 0.3
LITERAL = 0.35  # share of formalizations whose text is the Lean proposition itself: a small model learns to copy from them
LITERAL_WORDINGS = ("Prove that {}.", "Show {}.", "{}", "Prove the statement {}.")
PROOF_LEVELS = (1, 2)
STEPS = 0.6  # of the proofs of statements in several steps, the share that proves one step


class SeedSet(BaseModel):
    """`formalizations`: (text, statement); `grades`: (text, statement, grade); `proofs`: (statement, what follows `:=`).

    `others`: what further prompts are trained on, by prompt.
    """

    formalizations: list[tuple[str, str]]
    grades: list[tuple[str, str, Grade]]
    proofs: list[tuple[str, str]]
    others: dict[str, list[SeedRow]] = {}


def seed_set(
    seed: int,
    count: int,
    exclude: Collection[str] = (),
    proofs: int | None = None,
    choice: Choice = EVERYTHING,
    grades: int | None = None,
    others: Mapping[str, int] = MappingProxyType({}),
) -> SeedSet:
    """`count` formalizations, `grades` (default: `count`) graded statements, `proofs` (default: count / 4) proofs, `others` by prompt.

    No statement whose reference is in `exclude` (the held-out ones) occurs, also not as a corrupted or negated one.
    """
    rng, held = Random(f"seed set {seed}"), set(exclude)
    formal = _formalizations(rng, count, held, choice)
    return SeedSet(
        formalizations=formal,
        grades=[row for row in _grades(rng, [row for row in formal if "(answer :" not in row[1]][:grades]) if row[1] not in held],
        proofs=_proofs(rng, count // 4 if proofs is None else proofs, held, choice),
        others={role: OTHERS[role](Random(f"seed set {seed} {role}"), number, held, choice) for role, number in others.items() if number},
    )


def _formalizations(rng: Random, count: int, held: set[str], choice: Choice) -> list[tuple[str, str]]:
    rows: dict[tuple[str, str], None] = {}
    while len(rows) < count:
        family, _, draft = draw(rng, choice)
        text = rng.choice(LITERAL_WORDINGS).format(draft.goal) if rng.random() < LITERAL and not draft.asks else word(rng, family, draft)
        row = (text, draft.asks.theorem() if draft.asks else reference(draft.goal))
        if reference(draft.goal) not in held:
            rows[row] = None
    return list(rows)


def _proofs(rng: Random, count: int, held: set[str], choice: Choice) -> list[tuple[str, str]]:
    rows: dict[tuple[str, str], None] = {}
    while len(rows) < count:
        _, _, draft = draw(rng, choice, PROOF_LEVELS)
        if reference(draft.goal) in held or draft.truth in ("contradictory", "trivial"):
            continue
        if draft.plan is not None:
            rows[_step_by_step(rng, draft.goal, draft.plan)] = None
            continue
        goal = f"¬ ({draft.goal})" if draft.truth == "false" else draft.goal
        proof = rng.choice(draft.proofs) if rng.random() < GOOD_PROOFS or not draft.wrong else rng.choice(draft.wrong)
        rows[reference(goal), f"by {proof}"] = None
    return list(rows)


def _step_by_step(rng: Random, goal: str, plan: Plan) -> tuple[str, str]:
    """The proof of one step, or of the whole: as weak in each step as other proofs are in all."""
    proofs = [rng.choice(step.proofs if rng.random() < GOOD_PROOFS else step.wrong) for step in plan.steps]
    step, proof = rng.choice(list(zip(plan.steps, proofs, strict=True)))
    if rng.random() < STEPS:
        return f"theorem X {step.theorem}", f"by {proof}"
    return reference(goal), f"by {plan.proof(proofs)}"


def _grades(rng: Random, formal: list[tuple[str, str]]) -> list[tuple[str, str, Grade]]:
    """Faithful statements and corrupted ones.

    More faithful than otherwise: a small model sees whether the content fits but is unsure of details, and where
    it is unsure it must not reject everything.
    """
    rows: list[tuple[str, str, Grade]] = []
    for text, statement in formal:
        chance = rng.random()
        if chance < 0.5:
            rows.append((text, statement, "excellent"))
        elif chance < 0.6:
            rows.append((text, rename(rng, statement), "good"))
        else:
            wrong, grade = corrupt(rng, statement, rng.choice(formal)[1])
            rows.append((text, wrong, grade))
    return rows


def rename(rng: Random, statement: str) -> str:
    """The same statement with its first bound variable renamed: faithful, but not the text's own letter."""
    bound = re.search(r"[∀∃] (\w)\b", statement)
    if not bound:
        return statement
    letter = rng.choice([c for c in "nmkxyzuv" if not re.search(rf"\b{c}\b", statement)])
    return re.sub(rf"\b{bound[1]}\b", letter, statement)


def corrupt(rng: Random, statement: str, unrelated: str) -> tuple[str, Grade]:
    """A statement that no longer says what the text says: one detail wrong is "fair", content lost is "poor"."""
    for _ in range(20):
        kind = rng.choices(
            ("number", "swap", "relation", "variable", "hypothesis", "quantifier", "unrelated"), (20, 10, 15, 10, 15, 5, 25)
        )[0]
        wrong = unrelated if kind == "unrelated" else _CORRUPTIONS[kind](rng, statement)
        if wrong not in ("", statement):
            return wrong, "fair" if kind in ("number", "swap", "relation", "variable") else "poor"
    return "theorem X : True", "poor"


def _number(rng: Random, statement: str) -> str:
    found = rng.choice([*re.finditer(r"\d+", statement), None])
    if found is None:
        return ""
    digits = list(found[0])
    place = rng.randrange(len(digits))
    digits[place] = rng.choice("0123456789")
    return statement[: found.start()] + str(int("".join(digits))) + statement[found.end() :]


def _swap(rng: Random, statement: str) -> str:
    found = list(re.finditer(r"\d+", statement))
    if len(found) < 2:
        return ""
    first, second = sorted(rng.sample(found, 2), key=lambda m: m.start())
    return f"{statement[: first.start()]}{second[0]}{statement[first.end() : second.start()]}{first[0]}{statement[second.end() :]}"


_RELATIONS: dict[str, str] = {"=": "≠", "≠": "=", "<": ">", ">": "<", "≥": "<", "∧": "∨", "∨": "∧", "∣": "≠"}


def _relation(rng: Random, statement: str) -> str:
    found = rng.choice([*re.finditer(r"[=≠<>≥∧∨∣]", statement), None])
    if found is None:
        return ""
    return statement[: found.start()] + _RELATIONS[str(found[0])] + statement[found.end() :]


def _variable(rng: Random, statement: str) -> str:
    names: list[str] = sorted(set(re.findall(r"\b[a-z]\b", statement)))
    places = list(re.finditer(r"\b[a-z]\b", statement))[1:]
    if len(names) < 2 or not places:
        return ""
    place = rng.choice(places)
    return statement[: place.start()] + rng.choice([n for n in names if n != place[0]]) + statement[place.end() :]


def _hypothesis(rng: Random, statement: str) -> str:
    head, comma, body = statement.partition(", ")
    parts = body.split(" → ")
    if not comma or len(parts) < 2 or "(" in parts[0]:
        return ""
    return head + comma + " → ".join(parts[1:])


def _quantifier(rng: Random, statement: str) -> str:
    return statement.replace("∃", "∀", 1) if "∃" in statement else statement.replace("∀", "∃", 1)


_CORRUPTIONS = {
    "number": _number,
    "swap": _swap,
    "relation": _relation,
    "variable": _variable,
    "hypothesis": _hypothesis,
    "quantifier": _quantifier,
}
