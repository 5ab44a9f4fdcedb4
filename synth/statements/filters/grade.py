"""Filter: a judge grades each statement; fair and poor ones are dropped (DeepSeek-Prover §3.2)."""

from __future__ import annotations

from synth.config import FilterConfig
from synth.llm.types import Sampling
from synth.prompts import PromptSet, parse_grade
from synth.records import GRADES, KEPT_GRADES, Grade, Problem, Statement
from synth.services import Sample
from synth.statements.filters.base import drop


async def grade(
    statements: list[Statement], problems: dict[str, Problem], config: FilterConfig, prompts: PromptSet, sample: Sample, seed: int
) -> tuple[list[Statement], int]:
    """Grade autoformalized statements; *fair* and *poor* ones are dropped (DeepSeek-Prover §3.2).  Also the tokens spent."""
    asked = [s for s in statements if s.origin != "given"]
    if not config.grade or not asked:
        return statements, 0
    sampling = Sampling(n=config.grade_samples, temperature=0.0 if config.grade_samples == 1 else 0.7, max_tokens=512, seed=seed)
    answers = await sample([prompts.grade(problems[s.problem_id].text, s.text) for s in asked], sampling)
    graded: dict[str, Statement] = {}
    tokens = 0
    for statement, answer in zip(asked, answers, strict=True):
        if isinstance(answer, str):
            graded[statement.id] = drop(statement, "ungraded", answer)
            continue
        tokens += sum(completion.tokens for completion in answer)
        grades = [g for g in (parse_grade(completion.text) for completion in answer) if g]
        if not grades:
            graded[statement.id] = drop(statement, "ungraded", answer[0].text)
            continue
        median = _median(grades)
        judged = statement.model_copy(update={"grade": median})
        graded[statement.id] = judged if median in KEPT_GRADES else drop(judged, "grade", median)
    return [graded.get(s.id, s) for s in statements], tokens


def _median(grades: list[Grade]) -> Grade:
    """The middle grade; of two middles the worse one."""
    return sorted(grades, key=GRADES.index)[len(grades) // 2]
