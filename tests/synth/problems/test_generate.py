"""The generator is deterministic, varied and as flawed as it promises; real Lean agrees with every truth value."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from synth.problems.families import FAMILIES, Draft
from synth.problems.generate import LEVELS, generate, reference, word
from synth.problems.seeds import corrupt, rename, seed_set
from verify_workers.backends.base import Backend
from verify_workers.backends.choose import make_backend
from verify_workers.records import Check, Outcome

SAMPLE = 1000


@pytest.fixture(scope="module")
def lean() -> Iterator[Backend]:
    backend = make_backend("auto")
    yield backend
    backend.close()


def proved(lean: Backend, statement: str, proof: str) -> bool:
    verdict = lean.check(Check(id="t", statement=statement, proof=proof))
    assert verdict.outcome is not Outcome.INFRA, verdict
    return verdict.outcome is Outcome.ACCEPTED


def target(draft: Draft) -> str:
    """What the draft's proofs prove: the statement, or its negation when it is false."""
    return reference(f"¬ ({draft.goal})" if draft.truth == "false" else draft.goal)


def test_equal_seeds_give_equal_problems_and_different_seeds_do_not() -> None:
    assert generate(3, 50) == generate(3, 50)
    assert generate(3, 50) != generate(4, 50)
    assert seed_set(3, 50) == seed_set(3, 50)
    assert seed_set(3, 50) != seed_set(4, 50)


def test_references_are_distinct_and_the_excluded_ones_never_come() -> None:
    held = {item.reference for item in generate(1, 300)}
    assert len(held) == 300
    again = generate(1, 300, exclude=held)
    assert not held & {item.reference for item in again}


def test_running_out_of_statements_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    sums = next(family for family in FAMILIES if family.name == "plain sum")
    monkeypatch.setattr("synth.problems.generate.FAMILIES", (sums,))
    monkeypatch.setattr("synth.problems.generate.LEVELS", (1,))
    monkeypatch.setattr("synth.problems.generate.LEVEL_WEIGHTS", (1,))
    with pytest.raises(ValueError, match=r"only \d+ of 500 distinct problems"):
        generate(1, 500)


def test_the_record_for_the_pipeline_does_not_carry_the_answer() -> None:
    for item in generate(5, 30):
        assert "theorem" not in item.problem().model_dump_json()
        assert item.problem().statement == ""
        assert item.truth not in item.problem().meta.values()


def test_there_are_families_wordings_and_levels_enough() -> None:
    assert len({family.name for family in FAMILIES}) == len(FAMILIES) >= 12
    for family in FAMILIES:
        for wording, templates in family.wordings.items():
            assert len(set(templates)) >= 6, (family.name, wording)
            # Different in structure: with the slots taken out no two are alike, and neither are their first words.
            assert len({re.sub(r"\{\w+\}", "_", text) for text in templates}) == len(templates)
            assert len({" ".join(text.split()[:2]) for text in templates}) >= 4, (family.name, wording)
    made = generate(1, SAMPLE)
    assert {(item.family, item.level) for item in made} == {(family.name, level) for family in FAMILIES for level in LEVELS}


def test_the_shares_of_false_contradictory_and_trivial_problems() -> None:
    share = {truth: count / SAMPLE for truth, count in Counter(item.truth for item in generate(2, SAMPLE)).items()}
    assert 0.20 <= share["false"] <= 0.30
    assert 0.015 <= share["contradictory"] <= 0.05
    assert 0.015 <= share["trivial"] <= 0.05


