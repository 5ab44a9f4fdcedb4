"""From records to training examples: the same prompts that sample are the ones that train."""

from __future__ import annotations

import json
import random
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import chain, repeat

import numpy as np

from synth.annotations import Annotation
from synth.llm.config import ASKED, ROLES, ModelRole
from synth.problems.seeds import SeedSet
from synth.prompts import Prompt, PromptSet, Proof, write_grade, write_proof, write_statement
from synth.prompts.annotate import formalize_back
from synth.prompts.back import informalize
from synth.prompts.conjecture import ask_conjecture
from synth.prompts.repair import ask_repair, shown_repair
from synth.prompts.sketcher import asked_skeleton
from synth.records import Attempt, Pair, Statement, above
from synth.spool import Sorter, Spool
from train.data import Example
from train.replay import Chosen
from verify_workers.records import Message


def example(prompt: Prompt, completion: str, weight: float = 1.0) -> Example:
    return Example(prompt=prompt.for_training(), completion=completion, weight=weight)


def seed_examples(seeds: SeedSet, prompts: Mapping[ModelRole, PromptSet], roles: Container[ModelRole] = ROLES) -> list[Example]:
    """Examples of the seed set for the prompts that `roles` answer, proofs not among them."""
    formalizations = seeds.formalizations if "formalizer" in roles else ()
    grades = seeds.grades if "judge" in roles else ()
    formalized = [(prompts["formalizer"].formalize(text), statement) for text, statement in formalizations]
    graded = [(prompts["judge"].grade(text, statement), grade) for text, statement, grade in grades]
    others = [
        example(prompts[role].ask(asked, {}, **shown), answer)
        for asked, rows in seeds.others.items()
        if (role := ASKED.get(asked, "prover")) in roles
        for shown, answer in rows
    ]
    statements = [example(p, write_statement(p, statement)) for p, statement in formalized]
    return statements + [example(p, write_grade(p, g)) for p, g in graded] + others


def annotation_examples(rows: Iterable[Annotation], prompts: PromptSet) -> list[Example]:
    """Formalizer examples from kept annotations of statements: asked as they were checked, each text once."""
    asked: dict[str, Example] = {}
    for row in rows:
        if row.kept and row.kind == "statement":
            prompt = formalize_back(prompts, row.text, row.header, row.preamble, row.vocabulary)
            made = example(prompt, write_statement(prompt, row.statement))
            asked.setdefault(json.dumps([made.prompt, made.completion]), made)
    return list(asked.values())


def rehearsed(proofs: int, others: list[Example], share: float, seed: int) -> list[Example]:
    """As many of `others` (drawn by `seed`, repeated only if there are too few) as make `share` of the whole with so many `proofs`."""
    wanted = round(proofs * share / (1 - share)) if others else 0
    rng = random.Random(seed)
    drawn: list[Example] = []
    while len(drawn) < wanted:
        drawn += rng.sample(others, min(len(others), wanted - len(drawn)))
    return drawn


