"""Problems that are a benchmark's in other words: the rows nearest to them, and what the judge says of those."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from synth.config import FilterConfig, RunConfig
from synth.problems.generate import generate
from synth.prompts import load_prompts, repeats
from synth.records import Drop, Problem, Statement
from synth.run.roles import answering, statement_prompts
from synth.statements.benchmarks import Benchmarks
from synth.statements.filters.base import Context
from synth.statements.filters.reworded import reworded
from synth.statements.nearest import Nearest
from tests.synth.stage_fakes import scripted, tools
from tests.synth.statements.planted import ENGLISH

ROWS = {
    "b1": "Show that no square leaves remainder 2 when divided by 4.",
    "b2": "Prove that 17 divides 51.",
    "b3": "Is there a natural number whose square is 50?",
}
STORY = (
    "A farmer plants n rows of n trees. Can it be that 2 trees remain when all are shared among 4 sons, the square being divided evenly?"
)


def benchmarks() -> Benchmarks:
    found = Benchmarks()
    held = [Problem(id="b1", name="b1", source="bench", text=ROWS["b1"])]
    barred = [Problem(id=id, name=id, source="bench", text=ROWS[id]) for id in ("b2", "b3")]
    found.add(held, Drop.HELDOUT, {})
    found.add(barred, Drop.CONTAMINATED, {})
    return found


def judged(answer: Callable[[str, int], Any], *rows: Statement, text: str = STORY, **config: Any) -> tuple[list[Statement], list[str]]:
    sample, asked = scripted(answer)
    settings = FilterConfig.model_validate({"reworded": 2} | config)
    context = Context(tools(sample), settings, problems={"p": Problem(id="p", text=text)}, benchmarks=benchmarks())
    return asyncio.run(reworded(list(rows or [statement("s1"), statement("s2")]), context)), asked


def statement(id: str, origin: str = "autoformalized", problem: str = "p") -> Statement:
    return Statement.model_validate({"id": id, "problem_id": problem, "text": "theorem X : 1 = 1", "origin": origin})


def says(*same: str) -> Callable[[str, int], list[str]]:
    """A judge that finds the problem the same as these rows."""
    return lambda prompt, n: ["same" if any(ROWS[id] in prompt for id in same) else "different"] * n


def test_off_by_default() -> None:
    rows, asked = judged(says("b1"), reworded=0)
    assert all(s.kept for s in rows) and not asked
    assert judged(says("b1"), decontaminate=False)[1] == []
    assert "judge" not in answering(statement_prompts(RunConfig.model_validate({"filters": {"grade": False}})))
    assert "judge" in answering(statement_prompts(RunConfig.model_validate({"filters": {"grade": False, "reworded": 1}})))


def test_the_judge_is_asked_about_the_nearest_rows_once_a_problem() -> None:
    rows, asked = judged(says("b1"))
    assert asked[0] == f"<|compare|>{ROWS['b1']}<|message|>{STORY}<|answer|>" and len(asked) == 2
    assert [(s.kept, s.reason, s.benchmark) for s in rows] == [(False, "heldout", "bench b1 (in other words, 1 of 1 votes)")] * 2


def test_what_no_row_says_stays() -> None:
    rows, asked = judged(says())
    assert asked and all(s.kept and not s.benchmark for s in rows)
    assert judged(says("b1", "b2", "b3"), text="Xyzzy?")[1] == []  # shares no word with any


def test_votes_and_rule_are_those_of_back_translation() -> None:
    def two_of_three(prompt: str, n: int) -> list[str]:
        return ["same", "different", "same"] if ROWS["b3"] in prompt else ["different"] * n

    back = {"votes": 3, "rule": "at_least", "at_least": 2}
    rows, _ = judged(two_of_three, back=back, reworded=3)
    assert [(s.reason, s.benchmark) for s in rows] == [("contaminated", "bench b3 (in other words, 2 of 3 votes)")] * 2
    assert all(s.kept for s in judged(two_of_three, back={"votes": 3, "rule": "unanimous"}, reworded=3)[0])


@pytest.mark.parametrize("answer", ["", "Fine weather!", "I cannot say."])
def test_without_a_verdict_nothing_is_taken_for_clean(answer: str) -> None:
    rows, _ = judged(lambda prompt, n: [answer] * n)
    assert [s.reason for s in rows] == ["unjudged"] * 2 and "whether it is bench b1 in other words: no verdict" in rows[0].detail
    rows, _ = judged(lambda prompt, n: "prompt of 900 tokens, 512 at most")
    assert [s.reason for s in rows] == ["unjudged"] * 2


def test_a_row_that_it_is_counts_more_than_one_without_a_verdict() -> None:
    rows, _ = judged(lambda prompt, n: ["same"] if ROWS["b3"] in prompt else [""], reworded=3)
    assert {s.reason for s in rows} == {"contaminated"}


def test_given_statements_are_told_and_kept_or_dropped_as_the_configuration_says() -> None:
    given = statement("s1", "given")
    (row,), _ = judged(says("b1"), given)
    assert row.kept and row.benchmark.startswith("bench b1")
    (row,), _ = judged(says("b1"), given, given_in_benchmark="drop")
    assert row.reason == "heldout"
    (row,), _ = judged(lambda prompt, n: [""], given)
    assert row.kept and not row.benchmark


def test_statements_without_words_are_not_asked_about() -> None:
    rows, asked = judged(says("b1"), statement("s1", problem="nobody"))
    assert rows[0].kept and not asked


def test_rows_added_later_are_found_too() -> None:
    found = benchmarks()
    assert [row.name for row in found.nearest("Prove that 17 divides 51.", 1)] == ["bench b2"]
    found.add([Problem(id="b4", name="b4", source="bench", text="Prove that 19 divides 57.")], Drop.CONTAMINATED, {})
    assert [row.name for row in found.nearest("Does 19 divide 57?", 1)] == ["bench b4"]


def test_the_chat_prompt() -> None:
    prompt = repeats(load_prompts("chat"), " What is 2 + 2? ", "Show that 2 + 2 = 4.")
    assert prompt.text == (
        "Two problems follow. The first is from a benchmark that nothing may be learned from.\n\nFirst:\nShow that 2 + 2 = 4.\n\n"
        "Second:\nWhat is 2 + 2?\n\n"
        "Is the second one the first in other words? It is where whoever has solved one has solved the other: wording, language, the story "
        "around\nit, names of variables, order and notation do not matter, nor whether it asks for an answer or gives it and asks for a "
        "proof. It is not\nwhere a number, a domain, a relation or a quantifier is another, or where a hypothesis is added or left out. "
        "Name what differs in a\nsentence, then end with one line: `verdict: same` or `verdict: different`."
    )


def test_the_benchmark_row_is_among_the_nearest_of_a_problem_in_another_wording() -> None:
    """What the judge can find at most: of 300 rows of the generator the right one is among the eight nearest of nearly all."""
    held, rng = generate(7, 300), Random(1)
    near = Nearest([(str(place), item.text) for place, item in enumerate(held)])
    asked = [(place, text) for place, item in enumerate(held) if (text := ENGLISH["another wording"](item, rng)) and text != item.text]
    found = [place in [row for row, *_ in near.find(text, 8)] for place, text in asked]
    assert len(asked) > 200 and sum(found) / len(found) > 0.97, f"{sum(found)} of {len(found)}"
