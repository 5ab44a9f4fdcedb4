"""From records to training examples: the same prompts that sample are the ones that train."""

from __future__ import annotations

import random
from collections.abc import Iterable

from synth.problems.seeds import SeedSet
from synth.prompts import PromptSet, formalize_target, prove_target
from train.data import Example
from train.replay import Chosen


def seed_examples(seeds: SeedSet, prompts: PromptSet) -> list[Example]:
    """Formalizer and grader examples of the seed set."""
    examples = [Example(prompt=prompts.formalize(text), completion=formalize_target(statement)) for text, statement in seeds.formalizations]
    return examples + [Example(prompt=prompts.grade(text, statement), completion=grade) for text, statement, grade in seeds.grades]


def rehearsed(proofs: list[Example], others: list[Example], share: float, seed: int) -> list[Example]:
    """`proofs` and as many of `others` (drawn by `seed`, repeated only if there are too few) as makes `share` of the whole."""
    wanted = round(len(proofs) * share / (1 - share)) if others else 0
    rng = random.Random(seed)
    drawn: list[Example] = []
    while len(drawn) < wanted:
        drawn += rng.sample(others, min(len(others), wanted - len(drawn)))
    return proofs + drawn


def repeated(examples: list[Example], count: int) -> list[Example]:
    """`examples` over and over, up to `count` of them (all of them once if that is more)."""
    return (examples * -(-count // len(examples)))[:count] if len(examples) < count and examples else examples


def proof_examples(proofs: Iterable[tuple[str, str]], prompts: PromptSet) -> list[Example]:
    """Prover examples from (statement, proof)."""
    return [Example(prompt=prompts.prove(statement), completion=prove_target(proof)) for statement, proof in proofs]


def pair_examples(chosen: Iterable[Chosen], prompts: PromptSet) -> list[Example]:
    """Prover examples from replayed pairs; a whole file is fenced, as provers write it."""
    return [
        Example(
            prompt=prompts.prove(c.pair.statement),
            completion=prove_target(c.pair.proof) if c.pair.form == "proof" else f"```lean\n{c.pair.proof}```",
            weight=c.weight,
        )
        for c in chosen
    ]
