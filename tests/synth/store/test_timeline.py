"""The rows of a run's timeline on disk: of bounded size, whole after a kill, and the idle shares that they give."""

from __future__ import annotations

import contextlib
import random
import uuid
from pathlib import Path

import pytest

from synth.store import timeline
from synth.store.rundir import RunDir
from synth.store.timeline import Row, TimelineLog, idle, idle_of_round, read_timeline, thinned


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "PART", 8)
    monkeypatch.setattr(timeline, "MOST", 64)


def row(number: int, rounds: int = 1, **fields: object) -> Row:
    values = {"made": {"pairs": 1}, "stages": {"search": 0.5}, "busy": {"pools": 1.0}, "actors": {"pools": 2}} | fields
    return Row(time=float(number), span=1.0, rounds=[rounds], counts={"pairs": number}, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("place", ["local", "memory"])
def test_a_long_run_keeps_a_bounded_number_of_rows_that_say_the_same(tmp_path: Path, place: str) -> None:
    store = RunDir(tmp_path if place == "local" else f"memory://{uuid.uuid4().hex}/run")
    log = TimelineLog(store)
    for number in range(1, 1001):
        log.append(row(number, 1 + number // 400))
    rows = read_timeline(store)
    assert rows == log.rows and 24 <= len(rows) <= 64
    assert sum(row.span for row in rows) == 1000 and sum(row.made["pairs"] for row in rows) == 1000
    assert rows[-1].time == 1000 and rows[-1].counts == {"pairs": 1000} and [r.time for r in rows] == sorted({r.time for r in rows})
    assert {tuple(row.rounds) for row in rows} == {(1,), (2,), (3,)}, "rows of two rounds are not put together"
    assert rows[-1].span <= rows[0].span <= 40, "old ones are coarser, but not without end"
    assert TimelineLog(store).rows == rows, "a continued run goes on from them"


def test_a_writer_may_be_killed_at_any_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While rows are put together, parts of before and after lie side by side."""
    generator = random.Random(5)
    write = RunDir.write_text
    for trial in range(20):
        store = RunDir(tmp_path / str(trial))
        log = TimelineLog(store)
        for number in range(1, 65):
            log.append(row(number))
        left = [generator.randrange(8)]

        def killed(self: RunDir, name: str, text: str, left: list[int] = left) -> None:
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            write(self, name, text)

        with monkeypatch.context() as patch:
            patch.setattr(RunDir, "write_text", killed)
            with contextlib.suppress(KeyboardInterrupt):
                log.append(row(65))
        again = TimelineLog(store)
        assert again.rows[-1].time in (64, 65) and [r.time for r in again.rows] == sorted({r.time for r in again.rows})
        again.append(row(70))
        assert read_timeline(store) == again.rows == TimelineLog(store).rows
        assert abs(sum(r.span for r in again.rows[:-1]) - again.rows[-2].time) <= again.rows[0].span, "what overlaps is at most one row"


def test_a_damaged_line_costs_itself(tmp_path: Path) -> None:
    store = RunDir(tmp_path)
    log = TimelineLog(store)
    for number in range(1, 12):
        log.append(row(number))
    path = tmp_path / "timeline" / "0000.jsonl"
    path.write_text(path.read_text().replace('"time":3.0', '"time":'))
    assert [r.time for r in TimelineLog(store).rows] == [1, 2, *range(4, 12)]
    assert read_timeline(RunDir(tmp_path / "none")) == []


def test_idle_shares() -> None:
    rows = [
        Row(time=10, span=10, rounds=[0], busy={"samplers": 5, "pools": 20}, actors={"samplers": 1, "pools": 4, "trainer": 1}),
        Row(time=20, span=10, rounds=[1], busy={"samplers": 20, "pools": 10}, actors={"samplers": 2, "pools": 4, "trainer": 1}),
        # the engines gave their GPUs to the trainer: they are idle as a whole
        Row(time=40, span=20, rounds=[1], busy={"trainer": 15}, actors={"pools": 4, "trainer": 1}),
    ]
    assert idle(rows) == {"samplers": round(1 - 25 / (10 + 20 + 40), 4), "pools": round(1 - 30 / 160, 4), "trainer": round(1 - 15 / 40, 4)}
    assert idle_of_round(rows, 1) == {"samplers": round(1 - 20 / 60, 4), "pools": round(1 - 10 / 120, 4), "trainer": 0.5}
    assert idle([]) == {} and idle(rows[2:])["pools"] == 1.0 and "samplers" not in idle(rows[2:]), "one that never was is not idle"


def test_putting_rows_together_changes_no_share() -> None:
    generator = random.Random(1)
    rows = []
    for number in range(1, 200):
        busy = {kind: generator.random() * 4 for kind in ("samplers", "pools", "trainer")}
        rows.append(row(number, busy=busy, actors={"samplers": 4, "pools": 4, "trainer": 4}))
    found = thinned(rows, 20)
    assert len(found) <= 20 and idle(found) == pytest.approx(idle(rows), abs=1e-3)
