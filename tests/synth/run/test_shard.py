"""A shard as a plain class: from problems to pairs, and on from where a kill left it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from synth.config import RunConfig
from synth.llm.types import Sampling
from synth.prompts import Prompt
from synth.records import Attempt, Pair, Problem, Statement, VerdictRow
from synth.run.shard import Shard, ShardTask
from synth.services import Verify
from synth.statements.screen import Passed
from synth.statements.text import given
from synth.store.rundir import RunDir
from tests.synth.stage_fakes import BY_ROLE, WEIGHTS, FakeServices, by_table, checked_by, scripted
from verify_workers.backends.base import Backend
from verify_workers.records import Check, Outcome, Verdict

PROBLEMS = tuple(Problem(id=f"p{k}", text=f"Show that n + {k} is {k} + n.") for k in range(1, 7))
CONFIG = RunConfig.model_validate(
    {
        "filters": {"grade": False},
        "formalize": {"samples": 2, "keep": 1},
        "search": {"attempts": 2, "wave": 2, "portfolio": "never"},
        "shards": {"chunk": 2},
    }
)


def task(problems: tuple[Problem, ...] = PROBLEMS, retry: tuple[Statement, ...] = ()) -> ShardTask:
    return ShardTask(1, 0, problems, retry, BY_ROLE)


def answer(prompt: str, n: int) -> list[str]:
    """The formalizer copies the number of its problem; the prover writes the one proof that is right, and one that is not."""
    if prompt.startswith("<|formalize|>"):
        k = prompt.split("n + ")[1].split(" ")[0]
        return [f"(n : Nat) : n + {k} = {k} + n"] * n
    return ["exact Nat.add_comm _ _", "rfl"][:n]


def theorem(k: int) -> str:
    return f"theorem X (n : Nat) : n + {k} = {k} + n"


PROOFS = {theorem(k): "by exact Nat.add_comm _ _" for k in range(1, 7)}


def shard(folder: Path, verify: Verify, heldout: frozenset[str] = frozenset(), **changes: Any) -> tuple[Shard, list[str]]:
    sample, asked = scripted(answer)
    services: Any = FakeServices(sample, verify)
    return Shard(CONFIG.model_copy(update=changes), RunDir(folder), services, heldout), asked


def ids(store: RunDir) -> dict[str, list[str]]:
    kinds: dict[str, Any] = {"statements": Statement, "attempts": Attempt, "verdicts": VerdictRow, "pairs": Pair}
    return {kind: [record.id for record in store.read(kind, model)] for kind, model in kinds.items()}


def test_problems_become_pairs_with_their_lineage(tmp_path: Path, backend: Backend) -> None:
    work, _ = shard(tmp_path, checked_by(backend))
    asyncio.run(work.run(task(PROBLEMS[:2])))
    store = RunDir(tmp_path)
    assert sorted(store.keys()) == ["r001-s0000-b0000-c0000", "r001-s0000-b0000-statements", "r001-x00-000000"]
    statements = {s.id: s for s in store.read("statements", Statement)}
    pairs = list(store.read("pairs", Pair))
    assert len(statements) == len(pairs) == 2
    for pair, problem in zip(sorted(pairs, key=lambda p: p.problem_id), PROBLEMS, strict=False):
        statement = statements[pair.statement_id]
        assert (statement.problem_id, statement.votes, statement.model, pair.model, pair.version) == (problem.id, 2, "model", "model", 1)
        assert (pair.problem_id, pair.problem, pair.round, pair.audit) == (problem.id, problem.text, 1, "kernel")
    counts = work.counts.done
    assert (counts["problems"], counts["statements_kept"], counts["to_search"], counts["searched"], counts["proved"]) == (2, 2, 2, 2, 2)


@pytest.mark.parametrize("batch", [2, 25])
def test_a_statement_waits_for_no_other(tmp_path: Path, batch: int) -> None:
    """It is searched while others, of its batch too, are still being formalized; what they have in common is kept once."""
    work, _ = shard(tmp_path, by_table(PROOFS), shards=CONFIG.shards.model_copy(update={"batch": batch}))
    services: Any = work.services
    sample, searched = services.sample, asyncio.Event()

    async def slow(prompts: list[Prompt], sampling: Sampling) -> Any:
        if not prompts[0].text.startswith("<|formalize|>"):
            searched.set()
        elif "n + 3 " in prompts[0].text:
            await searched.wait()
            assert not any(entry["info"].get("searched") for entry in work.store.entries()), "what is found is kept after its statement"
        return await sample(prompts, sampling)

    services.sample = slow
    twin = PROBLEMS[0].model_copy(update={"id": "twin"})
    asyncio.run(asyncio.wait_for(work.run(task((*PROBLEMS[:4], twin))), 60))
    keys = work.store.keys()
    assert len([key for key in keys if key.endswith("statements")]) == -(-5 // batch)
    kept = [s.problem_id for s in work.store.read("statements", Statement) if s.kept]
    assert sorted(kept) in (["p1", "p2", "p3", "p4"], ["p2", "p3", "p4", "twin"])
    assert len(ids(work.store)["pairs"]) == 4


@pytest.mark.parametrize("fails", ["<|formalize|>", "<|prove|>"])
def test_what_fails_in_a_batch_ends_all_and_leaves_nothing_running(tmp_path: Path, fails: str) -> None:
    work, _ = shard(tmp_path, by_table(PROOFS), shards=CONFIG.shards.model_copy(update={"batch": 2}))
    services: Any = work.services
    sample = services.sample

    async def burst(prompts: list[Prompt], sampling: Sampling) -> Any:
        if prompts[0].text.startswith(fails):
            if "n + 3 " in prompts[0].text:
                raise RuntimeError("the engine burst")
            await asyncio.sleep(60)
        return await sample(prompts, sampling)

    services.sample = burst

    async def main() -> int:
        with pytest.raises(RuntimeError, match="the engine burst"):
            await asyncio.wait_for(work.run(task()), 30)
        return len(asyncio.all_tasks())

    assert asyncio.run(main()) == 1, "its own"


class Killed(BaseException):
    """Stands in for a SIGKILL: nothing of the shard's own may catch it."""


