"""What a header holds: read from the library's sources as far as they are there."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.verify_workers.fake_lake import FakeLake
from verify_workers.lean import LeanInstall, imports
from verify_workers.lean.imports import holds
from verify_workers.lean.project import discover


@pytest.fixture
def library(tmp_path: Path) -> tuple[Path, ...]:
    """A project and a package of it, each in a folder of its own."""
    files = {
        "own/Project.lean": "-- our root\nimport Project.Basic\nimport Package",
        "own/Project/Basic.lean": "/- Copyright /- nested -/ -/\nmodule\n\npublic import Package.Deep\npublic meta import Package.Tactic\n"
        "import all Package.Hidden\n\n/-! # import Nothing -/\ndef x := 1\nimport Late",
        "package/Package.lean": "import Package.Deep import Unbuilt",
        "package/Package/Deep.lean": "prelude\nimport Init",
        "package/Package/Tactic.lean": "",
        "package/Package/Hidden.lean": "import Package.Deep\nimport Package.Hidden",
        "package/Package/Alone.lean": "import Mathlib",
    }
    for name, text in files.items():
        FakeLake.write(tmp_path / name, text)
    imports._closure.cache_clear()
    return (tmp_path / "missing", tmp_path / "own", tmp_path / "package")


@pytest.mark.parametrize(
    ("module", "held"),
    [
        *((name, True) for name in ("Project", "Project.Basic", "Package", "Package.Deep", "Package.Tactic", "Package.Hidden", "Unbuilt")),
        *((name, True) for name in ("Init", "Init.Data.Nat.Basic")),  # no source of Init here: what is known of it counts
        *((name, False) for name in ("Package.Alone", "Late", "Nothing", "Mathlib", "Project.Basics", "Unbuilt.Part", "")),
    ],
)
def test_the_closure_of_a_header(library: tuple[Path, ...], module: str, held: bool) -> None:
    assert holds(library, ("Project",), module) is held


def test_a_module_without_a_source_counts_for_what_is_known_of_it(library: tuple[Path, ...]) -> None:
    assert holds(library, ("Package.Alone",), "Aesop") and holds(library, ("Package.Alone",), "Mathlib.Tactic.Ring")
    assert not holds(library, ("Package.Alone",), "Package")


def test_where_the_sources_are_there_only_they_count(tmp_path: Path) -> None:
    FakeLake.write(tmp_path / "Mathlib.lean", "import Mathlib.Tactic")
    FakeLake.write(tmp_path / "Mathlib/Tactic.lean", "import Aesop")
    FakeLake.write(tmp_path / "Aesop.lean", "")
    assert holds((tmp_path,), ("Mathlib",), "Mathlib.Tactic") and holds((tmp_path,), ("Mathlib",), "Aesop")
    assert not holds((tmp_path,), ("Mathlib",), "Mathlib.Nowhere") and not holds((tmp_path,), ("Mathlib",), "Batteries")


def test_the_embedded_library(lean: LeanInstall) -> None:
    assert all(holds(lean.sources, (), f"Init.{part}") for part in ("Nat", "Int", "Omega", "Logic", "Tactics", "Syntax"))
    assert not holds(lean.sources, (), "Init.Data.Nat.Basic") and not holds(lean.sources, (), "Mathlib")


def test_the_folders_that_lake_names(lake: FakeLake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", lake.path)
    project = discover(lake.project)
    assert project.sources[0] == lake.lean.sources[0] and lake.project in project.sources
    assert holds(project.sources, (), "Init.Nat") and not holds(project.sources, (), "Init.Nowhere")


def test_many_threads_read_a_library_once(library: tuple[Path, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    source = imports._source

    def noted(sources: tuple[Path, ...], module: str) -> str | None:
        read.append(module)
        time.sleep(0.01)
        return source(sources, module)

    monkeypatch.setattr(imports, "_source", noted)
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda _: holds(library, ("Project",), "Package.Deep"), range(8)))
    assert len(read) == len(set(read))
