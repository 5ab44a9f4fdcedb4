"""Units put together: the same records in the same order, exactly once, whatever is killed or late."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from synth.records import Attempt, VerdictRow
from synth.store.compact import compact
from synth.store.manifest import entry_name
from synth.store.rundir import KINDS, RunDir
from tests.synth.store.test_store import EXAMPLES, attempt, problem


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two rounds, its problems, and a unit without parts."""
    store = RunDir(tmp_path_factory.mktemp("whole") / "run")
    store.commit("problems:all", {"problems": [problem(n) for n in range(5)]})
    for n in range(UNITS):
        tried = [attempt(10 * n + k) for k in range(n % 4)]
        told = [VerdictRow(id=a.id, statement_id="s", outcome="infra" if n % 3 else "accepted") for a in tried]
        pairs = [EXAMPLES["pairs"].model_copy(update={"id": f"x{n}"})]
        store.commit(f"r{1 + n % 2:03d}-s{n:04d}-c0000", {"attempts": tried, "verdicts": told, "pairs": pairs}, {"tokens": n})
    store.commit("r001-repeats", {}, {"repeated": ["s9"]})
    return Path(store.root)


def copied(whole: Path, folder: Path) -> RunDir:
    shutil.copytree(whole, folder, dirs_exist_ok=True)
    return RunDir(folder)


UNITS = 12


def everything(store: RunDir) -> dict[str, Any]:
    """All that can be asked of a run directory."""
    prefixes: tuple[str, ...] = ("", "r001-", "r002-s0007")
    read = {f"{kind} {prefix}": list(store.read(kind, KINDS[kind], prefix)) for kind in KINDS for prefix in prefixes}
    listed = {f"{kind} {prefix}": store.units(kind, prefix) for kind in KINDS for prefix in prefixes}
    counts = {kind: store.count(kind) for kind in KINDS}
    infos = {entry["key"]: entry["info"] for entry in store.entries()}
    some = list(store.read("pairs", KINDS["pairs"], keys={"r001-s0002-c0000", "r002-s0005-c0000"}))
    found = store.find("attempts", Attempt, ["a51", "a70", "none"])
    return {"read": read, "listed": listed, "counts": counts, "infos": infos, "keys": store.keys(), "some": some, "found": found}


def test_nothing_changes_but_the_number_of_files(whole: Path, tmp_path: Path) -> None:
    store = copied(whole, tmp_path)
    before, files = everything(store), len(list(tmp_path.rglob("*.*")))
    assert compact(store, least=100) == 0 and compact(store, least=10) == UNITS + 1
    assert everything(store) == before == everything(RunDir(tmp_path)) and len(list(tmp_path.rglob("*.*"))) < files / 3
    assert store.done("pairs", "r001-s0002-c0000") and not store.done("pairs", "r009")
    assert not store.commit("r001-s0002-c0000", {"attempts": [attempt(999)]}), "done is done"
    assert store.commit("r003-s0000-c0000", {"attempts": [attempt(1000)]}) and compact(store, least=1) == 1
    with RunDir.open(tmp_path) as again:
        assert [a.id for a in again.read("attempts", Attempt, "r003-")] == ["a1000"] and again.count("pairs") == UNITS
        places = [("r002-s0003-c0000", 2), ("r002-s0007-c0000", 1), ("r002-s0003-c0000", 0)]
        assert [a.id for a in again.at("attempts", Attempt, places)] == ["a32", "a71", "a30"]


class Killed(BaseException):
    """Stands in for a SIGKILL."""


@pytest.mark.parametrize("last", range(0, 9, 4))
def test_a_kill_at_any_moment_loses_and_doubles_nothing(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: int) -> None:
    store = copied(whole, tmp_path)
    before, steps = everything(store), 0
    write, remove = RunDir.write_bytes, store.fs.rm_file

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps > last:
            raise Killed

    def writes(self: RunDir, name: str, data: bytes) -> None:
        step()
        write(self, name, data)

    def removes(path: str) -> None:
        step()
        remove(path)

    with monkeypatch.context() as patch:
        patch.setattr(RunDir, "write_bytes", writes)
        patch.setattr(store.fs, "rm_file", removes)
        with pytest.raises(Killed):
            compact(store, least=10)
    assert everything(RunDir(tmp_path)) == before
    with RunDir.open(tmp_path) as again:
        assert everything(again) == before
        named = {part["path"] for entry in again.entries() for part in entry["parts"]}
        assert named == {f"{kind}/{path.name}" for kind in KINDS for path in (tmp_path / kind).glob("*")}, "no part without an entry"
        compact(again, least=1)
        assert everything(again) == before


def test_a_late_twin_of_a_unit_that_is_in_a_segment_does_not_count(whole: Path, tmp_path: Path) -> None:
    store = copied(whole, tmp_path)
    late = [{"kind": "attempts", "path": "attempts/late.parquet", "rows": 7, "bytes": 1}]
    compact(store, least=10)
    before = everything(store)
    RunDir(tmp_path).manifest.put("r001-s0002-c0000", late, {"tokens": 99})
    assert everything(store) == everything(RunDir(tmp_path)) == before
    RunDir.open(tmp_path).close()
    assert not (tmp_path / "manifest" / f"{entry_name('r001-s0002-c0000')}.json").exists()


def test_a_reader_goes_on_while_parts_are_put_together(whole: Path, tmp_path: Path) -> None:
    store = copied(whole, tmp_path)
    expected = [a.id for a in store.read("attempts", Attempt)]
    reading = RunDir(tmp_path).read("attempts", Attempt)
    first = [next(reading).id for _ in range(3)]
    spans = list(RunDir(tmp_path).spans("attempts"))
    compact(store, least=10)
    assert first + [a.id for a in reading] == expected
    assert [a.id for span in spans for a in store.rows_at("attempts", Attempt, span)] == expected
