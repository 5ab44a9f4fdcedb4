"""The index of a run: each statement once, whatever dies; and problems in the order of their list, however it is sharded."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from synth.config import FilterConfig
from synth.export.filters import Filters
from synth.export.select import Selection
from synth.export.snapshot import Snapshot
from synth.export.splits import Shares
from synth.index import shard as index_shard
from synth.index.client import Index
from synth.index.shard import IndexShard
from synth.problems.generate import generate
from synth.records import Claim, Drop, Problem, Statement
from synth.run.ledger import Ledger
from synth.statements.benchmarks import Benchmarks
from synth.statements.screen import Passed, screened
from synth.store.compact import compact
from synth.store.rundir import RunDir
from tests.synth.run.fakes import pair, statement

FILTERS = FilterConfig()
UNIT = "r001-s0000-b0000-statements"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_shard, "PAUSE", 0.0)


def opened(folder: Path, of: int = 1, benchmarks: Benchmarks | None = None) -> Index:
    """The index of the run in `folder`, as whoever starts it anew has it."""
    words = benchmarks.words if benchmarks else {}
    return Index([IndexShard(RunDir(folder), FILTERS, words, number, of) for number in range(of)], FILTERS)


def claimed(index: Index, statements: Sequence[Statement], unit: str = UNIT) -> list[str]:
    return asyncio.run(index.claim(statements, unit))


def equal(names: Iterable[str], **fields: str) -> list[Statement]:
    return [statement(name, form=f"form {name[0]}", **fields) for name in names]


def test_answers_are_on_disk_before_they_are_heard(tmp_path: Path) -> None:
    first = opened(tmp_path)
    assert claimed(first, equal(["a1", "b1", "a2"])) == ["a1", "b1", "a1"]
    again = opened(tmp_path)  # after a kill -9
    assert claimed(again, equal(["a2", "a3", "b1", "c1"]), "r002-s0000-b0000-statements") == ["a1", "a1", "b1", "c1"]
    assert claimed(opened(tmp_path), equal(["a1", "c2"])) == ["a1", "c1"]
    store = RunDir(tmp_path)
    assert [row.id for row in store.read("claims", Claim)] == ["a1", "b1", "a2", "c2", "a3", "c1"] and compact(store, 1)
    assert claimed(opened(tmp_path), equal(["b3", "c2"])) == ["b1", "c1"], "also once its parts are put together"


def test_the_same_is_answered_by_one_shard_and_by_four(tmp_path: Path) -> None:
    draw = random.Random(0)
    origins = draw.choices(["autoformalized", "given", "variant", "lemma"], [6, 1, 1, 1], k=120)
    asked = [statement(f"s{n:03d}", form=f"form {draw.randrange(40)}", origin=origin) for n, origin in enumerate(origins)]
    answers = []
    for of in (1, 4):
        index = opened(tmp_path / str(of), of)

        async def main(index: Index) -> list[str]:
            units = range(0, len(asked), 6)
            return [id for first in units for id in await index.claim(asked[first : first + 6], f"r{1 + first // 60:03d}-u{first}")]

        answers.append(asyncio.run(main(index)))
    assert answers[0] == answers[1] and len(set(answers[0])) >= 40


def test_what_comes_at_once_is_written_at_once(tmp_path: Path) -> None:
    index = opened(tmp_path, 2)

    async def main() -> list[list[str]]:
        return list(await asyncio.gather(*(index.claim(equal([f"{n % 5}{n}"]), UNIT) for n in range(40))))

    answers = asyncio.run(main())
    assert answers == [[f"{n % 5}{n % 5}"] for n in range(40)] and len(RunDir(tmp_path).keys()) == 2


def test_an_answer_that_cannot_be_written_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = opened(tmp_path)

    def full(*_: object) -> bool:
        raise OSError("no space")

    with monkeypatch.context() as patched:
        patched.setattr(RunDir, "commit", full)
        with pytest.raises(OSError, match="no space"):
            claimed(index, equal(["a1"]))
    assert claimed(index, equal(["a2"])) == ["a2"]


def test_one_that_was_taken_for_dead_and_answers_all_the_same_does_no_harm(tmp_path: Path) -> None:
    dead, alive = opened(tmp_path), opened(tmp_path)
    assert claimed(dead, equal(["z1"])) == claimed(alive, equal(["z1"])) == ["z1"]
    assert claimed(alive, equal(["a1"])) == ["a1"]
    assert claimed(dead, equal(["a2", "b1"])) == ["a1", "b1"], "what it would have written is there: it reads that"
    problems = [Problem(id="p", text="Show that 5 is odd."), Problem(id="q", text="Prove that 5 is odd.")]
    for index in (dead, alive):
        assert list(asyncio.run(index.screen("r001-p00000", list(enumerate(problems))))) == ["q"]


def test_of_equal_statements_one_is_kept_whoever_was_first(tmp_path: Path) -> None:
    """A given one stays, then a problem's, then one that was made, then a piece; what was searched meanwhile counts no more."""
    store, index = RunDir(tmp_path), opened(tmp_path, 3)
    piece, made, own, given_ = (
        statement(name, form="one", origin=origin)
        for name, origin in (("k", "lemma"), ("m", "conjectured"), ("p", "autoformalized"), ("g", "given"))
    )
    for number, one in enumerate((piece, made, own, given_)):
        unit = f"r001-s000{number}-x"
        assert claimed(index, [one], unit) == [one.id]
        store.commit(unit, {"statements": [one], "pairs": [pair(one)]})
    late = own.model_copy(update={"id": "late", "kept": False, "reason": "duplicate", "detail": "says what statement p says"})
    assert claimed(index, [late], "r001-s0009-x") == ["g"]
    store.commit("r001-s0009-x", {"statements": [late]})
    assert [asyncio.run(some.settle(1)) for some in (index, index, opened(tmp_path, 3))] == [4, 4, 4], "once, and the same"
    rows = {s.id: (s.kept, s.detail) for s in store.read("statements", Statement)}
    assert rows == {"g": (True, ""), **dict.fromkeys(["k", "m", "p", "late"], (False, "says what statement g says"))}
    assert store.repeated() == {"k", "m", "p"}
    corpus = Selection([Snapshot.take(tmp_path)], Filters(), Shares())
    assert [name for table in corpus.tables() for name in table["statement_id"].to_pylist()] == ["g"]
    assert store.count("pairs") == 4


