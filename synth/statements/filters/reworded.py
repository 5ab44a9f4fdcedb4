"""Filter: problems that are a benchmark's in other words, as the judge says (the LLM decontaminator of arXiv 2311.04850, §4).

Neither n-grams nor normal forms see such a problem where the benchmark has no formal statement, or where the formalization came out
otherwise.  The rows of the benchmarks that are nearest in words are shown to the judge, one at a time.
"""

from __future__ import annotations

from synth.config import BackConfig
from synth.llm.types import Completion
from synth.prompts import Prompt, repeats
from synth.records import Drop, Statement
from synth.statements.benchmarks import Found, Row
from synth.statements.filters.base import Context, drop
from synth.statements.filters.faithful import varied, votes_in


async def reworded(statements: list[Statement], context: Context) -> list[Statement]:
    """Drop statements of problems that the judge finds to be a benchmark's; of given ones it is told (`filters.given_in_benchmark`)."""
    if not context.config.reworded or not context.config.decontaminate:
        return statements
    asked = dict.fromkeys(s.problem_id for s in statements if not s.benchmark and _text(s, context))
    found = await _found({id: context.problems[id].text for id in asked}, context)
    return [_judged(s, found.get(s.problem_id), context) for s in statements]


def _text(statement: Statement, context: Context) -> str:
    problem = context.problems.get(statement.problem_id)
    return problem.text if problem else ""


def _judged(statement: Statement, found: Found | str | None, context: Context) -> Statement:
    given = statement.origin == "given"
    if found is None or (given and isinstance(found, str)):
        return statement
    if isinstance(found, str):
        return drop(statement, Drop.UNJUDGED, found)
    told = statement.model_copy(update={"benchmark": found.what})
    return told if given and context.config.given_in_benchmark == "keep" else drop(told, found.reason, found.what)


async def _found(texts: dict[str, str], context: Context) -> dict[str, Found | str]:
    """By the problem's id the nearest row that the judge finds to be the same; where there is none, why a row was not judged, if so."""
    judge, config = context.tools.judge, context.config.back
    near = [(id, row) for id, text in texts.items() for row in context.benchmarks.nearest(text, context.config.reworded)]
    prompts = [repeats(judge.prompts, texts[id], row.text) for id, row in near]
    answers = await judge.ask(prompts, varied(judge, "repeats", config.votes, context.tools.request_seed("repeats"))) if prompts else []
    found: dict[str, Found | str] = {}
    for (id, row), prompt, answer in zip(near, prompts, answers, strict=True):
        if isinstance(found.get(id), Found):
            continue
        judged = _vote(row, prompt, answer, config)
        if isinstance(judged, Found) or (judged and id not in found):
            found[id] = judged
    return found


def _vote(row: Row, prompt: Prompt, answer: list[Completion] | str, config: BackConfig) -> Found | str:
    """The row, if the votes are for it; why there is no verdict, if so; '' for another problem."""
    if isinstance(answer, str):
        return f"whether it is {row.name} in other words: {answer}"
    votes = votes_in(prompt, answer)
    if not votes.known:
        return f"whether it is {row.name} in other words: no verdict: {votes.why}"
    return Found(row.reason, f"{row.name} (in other words, {votes.same} of {votes.asked} votes)") if votes.pass_by(config) else ""
