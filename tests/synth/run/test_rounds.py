"""What is done in a round, and in which order."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from synth.run import rounds
from synth.run.state import Run
from tests.synth.run.fakes import make_run
from tests.synth.stage_fakes import WEIGHTS


def test_what_is_barred_is_settled_also_where_only_the_evaluation_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shards that evaluate are those that search in the next round."""
    job, done = make_run(tmp_path), list[str]()
    for number in (0, 1):
        job.store.write_json(f"rounds/{number:03d}/weights.json", {"round": 0})

    def noting(name: str, value: Any = None) -> Any:
        async def note(*_: Any) -> Any:
            done.append(name)
            return value

        return note

    monkeypatch.setattr(Run, "weights", lambda self, round: WEIGHTS)
    monkeypatch.setattr(rounds, "round_counts", lambda *_: {})
    for name, value in (("screen", None), ("start_samplers", None), ("swap_in", {}), ("easily_proved", None), ("evaluate", {})):
        monkeypatch.setattr(rounds, name, noting(name, value))
    asyncio.run(rounds._round(job, 1))
    assert done == ["screen", "start_samplers", "swap_in", "easily_proved", "evaluate"]


@pytest.mark.parametrize("own", [True, False])
def test_lean_is_asked_once_the_first_training_is_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: bool) -> None:
    """Its start, which everything waits for, has the cores for itself; a given model needs none."""
    job, done = make_run(tmp_path, models={} if own else {"prover": {"path": "given"}}), list[str]()

    def noting(name: str) -> Any:
        async def note(*_: Any) -> Any:
            done.append(name)
            return {}

        return note

    async def bootstrap(job: Run, under_way: asyncio.Event) -> None:
        for _ in range(10):
            await asyncio.sleep(0)
        done.append("begun")
        under_way.set()
        await asyncio.sleep(0.01)
        done.append("trained")

    for name in ("screen", "easily_proved", "verified_seeds", "start_samplers", "evaluate"):
        monkeypatch.setattr(rounds, name, noting(name))
    monkeypatch.setattr(rounds, "bootstrap", bootstrap)
    monkeypatch.setattr(Run, "weights", lambda self, round: WEIGHTS)
    asyncio.run(rounds._first_round(job))
    asked = ["screen", "easily_proved", "verified_seeds"]
    assert [name for name in done if name in asked][:3] == asked  # what Lean said of the benchmark is read again, from disk
    assert done[:2] == (["begun", "screen"] if own else ["start_samplers", "screen"]) and done[-1] == "evaluate", done
    assert not own or done.index("trained") < done.index("start_samplers")
