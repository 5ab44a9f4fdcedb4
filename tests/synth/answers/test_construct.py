"""From a problem to statements with answers, with scripted models, real programs in the jail, and real Lean."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from synth.answers.construct import Construction, asks, construct
from synth.answers.enumerate import Ended, jail_holds
from synth.config import AnswersConfig, FilterConfig, FormalizeConfig, RunConfig
from synth.records import Drop, Problem, Statement
from synth.run.answering import Answered, answer_problem
from synth.run.shard import Shard, ShardTask
from synth.store.rundir import RunDir
from tests.synth.stage_fakes import BY_ROLE, FakeServices, checked_by, scripted, tools
from verify_workers.backends.base import Backend
from verify_workers.records import Check, Outcome, Verdict

pytestmark = pytest.mark.skipif(not jail_holds(), reason="this machine lacks Landlock or the filter of system calls")
CONFIG = AnswersConfig(enabled=True, programs=2, guesses=4, keep=2, seconds=10)
PROBLEM = Problem(id="p", text="Let s 0 = 0 and s (n + 1) = s n + 2 * (n + 1). Find s n in closed form.")
POSED = "(answer : Nat → Nat) : ∀ s : Nat → Nat, s 0 = 0 → (∀ n, s (n + 1) = s n + 2 * (n + 1)) → ∀ n, s n = answer n"
PROGRAM = "s = 0\nfor n in range(5):\n    print(n, s)\n    s += 2 * (n + 1)"
RUN = RunConfig.model_validate(
    {
        "answers": CONFIG.model_dump(),
        "formalize": {"samples": 2, "keep": 1},
        "filters": {"grade": False, "trivial": "keep"},
        "search": {"attempts": 2, "wave": 2, "timeout": 5, "strategies": ["counterexample", "induction", "whole_proof"]},
    }
)


def model(answers: dict[str, list[str]]) -> tuple[Any, list[str]]:
    """A model that gives `answers`, by the first token of the prompt."""
    return scripted(lambda prompt, n: (answers[prompt[2 : prompt.index("|>")]] * n)[:n])


def made(answers: dict[str, list[str]], backend: Backend, config: AnswersConfig = CONFIG) -> Construction:
    sample, _ = model({"formalize": [POSED], "enumerate": [PROGRAM], **answers})
    (one,) = asyncio.run(construct(PROBLEM, config, FormalizeConfig(samples=1), tools(sample, checked_by(backend))))
    return one


def test_an_answer_is_constructed(backend: Backend) -> None:
    guesses = ["fun n => n * (n + 1)", "fun n => n * n", "fun n => n * (n + 1)", "fun n => s n"]
    sample, asked = model({"formalize": [POSED], "enumerate": [PROGRAM], "guess": guesses})
    (one,) = asyncio.run(construct(PROBLEM, CONFIG, FormalizeConfig(samples=1), tools(sample, checked_by(backend))))
    assert one.cases == [((0,), (0,)), ((1,), (2,)), ((2,), (6,)), ((3,), (12,)), ((4,), (20,))]
    assert asked[2].endswith("<|statement|>Nat → Nat<|message|>0 0; 1 2; 2 6; 3 12; 4 20<|answer|>")
    posed, right, wrong, illegal = one.statements
    assert (posed.reason, posed.detail) == (Drop.OPEN, "programs: 1 done; 5 cases")
    assert right.kept and right.text.endswith("∀ n, s n = (n * (n + 1))") and right.votes == 2 and wrong.kept
    assert (right.origin, right.parent, right.problem_id, right.model) == ("answered", posed.id, "p", "model")
    assert (illegal.kept, illegal.reason, illegal.text, illegal.parent) == (False, "illegal_answer", "fun n => s n", posed.id)
    assert len({s.id for s in one.statements}) == 4 and one.answers[right.id].text == "fun n => n * (n + 1)"


@pytest.mark.parametrize(
    ("program", "ended", "cases"),
    [
        ("print(1 / 0)", Ended.FAILED, 0),
        ("x = 1", Ended.FAILED, 0),  # prints nothing: no program
        ("while True:\n    print(3, 12)", Ended.OUTPUT, 5),
        ("print('no numbers')", Ended.DONE, 0),
        ("I cannot do that.", Ended.FAILED, 0),
        ("", Ended.FAILED, 0),
        ("print(open('/etc/passwd').read())", Ended.FAILED, 0),
    ],
)
def test_programs_that_help_little_or_not(program: str, ended: Ended, cases: int, backend: Backend) -> None:
    """The answers are then asked for without cases, and what became of the programs is said."""
    one = made({"enumerate": [program], "guess": ["fun n => n * (n + 1)"]}, backend, CONFIG.model_copy(update={"output": 100}))
    assert {ran.ended for ran in one.ran} == {ended} and bool(one.cases) == bool(cases)
    assert len(one.ran) == (1 if cases or program.startswith("print") else 2) and f"{len(one.ran)} {ended}" in one.statements[0].detail
    assert [s.kept for s in one.statements] == [False, True]


@pytest.mark.parametrize(
    ("guess", "reason", "detail"),
    [
        ("fun n => n - ", "illegal_answer", "term"),
        ("n", "illegal_answer", "shape"),
        ("The answer is 3.", "illegal_answer", "term"),
        ("", "illegal_answer", "unread: empty"),
        ("fun n => m", "illegal_answer", "names"),
        ("fun n => -1", "illegal_answer", "untyped"),
    ],
)
def test_guesses_that_are_none(guess: str, reason: str, detail: str, backend: Backend) -> None:
    _, one = made({"guess": [guess]}, backend).statements
    assert not one.kept and one.reason == reason and one.detail.startswith(detail)


@pytest.mark.parametrize(
    ("posed", "reason"),
    [
        (": ∀ n : Nat, n = n", Drop.NO_PLACE),
        ("(answer : Nat) : nonsense answer", Drop.ELABORATION),
        ("(answer : Nat", Drop.UNPARSED),
        ("Let us see.", Drop.UNPARSED),
        ("(answer : Nat) : answer = answer", Drop.TRUE_OF_ANYTHING),
        ("(answer : Nat -> Nat) (n : Nat) : answer n < answer n + 1", Drop.TRUE_OF_ANYTHING),
        ("(answer : Nat) : ∃ x : Nat, x = answer", Drop.TRUE_OF_ANYTHING),
        ("(answer : Nat → Nat) (n : Nat) (h : n < 0) : n * n + n = answer n", Drop.TRUE_OF_ANYTHING),
        ("", Drop.UNPARSED),
    ],
)
def test_statements_without_a_place(posed: str, reason: Drop, backend: Backend) -> None:
    one = made({"formalize": [posed]}, backend)
    assert one.hole is None and [s.reason for s in one.statements] == [reason]


def test_each_statement_has_an_id_of_its_own(backend: Backend) -> None:
    """Two formalizations with an answer in them said the same under one id, and so did one without a place for it."""
    posed = ["(answer : Nat) : 5 + 6 = answer", "(answer : Nat) : 5 + answer = 11", ": 5 + 6 = 11"]
    sample, _ = model({"formalize": posed, "guess": ["11", "6"]})
    direct = CONFIG.model_copy(update={"programs": 0})
    made = asyncio.run(construct(PROBLEM, direct, FormalizeConfig(samples=3, keep=2), tools(sample, checked_by(backend))))
    found = [(s.text, s.reason) for one in made for s in one.statements if s.text == "theorem X : 5 + 6 = 11"]
    assert sorted(reason for _, reason in found) == ["", Drop.DUPLICATE, Drop.NO_PLACE]
    assert len({s.id for one in made for s in one.statements}) == 7 and sum(len(one.answers) for one in made) == 3


def test_what_agrees_with_the_cases_comes_before_what_has_votes(backend: Backend) -> None:
    guesses = ["fun n => 2 * n", "fun n => 2 * n", "fun n => n * n + n", "fun n => 3"]
    one = made({"guess": guesses}, backend, CONFIG.model_copy(update={"keep": 1}))
    assert [(s.votes, s.reason) for s in one.statements[1:]] == [(1, ""), (2, Drop.SPARE_ANSWER), (1, Drop.SPARE_ANSWER)]


@pytest.mark.parametrize(
    ("kind", "goal", "program", "text"),
    [
        ("Nat", "(List.range 9).length = answer", "print(9)", "9"),
        ("List Nat", "∀ x : Nat, x < 3 → (x ≠ 1 ↔ x ∈ answer)", "print(*[0, 2])", "[0, 2]"),
        ("Prop", "(∃ n : Nat, n * n = 50) ↔ answer", "print(any(n * n == 50 for n in range(9)))", "False"),
        ("Int", "∀ x : Int, x + 3 = 1 → x = answer", "print(-2)", "-2"),
    ],
)
def test_what_a_program_printed_is_an_answer_to_try(kind: str, goal: str, program: str, text: str, backend: Backend) -> None:
    one = made({"formalize": [f"(answer : {kind}) : {goal}"], "enumerate": [program], "guess": ["no idea"]}, backend)
    (kept,) = [s for s in one.statements if s.kept]
    assert one.answers[kept.id].text == text


def test_answering_directly_asks_for_no_program(backend: Backend) -> None:
    sample, asked = model({"formalize": [POSED], "guess": ["fun n => n"]})
    direct = CONFIG.model_copy(update={"programs": 0})
    (one,) = asyncio.run(construct(PROBLEM, direct, FormalizeConfig(samples=1), tools(sample, checked_by(backend))))
    assert not one.ran and asked[-1].endswith("<|message|><|answer|>") and one.statements[0].detail == "programs: none asked for; 0 cases"


def test_a_failing_checker_is_no_verdict(backend: Backend) -> None:
    real = checked_by(backend)

    async def broken(checks: list[Check]) -> list[Verdict]:
        return [Verdict(id=c.id, outcome=Outcome.INFRA) if c.id.startswith("same") else (await real([c]))[0] for c in checks]

    sample, _ = model({"formalize": [POSED], "enumerate": [PROGRAM], "guess": ["fun n => n"]})
    (one,) = asyncio.run(construct(PROBLEM, CONFIG, FormalizeConfig(samples=1), tools(sample, broken)))
    assert [s.reason for s in one.statements] == [Drop.OPEN, Drop.UNDECIDED]


@pytest.mark.parametrize(
    ("text", "statement", "wanted"),
    [
        ("Find all n with n < 3.", "", True),
        ("What is 3 + 4?", "", True),
        ("How many primes are below 10?", "", True),
        ("Prove that 3 is odd.", "", False),
        ("Find n: show that it equals 3.", "", False),
        ("Every n is even or odd.", "", False),
        ("Show it.", "theorem X (answer : Nat) : answer = 3", True),
        ("What is it?", "theorem X : 3 = 3", False),
    ],
)
def test_which_problems_ask_for_something(text: str, statement: str, wanted: bool) -> None:
    problem = Problem(id="p", text=text, statement=statement)
    assert asks(problem, CONFIG) is wanted and not asks(problem, AnswersConfig())


def answered(guesses: list[str], backend: Backend) -> Answered:
    sample, _ = model({"formalize": [POSED], "enumerate": [PROGRAM], "guess": guesses, "prove": ["simp"]})
    return asyncio.run(answer_problem(PROBLEM, RUN, tools(sample, checked_by(backend)), asyncio.Semaphore(1)))[0]


def test_the_proved_answer_is_the_answer(backend: Backend) -> None:
    row = answered(["fun n => n + n * n"], backend)
    assert row.proved and not row.refuted and row.answer == "fun n => n + n * n" and row.strategy == "induction"
    assert row.cases.startswith("0 0\n1 2") and row.programs == ["done"] and row.type == "Nat → Nat" and row.tokens > 0
    check = Check(id="x", statement=row.statement, proof=row.proof, timeout=20)
    assert backend.check(check).accepted


def test_a_wrong_answer_is_never_proved(backend: Backend) -> None:
    row = answered(["fun n => 2 * n", "fun n => s n"], backend)
    assert (
        not row.proved
        and row.answer == "fun n => 2 * n"
        and row.dropped == {"fun n => s n": "illegal_answer: term: `n` does not belong to it"}
    )


def test_what_follows_from_impossible_hypotheses_is_not_proved(backend: Backend) -> None:
    posed = "(answer : Nat → Nat) (P : Nat → Prop) (n : Nat) (h : P n ∧ 0 < n) (g : ¬ P n) : n * n + n = answer n"
    sample, _ = model({"formalize": [posed], "guess": ["fun n => n ^ 2"], "prove": ["omega"]})
    direct = RUN.model_copy(update={"answers": CONFIG.model_copy(update={"programs": 0})})
    row, *_ = asyncio.run(answer_problem(PROBLEM, direct, tools(sample, checked_by(backend)), asyncio.Semaphore(1)))
    assert not row.proved and not row.answer and row.first == "fun n => n ^ 2"
    assert list(row.dropped.values()) == ["contradictory: the hypotheses prove False"]


def test_what_became_of_everything_else_is_told(backend: Backend) -> None:
    """Other formalizations and their answers, by reason; all of a run's filters look at them, which ask for no number of an answer's."""
    eleven = "(answer : Nat) : 5 + 6 = answer"
    posed = [eleven, eleven, "(answer : Nat) : 5 + 6 + x = answer", ": 5 + 6 = 11", "(answer : Nat) : 6 + 5 = answer", "Well."]
    config = RUN.model_copy(
        update={
            "answers": CONFIG.model_copy(update={"programs": 0}),
            "formalize": FormalizeConfig(samples=6, keep=2),
            "filters": FilterConfig(grade=False, numbers="both"),
        }
    )
    sample, _ = model({"formalize": posed, "guess": ["11", "11", "12", "5 + 6"], "prove": ["rfl"]})
    row, *_ = asyncio.run(
        answer_problem(Problem(id="p", text="What is 5 + 6?"), config, tools(sample, checked_by(backend)), asyncio.Semaphore(1))
    )
    assert row.proved and (row.answer, row.statement) == ("11", "theorem X : 5 + 6 = 11")
    assert {text.removeprefix("theorem X "): why.partition(":")[0] for text, why in row.dropped.items()} == {
        ": 5 + 6 = 11": "no_place",
        "(answer : Nat) : 5 + 6 + x = answer": "elaboration",
        "(answer : Nat) : 6 + 5 = answer": "open",
        ": 5 + 6 = 12": "spare_answer",
        ": 6 + 5 = 11": "spare_answer",
        ": 6 + 5 = 12": "spare_answer",
        "5 + 6": "illegal_answer",
    }


@pytest.mark.parametrize(
    ("posed", "guess", "reason"),
    [
        ("(answer : Nat → Nat) (n k : Nat) : n * n + n = answer n", "fun n => n * (n + 1)", "unused"),
        ("(answer : Nat → Nat) (n k : Nat) (h : k * n = 2) : k * n = answer n", "fun n => 2", "repeated"),
    ],
)
def test_the_filters_of_a_run_look_at_statements_with_answers(posed: str, guess: str, reason: str, backend: Backend) -> None:
    sample, _ = model({"formalize": [posed], "guess": [guess], "prove": ["assumption"]})
    direct = RUN.model_copy(update={"answers": CONFIG.model_copy(update={"programs": 0})})
    row, *_ = asyncio.run(answer_problem(PROBLEM, direct, tools(sample, checked_by(backend)), asyncio.Semaphore(1)))
    assert not row.answer and [why.partition(":")[0] for why in row.dropped.values()] == [reason]


def test_after_a_refutation_the_next_answer_is_tried(backend: Backend) -> None:
    sample, _ = model({"formalize": [POSED], "guess": ["fun n => n + n", "fun n => n + n", "fun n => n + n * n"], "prove": ["simp"]})
    direct = RUN.model_copy(update={"answers": CONFIG.model_copy(update={"programs": 0})})
    row, *_ = asyncio.run(answer_problem(PROBLEM, direct, tools(sample, checked_by(backend)), asyncio.Semaphore(1)))
    assert row.first == "fun n => n + n" and row.answer == "fun n => n + n * n" and row.proved and not row.refuted


def test_a_shard_constructs_answers_and_keeps_everything(tmp_path: Path, backend: Backend) -> None:
    guesses = ["fun n => n * (n + 1)", "fun n => n * n", "fun n => s", "fun n => n * (n + 1)"]
    other = Problem(id="q", text="Show that 1 + 1 = 2.")

    def answer(prompt: str, n: int) -> list[str]:
        if prompt.startswith("<|formalize|>Show"):
            return [": 1 + 1 = 2"] * n
        return {"f": [POSED] * n, "e": [PROGRAM] * n, "g": guesses[:n], "p": ["decide"] * n}[prompt[2]]

    sample, _ = scripted(answer)
    store = RunDir(str(tmp_path))
    shard = Shard(RUN, store, FakeServices(sample, checked_by(backend)), frozenset())  # type: ignore[arg-type]
    asyncio.run(shard.run(ShardTask(1, 0, (PROBLEM, other), (), BY_ROLE)))
    statements = list(store.read("statements", Statement))
    assert sorted(s.reason for s in statements) == ["", "", "illegal_answer", "open", "outvoted"]
    (right,) = [s for s in statements if s.kept and s.origin == "answered"]
    assert right.text.endswith("s n = (n * (n + 1))") and right.parent == next(s.id for s in statements if s.reason == "open")