@pytest.mark.parametrize("of", [1, 4])
def test_a_statement_that_was_never_kept_keeps_none_out(tmp_path: Path, of: int) -> None:
    """Its unit was killed after it was told that it is the first; done again, the unit finds another one."""
    store, index = RunDir(tmp_path), opened(tmp_path, of)
    lost, found = equal(["a1"]), equal(["a2", "a3", "b1"])
    assert claimed(index, lost) == ["a1"]
    assert claimed(index, found, "r001-s0001-b0000-statements") == ["a1", "a1", "b1"]
    dropped = [s.model_copy(update={"kept": False, "reason": Drop.DUPLICATE, "detail": "says what statement a1 says"}) for s in found[:2]]
    store.commit("r001-s0001-b0000-statements", {"statements": [*dropped, found[2]]})
    store.commit(UNIT, {"statements": equal(["c1"])})
    for some in (opened(tmp_path, of), opened(tmp_path, 5 - of)):
        asyncio.run(some.settle(1))
        rows = {s.id: (s.kept, s.detail) for s in store.read("statements", Statement)}
        assert rows == {"a2": (True, ""), "a3": (False, "says what statement a2 says"), "b1": (True, ""), "c1": (True, "")}
        assert claimed(some, equal(["a4"]), "r002-s0000-b0000-statements") == ["a2"] and not store.repeated()
    ledger = Ledger(store)
    ledger.upto(1)
    assert {s.id for s in ledger.statements(ledger.unsolved(True, True))} == {"a2", "b1", "c1"}, "it is searched in the next round"


class Killed(Exception):
    """Stands in for the end of an actor: who has asked it asks the next one."""


class Mortal(RunDir):
    """The run directory as an index's actor has it that is killed, sooner or later, before or after it has written something."""

    def __init__(self, url: str | Path, draw: random.Random) -> None:
        super().__init__(url)
        self.draw, self.dead = draw, False

    def commit(self, key: str, parts: Mapping[str, Iterable[BaseModel]], info: Mapping[str, Any] | None = None) -> bool:
        last = self.draw.random() < 0.15
        done = not self.dead and self.draw.random() < 0.8 and super().commit(key, parts, info)
        self.dead |= last or not done
        if self.dead:
            raise Killed
        return done


