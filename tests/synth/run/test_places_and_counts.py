"""The driver holds places and counts: what it takes grows by bytes a row, and a run that an earlier version began goes on as it was."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth import spool
from synth.config import RunConfig
from synth.llm.config import ROLES
from synth.records import Pair, Problem, Statement, content_id
from synth.run import inputs as reading
from synth.run.inputs import inputs_of_run, keep_inputs
from synth.run.ledger import Ledger
from synth.run.replayed import Replayed, by_id
from synth.run.searching import plan_round, task_of
from synth.run.stored import KEY, Stored
from synth.store.compact import compact
from synth.store.rundir import RunDir
from tests.synth.run.fakes import make_run, pair, statement
from tests.synth.stage_fakes import WEIGHTS
from train.config import ReplayConfig
from train.replay import select

FEW, MANY = 1_000, 4_000
HELD = 300  # bytes a row that may be held: a record takes one to two thousand


def grown(held: Callable[[int], object]) -> float:
    """Bytes that the peak of memory grows by, for each row more."""
    peaks = []
    for count in (FEW, MANY):
        tracemalloc.start()
        try:
            held(count)
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    return (peaks[1] - peaks[0]) / (MANY - FEW)


def settings(folder: Path, **more: Any) -> RunConfig:
    (folder / "model").mkdir(exist_ok=True)
    (folder / "model" / "config.json").write_text("{}")
    models = {"prover": {"path": str(folder / "model")}}
    return RunConfig.model_validate({"models": models, "heldout": {"count": 3}, **more})


def test_problems_are_read_and_kept_as_a_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "MOST", 100)
    monkeypatch.setattr("synth.store.units.PART", 200)
    monkeypatch.setattr("synth.problems.readers._BATCH", 100)

    def taken_in(count: int) -> None:
        file, store = tmp_path / f"{count}.jsonl", RunDir(tmp_path / str(count))
        with file.open("w") as out:
            out.writelines(json.dumps({"text": f"Show that {n % (count - 10)} is a number."}) + "\n" for n in range(count))
        inputs = keep_inputs(inputs_of_run(settings(tmp_path, problems={"path": str(file), "on_error": "skip"}), store), store)
        assert len(inputs.problems) == count - 10 and len(store.parts("problems")) == -(-(count - 10) // 200)

    assert grown(taken_in) < HELD
    store = RunDir(tmp_path / str(FEW))
    problems: Any = Stored(store)
    listed = list(store.read("problems", Problem))
    assert list(problems) == listed == problems[:] and problems == listed
    assert problems.take([989, 5, 500]) == [listed[989], listed[5], listed[500]] and problems[-1] == listed[-1]
    assert problems.find([listed[7].id, "none", listed[800].id]) == {p.id: p for p in (listed[7], listed[800])}
    rejected = json.loads((tmp_path / str(FEW) / "rejected.json").read_text())
    assert len(rejected) == 10 and rejected[0]["reason"] == f"duplicate of {tmp_path / f'{FEW}.jsonl'}:1"


def test_a_continuation_reads_no_file_that_is_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "p.jsonl").write_text("".join(json.dumps({"text": f"Show that {n} is a number."}) + "\n" for n in range(5)))
    config, store = settings(tmp_path, problems={"path": str(tmp_path / "p.jsonl")}), RunDir(tmp_path / "run")
    first = keep_inputs(inputs_of_run(config, store), store)

    def read(*_: Any) -> Iterator[Problem]:
        raise AssertionError("read again")

    with monkeypatch.context() as patch:
        patch.setattr(reading, "problems_in", read)
        again = inputs_of_run(config, store)
    assert again.problems == first.problems and again.notes == first.notes
    (tmp_path / "p.jsonl").write_text(json.dumps({"text": "Another."}) + "\n")
    assert any("now gives 1 problems, not the 5" in note for note in inputs_of_run(config, store).notes)


def filled(folder: Path, count: int) -> RunDir:
    """A round of `count` statements, every other one proved."""
    store = RunDir(folder)
    for start in range(0, count, 500):
        some = [statement(content_id("s", n)) for n in range(start, start + 500)]
        store.commit(
            f"r001-s{start:06d}", {"statements": some, "pairs": [pair(s).model_copy(update={"proof": f"exact {s.id}"}) for s in some[::2]]}
        )
    return store


def test_what_earlier_rounds_came_to_is_held_in_arrays(tmp_path: Path) -> None:
    def searched(count: int) -> None:
        ledger = Ledger(RunDir(tmp_path / str(count)))
        ledger.upto(1)
        assert len(ledger.unsolved(pieces=False, made=False)) == count // 2

    def replayed(count: int) -> None:
        pairs = Replayed(RunDir(tmp_path / str(count)))
        pairs.take(1)
        places, _ = pairs.choose(ReplayConfig(), 0, ())
        assert len(places) == count // 2

    for count in (FEW, MANY):
        filled(tmp_path / str(count), count)
    assert grown(searched) < HELD and grown(replayed) < 2 * HELD


def test_the_pairs_to_train_on_are_those_that_were_chosen_among_records(tmp_path: Path) -> None:
    store = RunDir(tmp_path)
    for number in (1, 2):
        for unit in range(3):
            made = [statement(f"s{n}") for n in range(unit, 12, number)]
            found = [pair(s, number).model_copy(update={"proof": f"by tac{n % 4}"}) for n, s in enumerate(made)]
            store.commit(f"r{number:03d}-s{unit:04d}", {"pairs": [p.model_copy(update={"id": f"{p.id}-{unit}"}) for p in found]})
    records = [p for p in store.read("pairs", Pair) if p.statement_id != "s3"]
    replayed = Replayed(store)
    replayed.take(1)
    compact(store, least=1)
    replayed.take(2)
    for config in (ReplayConfig(), ReplayConfig(per_statement=2, capacity=7)):
        chosen, (places, weights) = select(records, config, 5), replayed.choose(config, 5, {"s3"})
        lines = ((c.pair.id, f"{c.pair.id} {c.weight:.9f}".encode()) for c in replayed.pairs(places, weights, {}))
        told = [line.decode() for line in by_id(lines, replayed.buffer.column("id")[places])]
        assert told == [f"{c.pair.id} {c.weight:.9f}" for c in chosen]
        assert [id for id, _, _ in replayed.about(places)] == [c.pair.id for c in chosen]
    (dropped,) = {c.pair.id for c in select(records, ReplayConfig(), 5)} & {chosen[0].pair.id}
    factors = {dropped: 0.0, chosen[1].pair.id: 2.0}
    weighed = {c.pair.id: c.weight for c in replayed.pairs(places, weights, factors)}
    assert dropped not in weighed and weighed[chosen[1].pair.id] == pytest.approx(2 * chosen[1].weight)


@pytest.mark.parametrize("begun", [True, False])
def test_a_round_that_an_earlier_version_began_is_cut_as_it_was(tmp_path: Path, begun: bool) -> None:
    """It had one part of problems, some twice, no `plan.json`, and gave every so manieth to a shard."""
    job = make_run(tmp_path, rounds=2, shards={"problems": 2})
    job.frozen = dict.fromkeys(ROLES, WEIGHTS)
    problems = [Problem(id=f"p{n}", text=f"problem {n}") for n in range(10)]
    job.store.write("problems", [*problems, problems[3]], "all")
    assert job.store.keys() == [KEY]
    stored: Any = Stored(job.store)
    assert len(stored) == 10 and stored == problems and [id for ids in stored.ids() for id in ids] == [p.id for p in problems]
    object.__setattr__(job.inputs, "problems", stored)
    old = [statement(f"s{n}").model_copy(update={"problem_id": f"p{n % 5}"}) for n in range(17)]
    job.store.commit("r001-s0000-b0000-statements", {"statements": old})
    if begun:
        job.store.commit("r002-s0001-b0000-statements", {"statements": [statement("new", 2)]})
    for _ in range(2):
        plan = plan_round(job, 2)
        tasks = [task_of(job, plan, i) for i in range(plan.pieces)]
        assert plan.pieces == 3 and [task.key for task in tasks] == [f"r002-s{i:04d}" for i in range(3)]
        fresh, again = problems[5:], [s.id for s in old]
        if begun:
            assert [task.problems for task in tasks] == [tuple(fresh[i::3]) for i in range(3)]
            assert [[s.id for s in task.retry] for task in tasks] == [again[i::3] for i in range(3)]
        else:
            assert [p for task in tasks for p in task.problems] == fresh and [s.id for task in tasks for s in task.retry] == again
        assert all({p.id for p in task.earlier} == {s.problem_id for s in task.retry} for task in tasks)
        job.store.commit("r002-s0002-b0000-statements", {"statements": [statement("later", 2)]})
        job = make_run(tmp_path, rounds=2, shards={"problems": 2})
        job.frozen = dict.fromkeys(ROLES, WEIGHTS)
        object.__setattr__(job.inputs, "problems", Stored(job.store))


def test_what_a_round_says_of_a_statement_is_what_reading_it_says(tmp_path: Path) -> None:
    """Of one round the first record counts, but an undecided one only until another says more; of several rounds the last."""
    random, store = np.random.default_rng(3), RunDir(tmp_path)
    states: tuple[dict[str, Any], ...] = ({}, {"kept": False, "reason": "undecided"}, {"kept": False, "reason": "trivial"})
    for number in (1, 2):
        for unit in range(6):
            rows = [statement(f"s{n}", number, **states[random.integers(3)]) for n in random.integers(0, 12, 5)]
            proved = [pair(statement(f"s{n}"), number) for n in random.integers(0, 12, unit // 4)]
            info = {"quarantined": ["s0"]} if number == 1 and unit == 2 else {}
            store.commit(f"r{number:03d}-s{unit:04d}", {"statements": rows, "pairs": proved}, info)
    ledger = Ledger(store)
    for number in (1, 2):
        ledger.upto(number)
        latest = {s.id: s for round in range(1, number + 1) for s in store.read("statements", Statement, f"r{round:03d}-")}
        solved = {p.statement_id for p in store.read("pairs", Pair) if p.round <= number} | {"s0"}
        expected = {id: s for id, s in latest.items() if id not in solved and (s.kept or s.reason == "undecided")}
        found = ledger.statements(ledger.unsolved(pieces=True, made=True))
        assert {s.id: s for s in found} == expected
        proved_ids = {p.statement_id for p in store.read("pairs", Pair) if p.round <= number}
        assert {s.id for s in ledger.statements(ledger.solved())} == {id for id in proved_ids if id in latest and latest[id].kept}
        assert [id.decode() for id in ledger.ids(ledger.solved())] == [s.id for s in ledger.statements(ledger.solved())]