@pytest.mark.parametrize("last", range(5))
def test_a_shard_goes_on_where_a_kill_left_it(tmp_path: Path, last: int) -> None:
    """Killed at its `last` commit (the statements, then chunks), done again: the same records, nothing sampled twice for nothing."""
    whole, _ = shard(tmp_path / "whole", by_table(PROOFS))
    asyncio.run(whole.run(task()))
    first, _ = shard(tmp_path / "killed", by_table(PROOFS))
    commit, commits = first.store.commit, []

    def dies(*args: Any, **kwargs: Any) -> bool:
        if len(commits) == last:
            raise Killed
        commits.append(args[0])
        return commit(*args, **kwargs)

    first.store.commit = dies  # type: ignore[method-assign]
    if last < 4:
        with pytest.raises(Killed):
            asyncio.run(first.run(task()))
    else:
        asyncio.run(first.run(task()))
    second, asked = shard(tmp_path / "killed", by_table(PROOFS))
    asyncio.run(second.run(task()))
    assert ids(RunDir(tmp_path / "killed")) == ids(RunDir(tmp_path / "whole"))
    assert len(ids(second.store)["pairs"]) == 6
    formalized = sum(prompt.startswith("<|formalize|>") for prompt in asked)
    assert formalized == (6 if last == 0 else 0), "statements that are on disk are not sampled again"
    chunks_left = 3 - max(0, last - 1)
    assert len(asked) - formalized == chunks_left * 2 * 2, "two sides of two statements for each chunk that was not there"
    assert second.counts.done["searched"] == 6


def test_a_statement_from_an_earlier_round_is_searched_again(tmp_path: Path) -> None:
    old = given(Problem(id="old", statement=theorem(3)), 0)
    work, asked = shard(tmp_path, by_table(PROOFS))
    asyncio.run(work.run(task((), (old,))))
    (pair,) = work.store.read("pairs", Pair)
    assert pair.statement_id == old.id and not work.store.count("statements") and len(asked) == 2


def test_a_statement_that_was_left_undecided_is_filtered_again(tmp_path: Path) -> None:
    old = given(PROBLEMS[2], 1).model_copy(update={"text": theorem(3), "kept": False, "reason": "undecided"})
    again = ShardTask(2, 0, (), (old,), BY_ROLE, (PROBLEMS[2],))
    work, _ = shard(tmp_path, by_table(PROOFS))
    asyncio.run(work.run(again))
    (pair,) = work.store.read("pairs", Pair)
    (statement,) = work.store.read("statements", Statement)
    assert (pair.statement_id, pair.problem) == (old.id, PROBLEMS[2].text) and (statement.kept, statement.round) == (True, 2)


