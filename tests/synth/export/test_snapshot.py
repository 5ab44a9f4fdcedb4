"""Exports of runs that go on, of copies that are not whole, and of what may not be read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
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


@pytest.mark.parametrize("what", ["run", "run/pairs", "run/manifest", "target"])
def test_without_permission_there_is_one_line_with_the_remedy(run: RunDir, tmp_path: Path, what: str) -> None:
    """As another user, where this is root."""
    (tmp_path / "target").mkdir()
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    for path in [tmp_path / "run", *(tmp_path / "run").rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    (tmp_path / "target").chmod(0o777)
    (tmp_path / what).chmod(0o000 if what != "target" else 0o555)
    code = f"""
import os
if os.getuid() == 0:
    import synth.cli, synth.export.corpus  # as root: the packages may lie where others cannot read
    os.setgid(65534); os.setuid(65534)
from synth.cli import main
main(["export", {str(tmp_path / "run")!r}, "--to", {str(tmp_path / "target" / "out")!r}])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    (tmp_path / what).chmod(0o755)
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 2 and len(lines) == 1, done.stderr
    remedy = "free space or choose another --to" if what == "target" else "ask its owner for it (chmod -R a+rX)"
    assert what.rpartition("/")[2] in lines[0] and remedy in lines[0]
