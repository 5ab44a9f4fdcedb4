"""What CONTRIBUTING promises: a strategy, a filter, a prompt role and a backend are one new file each and at most one line.

The files are those beside this one, the lines the four of `extended`; everything else is the real thing: a shard over a pool
with real Lean, and a model that is scripted.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from synth.config import RunConfig
from synth.llm.config import ROLES
from synth.prompts.preset import PRESETS
from synth.records import Attempt, Pair, Problem, Statement, VerdictRow
from synth.run.inputs import load_inputs
from synth.run.shard import Shard, ShardTask
from synth.search import loop
from synth.search.base import Kind
from synth.statements.filters import run as filters
from synth.store.rundir import RunDir
from tests.extending import mend
from tests.extending.counting import CountingBackend
from tests.extending.short import short
from tests.synth.stage_fakes import WEIGHTS, FakeServices, scripted
from verify_workers import backends
from verify_workers.config import PoolConfig
from verify_workers.errors import UserError
from verify_workers.lean import LeanInstall
from verify_workers.pool.local import LocalPool
from verify_workers.records import Check, Verdict

HERE = Path(__file__).parent
PROBLEMS = (Problem(id="short", text="Show that n + 1 = 1 + n."), Problem(id="long", text="Show that n + 1 = 1 + n + 0 + 0 + 0 + 0 + 0."))


@pytest.fixture
def extended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """One line for each part; returns the folder of a preset with the new role's template in it."""
    monkeypatch.setitem(loop.STRATEGIES, "mend", Kind(mend.make, ("mend",)))
    monkeypatch.setattr(filters, "FILTERS", (*filters.FILTERS, short))
    monkeypatch.setitem(backends.BACKENDS, "counting", "tests.extending.counting")
    shutil.copytree(PRESETS / "embedded", tmp_path / "preset")
    shutil.copy(HERE / "mend.jinja", tmp_path / "preset")
    return tmp_path / "preset"


def answer(prompt: str, n: int) -> list[str]:
    """Formalizes what is asked; proves nothing at first; repairs a proof when Lean's message is there to be read."""
    if prompt.startswith("<|formalize|>"):
        return [f"(n : Nat) : {prompt.split('that ')[1].split('.')[0]}"] * n
    if prompt.startswith("<|mend|>"):
        assert "omega_or_not" in prompt and "unknown" in prompt.lower(), "the failed proof, and what Lean said of it"
        return ["exact Nat.add_comm _ _"]
    return ["exact omega_or_not"] * n


def test_each_part_is_a_file_and_a_line(extended: Path, tmp_path: Path, lean: LeanInstall) -> None:
    settings: dict[str, Any] = {
        "models": {"prover": {"path": "given", "preset": str(extended)}},
        "verify": {"backend": "counting", "workers": 1, "timeout_first": 30, "timeout_last": 30},
        "search": {"strategies": ["whole_proof", "mend"], "attempts": 2, "wave": 2, "negation": False, "timeout": 30},
        "filters": {"grade": False, "trivial_tactics": ["rfl"], "timeout": 30},
    }
    config = RunConfig.model_validate(settings)
    sample, _ = scripted(answer)
    CountingBackend.checks = 0
    with LocalPool(config.verify) as pool:

        async def verify(checks: list[Check]) -> list[Verdict]:
            return await asyncio.to_thread(pool.verify, checks)

        services: Any = FakeServices(sample, verify)
        shard = Shard(config, RunDir(tmp_path / "run"), services, frozenset())
        asyncio.run(shard.run(ShardTask(1, 0, PROBLEMS, (), dict.fromkeys(ROLES, WEIGHTS))))
    store = RunDir(tmp_path / "run")
    statements = {s.problem_id: s for s in store.read("statements", Statement)}
    assert (statements["long"].kept, statements["long"].reason) == (False, "too_long"), "the filter"
    attempts = {a.id: a for a in store.read("attempts", Attempt)}
    (pair,) = store.read("pairs", Pair)
    assert (pair.problem_id, pair.strategy, pair.proof) == ("short", "mend", "by exact Nat.add_comm _ _"), "the strategy, the role"
    repaired = attempts[pair.attempt_id]
    assert attempts[repaired.parent].strategy == "whole_proof" and repaired.prompt not in ("", attempts[repaired.parent].prompt)
    verdicts = list(store.read("verdicts", VerdictRow))
    assert {v.backend for v in verdicts} == {"counting"} and CountingBackend.checks >= len(verdicts), "the backend"


def test_what_is_not_there_is_said_before_anything_starts() -> None:
    with pytest.raises(UserError, match="unknown strategy 'mend': use portfolio, whole_proof"):
        load_inputs(RunConfig.model_validate({"search": {"strategies": ["whole_proof", "mend"]}}))
    with pytest.raises(ValueError, match="unknown backend 'counting': use one of auto, fork, repl, worker, process"):
        RunConfig.model_validate({"verify": {"backend": "counting"}})


def test_a_pool_of_an_unknown_backend_is_one_line() -> None:
    with LocalPool(PoolConfig(backend="counting", workers=1)) as pool, pytest.raises(UserError, match="unknown backend 'counting'"):
        pool.verify([Check(id="x", statement="theorem x : True", proof="trivial")])
