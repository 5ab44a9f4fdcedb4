"""Back-translation and votes, scripted: right, wrong, malformed, empty and off-topic answers of both roles."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from synth.config import BackConfig, FilterConfig
from synth.llm.config import ModelRole
from synth.problems.generate import generate
from synth.records import Problem, Statement, content_id
from synth.services import RoleModel
from synth.statements.filters.base import Context
from synth.statements.filters.consistent import consistent
from synth.statements.filters.faithful import faithful, passes
from synth.statements.filters.numbers import lost, numbers, strange
from synth.statements.filters.votes import agreed
from tests.synth.stage_fakes import checked_by, scripted, tools
from verify_workers.backends.base import Backend

TEXT = "theorem X : ∀ n : Nat, n * n % 4 ≠ 2"
WORDS = "The square n * n never leaves remainder 2 when divided by 4."


def statement(text: str = TEXT, problem: str = "p", **fields: object) -> Statement:
    return Statement.model_validate({"id": content_id("s", problem, text), "problem_id": problem, "text": text} | fields)


def answering(informalized: list[str] | str, verdicts: list[str] | str, formal: list[str] | str = "") -> Callable[[str, int], Any]:
    def answer(prompt: str, n: int) -> list[str] | str:
        given = {"<|informalize|>": informalized, "<|compare|>": verdicts, "<|formalize|>": formal}
        reply = next(reply for token, reply in given.items() if prompt.startswith(token))
        return reply if isinstance(reply, str) else (reply * n)[:n]

    return answer


def judged(answer: Callable[[str, int], Any], config: BackConfig, *rows: Statement) -> tuple[list[Statement], list[str]]:
    sample, asked = scripted(answer)
    context = Context(tools(sample), FilterConfig(back=config), problems={"p": Problem(id="p", text="No square is 2 modulo 4.")})
    return asyncio.run(faithful(list(rows or [statement()]), context)), asked


def test_off_by_default_and_given_statements_are_not_asked_about() -> None:
    assert judged(answering([], []), BackConfig()) == ([statement()], [])
    rows, asked = judged(answering([WORDS], ["same"]), BackConfig(translations=1), statement(origin="given"))
    assert rows == [statement(origin="given")] and not asked


def test_the_words_are_compared_with_the_problem() -> None:
    (row,), asked = judged(answering([WORDS], ["same"]), BackConfig(translations=1, votes=3))
    assert (row.kept, row.back, row.same, row.judged) == (True, WORDS, 3, 3)
    assert asked == [
        "<|informalize|>: ∀ n : Nat, n * n % 4 ≠ 2<|answer|>",
        f"<|compare|>No square is 2 modulo 4.<|message|>{WORDS}<|answer|>",
    ]


@pytest.mark.parametrize(
    ("verdicts", "config", "reason", "same"),
    [
        (["same", "same", "different"], {"rule": "unanimous"}, "unfaithful", 2),
        (["same", "same", "different"], {"rule": "at_least", "at_least": 2}, "", 2),
        (["same", "different", "different"], {"rule": "at_least", "at_least": 2}, "unfaithful", 1),
        (["same", "same", "different"], {"rule": "mean", "mean": 0.6}, "", 2),
        (["same", "same", "different"], {"rule": "mean", "mean": 0.7}, "unfaithful", 2),
        (["same", "who knows", "same"], {"rule": "unanimous"}, "unfaithful", 2),  # what cannot be read is no vote for it
        (["same", "who knows", ""], {"rule": "mean", "mean": 1.0}, "", 1),
        (["", "Fine weather!", "¬"], {"rule": "at_least"}, "unjudged", 0),
    ],
)
def test_the_rule_decides(verdicts: list[str], config: dict[str, Any], reason: str, same: int) -> None:
    back = BackConfig.model_validate({"translations": 1, "votes": 3} | config)
    (row,), _ = judged(answering([WORDS], verdicts), back)
    assert (row.kept, row.reason, row.same, row.judged) == (not reason, reason, same, 3)
    assert row.back == WORDS
    if reason == "unfaithful":
        assert row.detail.startswith(f"{same} of 3 votes for same: ") and row.detail.split(": ")[1] in ("different", "who knows")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([""], "no back-translation: empty"),
        (["theorem X : ∀ n : Nat, n * n % 4 ≠ 2 := by omega"], "no back-translation: no_text"),
        ("the prompt has 600 tokens", "no back-translation: the prompt has 600 tokens"),
    ],
)
def test_no_words_no_verdict(words: list[str] | str, why: str) -> None:
    (row,), asked = judged(answering(words, ["same"]), BackConfig(translations=1))
    assert (row.kept, row.reason, row.detail) == (False, "unjudged", why)
    assert len(asked) == 1, "there is nothing to compare"


def test_a_judge_whose_prompt_is_too_long() -> None:
    (row,), _ = judged(answering([WORDS], "the prompt has 600 tokens"), BackConfig(translations=1))
    assert (row.reason, row.detail) == ("unjudged", "the prompt has 600 tokens")


def test_every_back_translation_must_pass() -> None:
    """Robust against wording: one that reads otherwise is enough to doubt the statement."""
    answers = iter([["same"], ["different"]])

    def answer(prompt: str, n: int) -> list[str]:
        return ["A square is not 2 mod 4.", "A square is 2 mod 4."] if prompt.startswith("<|informalize|>") else next(answers)

    (row,), asked = judged(answer, BackConfig(translations=2))
    assert (row.reason, row.back, row.same, row.judged) == ("unfaithful", "A square is 2 mod 4.", 1, 2) and len(asked) == 3


def test_formalized_again_it_must_come_back() -> None:
    """Herald's check; other names of bound variables do not matter."""
    again = [": ∀ k : Nat, k * k % 4 ≠ 2", ": ∀ n : Nat, n * n % 4 ≠ 3", "no idea.", ": ∀ n : Nat, n * n % 4 ≠ 2"]
    config = BackConfig(translations=1, cycle=4)
    (row,), asked = judged(answering([WORDS], ["same"], again), config)
    assert (row.kept, row.recovered) == (True, 0.5) and asked[-1] == f"<|formalize|>{WORDS}<|answer|>"
    (row,), _ = judged(answering([WORDS], ["same"], again), config.model_copy(update={"cycle_share": 0.75}))
    assert (row.reason, row.recovered, row.detail) == (
        "not_recovered", 0.5, "2 of 4 formalizations of its back-translation are this statement",
    )  # fmt: skip


