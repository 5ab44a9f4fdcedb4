"""What a run tells W&B: rows while it works, and at the end of a round a look at what it made, and where that comes from."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from synth.llm.types import Weights
from synth.records import Attempt, VerdictRow
from synth.run import timeline
from synth.run.artifacts import works
from synth.run.sampled import PROOFS, STATEMENTS, sampled_proofs, sampled_statements
from synth.run.state import Run
from synth.run.told import idle_shares, tell_round, with_timeline
from synth.store.timeline import read_timeline
from tests.synth.run.fakes import FakeActor, make_run, output, statement
from train.tracking import Artifact


class Recorder:
    """Stands in for the tracker: what W&B does with all this is W&B's."""

    def __init__(self) -> None:
        self.active = True
        self.rows: list[tuple[int, Mapping[str, float]]] = []
        self.tables: dict[str, list[Any]] = {}
        self.steps: list[tuple[str, list[str], list[str]]] = []

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        self.rows.append((step, metrics))

    def table(self, name: str, columns: Sequence[str], rows: Sequence[Any]) -> None:
        self.tables[name] = [columns, *rows]

    def work(self, name: str, kind: str, used: Sequence[Artifact], made: Sequence[Artifact]) -> None:
        self.steps.append((name, [a.name for a in used], [a.name for a in made]))


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run with one finished round of work, and weights that are where the round's number says."""
    job = make_run(tmp_path, tracking={"every": 0.02})
    job.tracker = Recorder()  # type: ignore[assignment]
    for unit in range(12):
        own = [statement(f"s{unit}-{n}", **({} if n else {"kept": False, "reason": "trivial"})) for n in range(4)]
        job.store.commit(f"r001-s{unit:04d}-statements", {"statements": own})
        attempts = [
            Attempt(id=f"a-{s.id}", statement_id=s.id, proof="by simp", strategy="whole_proof", negated=n == 1) for n, s in enumerate(own)
        ]
        verdicts = [VerdictRow(id=a.id, statement_id=a.statement_id, outcome="rejected", reason="unsolved") for a in attempts[1:]]
        verdicts += [VerdictRow(id=attempts[0].id, statement_id=own[0].id, outcome="accepted")]
        job.store.commit(f"r001-s{unit:04d}-c0000", {"attempts": attempts, "verdicts": verdicts})
    job.store.write("problems", job.inputs.problems, "all")
    monkeypatch.setattr(Run, "weights", lambda self, round: Weights("given", 0, "hash-0"))
    for number in (0, 1, 2):
        job.store.write_json(f"rounds/{number:03d}/metrics.json", {"model": f"hash-{min(number, 1)}"})
        job.store.write_json(f"rounds/{number:03d}/weights.json", {"round": min(number, 1)})
    return job


def test_rows_come_while_it_works_and_the_rounds_figures_on_the_same_axis(job: Run) -> None:
    recorder: Any = job.tracker
    job.shards = [FakeActor(counts=({"pairs": 3}, {}, {}))]

    async def work() -> dict[str, Any]:
        while len(recorder.rows) < 3:
            await asyncio.sleep(0.01)
        with job.timed("search"):
            await asyncio.sleep(0.05)
        shares = await idle_shares(job, 0)
        await tell_round(job, 1, {"round": 1, "model": "hash-1", "pairs": 3, "pass@1": 50.0, "pass@1_interval": [40.0, 60.0], **shares})
        return shares

    shares = asyncio.run(with_timeline(job, work()))
    assert shares == {"idle": {"trainer": 1.0}, "idle_of_run": {"trainer": 1.0}}
    assert recorder.rows[0][1]["funnel/pairs"] == 3 and [row["eval/pass@1_low"] for _, row in recorder.rows if "round/pairs" in row] == [
        40.0
    ]
    steps = [step for step, _ in recorder.rows]
    assert steps == sorted(steps) == [int(10 * row["time"]) for _, row in recorder.rows]
    assert len(read_timeline(job.store)) == len(recorder.rows) - 1 >= 4
    assert [name for name, *_ in recorder.steps] == ["search-1", "train-1", "evaluate-1"], "waited for at the end"
    assert recorder.tables["samples/statements"][0] == STATEMENTS and recorder.tables["samples/proofs"][0] == PROOFS


def test_a_failure_of_the_work_is_its_own_and_ends_the_timeline(job: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails() -> None:
        await asyncio.sleep(0.05)
        raise RuntimeError("the work failed")

    async def main() -> None:
        try:
            await with_timeline(job, fails())
        finally:
            await asyncio.sleep(0)
            assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []

    with pytest.raises(RuntimeError, match="the work failed"):
        asyncio.run(main())
    assert output(job) == ""


def test_what_w_and_b_does_beside_the_rounds_is_not_waited_for_for_ever(job: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        slow = timeline.Timeline(job.store, job.live, job.actors, 1.0, lambda row: None)
        slow.later(asyncio.sleep(60))
        await asyncio.wait_for(slow.settled(0.05), 5)

    asyncio.run(main())


def test_samples_are_small_seeded_and_from_disk(job: Run) -> None:
    statements, proofs = sampled_statements(job.store, 1, 7), sampled_proofs(job.store, 1, 7)
    assert len(statements) == len(proofs) == 20
    assert statements == sampled_statements(job.store, 1, 7) != sampled_statements(job.store, 1, 8)
    assert {row[4:] for row in statements} == {(True, ""), (False, "trivial")}
    assert {row[5] for row in proofs} == {"accepted", "rejected: unsolved"} and len({row[0] for row in proofs}) == 20
    assert any(row[2].startswith("the negation of theorem") for row in proofs) and all("theorem X" in row[2] for row in proofs)
    assert sampled_statements(job.store, 2, 7) == [] == sampled_proofs(job.store, 2, 7)


def test_the_lineage_reads_problems_corpus_model_corpus(job: Run) -> None:
    metrics = {"pairs": 7, "pass@1": 50.0}
    zero, first, second = (works(job, number, metrics | {"model": f"hash-{min(number, 1)}"}) for number in (0, 1, 2))
    assert [work.kind for work in zero] == ["bootstrap", "evaluate"] and [work.kind for work in first] == ["search", "train", "evaluate"]
    assert [work.kind for work in second] == ["search", "evaluate"], "there were no new weights in round 2"
    search, train, _ = first
    assert search.used[0].type == "problems" and search.used[1] == zero[0].made[0], "the same version again"
    assert search.made[0].type == "corpus" and train.used[0] == search.made[0] and train.made[0].type == "model"
    assert second[0].used[1] == second[1].used[0] == train.made[0] and train.made[0].metadata["trained_on"].endswith("-corpus:round-1")
    assert search.made[0].metadata["sampled_by"] == ["hash-0"]
    job.store.write_json("rounds/002/trained_on.json", {"staleness": {"a": 0, "b": 1, "c": 1}})
    stale = works(job, 2, metrics | {"model": "hash-1"})[0]
    assert [model.metadata["hash"] for model in stale.used[1:]] == ["hash-0", "hash-1"], "pairs of two versions, in mode async"
    assert first[2].made[0].metadata["eval/pass@1"] == 50.0
    assert all(artifact.folder is None for work in (*zero, *first) for artifact in work.made), "weights are uploaded only where one says so"
