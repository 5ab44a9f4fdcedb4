"""Sketch and blueprint from the sketcher's answer to the proof that Lean accepts, with a scripted model and real Lean."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from synth.config import SearchConfig
from synth.llm.config import ROLES, RoleConfig
from synth.llm.endpoint import Endpoint
from synth.prompts import load_prompts
from synth.records import Problem, content_id
from synth.search.loop import require_strategies, search, strategies
from synth.search.outcome import Found
from synth.services import Barred, RoleModel, Tools
from synth.statements.text import given
from tests.synth.llm.fake_openai import FakeOpenAI
from tests.synth.stage_fakes import checked_by, scripted
from verify_workers.backends.base import Backend
from verify_workers.errors import UserError
from verify_workers.records import Check, Outcome, Verdict

GOAL = "∀ n : Nat, 4 ^ n * 7 ^ n % 3 = 1"
INDUCTION = "\n  intro n\n  induction n with\n  | zero => decide\n  | succ n ih => rw [Nat.pow_succ]; omega"
PLAN = """
  have h1 : ∀ n : Nat, 4 ^ n % 3 = 1 := by sorry
  have h2 : ∀ n : Nat, 7 ^ n % 3 = 1 := by sorry
  intro n
  rw [Nat.mul_mod, h1, h2]"""
WRONG = PLAN.replace("h1, h2]", "h1, h2 (by sorry : 1 = 2)]").replace("∀ n : Nat, 7 ^ n % 3 = 1", "1 = 2 → ∀ n : Nat, 7 ^ n % 3 = 1")


def run(
    backend: Backend,
    sketches: list[str] | Callable[[str], str],
    prove: Callable[[str], str] = lambda prompt: INDUCTION,
    goal: str = GOAL,
    preset: str = "embedded",
    barred: Barred = lambda statement: "",
    **settings: Any,
) -> tuple[Found, list[str]]:
    """The search of `goal` with answers for sketches (in order, then the last one again) and for proofs, and the prompts asked."""
    left = list(sketches) if isinstance(sketches, list) else []

    def answer(prompt: str, n: int) -> list[str]:
        if "<|prove|>" in prompt or "Prove the following" in prompt:
            return [prove(prompt)] * n
        return [sketches(prompt) if callable(sketches) else left.pop(0) if len(left) > 1 else left[0] for _ in range(n)]

    sample, asked = scripted(answer)
    prompts = load_prompts(preset)
    tools = Tools({role: RoleModel(prompts, sample) for role in ROLES}, checked_by(backend), 3, barred=barred)
    sketch = {"skeletons": 1, "attempts": 1, "revisions": 0} | settings.pop("sketch", {})
    config = SearchConfig.model_validate(
        {"strategies": ["sketch"], "portfolio": "never", "wave": 1, "timeout": 20, "sketch": sketch} | settings
    )
    config = config.model_copy(update={"strategies": (*config.strategies, "whole_proof")})
    problem = Problem(id="p", text="words", statement=f"theorem Foo.bar : {goal}")
    subject = given(problem, 3)
    chosen = strategies(subject, problem, config, tools)[:1]  # the others only for holes
    return asyncio.run(search(subject, problem, chosen, config, tools)), asked


def endings(found: Found) -> list[str]:
    return [v.reason or v.outcome for v in found.verdicts]


def test_each_hole_is_a_statement_and_the_whole_is_one_proof(backend: Backend) -> None:
    found, asked = run(backend, [PLAN])
    (pair,) = found.pairs
    assert (pair.kind, pair.strategy, pair.form, pair.problem) == ("theorem", "sketch", "proof", "words")
    assert "sorry" not in pair.proof and pair.proof.count("induction n with") == 2
    skeleton, whole = found.attempts
    assert (skeleton.unread, whole.unread, whole.parent, whole.id) == ("filled", "", skeleton.id, pair.attempt_id)
    assert skeleton.tokens > 0 == whole.tokens and skeleton.prompt == whole.prompt == load_prompts("embedded").hash("sketch")
    holes = [statement for statement, _ in found.asides.values()]
    assert [s.text for s in holes] == [
        "theorem subgoal : ∀ (n : ℕ), 4 ^ n % 3 = 1",
        "theorem subgoal (h1 : ∀ (n : ℕ), 4 ^ n % 3 = 1) : ∀ (n : ℕ), 7 ^ n % 3 = 1",
    ]
    for hole, inner in found.asides.values():
        assert (hole.origin, hole.parent, hole.problem_id, hole.round, hole.model) == ("subgoal", pair.statement_id, "p", 3, "model")
        (proved,) = inner.pairs
        assert (proved.kind, proved.statement_id, proved.problem, proved.strategy) == ("subgoal", hole.id, "", "whole_proof")
    assert len([p for found in found.everything() for p in found.pairs]) == 3 and found.made() == holes
    assert not any("words" in prompt for prompt in asked), "the problem's words are not about its pieces, and the small model sees none"


def test_a_refuted_hole_and_a_hard_one_go_back_with_what_became_of_them(backend: Backend) -> None:
    first = PLAN.replace("7 ^ n % 3 = 1", "7 ^ n % 3 = 2").replace("h1, h2]", "h1]; have := h2 0; simp at this")

    def prove(prompt: str) -> str:
        if "¬" in prompt:
            inner = "intro n; induction n with | zero => decide | succ n ih => rw [Nat.pow_succ]; omega"
            return f"intro h; exact absurd (h (by {inner}) 0) (by decide)"
        return INDUCTION if "4 ^ n % 3 = 1<" in prompt or "7 ^ n % 3 = 1<" in prompt else "exact nonsense"

    found, asked = run(backend, [first, PLAN], prove, sketch={"revisions": 1})
    assert [p.kind for p in found.pairs] == ["theorem"]
    assert endings(found) == ["open_holes", "filled", "accepted"]
    revised = next(prompt for prompt in asked if "<|message|>" in prompt)
    assert revised == (
        f"<|sketch|>: {GOAL}<|proof|>by{first}<|message|>"
        "statement wrong: ∀ (h1 : ∀ (n : ℕ), 4 ^ n % 3 = 1), ∀ (n : ℕ), 7 ^ n % 3 = 2<|answer|>"
    )
    assert found.attempts[1].parent == found.attempts[0].id, "a revision says what it revises"
    refuted = [p for _, inner in found.asides.values() for p in inner.pairs if p.negated]
    assert [p.kind for p in refuted] == ["subgoal"], "that a step is wrong is a pair too"


def test_a_hole_that_stays_open_is_kept_for_later(backend: Backend) -> None:
    found, _ = run(backend, [PLAN], lambda prompt: INDUCTION if "7 ^" not in prompt else "exact nonsense")
    assert not found.pairs and endings(found) == ["open_holes"]
    (proved, inner), (left, tried) = found.asides.values()
    assert inner.pairs and not tried.pairs and left.kept and tried.attempts, "with its attempts"
    assert "4 ^" in proved.text


@pytest.mark.parametrize(
    ("answer", "ending"),
    [
        ("", "empty"),
        ("The plan is to use induction on n, and then to multiply what comes out.", "elaboration"),
        ("```lean4\n#check Nat\n```", "no_code"),
        ("\n  have h1 : ∀ n : Nat, 4 ^ n % 3 = 1 := by sorry\n  exact nonsense", "broken_skeleton"),
        ("\n  have h1 : ∀ n : Nat, 4 ^ m % 3 = 1 := by sorry\n  sorry", "broken_skeleton"),
        ('\n  run_tac do IO.FS.writeFile "x" "y"\n  sorry', "policy"),
        ("sorry", "circular"),
        ("\n  have h : ∀ n : Nat, 4 ^ n * 7 ^ n % 3 = 1 := by sorry\n  exact h", "circular"),
        ("\n  have a : 1 = 1 := sorry; have b : 1 = 1 := sorry; have c : 1 = 1 := sorry; sorry", "too_many_holes"),
        ("\n  have ⟨f, hf⟩ : ∃ f : Nat → Nat, f 0 = 1 := ⟨_, by sorry⟩\n  sorry", "broken_skeleton"),
        ("omega", "elaboration"),  # no plan, but a proof: judged as one
    ],
)
def test_whatever_the_sketcher_says_has_an_ending(backend: Backend, answer: str, ending: str) -> None:
    found, _ = run(backend, [answer], sketch={"holes": 3})
    assert endings(found) == [ending] and not found.pairs


def test_a_proof_without_holes_is_a_proof(backend: Backend) -> None:
    found, _ = run(backend, ["omega"], goal="∀ n : Nat, n < n + 1")
    assert found.pairs and found.pairs[0].strategy == "sketch" and not found.asides


def test_what_was_written_in_vain_is_recorded_too(backend: Backend) -> None:
    """Three skeletons at once: one that is filled first, the same again, and one that nobody tries any more."""
    found, _ = run(backend, [PLAN, PLAN, PLAN.replace("h1", "g")], sketch={"skeletons": 3})
    assert endings(found) == ["filled", "untried", "accepted"] and [a.count for a in found.attempts] == [2, 1, 1]
    assert found.tokens == 3 * len(PLAN.split()) and found.samples == 4


def test_a_hole_whose_print_says_something_else_is_recorded(backend: Backend) -> None:
    """The sum here is not the usual one, which its print does not show."""
    plan = "\n  have h : ∃ i : HAdd Nat Nat Nat, @HAdd.hAdd Nat Nat Nat i 1 2 = 4 := ⟨⟨fun _ _ => 4⟩, by sorry⟩\n  sorry"
    found, _ = run(backend, [plan])
    assert endings(found) == ["unfit_holes"] and not found.pairs
    assert [(s.kept, s.reason) for s in found.made()] == [(False, "unfit")] * 2 and not any(f.attempts for _, f in found.asides.values())


def test_a_failing_checker_decides_nothing(backend: Backend) -> None:
    sample, _ = scripted(lambda prompt, n: [PLAN] * n)

    async def failing(checks: list[Check]) -> list[Verdict]:
        return [Verdict(id=check.id, outcome=Outcome.INFRA) for check in checks]

    tools = Tools({role: RoleModel(load_prompts("embedded"), sample) for role in ROLES}, failing)
    problem = Problem(id="p", statement=f"theorem X : {GOAL}")
    config = SearchConfig.model_validate({"strategies": ["sketch"], "sketch": {"skeletons": 2}})
    found = asyncio.run(search(given(problem, 0), problem, strategies(given(problem, 0), problem, config, tools), config, tools))
    assert endings(found) == ["undecided_skeleton"] and found.attempts[0].count == 2 and not found.asides


def test_holes_of_the_benchmark_are_not_searched(backend: Backend) -> None:
    asked = backend.check(Check(id="h", statement="theorem H (m : Nat) : 4 ^ m % 3 = 1", proof="by skip"))
    found, _ = run(backend, [PLAN], barred=lambda statement: "heldout" if statement.form == asked.form else "")
    (first, nothing), (_, second) = found.asides.values()
    assert (first.kept, first.reason) == (False, "heldout") and not nothing.attempts and second.pairs and not found.pairs


def test_a_hole_of_two_skeletons_is_searched_once(backend: Backend) -> None:
    other = PLAN.replace("7 ^ n % 3 = 1", "7 ^ n % 3 = 1 + 0")
    found, asked = run(
        backend, [other, PLAN], lambda prompt: INDUCTION if "1 + 0" not in prompt else "exact nonsense", sketch={"skeletons": 2}
    )
    assert found.pairs and endings(found) == ["open_holes", "filled", "accepted"]
    assert sum("4 ^ n % 3 = 1<|answer|>" in prompt for prompt in asked) == 1


def test_skeletons_nest_as_deep_as_they_may(backend: Backend) -> None:
    goal = f"({GOAL}) ∧ 1 = 1"

    def sketches(prompt: str) -> str:
        return f"\n  have h : {GOAL} := by sorry\n  exact ⟨h, rfl⟩" if "∧" in prompt else PLAN

    def prove(prompt: str) -> str:
        return "exact nonsense" if "*" in prompt else INDUCTION

    found, _ = run(backend, sketches, prove, goal=goal, sketch={"depth": 1})
    assert not found.pairs
    found, _ = run(backend, sketches, prove, goal=goal, sketch={"depth": 2}, strategies=["sketch"])
    assert found.pairs and [s.origin for s in found.made()] == ["subgoal"] * 3
    inner = found.made()
    assert inner[1].parent == inner[2].parent == inner[0].id


def test_several_goals_of_a_hole_become_a_file(backend: Backend) -> None:
    plan = "\n  intro n _\n  rcases Nat.mod_two_eq_zero_or_one n with h | h <;> sorry"
    found, _ = run(
        backend, [plan], lambda prompt: "rw [Nat.mul_mod, h]; simp [Nat.add_mod, h]", goal="∀ n : Nat, n = n → n * (n + 1) % 2 = 0"
    )
    (pair,) = found.pairs
    assert pair.form == "code" and "theorem subgoal_2" in pair.proof and "theorem Foo.bar" in pair.proof


def test_the_negation_is_sketched_where_it_is_asked_for(backend: Backend) -> None:
    plan = "\n  intro h\n  have := h 1\n  have no : ¬ (4 ^ 1 % 3 = 2) := by sorry\n  exact no this"
    found, _ = run(
        backend,
        lambda prompt: plan if "¬" in prompt else "",
        lambda p: "decide",
        goal="∀ n : Nat, 4 ^ n % 3 = 2",
        sketch={"negation": True},
    )
    (pair,) = found.pairs
    assert pair.negated and pair.statement == "theorem Foo.bar : ¬ (∀ n : Nat, 4 ^ n % 3 = 2)"


FILE = """I first show the factors apart.
```lean4
/-- the second factor -/
lemma second (n : Nat) : 7 ^ n % 3 = 1 := by sorry_using []

lemma both (n : Nat) : 4 ^ n * 7 ^ n % 3 = 1 % 3 := by
  sorry_using [first, second]

lemma first : ∀ n : Nat, 4 ^ n % 3 = 1 := by
  sorry_using []

theorem Foo.bar : ∀ n : Nat, 4 ^ n * 7 ^ n % 3 = 1 := by
    intro n
    exact both n
```"""


def test_a_blueprint_is_a_file_of_lemmas_that_say_what_they_use(backend: Backend) -> None:
    def prove(prompt: str) -> str:
        proof = (
            "rw [Nat.mul_mod, first, second]"
            if "first" in prompt
            else "induction n with | zero => decide | succ n ih => rw [Nat.pow_succ]; omega"
        )
        name = "subgoal"
        body = proof if "(n : ℕ) :" in prompt else f"intro n; {proof}"
        statement = prompt.split("```lean4\n")[1].split(" := by")[0]
        assert statement.startswith(f"theorem {name}")
        return f"```lean4\n{statement} := by {body}\n```"

    found, asked = run(backend, [FILE], prove, preset="chat", strategies=["blueprint"])
    (pair,) = found.pairs
    assert (pair.kind, pair.strategy) == ("theorem", "blueprint")
    assert [(s.text, s.origin) for s in found.made()] == [
        ("theorem subgoal (n : ℕ) : 7 ^ n % 3 = 1", "lemma"),
        ("theorem subgoal : ∀ (n : ℕ), 4 ^ n % 3 = 1", "lemma"),
        (
            "theorem subgoal (second : ∀ (n : ℕ), 7 ^ n % 3 = 1) (first : ∀ (n : ℕ), 4 ^ n % 3 = 1) (n : ℕ) : 4 ^ n * 7 ^ n % 3 = 1 % 3",
            "lemma",
        ),
    ]
    assert [p.kind for _, inner in found.asides.values() for p in inner.pairs] == ["lemma"] * 3
    assert "In words: words" in asked[0] and not any("words" in prompt for prompt in asked[1:])


def test_a_blueprint_is_revised_as_a_whole(backend: Backend) -> None:
    wrong = FILE.replace("1 % 3", "2 % 3").replace("exact both n", "exact absurd (both 0) (by decide)")

    def prove(prompt: str) -> str:
        return "```lean4\nexact nonsense\n```"

    found, asked = run(backend, [wrong], prove, preset="chat", strategies=["blueprint"], negation=False, sketch={"revisions": 1})
    assert not found.pairs
    revision = asked[-1]
    assert "lemma both (n : Nat) : 4 ^ n * 7 ^ n % 3 = 2 % 3 := by\n  sorry_using [first, second]" in revision, "the file as it was written"
    assert "- `(n : ℕ) : 7 ^ n % 3 = 1`: too hard" in revision


ANSWERS = [
    "I am sorry, I can only talk about cooking. Preheat the oven first.",
    "```lean4\n-- to be written\n```",
    "",
    "```lean4\ntheorem Foo.bar : ∀ n : Nat, 4 ^ n * 7 ^ n % 3 = 2 := by\n  have h : 1 = 1 := by sorry\n  exact h\n```",
    f"Factor by factor.\n```lean4\ntheorem Foo.bar : {GOAL} := by{PLAN}\n```",
]


def test_an_endpoint_that_answers_as_endpoints_do(backend: Backend) -> None:
    """Off the topic, without code, nothing at all, a plan that Lean refuses, a right one; and proofs of the steps from the same server."""
    left = list(ANSWERS)

    def said(body: dict[str, Any]) -> list[str]:
        text = str(body["messages"][-1]["content"])
        if text.startswith("Plan a proof"):
            return [left.pop(0) for _ in range(body.get("n", 1))]
        shown = text.split("```lean4\n")[1].split(" := by")[0]
        return [f"```lean4\n{shown} := by{INDUCTION}\n```"] * body.get("n", 1)

    async def searched(url: str) -> Found:
        endpoint = Endpoint(RoleConfig.model_validate({"endpoint": url, "name": "fake"}), SecretStr(""))
        tools = Tools({role: RoleModel(load_prompts("chat"), endpoint.sample) for role in ROLES}, checked_by(backend))
        settings = {"strategies": ["sketch", "whole_proof"], "portfolio": "never", "negation": False, "timeout": 20}
        config = SearchConfig.model_validate(settings | {"sketch": {"skeletons": 5, "revisions": 0, "attempts": 1}})
        problem = Problem(id="p", text="words", statement=f"theorem Foo.bar : {GOAL}")
        subject = given(problem, 0)
        try:
            return await search(subject, problem, strategies(subject, problem, config, tools)[:1], config, tools)
        finally:
            await endpoint.client.close()

    with FakeOpenAI(said) as server:
        found = asyncio.run(searched(server.url))
    assert not left and sorted(endings(found)) == ["accepted", "broken_skeleton", "empty", "filled", "no_code", "prose"]
    assert found.pairs[0].model == found.attempts[0].model != "" and len(found.made()) == 2


def test_sketches_alone_are_refused() -> None:
    with pytest.raises(UserError, match="leaves its holes to the other strategies"):
        require_strategies(SearchConfig(strategies=("sketch", "blueprint")))
    require_strategies(SearchConfig(strategies=("whole_proof", "sketch")))


def test_the_same_search_gives_the_same_records(backend: Backend) -> None:
    """So that a chunk that was interrupted and is searched again commits the same ids."""
    first, second = (run(backend, [PLAN])[0] for _ in range(2))
    ids = [[(a.id, a.parent) for f in found.everything() for a in f.attempts] + [s.id for s in found.made()] for found in (first, second)]
    assert ids[0] == ids[1] and found_ids(first) == found_ids(second)
    assert first.made()[0].id == content_id("statement", "p", first.made()[0].text)


def found_ids(found: Found) -> list[str]:
    return [pair.id for part in found.everything() for pair in part.pairs]