def test_a_later_term_is_of_a_sequence_that_exists(lean: Backend) -> None:
    later = next(family for family in FAMILIES if family.name == "later term")
    rng = Random(3)
    drafts = [draft for level in LEVELS for _ in range(100) if (draft := later.draw(rng, level)).truth == "true"]
    for draft in drafts:
        assert draft.slots["v"] >= draft.slots["d"] * draft.slots["i"], draft  # its 0-th term is a natural number
    f, i, d, v = (max(drafts, key=lambda draft: draft.slots["i"]).slots[name] for name in "fidv")
    exists = f"theorem t : ∃ {f} : Nat → Nat, (∀ n, {f} (n + 1) = {f} n + {d}) ∧ {f} {i} = {v}"
    assert proved(lean, exists, f"⟨fun n => {v - d * i} + {d} * n, fun n => rfl, rfl⟩")


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_wording_fixes_the_statement(family: object) -> None:
    """Two drafts that read alike mean the same, and every number of the statement stands in the text."""
    meant: dict[str, str] = {}
    rng = Random(9)
    chosen = next(f for f in FAMILIES if f is family)
    for _ in range(120):
        draft = chosen.draw(rng, rng.choice(LEVELS))
        text = word(rng, chosen, draft)
        assert meant.setdefault(text, draft.goal) == draft.goal, text
        missing = set(re.findall(r"\d+", draft.goal)) - set(re.findall(r"\d+", text)) - {"0", "1"}
        assert not missing, (text, draft.goal)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_proofs_of_every_family_verify(lean: Backend, family: object) -> None:
    """Which also shows that the references elaborate, and that the false ones are false."""
    chosen = next(f for f in FAMILIES if f is family)
    rng = Random(4)
    styles: Counter[tuple[str, str]] = Counter()
    for level in LEVELS * 5:
        draft = chosen.draw(rng, level)
        if styles[draft.truth, draft.wording] < 3:
            styles[draft.truth, draft.wording] += 1
            for proof in draft.proofs if level == 1 else draft.proofs[:1]:
                assert proved(lean, target(draft), f"by {proof}"), (target(draft), proof)


def test_about_a_third_of_the_seed_proofs_verify(lean: Backend) -> None:
    proofs = seed_set(1, 400, proofs=90).proofs
    share = sum(proved(lean, statement, proof) for statement, proof in proofs) / len(proofs)
    assert 0.2 <= share <= 0.45


def test_the_seed_set_never_shows_a_held_out_statement() -> None:
    # Excluding what the seed set would otherwise hold makes the test bite.
    free = seed_set(1, 300)
    held = {statement for _, statement in free.formalizations[::2]} | {s for s, _ in free.proofs[::2]} | {s for _, s, _ in free.grades[::3]}
    held |= {reference(s.removeprefix("theorem X : ¬ (")[:-1]) for s in held if s.startswith("theorem X : ¬ (")}
    seeds = seed_set(1, 300, exclude=held)
    shown = {s for _, s in seeds.formalizations} | {s for _, s, _ in seeds.grades} | {s for s, _ in seeds.proofs}
    negated = {reference(f"¬ ({s.removeprefix('theorem X : ')})") for s in held}
    assert not held & shown
    assert not negated & {s for s, _ in seeds.proofs}


def test_grades_follow_faithfulness() -> None:
    seeds = seed_set(2, 600)
    meant = dict(seeds.formalizations)
    for text, statement, grade in seeds.grades:
        if grade == "excellent":
            assert statement == meant[text]
        elif grade in ("fair", "poor"):
            assert statement != meant[text]
    counts = Counter(grade for _, _, grade in seeds.grades)
    assert 0.5 <= (counts["excellent"] + counts["good"]) / len(seeds.grades) <= 0.7
    assert min(counts["good"], counts["fair"], counts["poor"]) >= 20


def test_corrupting_and_renaming() -> None:
    rng = Random(1)
    statement = "theorem X : ∀ n : Nat, n % 5 = 3 → (2 * n + 1) % 5 = 2"
    assert re.fullmatch(r"theorem X : ∀ (\w) : Nat, \1 % 5 = 3 → \(2 \* \1 \+ 1\) % 5 = 2", rename(rng, statement))
    for _ in range(200):
        wrong, grade = corrupt(rng, statement, "theorem X : 1 + 1 = 2")
        assert wrong != statement
        assert grade in ("fair", "poor")
