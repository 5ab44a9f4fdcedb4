"""`synth check-programs` and `synth answer` as commands: files in, records and figures out."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

import pytest

from synth.cli import main
from synth.config import RunConfig
from synth.programs.decide import Answer, Decision
from synth.records import Problem
from synth.run import answers, remembered, stages
from synth.run.answering import Answered, Trial
from synth.run.answers import Figures
from synth.run.programs import Report, check_generated, check_programs_file
from synth.services import Tools
from synth.show.progress import Progress
from synth.store.files import read_records
from tests.synth.stage_fakes import tools

CONFIG = RunConfig.model_validate({"verify": {"workers": 1}, "search": {"timeout": 20}})
EXAMPLES = Path(__file__).parents[3] / "examples" / "programs"


def test_the_examples(tmp_path: Path) -> None:
    out = tmp_path / "decisions.jsonl"
    with Progress() as progress:
        report = check_programs_file(CONFIG, str(EXAMPLES / "bank.py"), str(out), progress)
    rows = {row.name: row for row in read_records(out, Decision)}
    assert {name: row.answer for name, row in rows.items()} == {
        "requirement_deposits": Answer.PROVED,
        "requirement_capped": Answer.REFUTED,
        "requirement_some": Answer.REFUTED,
    }
    assert rows["requirement_some"].counterexample == {"xs": "[0]"}
    capped, some, counts, cost = report.lines()
    assert capped.endswith("bank.py: requirement_capped: refuted by amount = 0, limit = -1") and some.endswith("refuted by xs = [0]")
    assert counts == "3 items: 1 proved, 2 refuted" and cost.startswith("decided: 100%; cost per item: 0 tokens, ")


def test_generated_programs_say_which_bugs_were_found(tmp_path: Path) -> None:
    with Progress() as progress:
        report, bugs = check_generated(CONFIG, 5, 2, str(tmp_path / "out.jsonl"), progress)
    assert 0 < bugs < 5 and not report.missed and not report.accused
    assert report.lines(bugs)[-1] == f"bugs found: {bugs} of {bugs}; right ones called wrong: 0; wrong ones called right: 0"


def test_the_figures_tell_mistakes() -> None:
    right, wrong = (Decision(name=name, source=name, answer=answer) for name, answer in (("a", Answer.PROVED), ("b", Answer.REFUTED)))
    report = Report([right, wrong], missed=["a"], accused=["b"])
    assert report.lines(1)[-1] == "bugs found: 0 of 1; right ones called wrong: 1; wrong ones called right: 1"


def test_a_problem_that_fails_does_not_take_the_others_rows_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @asynccontextmanager
    async def no_tools(*_: object) -> AsyncIterator[Tools]:
        yield tools()

    async def answered(problem: Problem, *_: object) -> tuple[Answered, None, Trial]:
        if problem.text == "bats?":
            raise RuntimeError("b broke")
        return Answered(problem_id=problem.id, problem=problem.text), None, Trial([], [])

    monkeypatch.setattr(stages, "ray_session", nullcontext)
    monkeypatch.setattr(answers, "stage_tools", no_tools)
    monkeypatch.setattr(answers, "require_models", lambda *_: None)
    monkeypatch.setattr(answers, "deciding", lambda *_: "these settings")
    monkeypatch.setattr(remembered, "weights", lambda *_: {})
    monkeypatch.setattr(answers, "answer_problem", answered)
    given, out = tmp_path / "problems.jsonl", tmp_path / "answers.jsonl"
    given.write_text("".join(json.dumps({"text": text}) + "\n" for text in ("apes?", "bats?", "cats?")), encoding="utf-8")
    with Progress() as progress, pytest.raises(RuntimeError, match="b broke"):
        answers.answer_file(CONFIG, str(given), None, str(out), progress)
    assert [row.problem for row in read_records(out, Answered)] == ["apes?", "cats?"]

    asked = list[str]()

    async def mended(problem: Problem, *_: object) -> tuple[Answered, None, Trial]:
        asked.append(problem.text)
        return Answered(problem_id=problem.id, problem=problem.text), None, Trial([], [])

    monkeypatch.setattr(answers, "answer_problem", mended)
    for expected in (["bats?"], ["bats?", "apes?", "bats?", "cats?"]):  # only what failed; and everything anew once the file was whole
        with Progress() as progress:
            answers.answer_file(CONFIG, str(given), None, str(out), progress)
        assert [row.problem for row in read_records(out, Answered)] == ["apes?", "bats?", "cats?"] and asked == expected


def test_answer_accuracy_and_proved_accuracy_are_told_apart() -> None:
    rows = [
        Answered(problem_id="a", problem="", posed="x", answer="1", correct=True, proved=True, first_correct=True),
        Answered(problem_id="b", problem="", posed="x", answer="2", correct=True, refuted=False),
        Answered(problem_id="c", problem="", posed="x", answer="3", correct=False, refuted=True),
        Answered(problem_id="d", problem="", correct=False),
    ]
    counts, cost, accuracy = Figures([row.model_copy(update={"tokens": 6, "lean_seconds": 0.5}) for row in rows]).lines()
    assert counts.startswith("stated with a place for the answer: 3 of 4 (75%); with cases: 0; answered: 3; proved: 1; refuted: 1")
    assert cost == "6 tokens and 0.5 s of Lean a problem"
    assert accuracy == "answer accuracy: 2 of 4 (50%); proved accuracy: 1 of 4 (25%); before any proof: 1 of 4 (25%)"
    assert len(Figures([row.model_copy(update={"correct": None}) for row in rows]).lines()) == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["check-programs", "nowhere.py", "--out", "OUT"], "nowhere.py: no such file"),
        (["check-programs", "EMPTY", "--out", "OUT"], "no program with a requirement"),
        (["answer", "generated", "--out", "OUT"], "this stage needs a model"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [str(tmp_path / "out.jsonl") if word == "OUT" else str(tmp_path) if word == "EMPTY" else word for word in arguments]
    with pytest.raises(SystemExit) as raised:
        main(words)
    said = capsys.readouterr().err
    assert raised.value.code == 2 and says in said and said.strip().count("\n") == 0