def test_a_statement_proved_both_ways_is_put_aside_and_the_shard_goes_on(tmp_path: Path) -> None:
    async def gullible(checks: list[Check]) -> list[Verdict]:
        both = "n + 2 = 2 + n"
        accepted = [both in c.statement or (not c.negated and PROOFS.get(c.statement) == c.proof) for c in checks]
        return [Verdict(id=c.id, outcome=Outcome.ACCEPTED if ok else Outcome.REJECTED) for c, ok in zip(checks, accepted, strict=True)]

    work, _ = shard(tmp_path, gullible, filters=CONFIG.filters.model_copy(update={"trivial": "keep", "contradiction_tactics": ("x",)}))
    asyncio.run(work.run(task()))
    assert len(list(work.store.read("pairs", Pair))) == 5
    (entry,) = (e for e in work.store.entries() if e["info"].get("quarantined"))
    (bad,) = entry["info"]["quarantined"]
    kept = work.store.read_json(f"quarantine/{bad}.json")
    assert kept["statement"]["text"] == theorem(2) and {p["negated"] for p in kept["proofs"]} == {False, True}


PLAN = "have a : ∀ m : Nat, 4 ^ m % 3 = 1 := sorry; have b : ∀ m : Nat, 7 ^ m % 3 = 1 := sorry; intro m; rw [Nat.mul_mod, a, b]"
IN_STEPS = Problem(id="steps", statement="theorem X : ∀ m : Nat, 4 ^ m * 7 ^ m % 3 = 1", text="words")


def planned(folder: Path, backend: Backend, unproved: str = "?") -> tuple[Shard, list[str]]:
    """A shard that sketches; steps with `unproved` in them stay open."""

    def answer(prompt: str, n: int) -> list[str]:
        if prompt.startswith("<|sketch|>"):
            return [PLAN] * n
        return ["omega" if unproved in prompt else "intro m; induction m with | zero => decide | succ m ih => rw [Nat.pow_succ]; omega"] * n

    sample, asked = scripted(answer)
    services: Any = FakeServices(sample, checked_by(backend))
    changes = {"strategies": ("sketch", "whole_proof"), "timeout": 20.0, "negation": False}
    config = CONFIG.model_copy(update={"search": CONFIG.search.model_copy(update=changes)})
    return Shard(config, RunDir(folder), services, frozenset()), asked


def test_what_a_sketch_makes_is_committed_with_what_it_is_for(tmp_path: Path, backend: Backend) -> None:
    work, _ = planned(tmp_path, backend)
    asyncio.run(work.run(task((IN_STEPS,))))
    statements = {s.id: s for s in work.store.read("statements", Statement)}
    assert [s.origin for s in statements.values()] == ["subgoal", "subgoal", "given"]
    pairs = list(work.store.read("pairs", Pair))
    assert sorted((p.kind, p.problem) for p in pairs) == [("subgoal", ""), ("subgoal", ""), ("theorem", "words")]
    (whole,) = (s for s in statements.values() if s.origin == "given")
    assert {s.parent for s in statements.values()} == {"", whole.id} and all(p.statement_id in statements for p in pairs)
    attempts, verdicts = list(work.store.read("attempts", Attempt)), list(work.store.read("verdicts", VerdictRow))
    assert {a.id for a in attempts} == {v.id for v in verdicts} and {a.statement_id for a in attempts} == set(statements)
    (unit,) = (e["info"] for e in work.store.entries() if e["key"].endswith("c0000"))
    assert (unit["searched"], unit["proved"]) == (1, 1) and unit["tokens"] == work.counts.done["tokens"]
    assert unit["tokens_sketcher"] > 0 < unit["tokens_prover"] and work.counts.done["pairs"] == 3
    again, asked = planned(tmp_path, backend)
    asyncio.run(again.run(task((IN_STEPS,))))
    assert not asked, "done is done"


