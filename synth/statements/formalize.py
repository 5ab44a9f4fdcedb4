"""Autoformalization: a plain-language problem → candidate Lean statements.

k completions are sampled and parsed; equal ones (after normalization) are one candidate whose votes are counted.
Whether a candidate elaborates, says what the problem says, and is worth proving is for the filters to decide.
"""

from __future__ import annotations

from collections import Counter

from synth.config import FormalizeConfig
from synth.llm.types import Sampling, Weights
from synth.prompts import parse_formalization
from synth.records import Drop, Problem, Statement, content_id
from synth.services import Tools
from synth.statements.text import given, new_statement, normalized


async def formalize(problem: Problem, config: FormalizeConfig, tools: Tools) -> list[Statement]:
    """Candidate statements of `problem`, most votes first; one that is not kept where the model gave none."""
    if problem.statement:
        return [given(problem, tools.round)]
    prompts = tools.formalizer.prompts
    seed = int(content_id("seed", tools.seed, tools.round, problem.id)[:7], 16)
    sampling = Sampling(n=config.samples, temperature=config.temperature, max_tokens=config.max_tokens, seed=seed)
    (answer,) = await tools.formalizer.ask([prompts.formalize(problem.text)], sampling)
    fields = {"round": tools.round, "prompt": prompts.hash("formalize")} | _sampled(sampling)
    if isinstance(answer, str):
        return [_rejected(problem, "", Drop.PROMPT_TOO_LONG, answer, fields)]
    votes: Counter[str] = Counter()
    first: dict[str, tuple[str, Weights]] = {}
    unparsed = ""
    for completion in answer:
        text = parse_formalization(completion.text) if completion.finished else None
        if text is None:
            unparsed = completion.text
            continue
        key = normalized(text)
        votes[key] += 1
        first.setdefault(key, (text, completion.weights))
    if not votes:
        return [_rejected(problem, unparsed, Drop.UNPARSED, "no completion held a theorem", fields)]
    statements = []
    for key, count in votes.most_common():
        text, weights = first[key]
        statements.append(new_statement(problem, text, votes=count, model=weights.hash, version=weights.version, **fields))
    return statements


def _sampled(sampling: Sampling) -> dict[str, object]:
    return {"seed": sampling.seed, "temperature": sampling.temperature, "top_p": sampling.top_p, "max_tokens": sampling.max_tokens}


def _rejected(problem: Problem, text: str, reason: Drop, detail: str, fields: dict[str, object]) -> Statement:
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