def test_an_impossible_rule_is_refused() -> None:
    with pytest.raises(ValueError, match=r"at_least \(3\) is more than there are votes \(1\)"):
        BackConfig(rule="at_least", at_least=3)
    assert not passes(0, 0, 3, BackConfig(rule="mean", mean=0))


def test_too_few_samples_agree() -> None:
    rows = [statement("theorem X : 1 = 1", votes=3, samples=4), statement("theorem X : 2 = 2", votes=2, samples=4)]
    rows += [statement("theorem X : 3 = 3", votes=1), statement("theorem X : 4 = 4", votes=1, samples=4, origin="given")]
    context = Context(tools(), FilterConfig(vote_share=0.75))
    result = asyncio.run(agreed(rows, context))
    assert [(s.reason, s.detail) for s in result] == [("", ""), ("minority", "2 of 4 samples"), ("", ""), ("", "")]
    assert all(s.kept for s in asyncio.run(agreed(rows, Context(tools()))))


@pytest.mark.parametrize(
    ("goal", "words", "named", "both"),
    [
        ("∃ x : Nat, 6 * x + 15 = 85", "Show that 6x + 15 = 85 has a solution.", "", ""),
        ("∃ x : Nat, 6 * x + 10 = 85", "Show that 6x + 15 = 80.", "the problem does not name 10", "the problem does not name 10"),
        ("∃ x : Nat, 6 * x + 6 = 66", "Show that 6x + 15 = 66 has a solution.", "", "the problem names 15"),
        ("∀ n : Nat, n % 7 = 3 → n ^ 2 % 7 = 2", "Modulo seven n is three; show that its square is two.", "", ""),
        ("∀ n : Nat, n < 1200 → n < 1201", "A hall has 1,200 seats; fewer than 1201.", "", ""),
        ("∀ n : Nat, n < 41 → n < 45", "Forty-one is more than n, so forty-five is.", "", ""),
        ("∀ n : Nat, n < 4 → n < 5", "More than 41, fewer than 45.", "the problem does not name 4", "the problem does not name 4"),
    ],
)  # fmt: skip
def test_numbers_are_those_of_the_problem(goal: str, words: str, named: str, both: str) -> None:
    problems = {"p": Problem(id="p", text=words)}
    for setting, why in (("any", ""), ("named", named), ("both", both)):
        config = FilterConfig.model_validate({"numbers": setting})
        (row,) = asyncio.run(numbers([statement(f"theorem X : {goal}")], Context(tools(), config, problems=problems)))
        assert (row.reason, row.detail) == (("numbers", why) if why else ("", ""))
    given = statement("theorem X : 7 = 8", origin="given")
    assert asyncio.run(numbers([given], Context(tools(), FilterConfig(numbers="both"), problems=problems))) == [given]


