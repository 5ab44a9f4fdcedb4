"""From records to training examples: the same prompts that sample are the ones that train."""

from __future__ import annotations

import random
from collections.abc import Iterable

from synth.problems.seeds import SeedSet
from synth.prompts import PromptSet, formalize_target, prove_target
from train.data import Example


def seed_examples(seeds: SeedSet, prompts: PromptSet, rehearse: float = 1.0, seed: int = 0) -> list[Example]:
    """Formalizer and grader examples of the seed set; a `rehearse` share of them, drawn by `seed`."""
    examples = [Example(prompt=prompts.formalize(text), completion=formalize_target(statement)) for text, statement in seeds.formalizations]
    examples += [Example(prompt=prompts.grade(text, statement), completion=grade) for text, statement, grade in seeds.grades]
    return examples if rehearse >= 1 else random.Random(seed).sample(examples, round(rehearse * len(examples)))


def proof_examples(proofs: Iterable[tuple[str, str, float]], prompts: PromptSet) -> list[Example]:
    """Prover examples from (statement, proof, weight)."""
    return [Example(prompt=prompts.prove(statement), completion=prove_target(proof), weight=weight) for statement, proof, weight in proofs]
