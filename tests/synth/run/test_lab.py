"""Where arms are measured: which weights answer whom, and what the first model is asked, over a scripted model."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from synth.config import RunConfig
from synth.llm.types import Weights
from synth.records import Problem, Statement
from synth.run import lab as module
from synth.run.arms import source
from synth.run.lab import Lab
from synth.show.progress import Progress
from synth.statements.text import given
from synth.store.rundir import RunDir
from tests.synth.run.test_ablate import write_run
from tests.synth.run.test_shard import PROOFS, theorem
from tests.synth.stage_fakes import FakeServices, by_table, scripted
from train.config import TrainConfig
from verify_workers.text.statement import negate

PROVED = [given(Problem(id=f"p{k}", statement=theorem(k)), 0) for k in (1, 2)]
Within = Callable[[Callable[[Lab], Coroutine[Any, Any, Any]]], Any]


def answer(prompt: str, n: int) -> list[str]:
    if prompt.startswith("<|grade|>"):
        return ["excellent" if "n + 1" in prompt else "poor"] * n
    return ["exact Nat.add_comm _ _", "rfl"] * (n // 2) if "¬" not in prompt else ["rfl"] * n


@pytest.fixture
def started() -> list[Any]:
    """The services that were started, in order."""
    return []


@pytest.fixture
def within(tmp_path: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch) -> Within:
    """Work with a lab on a run of two rounds, and its end."""

    @asynccontextmanager
    async def services(config: RunConfig, *asked: str) -> AsyncIterator[Any]:
        started.append(FakeServices(scripted(answer)[0], by_table(PROOFS)))
        yield started[-1]

    monkeypatch.setattr(module, "stage_services", services)
    run, progress = source(write_run(tmp_path / "run")), Progress(Console(file=io.StringIO()), plain=True)

    def work(do: Callable[[Lab], Coroutine[Any, Any, Any]]) -> Any:
        async def all_of_it() -> Any:
            lab = Lab(run, tmp_path, True, progress)
            try:
                return await do(lab)
            finally:
                await lab.end()

        return asyncio.run(all_of_it())

    return work


def test_each_other_model_is_of_a_higher_version(within: Within, started: list[Any]) -> None:
    """Engines keep newer weights when older ones are asked: a model that comes back is a new version."""

    async def work(lab: Lab) -> list[tuple[str, int]]:
        asked = []
        for weights in (lab.base, lab.base, Weights("x", 3, "x"), Weights("y", 1, "y"), lab.base, lab.base):
            rows = await lab.evaluate(weights, 0, PROVED, "arm")
            assert [(row.attempts, row.correct) for row in rows] == [(4, 2), (4, 2)]
            asked.append((started[0].weights["prover"].hash, started[0].weights["prover"].version))
        return asked

    asked = within(work)
    base = asked[0][0]
    assert asked == [(base, 0), (base, 0), ("x", 1), ("y", 2), (base, 3), (base, 3)] and len(started) == 1


def test_the_first_model_searches_and_grades_before_others_are_loaded(within: Within) -> None:
    async def work(lab: Lab) -> tuple[list[Statement], list[bool]]:
        problem = lab.source.inputs.problems[0].id
        known = [s.model_copy(update={"problem_id": problem, "origin": "autoformalized", "grade": ""}) for s in PROVED]
        graded = await lab.graded(known)
        found = await lab.search(PROVED, {"negation": False, "attempts": 2}, "search")
        await lab.evaluate(Weights("x", 3, "x"), 0, PROVED, "arm")
        with pytest.raises(RuntimeError, match="before any other model"):
            await lab.search(PROVED, {}, "search")
        return graded, [bool(one.pairs) for one in found]

    graded, proved = within(work)
    assert [s.grade for s in graded] == ["excellent", "poor"] and all(s.kept for s in graded) and proved == [True, True]


def test_hypotheses_that_cannot_hold_together_are_left_out(within: Within, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = given(Problem(id="p", statement="theorem X (n : Nat) : n < n → n = 7"), 0).model_copy(update={"origin": "autoformalized"})

    async def work(lab: Lab) -> list[Statement]:
        (await lab.services()).verify = by_table({"theorem X (n : Nat) : n < n → False": _any_of(lab)})  # type: ignore[method-assign]
        return await lab.graded([wrong.model_copy(update={"grade": "poor"})])

    def _any_of(lab: Lab) -> str:
        from synth.statements.filters.base import any_of

        return any_of(lab.config.filters.contradiction_tactics)

    assert within(work) == []
    assert negate(wrong.text)  # it is a statement all the same


def test_engines_end_while_something_trains_where_they_share_a_gpu(
    within: Within, started: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[tuple[Path, Any]] = []
    monkeypatch.setattr(module, "train_round", lambda base, *rest: trained.append((base, rest[1])) or "done")
    for release, starts in ((False, 1), (True, 2)):
        monkeypatch.setattr(module, "released", lambda config, roles, release=release: release)
        started.clear()

        async def work(lab: Lab) -> str:
            await lab.evaluate(Weights("x", 3, "x"), 0, PROVED, "arm")
            result: Any = await lab.train("arm", [], TrainConfig(), 0, tmp_path / "arm")
            await lab.evaluate(Weights("y", 3, "y"), 0, PROVED, "arm")
            return str(result)

        assert within(work) == "done" and len(started) == starts
        assert started[-1].weights["prover"].version == 2
    assert {base for base, _ in trained} == {Path(RunDir(tmp_path / "run").root, "rounds/000/training/model")}
