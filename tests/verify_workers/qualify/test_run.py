"""`synth doctor --qualify`: an unknown Lean that answers rightly is recorded and used from then on; one that does not is not."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.verify_workers.adversarial.ship import text
from tests.verify_workers.fake_lake import FakeLake
from verify_workers.backends import qualified
from verify_workers.backends.choose import make_backend
from verify_workers.backends.fork import ForkBackend
from verify_workers.errors import UserError
from verify_workers.kernel import abi, jail
from verify_workers.lean import LeanInstall
from verify_workers.lean.project import discover
from verify_workers.lean.shared import shared
from verify_workers.qualify import run
from verify_workers.qualify.cases import FILE, Shipped, shipped
from verify_workers.records import Check, Outcome, Verdict

pytestmark = pytest.mark.skipif(not jail.supported(), reason="the fork backend is for Linux on x86-64")

CASES = shipped()
FEW = [*CASES[:400:20], *[case for case in CASES if case.honest][::60]]
WHOLE = (pytest.mark.slow, pytest.mark.timeout(3600))
# `mov $1, %ecx` before the call of `environment::add(declaration, check)` in `lean_add_decl` of the pinned library
ADD, CHECKED = bytes.fromhex("488d7424084889e24889dfb901000000e8"), 12


@pytest.fixture
def unknown(lean: LeanInstall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLake]:
    """A project whose Lean we have never heard of, and a user without any record."""
    fake = FakeLake(tmp_path, lean)
    monkeypatch.setenv("PATH", fake.path)
    monkeypatch.setenv("PROOF_SYNTH_CONFIG", str(tmp_path / "config"))
    monkeypatch.setattr(abi, "GITHASHES", {"0" * 40: "4.99.0"})
    yield fake
    discover.cache_clear()


def backend_of(fake: FakeLake) -> str:
    backend = make_backend("auto", project=fake.project)
    backend.close()
    return backend.name


def quiet(_: str) -> None:
    pass


def test_the_shipped_rows_are_the_suite() -> None:
    """Else: python -m tests.verify_workers.adversarial.ship"""
    import lzma

    assert lzma.decompress(FILE.read_bytes()).decode() == text()
    assert sum(case.false for case in CASES) >= 400 and sum(case.honest for case in CASES) >= 550
    assert not any(case.false and case.honest for case in CASES)


@pytest.mark.parametrize("cases", [FEW, pytest.param(CASES, marks=WHOLE)], ids=["some", "all"])
def test_a_lean_that_answers_rightly_is_recorded(unknown: FakeLake, cases: list[Shipped], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "AGREEMENT", 8 if cases is FEW else run.AGREEMENT)
    project = discover(unknown.project, need_repl=False)
    with pytest.raises(UserError, match=r"knows Lean 4\.99\.0 only, not 4\.35\.0"):
        ForkBackend(project)
    assert backend_of(unknown) == "repl"
    found = run.qualify(dataclasses.replace(project, start_up=1.0), quiet, cases=cases)
    assert [(part.what, part.works) for part in found if not part.works] == [] and found[-1].what == "record", found
    assert backend_of(unknown) == "fork"
    entry = json.loads((qualified.config_folder() / qualified.FILE).read_text())[project.githash]
    assert entry["files"].keys() >= {"libleanshared.so"} and entry["rows"] == len(cases)


def test_a_record_holds_for_these_files_and_this_code(unknown: FakeLake, monkeypatch: pytest.MonkeyPatch) -> None:
    project = discover(unknown.project, need_repl=False)
    lean = shared(project)
    qualified.record(dataclasses.replace(lean, githash="1" * 40), "5.0.0", qualified.fingerprint(lean))
    assert not qualified.is_qualified(lean)
    path = qualified.record(lean, project.version, qualified.fingerprint(lean))
    assert qualified.is_qualified(lean) and len(json.loads(path.read_text())) == 2
    for library in lean.libraries[1:]:
        library.unlink()
        library.write_bytes(b"another")
        assert not qualified.is_qualified(lean)
    qualified.record(lean, project.version, qualified.fingerprint(lean))
    monkeypatch.setattr(qualified, "code", lambda: "other")
    assert not qualified.is_qualified(lean)
    monkeypatch.undo()
    monkeypatch.setenv("PROOF_SYNTH_CONFIG", str(path.parent))
    path.write_text("{")
    assert not qualified.is_qualified(lean)


def own_library(fake: FakeLake) -> Path:
    """The library as a file of this project's own."""
    link = fake.root / "lib" / "lean" / "libleanshared.so"
    contents = link.read_bytes()
    link.unlink()
    link.write_bytes(contents)
    return link


