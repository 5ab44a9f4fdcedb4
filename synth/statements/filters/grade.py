"""Filter: a judge grades each statement; fair and poor ones are dropped (DeepSeek-Prover §3.2)."""

from __future__ import annotations

from synth.llm.types import Sampling
from synth.prompts import Unread, read_grade
from synth.records import GRADES, KEPT_GRADES, Drop, Grade, Statement
from synth.statements.filters.base import Context, drop


async def grade(statements: list[Statement], context: Context) -> list[Statement]:
    """Grade autoformalized statements; *fair* and *poor* ones are dropped (DeepSeek-Prover §3.2)."""
    config, judge = context.config, context.tools.judge
    asked = [s for s in statements if s.origin != "given"]
    if not config.grade or not asked:
        return statements
    temperature = 0.0 if config.grade_samples == 1 else 0.7
    sampling = Sampling(n=config.grade_samples, temperature=temperature, max_tokens=512, seed=context.tools.seed)
    questions = [judge.prompts.grade(context.problems[s.problem_id].text, s.text, s.header, s.preamble) for s in asked]
    answers = await judge.ask(questions, sampling)
    graded: dict[str, Statement] = {}
    for statement, question, answer in zip(asked, questions, answers, strict=True):
        if isinstance(answer, str):
            graded[statement.id] = drop(statement, Drop.UNGRADED, answer)
            continue
        read = [read_grade(question, completion.text, completion.finished) for completion in answer]
        grades = [grade for grade in read if not isinstance(grade, Unread)]
        if not grades:
            why = ", ".join(sorted({grade.reason for grade in read if isinstance(grade, Unread)}))
            graded[statement.id] = drop(statement, Drop.UNGRADED, f"{why}: {answer[0].text}")
            continue
        median = _median(grades)
        judged = statement.model_copy(update={"grade": median})
        graded[statement.id] = judged if median in KEPT_GRADES else drop(judged, Drop.GRADE, median)
    return [graded.get(s.id, s) for s in statements]


def _median(grades: list[Grade]) -> Grade:
    """The middle grade; of two middles the worse one."""
    return sorted(grades, key=GRADES.index)[len(grades) // 2]