def test_the_generators_problems_name_their_numbers() -> None:
    assert not [g.text for g in generate(8, 400) if strange(g.reference, g.text) or lost(g.reference, g.text)]


def test_the_prover_finds_a_contradiction_that_tactics_do_not(backend: Backend) -> None:
    """n * n = 3 has no solution: beyond `omega`, but the prover bounds n."""
    rows = [statement("theorem X : ∀ n : Nat, n * n = 3 → n = 5"), statement("theorem X : ∀ n : Nat, n * n = 9 → n = 3", "q")]
    small = "have := Nat.mul_le_mul (Nat.le_of_lt_succ g) (Nat.le_of_lt_succ g); omega"
    bounded = f"intro n h; rcases Nat.lt_or_ge n 2 with g | g; {small}; have := Nat.mul_le_mul g g; omega"

    def answer(prompt: str, n: int) -> list[str]:
        assert prompt.startswith("<|prove|>") and prompt.endswith("False<|answer|>")
        return [bounded, "omega", "", "1 = 1."][:n]

    sample, asked = scripted(answer)
    problems = {name: Problem(id=name) for name in "pq"}
    context = Context(tools(sample, checked_by(backend)), FilterConfig(contradiction_attempts=4), problems=problems)
    result = asyncio.run(consistent(rows, context))
    assert [s.reason for s in result] == ["contradictory", ""] and len(asked) == 2
    without = Context(tools(verify=checked_by(backend)), problems=problems)
    assert all(s.kept for s in asyncio.run(consistent(rows, without)))


def test_each_role_is_asked_its_own() -> None:
    """What the judge sees, the informalizer never does."""
    informal, asked_informalizer = scripted(lambda prompt, n: [WORDS] * n)
    judge, asked_judge = scripted(lambda prompt, n: ["same"] * n)
    base = tools()
    own: dict[ModelRole, RoleModel] = {"informalizer": replace(base.judge, sample=informal), "judge": replace(base.judge, sample=judge)}
    problems = {"p": Problem(id="p", text="T")}
    context = Context(replace(base, models={**base.models, **own}), FilterConfig(back=BackConfig(translations=1)), problems=problems)
    assert asyncio.run(faithful([statement()], context))[0].kept
    assert [p[:15] for p in asked_informalizer] == ["<|informalize|>"] and [p[:11] for p in asked_judge] == ["<|compare|>"]


def test_samples_that_were_found_wrong_before_outvote_nobody() -> None:
    """Of four samples one did not elaborate, and one lacked a number: two are left, and one statement has one of them."""
    one, other = statement("theorem X : 1 = 1", votes=1, samples=4), statement("theorem X : 2 = 2", votes=1, samples=4)
    settings = FilterConfig(vote_share=0.5, votes_of="left")

    def dropped(*rows: Statement, **changed: Any) -> list[str]:
        return [s.detail for s in asyncio.run(agreed(list(rows), replace(Context(tools(), settings), **changed)))]

    assert dropped(one, other) == ["", ""] and dropped(one) == [""]
    more = statement("theorem X : 3 = 3", votes=2, samples=4)
    assert dropped(one, more) == ["1 of 3 samples that are left", ""]
    assert dropped(one, together=False) == ["1 of 4 samples"], "asked about again, alone: nobody knows of how many"
    assert dropped(one.model_copy(update={"origin": "answered"})) == ["1 of 4 samples"]
    assert dropped(one.model_copy(update={"origin": "given"})) == [""]