def swap(library: Path) -> None:
    """Another library in its place, whose size and time are the same: one byte at its end differs."""
    before = library.stat()
    with library.open("r+b") as file:
        file.seek(-1, 2)
        last = file.read(1)
        file.seek(-1, 2)
        file.write(bytes([last[0] ^ 1]))
    os.utime(library, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (library.stat().st_size, library.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def test_what_was_put_in_its_place_during_the_examination_is_not_recorded(unknown: FakeLake, monkeypatch: pytest.MonkeyPatch) -> None:
    library = own_library(unknown)
    good = run.Finding("the suite", True, "")

    def rows(*_: object) -> dict[str, Verdict]:
        swap(library)
        return {}

    monkeypatch.setattr(run, "_asked", rows)
    for part in ("_cheats", "_honest", "_agreement"):
        monkeypatch.setattr(run, part, lambda *_: good)
    monkeypatch.setattr(run, "AGREEMENT", 0)
    found = run.qualify(discover(unknown.project, need_repl=False), quiet, cases=FEW)
    assert (found[-1].what, found[-1].works) == ("record", False) and "changed meanwhile" in found[-1].detail, found
    assert not (qualified.config_folder() / qualified.FILE).exists()


def test_a_library_that_is_replaced_while_checks_run_ends_it(unknown: FakeLake, monkeypatch: pytest.MonkeyPatch) -> None:
    library = own_library(unknown)
    project = discover(unknown.project, need_repl=False)
    qualified.record(shared(project), project.version, qualified.fingerprint(shared(project)))
    check = Check(id="x", statement="theorem goal : 1 = 1", proof="rfl", timeout=30)
    with ForkBackend(project) as backend:
        assert backend.check(check).accepted
        swap(library)
        assert not qualified.is_qualified(shared(project))
        assert backend.check(check).accepted  # by the Lean that was examined, which is still loaded
        backend._end(())
        verdict = backend.check(check)
        assert verdict.outcome is Outcome.INFRA and "changed since it was examined" in verdict.reason, verdict
    with pytest.raises(UserError, match="knows Lean"):
        ForkBackend(project)


@pytest.mark.slow
def test_a_kernel_that_checks_nothing_is_found_out(unknown: FakeLake) -> None:
    """The same library with one bit changed: what is added to an environment is no longer checked."""
    link = unknown.root / "lib" / "lean" / "libleanshared.so"
    whole = bytearray(link.read_bytes())
    places = [at for at in [whole.find(ADD)] if at >= 0]
    assert places and whole.count(ADD) == 1, "not the library that this test was written for"
    whole[places[0] + CHECKED] = 0
    link.unlink()
    link.write_bytes(whole)
    found = run.qualify(discover(unknown.project, need_repl=False), quiet, cases=FEW)
    assert [part.works for part in found] == [False] and "declarations" in found[0].detail, found
    assert not (qualified.config_folder() / qualified.FILE).exists()


class Yes(ForkBackend):
    """Accepts whatever is not refused by the policy."""

    def check(self, check: Check):  # type: ignore[no-untyped-def]
        return super().check(check).model_copy(update={"outcome": Outcome.ACCEPTED})


def test_false_acceptances_end_it(unknown: FakeLake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "ForkBackend", Yes)
    found = run.qualify(discover(unknown.project, need_repl=False), quiet, cases=FEW)
    assert any("false claims accepted" in part.detail for part in found if not part.works) and found[-1].what != "record"
    assert not (qualified.config_folder() / qualified.FILE).exists()


def test_nothing_is_left(unknown: FakeLake) -> None:
    shutil.rmtree(unknown.root / "lib")
    (part,) = run.qualify(discover(unknown.project, need_repl=False), quiet, cases=FEW)
    assert not part.works and "no libleanshared.so" in part.detail