@pytest.mark.parametrize("seed", range(2))
def test_whatever_dies_each_statement_is_kept_once(tmp_path: Path, seed: int) -> None:
    """Units are killed after they were answered, and then find others; the index's actors are killed meanwhile."""
    draw, store = random.Random(seed), RunDir(tmp_path)
    actors: dict[int, Mortal] = {}
    shards: list[Any] = [None, None]

    async def asked(method: str, *args: Any) -> Any:
        while True:
            for number, actor in enumerate(shards):
                if actor is None or actors[number].dead:
                    actors[number] = Mortal(tmp_path, draw)
                    shards[number] = IndexShard(actors[number], FILTERS, {}, number, 2)
            with contextlib.suppress(Killed):
                return await getattr(Index(shards, FILTERS), method)(*args)

    async def one(unit: str, form: int) -> Statement:
        found = statement(f"{unit}-{form}", form=f"form {form}", round=int(unit[1:4]))
        await asyncio.sleep(draw.random() / 1000)
        (same,) = await asked("claim", [found], unit)
        says = {"kept": False, "reason": "duplicate", "detail": f"says what statement {same} says"}
        return found if same == found.id else found.model_copy(update=says)

    async def worker(units: list[str]) -> None:
        while units:
            unit = units.pop()
            found = await asyncio.gather(*(one(unit, form) for form in draw.sample(range(25), 3)))
            while draw.random() < 0.4:  # killed
                found = await asyncio.gather(*(one(unit, form) for form in draw.sample(range(25), 3)))
            store.commit(unit, {"statements": found})

    async def main() -> None:
        for round in (1, 2, 3):
            units = [f"r{round:03d}-s{n:04d}" for n in range(6)]
            await asyncio.gather(*(worker(units) for _ in range(4)))
            await asked("settle", round)

    asyncio.run(main())
    rows = [s for round in (1, 2, 3) for s in store.read("statements", Statement, f"r{round:03d}-")]
    kept = {s.form: s.id for s in rows if s.kept}
    assert len(kept) == sum(s.kept for s in rows) and kept.keys() == {s.form for s in rows}
    assert all(s.detail == f"says what statement {kept[s.form]} says" for s in rows if not s.kept)


@pytest.mark.parametrize("of", [1, 3])
def test_what_an_earlier_version_kept_is_known(tmp_path: Path, of: int) -> None:
    store = RunDir(tmp_path)
    old = [*equal(["a1"]), *equal(["b1"], origin="subgoal"), *equal(["c1", "d1"])]
    store.commit("r001-s0000-b0000-statements", {"statements": old, "pairs": [pair(old[0])]})
    store.commit("r001-repeats", {}, {"repeated": ["d1"]})
    store.write_json("rounds/001/metrics.json", {"round": 1})
    later = equal(["a2", "b2", "c1", "d2"])
    for index in (opened(tmp_path, of), opened(tmp_path, 4 - of)):
        assert claimed(index, later, "r002-s0000-b0000-statements") == ["a1", "b2", "c1", "d2"]
    store.commit("r002-s0000-b0000-statements", {"statements": later[1:]})
    asyncio.run(opened(tmp_path).settle(2))
    assert not store.repeated() - {"d1"}


TEXTS = [item.problem().text for item in generate(5, 60)]
PROBLEMS = [
    Problem(id=f"p{n:03d}", text=text, statement="theorem X : 1 = 1" if n % 11 == 0 else "")
    for n, text in enumerate(t.replace("Prove", word) for word in ("Prove", "Show") for t in TEXTS)
]


@pytest.mark.parametrize("of", [1, 4])
def test_problems_are_passed_over_as_by_one_look_at_all_of_them(tmp_path: Path, of: int) -> None:
    benchmarks = Benchmarks()
    held = [(f"held {n}", TEXTS[n]) for n in range(7)]
    benchmarks.words = {Drop.HELDOUT: held[:4], Drop.CONTAMINATED: [*held[4:], ("other", TEXTS[0].replace("Prove", "Deduce"))]}
    whole = screened(PROBLEMS, benchmarks, FILTERS)
    assert {one.reason for one in whole.values()} == {"", "duplicate", "heldout", "contaminated"} and len(whole) > 50

    def asked(index: Index, round: int, step: int) -> dict[str, Passed]:
        async def main() -> dict[str, Passed]:
            found: dict[str, Passed] = {}
            for start in range(0, len(PROBLEMS), step):
                piece = list(enumerate(PROBLEMS[start : start + step], start))
                found |= await index.screen(f"r{round:03d}-p{start:05d}", piece)
            return found

        return asyncio.run(main())

    assert asked(opened(tmp_path, of, benchmarks), 1, 50) == whole
    units = RunDir(tmp_path).keys()
    for again in (of, 3):
        assert asked(opened(tmp_path, again, benchmarks), 2, 90) == whole, "after a kill, cut otherwise, and by other shards"
    assert RunDir(tmp_path).keys() == units, "what is there is not written again"