def mixed(
    taught: Mapping[ModelRole, Sequence[Example]], shares: Mapping[ModelRole, float], count: int, seed: int
) -> dict[ModelRole, Sequence[Example]]:
    """About `count` examples, each role's in the proportion of its share: all of them as often as that goes, the rest drawn by `seed`.

    What a role without examples would have goes to the others.
    """
    there = {role: share for role, share in shares.items() if share and taught.get(role)}
    rng = random.Random(seed)
    drawn: dict[ModelRole, Sequence[Example]] = {}
    for role, share in there.items():
        have, wanted = taught[role], round(count * share / sum(there.values()))
        whole = chain.from_iterable(repeat(have, wanted // len(have)))
        some = chain(whole, _at(have, rng.sample(range(len(have)), wanted % len(have))))
        drawn[role] = list(some) if isinstance(have, list) else Spool(Example, some)
    return drawn


def _at(have: Sequence[Example], places: list[int]) -> Iterator[Example]:
    """The examples at `places`, in that order."""
    if isinstance(have, list):
        yield from (have[place] for place in places)
        return
    order = np.full(len(have), -1, np.int64)
    order[places] = np.arange(len(places))
    sorter = Sorter()
    for example, at in zip(have, order, strict=True):
        if at >= 0:
            sorter.append(int(at), example.model_dump_json().encode())
    yield from map(Example.model_validate_json, sorter)


def repeated(examples: Sequence[Example], count: int) -> Sequence[Example]:
    """`examples` over and over, up to `count` of them (all of them once if that is more)."""
    return (list(examples) * -(-count // len(examples)))[:count] if 0 < len(examples) < count else examples


def proof_examples(proofs: Iterable[tuple[str, str]], prompts: PromptSet) -> list[Example]:
    """Prover examples from (statement, proof), those that the preset's answers have a place for."""
    asked = [(prompts.prove(statement), Proof("proof", proof)) for statement, proof in proofs]
    return [example(prompt, target) for prompt, proof in asked if (target := write_proof(prompt, proof)) is not None]


def pair_examples(chosen: Iterable[Chosen], prompts: PromptSet) -> tuple[list[Example], int]:
    """Prover examples from replayed pairs, asked as they were; and how many the preset's answers have no place for."""
    found = [pair_example(choice, prompts) for choice in chosen]
    examples = [one for one in found if one is not None]
    return examples, len(found) - len(examples)


def pair_example(choice: Chosen, prompts: PromptSet) -> Example | None:
    """One of `pair_examples`; None where the preset's answers have no place for it."""
    pair = choice.pair
    prompt = prompts.prove(pair.statement, pair.header, pair.preamble, "" if pair.negated else pair.problem)
    target = write_proof(prompt, Proof(pair.form, pair.proof))
    return None if target is None else example(prompt, target, choice.weight)


def conjecture_examples(taught: Iterable[tuple[Statement, float]], prompts: PromptSet) -> list[Example]:
    """Conjecturer examples: what each statement was conjectured from, the statement, and its weight."""
    asked = [(ask_conjecture(prompts, statement.shown), statement, weight) for statement, weight in taught]
    return [example(prompt, write_statement(prompt, statement.text), weight) for prompt, statement, weight in asked]


def sketch_examples(filled: Iterable[tuple[Pair, Attempt]], prompts: PromptSet) -> list[Example]:
    """Sketcher examples from proofs that were put together and their skeletons: these as they were asked for, each once."""
    examples: dict[str, Example] = {}
    for pair, skeleton in filled:
        prompt = asked_skeleton(prompts, "sketch", pair.statement, skeleton.shown)
        if (target := write_proof(prompt, Proof("proof", skeleton.proof))) is not None:
            examples.setdefault(skeleton.id, example(prompt, target))
    return list(examples.values())


def worded_example(pair: Pair, prompts: PromptSet, role: ModelRole) -> Example | None:
    """Of a proved theorem and the problem that it states the `formalizer` learns the one from the other, the `informalizer` the other
    from the one.  None where the pair is of something else.
    """
    if pair.kind != "theorem" or pair.negated or not pair.problem.strip():
        return None
    if role == "informalizer":
        return example(informalize(prompts, pair.statement, pair.header, pair.preamble), pair.problem.strip())
    prompt = prompts.formalize(pair.problem, above(pair.header, pair.preamble))
    return example(prompt, write_statement(prompt, pair.statement))


NEAR, NEARER = 0.5, 0.98
"""How like a failed proof must be to the accepted one for the latter to be its correction, and no longer be the same."""


def repair_examples(
    pairs: Iterable[Pair], attempts: Mapping[str, Attempt], errors: Mapping[str, list[Message]], prompts: PromptSet
) -> list[Example]:
    """Corrector examples from (wrong, messages, right): accepted corrections as they were asked for, and for every other accepted
    proof the failed one of the same side that is most like it.

    `attempts` and Lean's `errors` on them are by the attempts' ids.
    """
    failed: dict[tuple[str, bool], list[Attempt]] = {}
    for attempt in attempts.values():
        if attempt.id in errors and attempt.form == "proof":
            failed.setdefault((attempt.statement_id, attempt.negated), []).append(attempt)
    examples: list[Example] = []
    for pair in pairs:
        accepted = attempts.get(pair.attempt_id)
        if accepted is not None and accepted.parent and {"goal", "proof", "message"} <= accepted.shown.keys():
            shown = accepted.shown
        elif (wrong := _nearest(pair, failed.get((pair.statement_id, pair.negated), []))) is not None:
            front = (pair.header, pair.preamble)
            shown = shown_repair(prompts, pair.statement, front, Proof(wrong.form, wrong.proof), errors[wrong.id])
        else:
            continue
        prompt = ask_repair(prompts, pair.statement, shown)
        if (target := write_proof(prompt, Proof(pair.form, pair.proof))) is not None:
            examples.append(example(prompt, target))
    return examples


def _nearest(pair: Pair, failed: list[Attempt]) -> Attempt | None:
    """The failed attempt that is most like the pair's proof, if it is near."""
    alike = [(SequenceMatcher(None, attempt.proof, pair.proof, autojunk=False).ratio(), attempt) for attempt in failed[:16]]
    ratio, best = max(alike, key=lambda found: found[0], default=(0.0, None))
    return best if NEAR <= ratio <= NEARER else None
