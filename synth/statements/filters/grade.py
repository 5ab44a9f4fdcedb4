"""Filter: a judge grades each statement; fair and poor ones are dropped (DeepSeek-Prover §3.2)."""

from __future__ import annotations

from dataclasses import replace

from synth.prompts import Unread, read_grade
from synth.records import GRADES, KEPT_GRADES, Drop, Grade, Statement
from synth.statements.filters.base import Context, drop

VARIED = 0.7  # temperature at which several grades of one statement may differ


async def grade(statements: list[Statement], context: Context) -> list[Statement]:
    """Grade autoformalized statements; *fair* and *poor* ones are dropped (DeepSeek-Prover §3.2)."""
    config, asked = context.config, [s for s in statements if s.origin != "given"]
    if not config.grade or not asked:
        return statements
    judge = context.tools.judge
    sampling = judge.sampling("grade", config.grade_samples, context.tools.seed)
    if config.grade_samples > 1 and sampling.temperature == 0:
        sampling = replace(sampling, temperature=VARIED)
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
