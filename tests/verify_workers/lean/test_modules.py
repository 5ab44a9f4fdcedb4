"""What a header loads in a project: read from compiled files, and another hash whenever one of them changes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.verify_workers.fake_lake import BUILT, FakeLake
from verify_workers.lean import LeanInstall
from verify_workers.lean import modules as module
from verify_workers.lean.build import MODULES
from verify_workers.lean.modules import Modules
from verify_workers.lean.olean import Unreadable, imports_of
from verify_workers.lean.project import discover

ONE = "theorem one : 1 = 1 := rfl\n"
TWO = "import Own.One\ntheorem two : 1 = 1 := one\n"


@pytest.fixture(scope="module")
def own(lean: LeanInstall, tmp_path_factory: pytest.TempPathFactory) -> FakeLake:
    """A project with modules of its own."""
    fake = FakeLake(tmp_path_factory.mktemp("own"), lean)
    fake.build("Own/One", ONE)
    fake.build("Own/Two", TWO)
    return fake


@pytest.fixture
def modules(own: FakeLake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Modules:
    """Those of a copy of that project, looked at anew each time."""
    monkeypatch.setattr(module, "PAUSE", 0.0)
    monkeypatch.setattr(module, "SHARE", 1e9)
    shutil.copytree(own.project, tmp_path / "project")
    return Modules((own.lean.path, tmp_path / "project" / BUILT), tmp_path / "project", tmp_path / "toolchain")


def test_imports_are_read_from_compiled_files(lean: LeanInstall, own: FakeLake, tmp_path: Path) -> None:
    for name in MODULES:
        text = (lean.path / f"{name}.lean").read_text(encoding="utf-8")
        written = tuple(line.split()[1] for line in text.splitlines() if line.startswith("import "))
        assert imports_of(lean.path / f"{name}.olean") == written
    assert set(imports_of(own.project / BUILT / "Own/Two.olean")) == {"Init", "Own.One"}
    whole = (own.project / BUILT / "Own/Two.olean").read_bytes()
    for broken in (b"", b"olean", whole[:100], b"x" * len(whole), whole[:5] + b"\x09" + whole[6:], whole[:80] + b"\xff" * 400):
        (tmp_path / "broken.olean").write_bytes(broken)
        with pytest.raises(Unreadable):
            imports_of(tmp_path / "broken.olean")


def test_what_is_not_loaded_does_not_matter_and_what_is_does(modules: Modules, tmp_path: Path) -> None:
    built = tmp_path / "project" / BUILT
    plain, one, two = modules.state(()), modules.state(("Own.One",)), modules.state(("Own.Two",))
    assert len({plain, one, two}) == 3
    assert (plain, two) == (modules.state(("Init",)), modules.state(("«Own».Two",)))
    shutil.copy(built / "Own/One.olean", built / "Own/Again.olean")  # another file: another time, the same contents
    os.replace(built / "Own/Again.olean", built / "Own/One.olean")
    assert modules.state(("Own.One",)) == one
    whole = bytearray((built / "Own/One.olean").read_bytes())
    whole[60] ^= 1  # a letter of the commit
    (built / "Own/One.olean").write_bytes(whole)
    assert modules.state(()) == plain and modules.state(("Own.One",)) != one and modules.state(("Own.Two",)) != two
    (built / "Own/Two.olean").unlink()
    missing = modules.state(("Own.Two",))
    assert missing not in (plain, one, two) and modules.state(("Own.Three",)) != missing


def test_no_name_is_too_odd_to_look_for(modules: Modules, tmp_path: Path) -> None:
    """Whatever a caller's header names has a state: the cache asks for it before anybody has refused the header."""
    (tmp_path / "project" / BUILT / "Own/Folder.olean").mkdir()
    names = (
        "a" * 300,
        f"Own.{'a' * 300}",
        ".".join(["Own"] * 2000),
        "«a\0b»",
        "Own.«a\0b»",
        "«a\ud800»".encode("utf-8", "replace").decode(),
        "Own.Folder",
    )
    states = [modules.state((name,)) for name in names]
    assert len(set(states)) == len(names)
    assert all(modules.still((name,), state) for name, state in zip(names, states, strict=True))


def test_of_a_package_sizes_and_times_are_enough(modules: Modules, own: FakeLake, tmp_path: Path) -> None:
    package = tmp_path / "project" / ".lake/packages/pack/.lake/build/lib/lean"
    package.mkdir(parents=True)
    shutil.copy(own.project / BUILT / "Own/One.olean", package / "Pack.olean")
    where = Modules((own.lean.path, package), tmp_path / "project", tmp_path / "toolchain")
    before = where.state(("Pack",))
    assert where.state(("Pack",)) == before and where.still(("Pack",), before)
    os.utime(package / "Pack.olean", ns=(1, 1))
    assert where.state(("Pack",)) != before


@pytest.mark.parametrize("part", [".olean.private", ".olean.server", ".ir"])
def test_each_file_of_a_module_counts(modules: Modules, own: FakeLake, tmp_path: Path, part: str) -> None:
    """Of a module in Lean's sense the proofs are in a file of their own, which another proof changes alone."""
    built, package = tmp_path / "project" / BUILT, tmp_path / "project/.lake/packages/pack/.lake/build/lib/lean"
    package.mkdir(parents=True)
    shutil.copy(own.project / BUILT / "Own/One.olean", package / "Pack.olean")
    where = Modules((own.lean.path, built, package), tmp_path / "project", tmp_path / "toolchain")
    for header, stem in ((("Own.Two",), built / "Own/One"), (("Pack",), package / "Pack")):
        states = [where.state(header)]
        for text in ("a proof", "a gap!!"):
            stem.with_name(stem.name + part).write_text(text)
            assert header[0] == "Pack" or not where.still(header, states[-1])
            states.append(where.state(header))
        assert len(set(states)) == 3, header


def test_where_imports_cannot_be_read_any_file_may_be_loaded(modules: Modules, tmp_path: Path) -> None:
    built = tmp_path / "project" / BUILT
    (built / "Odd.olean").write_bytes(b"olean\x63 of a Lean to come")
    before = modules.state(("Odd",))
    assert modules.state(("Odd",)) == before
    os.utime(built / "Own/One.olean", ns=(1, 1))
    assert modules.state(("Odd",)) != before


def test_looks_are_rare_but_what_is_kept_is_looked_at_again(own: FakeLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 1000.0)
    shutil.copytree(own.project, tmp_path / "project")
    where = Modules((own.lean.path, tmp_path / "project" / BUILT), tmp_path / "project", tmp_path / "toolchain")
    before = where.state(("Own.Two",))
    assert where.still(("Own.Two",), before) and not where.still(("Own.Two",), "another") and not where.still(("Own.One",), before)
    os.utime(tmp_path / "project" / BUILT / "Own/One.olean", ns=(1, 1))
    assert where.state(("Own.Two",)) == before and not where.still(("Own.Two",), before)


def test_a_project_says_what_its_headers_load(own: FakeLake, monkeypatch: pytest.MonkeyPatch, lean: LeanInstall) -> None:
    monkeypatch.setenv("PATH", own.path)
    project = discover(own.project)
    assert project.loaded(("Own.One",)) != project.loaded(()) == project.loaded(("Init",))
    assert lean.loaded(("Own.One",)) == lean.loaded(()) == ""
