"""How a round's search is cut into shards, and what of earlier rounds is searched again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from synth.llm.config import ROLES
from synth.llm.types import Weights
from synth.run import searching
from synth.run.searching import new_problems, search_round
from synth.run.shard import ShardTask
from synth.statements.benchmarks import Benchmarks
from tests.synth.run.fakes import FakeActor, again, make_run, pair, statement
from tests.synth.stage_fakes import WEIGHTS

FROZEN = Weights("given", 0, "first")


@pytest.mark.parametrize(
    ("settings", "sizes"),
    [
        ({"rounds": 3}, [4, 4, 2]),
        ({"rounds": 5}, [2, 2, 2, 2, 2]),
        ({"rounds": 1}, [10]),
        ({"rounds": 12}, [1] * 10 + [0, 0]),
        ({"rounds": 2, "problems_per_round": 3}, [3, 3]),
        ({"rounds": 3, "problems_per_round": 4}, [4, 4, 2]),
    ],
)
def test_each_problem_is_new_in_one_round(tmp_path: Path, settings: dict[str, Any], sizes: list[int]) -> None:
    job = make_run(tmp_path, **settings)
    rounds = [
        job.inputs.problems[places.start : places.stop]
        for places in (new_problems(job, number) for number in range(1, settings["rounds"] + 1))
    ]
    assert [len(problems) for problems in rounds] == sizes
    assert [p for problems in rounds for p in problems] == job.inputs.problems[: sum(sizes)]


def test_unsolved_are_the_kept_statements_of_earlier_rounds_without_a_pair(tmp_path: Path) -> None:
    job = make_run(tmp_path)
    solved, open_, dropped, later = (statement("solved"), statement("open"), statement("no", kept=False), statement("later", 2))
    refuted = statement("refuted")
    undecided = statement("undecided", kept=False, reason="undecided")
    job.store.commit("r001-a", {"statements": [solved, open_, dropped, refuted, undecided], "pairs": [pair(solved), pair(refuted)]})
    job.store.commit(
        "r002-a", {"statements": [later, undecided.model_copy(update={"kept": True, "reason": ""})], "pairs": [pair(open_, 2)]}
    )
    assert again(job, 1) == []
    assert [s.id for s in again(job, 2)] == ["open", "undecided"], "a proof of round 2 does not change what round 2 began with"
    assert [(s.id, s.kept) for s in again(job, 3)] == [("undecided", True), ("later", True)]


def test_pieces_are_searched_again_while_what_they_are_of_is_open(tmp_path: Path) -> None:
    open_, solved = statement("open"), statement("solved")
    pieces = [
        statement(name).model_copy(update={"origin": "subgoal", "parent": parent.id, "kept": kept})
        for name, parent, kept in (("left", open_, True), ("unfit", open_, False), ("moot", solved, True), ("proved", open_, True))
    ]
    for retry, found in ((True, ["open", "left"]), (False, ["open"])):
        job = make_run(tmp_path / str(retry), search={"sketch": {"retry": retry}})
        job.store.commit("r001-a", {"statements": [open_, solved, *pieces], "pairs": [pair(solved), pair(pieces[3])]})
        assert [s.id for s in again(job, 2)] == found


def searched(job: Any, monkeypatch: pytest.MonkeyPatch, number: int, actors: int = 2) -> list[ShardTask]:
    """The tasks that the shard actors get in round `number`."""
    tasks: list[ShardTask] = []
    working = [0, 0]  # now, most at once

    async def run(task: ShardTask) -> None:
        working[0] += 1
        working[1] = max(working)
        await asyncio.sleep(0)
        working[0] -= 1
        tasks.append(task)

    def start(job: Any) -> None:
        job.shards = [FakeActor(run=run, counts=({}, {}, {})) for _ in range(actors)]

    monkeypatch.setattr(searching, "start_shards", start)
    job.answering, job.frozen, job.benchmarks = WEIGHTS, dict.fromkeys(ROLES, FROZEN), Benchmarks()
    asyncio.run(search_round(job, number))
    assert working[1] <= actors, "an actor works on one shard at a time"
    return sorted(tasks, key=lambda task: task.index)


def test_a_round_is_cut_into_shards_that_hold_everything_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_run(tmp_path, rounds=2, shards={"problems": 2})
    old = [statement(f"s{n:02d}").model_copy(update={"problem_id": f"p{n // 3:02d}"}) for n in range(9)]
    job.store.commit("r001-a", {"statements": old})
    tasks = searched(job, monkeypatch, 2)
    assert [task.key for task in tasks] == ["r002-s0000", "r002-s0001", "r002-s0002"]
    assert sorted(p.id for task in tasks for p in task.problems) == [f"p{n:02d}" for n in range(5, 10)]
    assert sorted(s.id for task in tasks for s in task.retry) == [s.id for s in old]
    for task in tasks:
        assert sorted(p.id for p in task.earlier) == sorted({s.problem_id for s in task.retry}), "each problem once"
    expected = {"formalizer": FROZEN, "judge": FROZEN, "prover": WEIGHTS}
    assert [(task.round, task.weights) for task in tasks] == [(2, expected)] * 3


def test_what_is_conjectured_from_is_cut_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on = {"enabled": True, "seeds": 5, "seed_rate": 0.0}
    job = make_run(tmp_path, problems=2, rounds=2, shards={"problems": 2}, conjectures=on)
    proved = [statement(f"s{n}") for n in range(7)]
    job.store.commit("r001-a", {"statements": proved, "pairs": [pair(s) for s in proved]})
    tasks = searched(job, monkeypatch, 2)
    drawn = [id for task in tasks for id in task.conjectures.pairs]
    assert len(tasks) == 3 and len(drawn) == 5 == len({*drawn} & {pair(s).id for s in proved})
    assert not any(task.conjectures for task in searched(job, monkeypatch, 1)), "nothing is proved before the first round"


def test_the_same_round_is_cut_the_same_way_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a shard's key would mean other work after an interruption."""
    job = make_run(tmp_path, rounds=1, shards={"problems": 3})
    first = searched(job, monkeypatch, 1)
    job.store.write("statements", [statement("made meanwhile")], "r001-s0000-statements")
    job.store.write("pairs", [pair(statement("made meanwhile"))], "r001-s0000-c0000")
    assert searched(job, monkeypatch, 1, actors=1) == first


def test_without_retry_only_new_problems_are_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_run(tmp_path, rounds=2, retry="none")
    job.store.commit("r001-a", {"statements": [statement("open")]})
    assert [task.retry for task in searched(job, monkeypatch, 2)] == [()]