def test_an_open_step_is_searched_in_the_next_round_without_a_sketch_of_its_own(tmp_path: Path, backend: Backend) -> None:
    work, _ = planned(tmp_path, backend, unproved="7 ^")
    asyncio.run(work.run(task((IN_STEPS,))))
    proved = {p.statement_id for p in work.store.read("pairs", Pair)}
    (left,) = (s for s in work.store.read("statements", Statement) if s.origin == "subgoal" and s.id not in proved)
    later, asked = planned(tmp_path, backend)
    asyncio.run(later.run(ShardTask(2, 0, (), (left,), BY_ROLE, (IN_STEPS,))))
    (pair,) = later.store.read("pairs", Pair, prefix="r002")
    assert (pair.statement_id, pair.kind, pair.problem) == (left.id, "subgoal", "")
    assert not any(prompt.startswith("<|sketch|>") for prompt in asked)


def test_heldout_statements_are_dropped_with_their_reason(tmp_path: Path) -> None:
    from synth.statements.text import normalized

    work, _ = shard(tmp_path, by_table(PROOFS), frozenset({normalized(theorem(2))}))
    asyncio.run(work.run(task()))
    dropped = [s for s in work.store.read("statements", Statement) if not s.kept]
    assert [(s.problem_id, s.reason) for s in dropped] == [("p2", "heldout")] and work.counts.rejects["heldout"] == 1
    assert len(list(work.store.read("pairs", Pair))) == 5


def test_problems_that_are_passed_over_are_written_down_and_not_asked_about(tmp_path: Path) -> None:
    given_ = Problem(id="g", text="t", statement=theorem(4))
    passed = {
        "p1": Passed(reason="duplicate", detail="says what problem p9 says"),
        "p2": Passed(reason="contaminated", detail="in plain language: b", benchmark="b (words 0.90)"),
        "p3": Passed(reason="", detail="", benchmark="b (words 1.00)"),
        "g": Passed(reason="contaminated", detail="in plain language: b", benchmark="b"),
    }
    work, asked = shard(tmp_path, by_table(PROOFS))
    asyncio.run(work.run(ShardTask(1, 0, (*PROBLEMS[:3], given_), (), BY_ROLE, passed=passed)))
    rows = {s.problem_id: s for s in work.store.read("statements", Statement)}
    assert {name: (s.kept, s.reason, s.benchmark) for name, s in rows.items()} == {
        "p1": (False, "duplicate", ""),
        "p2": (False, "contaminated", "b (words 0.90)"),
        "p3": (True, "", "b (words 1.00)"),
        "g": (False, "contaminated", "b"),
    }
    assert rows["g"].text == theorem(4) and sum(prompt.startswith("<|formalize|>") for prompt in asked) == 1
    assert {pair.problem_id for pair in work.store.read("pairs", Pair)} == {"p3"}


def test_what_an_earlier_round_kept_is_not_searched_again_under_another_spelling(tmp_path: Path, backend: Backend) -> None:
    work, _ = shard(tmp_path, checked_by(backend))
    asyncio.run(work.run(task(PROBLEMS[:1])))

    def spelled(prompt: str, n: int) -> list[str]:
        return [": ∀ k : Nat, 1 + k = k + 1"] * n if prompt.startswith("<|formalize|>") else ["exact Nat.add_comm _ _"] * n

    services: Any = FakeServices(scripted(spelled)[0], checked_by(backend))
    later = Shard(CONFIG, work.store, services, frozenset())
    for _ in range(2):  # done again, it is the same
        asyncio.run(later.run(ShardTask(2, 0, (Problem(id="q", text="one more"),), (), BY_ROLE)))
    first, second = work.store.read("statements", Statement)
    assert first.form and first.form == second.form
    assert (second.kept, second.reason) == (False, "duplicate") and first.id in second.detail
    assert len(list(work.store.read("pairs", Pair))) == 1


def test_evaluation_counts_accepted_samples_and_keeps_nothing(tmp_path: Path) -> None:
    statements = [given(Problem(id=f"h{k}", statement=theorem(k)), 0) for k in (1, 2)]
    asked: list[Check] = []

    async def verify(checks: list[Check]) -> list[Verdict]:
        asked.extend(checks)
        return await by_table(PROOFS)(checks)

    work, _ = shard(tmp_path, verify)
    rows = asyncio.run(work.evaluate(statements, 2, 1.0, 0, WEIGHTS))
    assert [(row.id, row.attempts, row.correct) for row in rows] == [(s.id, 2, 1) for s in statements]
    assert len(asked) == 4 and work.store.keys() == []
    assert work.counts.done["evaluated"] == 2 and work.counts.done["eval_tokens"] > 0
