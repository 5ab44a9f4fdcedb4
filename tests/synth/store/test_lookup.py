"""Records by their ids: what `Units.read` gives, wherever it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth.records import Statement
from synth.store import lookup
from synth.store.lookup import Lookup
from synth.store.rundir import RunDir


def statement(number: int, **more: str) -> Statement:
    return Statement(id=f"s{number}", problem_id=f"p{number}", text=f"theorem X : {number} = {number}", **more)


def test_it_finds_what_reading_all_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "GROUP", 8)  # so that what is far apart is read piece by piece
    with RunDir.open(tmp_path / "run") as run:
        run.write("statements", [statement(1, reason="undecided"), statement(2)], "a")
        run.write("statements", [statement(n) for n in range(3, 60)], "b")
        run.write("statements", [statement(1, reason="trivial"), statement(2, reason="late")], "c")
        found = Lookup(run, "statements", Statement)
        every = {one.id: one for one in run.read("statements", Statement)}
        assert every["s1"].reason == "trivial" and every["s2"].reason == ""
        assert found.find(list(every)) == every
        some = ["s58", "s1", "s4", "s2", "s30", "nothing"]
        assert found.find(some) == {name: every[name] for name in some if name in every} == run.find("statements", Statement, some)
        assert found.find([]) == {}


def test_of_nothing_nothing_is_found(tmp_path: Path) -> None:
    with RunDir.open(tmp_path / "run") as run:
        assert Lookup(run, "statements", Statement).find(["s1"]) == {}
