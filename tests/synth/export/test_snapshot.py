"""Exports of runs that go on, of copies that are not whole, and of what may not be read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from synth.export.corpus import export
from synth.export.read import read_pairs
from synth.export.snapshot import Snapshot
from synth.store.compact import compact
from synth.store.manifest import entry_name
from synth.store.rundir import RunDir
from tests.synth.export.tiny import pair
from verify_workers.errors import UserError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[RunDir]:
    with RunDir.open(tmp_path / "run", {"name": "x"}) as store:
        for n in range(4):
            store.commit(f"r001-s0000-c{n:04d}", {"pairs": [pair(n)]}, {"repeated": []})
        store.write_json("rounds/001/metrics.json", {"round": 1, "statements": 4})
        yield store


def test_what_a_run_writes_meanwhile_is_not_in_it(run: RunDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More units, a statement found to repeat another, and parts put together: the corpus is of the moment at which it began."""
    take = Snapshot.take

    def taken(url: Any) -> Snapshot:
        found = take(url)
        run.commit("r001-s0000-c0009", {"pairs": [pair(9)]}, {"repeated": ["s0", "s1"]})
        run.write_json("rounds/002/metrics.json", {"round": 2, "statements": 9})
        assert compact(run, 1) == 5
        return found

    monkeypatch.setattr(Snapshot, "take", taken)
    assert export(run.path, tmp_path / "out", "hf") == {"pairs": 4, "duplicates": 0}
    assert sorted(p.statement_id for p in read_pairs(tmp_path / "out")) == ["s0", "s1", "s2", "s3"]
    about = json.loads((tmp_path / "out" / "_export.json").read_text())
    text = (tmp_path / "out" / "README.md").read_text()
    assert about["running"] == [run.path] and "still at work" in text and "| 1 |" in text and "| 2 |" not in text
    monkeypatch.undo()
    assert export(run.path, tmp_path / "later") == {"pairs": 3, "duplicates": 2}


def test_counts_of_a_snapshot(run: RunDir) -> None:
    found = Snapshot.take(run.path)
    run.commit("r001-s0000-c0009", {"pairs": [pair(9)]})
    assert found.running and found.count("pairs") == 4 and found.count("pairs", "r001-") == 4
    assert [figures["round"] for figures in found.figures] == [1] and len(found.keys()) == 4


def lose(what: str, run: RunDir, folder: Path) -> None:
    """Take something from a copy."""
    if what == "segment":
        compact(run, 1)
        run.save_manifest()
    shutil.copytree(run.path, folder)
    name = entry_name("r001-s0000-c0002")
    if what == "part":
        next((folder / "pairs").glob(f"{name}*")).unlink()
    if what == "entry":
        (folder / "manifest" / f"{name}.json").unlink()
    if what == "segment":
        shutil.rmtree(folder / "manifest" / "segments")
    if what == "manifest":
        shutil.rmtree(folder / "manifest")
        (folder / "manifest.json").unlink()


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("part", r"pairs/\w+-\w+\.parquet missing"),
        ("entry", "manifest entry r001-s0000-c0002 missing"),
        ("segment", r"manifest/segments/\w+\.parquet missing"),
        ("manifest", "pairs: parts, but no manifest missing"),
    ],
)
def test_a_copy_that_is_not_whole(run: RunDir, tmp_path: Path, what: str, said: str) -> None:
    run.save_manifest()
    lose(what, run, tmp_path / "copy")
    with pytest.raises(UserError, match=rf"copy: not a whole run directory: {said}; copy it again to the end") as caught:
        export(tmp_path / "copy", tmp_path / "out")
    assert "\n" not in str(caught.value) and not (tmp_path / "out").exists()


def test_a_part_that_was_cut(run: RunDir, tmp_path: Path) -> None:
    shutil.copytree(run.path, tmp_path / "copy")
    part = next((tmp_path / "copy" / "pairs").iterdir())
    part.write_bytes(part.read_bytes()[:-100])
    with pytest.raises(UserError, match=r"unreadable part .*; the file was damaged") as caught:
        export(tmp_path / "copy", tmp_path / "out")
    assert "\n" not in str(caught.value) and sorted(path.name for path in tmp_path.iterdir()) == ["copy", "run"]


AS_ANOTHER = """
import json, os, sys
from synth.cli import main
import synth.export.corpus  # as root, where this is: the packages may lie where others cannot read
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
for run, target in json.loads(sys.argv[1]):
    try:
        main(["export", run, "--to", target])
    except SystemExit as error:
        print(error.code, file=sys.stderr)
"""


def test_without_permission_there_is_one_line_with_the_remedy(run: RunDir) -> None:
    """A run, a folder in one, and a place to write to, all shut to the user (another one, where this is root)."""
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are this user's alone
        place = Path(name)
        for copy in ("run", "shut", "half"):
            shutil.copytree(run.path, place / copy)
        (place / "target").mkdir()
        (place / "here").mkdir()
        modes = {".": 0o755, "shut": 0o000, "half/pairs": 0o000, "target": 0o555, "here": 0o777}
        for one, mode in modes.items():
            (place / one).chmod(mode)
        asked = [("shut", "here/a"), ("half", "here/b"), ("run", "target/c")]
        places = json.dumps([[str(place / one), str(place / other)] for one, other in asked])
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", AS_ANOTHER, places]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=place, env=environment)
        for one in modes:
            (place / one).chmod(0o755)
        assert not any((place / "here").iterdir()) and not any((place / "target").iterdir())
    lines = done.stderr.strip().splitlines()
    assert lines[1::2] == ["2", "2", "2"] and len(lines) == 6, done.stderr
    assert "shut: no permission to read it; ask its owner for it (chmod -R a+rX)" in lines[0]
    assert "half/pairs: no permission to read it; ask its owner for it" in lines[2]
    assert "target/c: cannot be written (permission denied); free space or choose another --to" in lines[4]
