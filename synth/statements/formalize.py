"""Autoformalization: a plain-language problem → candidate Lean statements.

k completions are sampled and parsed; equal ones (after normalization) are one candidate whose votes are counted.
Whether a candidate elaborates, says what the problem says, and is worth proving is for the filters to decide.
"""

from __future__ import annotations

from collections import Counter

from synth.config import FormalizeConfig
from synth.llm.config import ModelRole
from synth.llm.types import Completion, Sampling, Weights
from synth.prompts import Formalization, Prompt, Unread, read_statement
from synth.prompts.answers import pose
from synth.records import Drop, Problem, Statement, above, content_id
from synth.services import Tools
from synth.statements.screen import Passed
from synth.statements.text import given, new_statement, normalized


async def formalize(problem: Problem, config: FormalizeConfig, tools: Tools, asking: bool = False) -> list[Statement]:
    """Candidate statements of `problem`, most votes first; one that is not kept where the models gave none.

    `asking`: the problem asks for something, and its statement, by the formalizer alone, is to have a place for the answer.
    """
    if problem.statement:
        return [given(problem, tools.round)]
    roles: tuple[ModelRole, ...] = ("formalizer",) if asking else ("formalizer", *config.also)
    return pooled([await _formalized(problem, role, number, config, tools, asking) for number, role in enumerate(roles)])


async def _formalized(
    problem: Problem, role: ModelRole, number: int, config: FormalizeConfig, tools: Tools, asking: bool
) -> list[Statement]:
    """The candidates of one formalizer, the `number`th."""
    model = tools.models[role]
    seed = tools.request_seed(problem.id) + number
    prompt = (
        pose(model.prompts, problem.text, problem.header)
        if asking
        else model.prompts.formalize(problem.text, above(problem.header, problem.preamble))
    )
    sampling = model.sampling(prompt.role, config.samples, seed, config.temperature, config.top_p, config.max_tokens)
    (answer,) = await model.ask([prompt], sampling)
    fields = {"round": tools.round, "prompt": model.prompts.hash(prompt.role)} | sampled(sampling)
    return candidates(problem, prompt, answer, fields)


def pooled(found: list[list[Statement]]) -> list[Statement]:
    """The candidates of several formalizers as one list: equal ones are one, with the votes of all; rejections are kept as they are."""
    if len(found) == 1:
        return found[0]
    samples = sum(max((s.samples for s in several), default=0) for several in found)
    votes: Counter[str] = Counter()
    first: dict[str, Statement] = {}
    for statement in (s for several in found for s in several):
        key = normalized(statement.text) if statement.kept else statement.id
        votes[key] += statement.votes
        first.setdefault(key, statement)
    return [first[key].model_copy(update={"votes": count, "samples": samples}) for key, count in votes.most_common()]


def candidates(problem: Problem, prompt: Prompt, answer: list[Completion] | str, fields: dict[str, object]) -> list[Statement]:
    """The statements that the completions of one prompt hold, most votes first; one that is not kept where they hold none."""
    if isinstance(answer, str):
        return [_rejected(problem, "", Drop.PROMPT_TOO_LONG, answer, fields)]
    votes: Counter[str] = Counter()
    first: dict[str, tuple[Formalization, Weights]] = {}
    unread: Counter[str] = Counter()
    for completion in answer:
        read = read_statement(prompt, completion.text, completion.finished)
        if isinstance(read, Unread):
            unread["no_answer" if completion.fault else read.reason] += 1
            continue
        key = normalized(read.statement)
        votes[key] += 1
        first.setdefault(key, (read, completion.weights))
    if not votes:
        why = ", ".join(f"{count} {reason}" for reason, count in unread.most_common())
        return [
            _rejected(problem, answer[-1].text, Drop.UNPARSED, f"no completion held a theorem: {why}", fields | {"samples": len(answer)})
        ]
    statements = []
    for key, count in votes.most_common():
        read, weights = first[key]
        # What the answer opens beside the problem's header, its statement may need.
        below = problem.model_copy(update={"header": "\n".join(part for part in (problem.header, read.opens) if part)})
        counted = {"votes": count, "samples": len(answer), "model": weights.hash, "version": weights.version}
        statements.append(new_statement(below, read.statement, **(counted | fields)))
    return statements


def passed_over(problem: Problem, passed: Passed, round: int) -> list[Statement]:
    """What is written down of a problem that is not formalized (or, given, not proved), and why."""
    about = {"kept": False, "reason": passed.reason, "detail": passed.detail, "benchmark": passed.benchmark}
    if problem.statement:
        return [given(problem, round).model_copy(update=about)]
    return [_rejected(problem, "", Drop(passed.reason), passed.detail, {"round": round, "benchmark": passed.benchmark})]


def sampled(sampling: Sampling) -> dict[str, object]:
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
