"""Autoformalization: a plain-language problem → candidate Lean statements.

k completions are sampled and parsed; equal ones (after normalization) are one candidate whose votes are counted.
Whether a candidate elaborates, says what the problem says, and is worth proving is for the filters to decide.
"""

from __future__ import annotations

from collections import Counter

from synth.config import FormalizeConfig
from synth.llm.types import Sampling
from synth.prompts import PromptSet, parse_formalization
from synth.records import Lineage, Problem, Statement, content_id
from synth.services import Sample
from synth.statements.text import _statement, given, normalized


async def formalize(
    problem: Problem, config: FormalizeConfig, prompts: PromptSet, sample: Sample, lineage: Lineage
) -> tuple[list[Statement], int]:
    """Candidate statements of `problem`, most votes first, and the number of tokens spent."""
    if problem.statement:
        return [given(problem, lineage.round)], 0
    seed = int(content_id("seed", lineage.seed, lineage.round, problem.id)[:7], 16)
    sampling = Sampling(n=config.samples, temperature=config.temperature, max_tokens=config.max_tokens, seed=seed)
    (answer,) = await sample([prompts.formalize(problem.text)], sampling)
    fields = {"round": lineage.round, "model": lineage.model, "prompt": prompts.hash("formalize"), "seed": seed}
    if isinstance(answer, str):
        return [_rejected(problem, "", "prompt_too_long", answer, fields)], 0
    votes: Counter[str] = Counter()
    texts: dict[str, str] = {}
    unparsed = ""
    for completion in answer:
        text = parse_formalization(completion.text) if completion.finished else None
        if text is None:
            unparsed = completion.text
            continue
        key = normalized(text)
        votes[key] += 1
        texts.setdefault(key, text)
    tokens = sum(completion.tokens for completion in answer)
    if not votes:
        return [_rejected(problem, unparsed, "unparsed", "no completion held a theorem", fields)], tokens
    return [_statement(problem, texts[key], votes=count, **fields) for key, count in votes.most_common()], tokens


def _rejected(problem: Problem, text: str, reason: str, detail: str, fields: dict[str, object]) -> Statement:
    return Statement.model_validate(
        {
            "id": content_id("statement", problem.id, text, reason),
            "problem_id": problem.id,
            "text": text,
            "kept": False,
            "reason": reason,
            "detail": detail,
        }
        | fields
    )
