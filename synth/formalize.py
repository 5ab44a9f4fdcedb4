"""Autoformalization: a plain-language problem → candidate Lean statements.

k completions are sampled and parsed; equal ones (after normalization) are one candidate whose votes are counted.
Whether a candidate elaborates, says what the problem says, and is worth proving is for the filters to decide.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from synth.config import FormalizeConfig
from synth.models import Sampling
from synth.prompts import NAME, PromptSet, parse_formalization
from synth.records import Problem, Statement, content_id
from synth.services import Sample
from verify_workers.text.statement import StatementError, negate, parse_theorem, source


@dataclass(frozen=True)
class Lineage:
    """Where generated text comes from: round, checkpoint hash, seed."""

    round: int
    model: str
    seed: int


def normalized(statement: str) -> str:
    """`statement` with one name, one spelling of ℕ and ℤ, and single spaces: the text that dedup compares."""
    text = f"theorem {NAME} {parse_theorem(statement).goal}"
    text = text.replace("ℕ", "Nat").replace("ℤ", "Int").replace("->", "→")
    return " ".join(re.sub(r"\s*([(){}\[\],:∣≤≥<>=≠+*^/%∧∨→¬])\s*", r" \1 ", text).split())


def under_header(problems: list[Problem], header: str) -> list[Problem]:
    """`problems` with `header` before their statements; `keep` leaves each its own."""
    return problems if header == "keep" else [problem.model_copy(update={"header": header}) for problem in problems]


def _statement(problem: Problem, text: str, **fields: object) -> Statement:
    try:
        negation = negate(text)
    except StatementError:
        negation = ""
    return Statement.model_validate(
        {
            "id": content_id("statement", problem.id, text),
            "problem_id": problem.id,
            "text": text,
            "header": problem.header,
            "negation": negation,
            **fields,
        }
    )


def given(problem: Problem, round: int) -> Statement:
    """The statement that a formal benchmark gives for `problem`."""
    try:
        return _statement(problem, source(parse_theorem(problem.statement)), origin="given", round=round)
    except StatementError as error:
        return Statement(
            id=content_id("statement", problem.id, problem.statement),
            problem_id=problem.id,
            text=problem.statement,
            header=problem.header,
            origin="given",
            kept=False,
            reason="unparsed",
            detail=str(error),
            round=round,
        )


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
