"""Conjectures in a run, on real Lean: planned, made and searched by a shard, settled, learned from, traced; and on from a kill."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from synth.config import RunConfig
from synth.index.client import Index
from synth.index.shard import IndexShard
from synth.records import Attempt, Pair, Problem, SearchRow, Statement, VerdictRow
from synth.run import lessons
from synth.run.conjectures import Plan, band_of, factors, planned, settle_band, taught
from synth.run.figures import round_counts
from synth.run.roles import check_roles, used_prompts
from synth.run.shard import Shard, ShardTask
from synth.show.stats import prices, stats
from synth.show.trace import text, trace
from synth.store.rundir import RunDir
from tests.synth.run.fakes import again, make_run, pair, statement
from tests.synth.stage_fakes import BY_ROLE, FakeServices, checked_by, scripted
from verify_workers.backends.base import Backend
from verify_workers.errors import UserError
from verify_workers.text.statement import parse_theorem

SETTINGS: dict[str, Any] = {
    "filters": {"grade": False},
    "formalize": {"samples": 1},
    "search": {"attempts": 2, "wave": 2, "timeout": 20.0, "portfolio": "never"},
    "models": {"prover": {"path": "given", "preset": "embedded"}},
    "conjectures": {"enabled": True, "attempts": 4, "samples": 3, "variants": ["negate", "subgoal"], "seed_rate": 0.0},
}
CONFIG = RunConfig.model_validate(SETTINGS)
PROBLEM = Problem(id="p", text="Show that 11 divides 12 ^ n - 1.", source="a file")
KNOWN = "∀ n : Nat, 12 ^ n % 11 = 1"
INDUCTION = "intro n; induction n with | zero => decide | succ n ih => rw [Nat.pow_succ]; omega"
TRUE, FALSE, EASY = "∀ n : Nat, 12 ^ n * 5 % 11 = 5", "∀ n : Nat, 12 ^ n % 11 = 2", "∀ n : Nat, 12 ^ n * 7 % 11 = 7"
ASKED = f"<|conjecture|>Nat.pow_succ<|statement|>: {KNOWN}<|proof|>{INDUCTION}<|answer|>"
OPEN, SUBGOAL = "∀ n : Nat, n > 3 → n * n > 9 ∧ n + 0 > 3", "∀ (n : ℕ) (h : n > 3), n * n > 9"


def answer(prompt: str, n: int) -> list[str]:
    if prompt.startswith("<|formalize|>"):
        return [f": {KNOWN}"] * n
    if prompt.startswith("<|conjecture|>"):
        return [f": {TRUE}", f": {FALSE}", f": {EASY}"][:n]
    if "¬ (¬" in prompt:
        return [f"intro h; exact h (by {INDUCTION})"] * n
    if "¬" in prompt:
        return ["intro h; exact absurd (h 0) (by decide)"] * n
    if "n * n > 9" in prompt:
        return ["intro n h; constructor; case left => skip"] * n
    right = n if KNOWN in prompt or EASY in prompt else 1
    return [INDUCTION] * right + ["omega"] * (n - right)


def shard(folder: Path, backend: Backend) -> tuple[Shard, list[str]]:
    sample, asked = scripted(answer)
    services: Any = FakeServices(sample, checked_by(backend))
    return Shard(CONFIG, RunDir(folder), services, frozenset()), asked


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, backend: Backend) -> Path:
    """A run after its first round: a problem that is proved, and a given statement that is not."""
    folder = tmp_path_factory.mktemp("first")
    with RunDir.open(folder, CONFIG) as store:
        store.write("problems", [PROBLEM], "all")
    work, _ = shard(folder, backend)
    given_ = Problem(id="g", statement=f"theorem X : {OPEN}")
    asyncio.run(work.run(ShardTask(1, 0, (PROBLEM, given_), (), BY_ROLE)))
    return folder


@pytest.fixture(scope="module")
def second(first: Path, tmp_path_factory: pytest.TempPathFactory, backend: Backend) -> Path:
    """The same after the searches of its second round."""
    folder = tmp_path_factory.mktemp("second") / "run"
    store = copied(first, folder)
    work, asked = shard(folder, backend)
    asyncio.run(work.run(second_task(store)))
    assert [prompt for prompt in asked if prompt.startswith("<|conjecture|>")] == [ASKED]
    return folder


def copied(run: Path, folder: Path) -> RunDir:
    shutil.copytree(run, folder)
    return RunDir(folder)


def says(statement: Statement) -> str:
    return parse_theorem(statement.text).proposition


def second_task(store: RunDir) -> ShardTask:
    (open_,) = (s for s in store.read("statements", Statement) if s.origin == "given")
    plan = planned(store, 2, [open_], CONFIG.conjectures, 0)
    assert plan.pairs and plan.failed == (open_.id,)
    return ShardTask(2, 0, (), (), BY_ROLE, conjectures=plan)


def test_from_a_proof_to_conjectures_in_the_band(second: Path, tmp_path: Path) -> None:
    store = copied(second, tmp_path / "run")
    (parent,) = {p.statement_id for p in store.read("pairs", Pair, "r001-")}
    rows = list(store.read("statements", Statement, "r002-"))
    made = {says(s): s for s in rows if s.parent == parent}
    assert {said: s.kept for said, s in made.items()} == {TRUE: True, FALSE: True, EASY: True, f"¬ ({KNOWN})": True}
    goal, empty = sorted((s for s in rows if s.variant == "subgoal"), key=lambda s: not s.kept)
    assert goal.kept and (says(empty), empty.reason) == ("∀ (n : ℕ) (h : n > 3), n + 0 > 3", "trivial")
    (open_,) = (s for s in store.read("statements", Statement) if s.origin == "given")
    assert says(goal) == SUBGOAL and goal.parent == open_.id
    by_id = {s.id: s for s in rows}
    proved = {(says(by_id[p.statement_id]), p.negated, p.kind, p.problem) for p in store.read("pairs", Pair, "r002-")}
    assert proved == {
        (TRUE, False, "conjecture", ""),
        (EASY, False, "conjecture", ""),
        (FALSE, True, "conjecture", ""),
        (f"¬ ({KNOWN})", True, "conjecture", ""),
    }
    assert {row.statement_id for row in store.read("searches", SearchRow, "r002-")} == {s.id for s in rows if s.kept}

    for _ in range(2):  # done again, it is the same
        assert asyncio.run(Index([IndexShard(store, CONFIG.filters, {})], CONFIG.filters).settle(2)) == 0
        settle_band(store, 2, CONFIG.conjectures)
    fates = {says(by_id[one.id]): (one.fate.value, one.accepted, one.samples) for one in band_of(store, 2)}
    assert fates[TRUE] == ("in_band", 1, 4) and fates[EASY] == ("easy", 4, 4) and fates[SUBGOAL] == ("unproved", 0, 4)
    assert fates[FALSE][0] == fates[f"¬ ({KNOWN})"][0] == "refuted"
    ((in_band, weight),) = taught(store, 2, CONFIG.conjectures)
    assert says(in_band) == TRUE and 0.8 < weight < 1
    assert taught(store, 4, CONFIG.conjectures) and not taught(store, 5, CONFIG.conjectures), "the last three rounds"

    weights = {pair.statement_id: factors(store, 2).get(pair.id, 1.0) for pair in store.read("pairs", Pair)}
    assert weights[parent] == 1.0 and weights[in_band.id] == weight and weights[made[EASY].id] == 0.0


def test_the_conjecturer_learns_what_was_in_the_band(second: Path, tmp_path: Path) -> None:
    settle_band(copied(second, tmp_path / "run"), 2, CONFIG.conjectures)
    job = make_run(tmp_path, conjectures=SETTINGS["conjectures"])
    (example,) = lessons.conjectures(job, 2)
    assert (example.prompt, example.completion) == (ASKED, f": {TRUE}") and 0.8 < example.weight < 1
    frozen = make_run(tmp_path, conjectures=SETTINGS["conjectures"], models={"prover": {"path": "x"}, "train": []})
    off = make_run(tmp_path)
    assert lessons.conjectures(frozen, 2) == lessons.conjectures(off, 2) == []


class Killed(BaseException):
    """Stands in for a SIGKILL."""


@pytest.mark.parametrize("last", range(2))
def test_a_shard_goes_on_where_a_kill_left_it(first: Path, second: Path, tmp_path: Path, backend: Backend, last: int) -> None:
    store = copied(first, tmp_path / "killed")
    work, _ = shard(tmp_path / "killed", backend)
    commit, commits = work.store.commit, list[str]()

    def dies(*args: Any, **kwargs: Any) -> bool:
        if len(commits) == last:
            raise Killed
        commits.append(args[0])
        return commit(*args, **kwargs)

    work.store.commit = dies  # type: ignore[method-assign]
    with pytest.raises(Killed):
        asyncio.run(work.run(second_task(store)))
    again, asked = shard(tmp_path / "killed", backend)
    asyncio.run(again.run(second_task(store)))
    kinds: dict[str, Any] = {"statements": Statement, "attempts": Attempt, "verdicts": VerdictRow, "pairs": Pair}
    runs = (RunDir(second), RunDir(tmp_path / "killed"))
    ids = [{kind: sorted(r.id for r in run.read(kind, model)) for kind, model in kinds.items()} for run in runs]
    assert ids[0] == ids[1] and again.store.keys("r002-s") == ["r002-s0000-conjectures", "r002-s0000-made-c0000"]
    assert sum(prompt.startswith("<|conjecture|>") for prompt in asked) == (last == 0), "conjectures on disk are not asked for again"
    asked.clear()
    asyncio.run(again.run(second_task(store)))
    assert not asked, "done is done"


def test_where_the_rounds_budget_is_used_up_that_is_written_down(first: Path, tmp_path: Path, backend: Backend) -> None:
    store = copied(first, tmp_path / "run")
    work, asked = shard(tmp_path / "run", backend)
    work.round = 2
    work.stop("round.tokens", 2)
    asyncio.run(work.run(second_task(store)))
    (row,) = store.read("statements", Statement, "r002-")
    assert (row.reason, row.detail, row.origin) == ("budget", "round.tokens", "conjectured") and not asked


def test_nothing_is_made_of_what_is_in_a_benchmark(tmp_path: Path, backend: Backend) -> None:
    store = RunDir(tmp_path)
    own = statement("1 = 1", benchmark="b.jsonl:1 (text)", origin="given")
    store.commit("r001-s0000-statements", {"statements": [own]})
    store.commit("r001-s0000-c0000", {"pairs": [pair(own)]})
    work, asked = shard(tmp_path, backend)
    asyncio.run(work.run(ShardTask(2, 0, (), (), BY_ROLE, conjectures=Plan((pair(own).id,)))))
    rows = list(store.read("statements", Statement, "r002-"))
    assert [(s.origin, s.reason, s.parent) for s in rows] == [("conjectured", "contaminated", own.id), ("variant", "contaminated", own.id)]
    assert not asked


def test_a_plan_draws_proved_statements_that_are_not_too_hard_the_same_ones_again(tmp_path: Path) -> None:
    job = make_run(tmp_path)
    proved = [statement(f"s{n}") for n in range(6)]
    hard, refuted, repeated, later = statement("hard"), statement("refuted"), statement("repeated"), statement("later", 2)
    open_ = statement("open")
    tried = [Attempt(id=f"t{n}", statement_id="hard", proof=f"x{n}", strategy="whole_proof") for n in range(4)]
    told = [VerdictRow(id=f"t{n}", statement_id="hard", outcome="accepted" if n == 0 else "rejected") for n in range(4)]
    pairs = [*map(pair, proved), pair(hard), pair(repeated), pair(refuted, negated=True)]
    longer = pair(proved[0]).model_copy(update={"id": "longer", "proof": "by simp"})
    all_ = [*proved, hard, refuted, repeated, open_]
    job.store.commit("r001-s0000-c0000", {"statements": all_, "pairs": [longer, *pairs], "attempts": tried, "verdicts": told})
    job.store.commit("r001-repeats", {}, {"repeated": ["repeated"]})
    job.store.commit("r002-s0000-c0000", {"statements": [later], "pairs": [pair(later, 2)]})
    config = CONFIG.conjectures.model_copy(update={"seeds": 4, "seed_rate": 0.35})
    plan = planned(job.store, 2, [refuted, open_, hard, statement("no", kept=False)], config, 0)
    assert len(plan.pairs) == 4 and {*plan.pairs} <= {pair(s).id for s in proved} and plan.failed == ("open",)
    assert plan == planned(job.store, 2, [open_], config, 0) != planned(job.store, 2, [open_], config, 1)
    every = planned(job.store, 2, [], config.model_copy(update={"seeds": 99, "seed_rate": 0.2}), 0)
    assert {*every.pairs} == {pair(s).id for s in [*proved, hard]}
    assert [plan.piece(i, 3) for i in range(3)] == [Plan(plan.pairs[i::3], plan.failed[i::3]) for i in range(3)]
    assert not planned(job.store, 1, [], config, 0) and not planned(
        job.store, 2, [open_], CONFIG.conjectures.model_copy(update={"enabled": False}), 0
    )


def test_open_conjectures_are_searched_again_only_where_that_is_asked_for(tmp_path: Path) -> None:
    made = [
        statement("c", origin="conjectured"),
        statement("v", origin="variant"),
        statement("u", origin="variant", kept=False, reason="undecided"),
    ]
    for retry, found in ((False, ["open"]), (True, ["open", "c", "v"])):
        job = make_run(tmp_path / str(retry), conjectures={"enabled": True, "retry": retry})
        job.store.commit("r001-a", {"statements": [statement("open"), *made]})
        assert [s.id for s in again(job, 2)] == found


def test_figures_stats_and_trace_tell_of_them(second: Path, tmp_path: Path) -> None:
    store = copied(second, tmp_path / "run")
    settle_band(store, 2, CONFIG.conjectures)
    job = make_run(tmp_path, conjectures=SETTINGS["conjectures"])
    pairs = list(store.read("pairs", Pair, "r002-"))
    found = round_counts(job, 2)
    assert (found["conjectures"], found["conjectures_kept"], found["conjectures_proved"], found["conjectures_in_band"]) == (6, 5, 2, 1)
    ended = {"in_band": 1, "easy": 1, "refuted": 2, "unproved": 1}
    assert found["conjectures_ended"] == ended
    assert stats(store, prices(store, []))["rounds"][1]["conjectures"] == ended
    (one,) = (p for p in pairs if p.statement.endswith(TRUE))
    whole = trace(store, one.id)
    assert [s["origin"] for s in whole["statements"]] == ["conjectured", "autoformalized"] and whole["problem"]["id"] == "p"
    assert whole["statements"][0]["asked"]["text"].startswith("<|conjecture|>Nat.pow_succ<|statement|>")
    assert "Show that 11 divides" in text(whole)
    (refuted,) = (p for p in pairs if p.statement.endswith(f"¬ (¬ ({KNOWN}))"))
    assert "made by the rule negate" in text(trace(store, refuted.id))


def test_the_conjecturer_is_asked_only_where_it_is_on() -> None:
    assert "conjecture" in used_prompts(CONFIG)
    for changes in ({"enabled": False}, {"samples": 0}):
        config = RunConfig.model_validate({**SETTINGS, "conjectures": {"enabled": True, **changes}})
        assert "conjecture" not in used_prompts(config)
    models = {**SETTINGS["models"], "conjecturer": {"endpoint": "http://h", "name": "n", "preset": "base"}}
    with pytest.raises(UserError, match=r"no template conjecture\.jinja.*\(chat, embedded\)"):
        check_roles(RunConfig.model_validate({**SETTINGS, "models": models}), ("conjecture",))
