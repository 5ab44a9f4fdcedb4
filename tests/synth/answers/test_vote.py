"""Which of several programs is believed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from synth.answers.construct import Construction, construct, in_order
from synth.answers.enumerate import jail_holds
from synth.answers.vote import Listed, believed, support
from synth.config import AnswersConfig, FormalizeConfig
from synth.records import Problem
from tests.synth.stage_fakes import checked_by, scripted, tools
from verify_workers.backends.base import Backend

PROBLEM = Problem(id="p", text="How many natural numbers n below 30 leave remainder 3 when divided by 7?")
POSED = "(answer : Nat) : ((List.range 30).filter (fun n => n % 7 = 3)).length = answer"


def program(below: int = 30, d: int = 7, r: int = 3) -> str:
    return f"print(sum(n % {d} == {r} for n in range({below})))"


def listed(name: str, *values: int, lacks: bool = False, start: int = 0) -> Listed:
    return Listed(name, [((n,), (value,)) for n, value in enumerate(values, start)], lacks)


def test_most_programs_are_believed() -> None:
    found = believed([listed("odd", 1, 3, 5), listed("even", 0, 2, 4), listed("also even", 0, 2, 4)])
    assert [one.source for one in found] == ["even", "also even", "odd"]


def test_programs_agree_on_the_arguments_that_both_list() -> None:
    short, long, elsewhere = listed("short", 0, 2), listed("long", 0, 2, 4), listed("elsewhere", 6, 8, start=3)
    assert short.agrees(long) and not short.agrees(elsewhere)  # which shares no argument, and says nothing about it
    assert believed([elsewhere, short, long])[0].source == "long"  # of those that agree, the one with more cases
    assert not listed("x", 0, 2).agrees(listed("y", 0, 3))


def test_a_program_in_doubt_is_not_outvoted_but_comes_last() -> None:
    wrong = [listed(f"w{n}", 7, lacks=True) for n in range(3)]
    found = believed([*wrong, listed("right", 5)])
    assert found[0].source == "right" and support(found[0], found) == 1 and len(found) == 4
    assert believed(wrong)[0].source == "w0"  # where there is no other


def test_of_equally_many_votes_the_one_with_the_problems_numbers_counts() -> None:
    few, all_there = listed("few", 7), listed("all", 5)
    assert believed([replace(few, fewer=1), all_there])[0].source == "all"
    assert believed([replace(few, fewer=1), replace(few, fewer=2), all_there])[0].source == "few"  # votes tell more


pytestmark = pytest.mark.skipif(not jail_holds(), reason="this machine lacks Landlock or the filter of system calls")


def made(programs: list[str], backend: Backend, posed: list[str] | None = None, **config: object) -> Construction:
    answers = {"formalize": posed or [POSED], "enumerate": programs, "guess": ["1"]}
    sample, _ = scripted(lambda prompt, n: (answers[prompt[2 : prompt.index("|>")]] * n)[:n])
    settings = AnswersConfig.model_validate({"enabled": True, "programs": 4, "guesses": 1, "keep": 2, "seconds": 10, **config})
    found = asyncio.run(construct(PROBLEM, settings, FormalizeConfig(samples=2, keep=1), tools(sample, checked_by(backend))))
    (one,) = [each for each in found if each.hole]
    return one


def first(one: Construction) -> str:
    return next(one.answers[s.id].text for s in one.statements if s.kept)


def test_a_number_copied_wrongly_does_not_count(backend: Backend) -> None:
    wrong = [program(d=9), program(d=9), program(below=20)]
    one = made([*wrong, program()], backend)
    assert first(one) == "4" and one.program == program() + "\n" and len(one.ran) == 1  # the other ones are not run
    assert first(made([*wrong, program()], backend, numbers=False)) == str(sum(n % 9 == 3 for n in range(30)))


def test_programs_are_run_until_so_many_agree(backend: Backend) -> None:
    other = "print(len([n for n in range(30) if n % 7 == 3]))"
    mistaken = "print(sum(n % 7 == 3 for n in range(30)) + 1)"
    one = made([mistaken, program(), other, "print(1)"], backend, agree=2)
    assert first(one) == "4" and len(one.ran) == 3
    assert first(made([mistaken, program(), other, "print(1)"], backend)) == "5"
    one = made([mistaken, program(), program(), "print(1)"], backend, agree=3)  # never so many: all are run, and the most believed
    assert first(one) == "4" and len(one.ran) == 3  # equal ones once
    assert {answer.text for answer in one.answers.values()} == {"4", "5"}


def test_a_statement_with_the_problems_numbers_comes_first(backend: Backend) -> None:
    wrong = POSED.replace("% 7", "% 9")
    assert "n % 7 = 3" in made([program()], backend, [wrong, POSED]).statements[0].text
    assert "n % 9 = 3" in made([program()], backend, [wrong, POSED], numbers=False).statements[0].text


def test_a_statement_that_lacks_a_number_is_tried_with_what_the_cases_say(backend: Backend) -> None:
    wrong = POSED.replace("% 7", "% 9")  # of which 1 is as wrong as 4
    assert [s.kept for s in made([program()], backend, [wrong]).statements] == [False, True, False]
    assert [s.kept for s in made([program()], backend, [wrong], numbers=False).statements] == [False, True, True]
    assert [s.kept for s in made([program()], backend).statements] == [False, True, True]
    assert [s.kept for s in made(["print('?')"], backend, [wrong]).statements] == [False, True]  # no cases: nothing speaks against 1


def test_programs_for_all_statements_are_believed_together(backend: Backend) -> None:
    """Those written for a statement that copies the problem wrongly copy it wrongly, too."""
    wrong = POSED.replace("% 7", "% 9")

    def answer(prompt: str, n: int) -> list[str]:
        role = prompt[2 : prompt.index("|>")]
        several = {"formalize": [wrong, POSED], "enumerate": [program(d=9) if "% 9" in prompt else program()], "guess": ["9"]}[role]
        return (several * n)[:n]

    settings = AnswersConfig(enabled=True, programs=2, guesses=1, keep=2, seconds=10)
    sample, _ = scripted(answer)
    found = asyncio.run(construct(PROBLEM, settings, FormalizeConfig(samples=2, keep=2), tools(sample, checked_by(backend))))
    assert [one.program for one in found] == [program() + "\n"] * 2
    tried = [(one.answers[s.id].text, s.text.count("% 7")) for one, s in in_order(found)]
    assert tried[:2] == [("4", 1), ("4", 0)] and {text for text, _ in tried[2:]} <= {"3", "9"}
