"""Headers that Lean cannot import in a project: one outcome, with its reason, whatever asks for them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.verify_workers.fake_lake import BUILT, FakeLake
from verify_workers.backends.base import Backend
from verify_workers.backends.choose import make_backend
from verify_workers.backends.leanchecker import LeanCheckerBackend
from verify_workers.backends.process import ProcessBackend
from verify_workers.lean import LeanInstall
from verify_workers.lean.project import discover
from verify_workers.records import Check, Outcome, Reason, Snippet


@pytest.fixture(scope="module")
def damaged(lean: LeanInstall, tmp_path_factory: pytest.TempPathFactory) -> FakeLake:
    """A project with a module of an odd name, and compiled files that are none."""
    fake = FakeLake(tmp_path_factory.mktemp("damaged"), lean)
    fake.build("my-lib/One", "theorem one : 1 = 1 := rfl\n")
    built = fake.project / BUILT
    whole = (built / "my-lib/One.olean").read_bytes()
    (built / "Own/Folder").mkdir(parents=True)
    (built / "Own/Half.olean").write_bytes(whole[: len(whole) // 2])
    (built / "Own/Begun.olean").write_bytes(whole[:20])
    (built / "Own/Junk.olean").write_bytes(b"x" * 5000)
    (built / "Own/Place.olean").mkdir()
    return fake


@pytest.fixture(scope="module", params=["fork", "repl", "worker", "process", "snapshots", "leanchecker"])
def backend(request: pytest.FixtureRequest, damaged: FakeLake, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", damaged.path)
        project = dataclasses.replace(discover(damaged.project), start_up=1.0)
        made: Backend
        if request.param == "snapshots":
            made = ProcessBackend(project, snapshots=tmp_path_factory.mktemp("headers"))
        elif request.param == "leanchecker":
            made = LeanCheckerBackend(project)
        else:
            made = make_backend(request.param, project=damaged.project)
    yield made
    made.close()


def asked(module: str) -> tuple[Check, Snippet]:
    """A check below a header with this module, and a file that imports it."""
    check = Check(id="check", statement="theorem goal : 1 = 1", proof="rfl", header=f"import {module}", timeout=20)
    return check, Snippet(id="snippet", code=f"import {module}\ntheorem x : 1 = 1 := rfl", timeout=20)


def test_a_quoted_name_is_a_name(backend: Backend) -> None:
    check, snippet = asked("«my-lib».One")
    assert backend.check(check.model_copy(update={"proof": "one"})).accepted
    assert backend.check(snippet).outcome is Outcome.ELABORATED


@pytest.mark.parametrize("module", ["Own.Begun", "Own.Junk", "Own.Place", "Own.Folder"])
def test_what_lean_says_of_a_module_it_cannot_load(backend: Backend, module: str) -> None:
    """Missing, a folder, or no compiled module: the header's fault, in Lean's words."""
    for check in asked(module):
        verdict = backend.check(check)
        assert (verdict.outcome, verdict.reason) == (Outcome.REJECTED, Reason.STATEMENT), verdict
        assert module.rpartition(".")[2] in verdict.messages[0].text or "No" in verdict.messages[0].text


def test_a_crash_on_the_import_is_no_verdict_and_no_deep_recursion(backend: Backend) -> None:
    """A file that was cut off in the middle: Lean maps it and dies.  Nothing is said about the proof, and the next check is answered."""
    for check in asked("Own.Half"):
        verdict = backend.check(check)
        assert verdict.outcome is Outcome.INFRA and not verdict.messages, verdict
        assert verdict.reason.startswith("importing the header: Lean crashed (signal 11)") and verdict.reason.endswith("run `lake build`")
    assert backend.check(asked("«my-lib».One")[0]).accepted


def test_a_path_is_never_loaded(backend: Backend, damaged: FakeLake) -> None:
    """Lean itself would take these for the file of that path, under a name of which no cache knows what it holds."""
    place = damaged.project / BUILT / "my-lib" / "One"
    for module in (f"«{place}»", "«my-lib/One»", "«my-lib».«../my-lib/One»"):
        for check in asked(module):
            verdict = backend.check(check)
            assert (verdict.outcome, verdict.reason) == (Outcome.REJECTED, Reason.STATEMENT), verdict
            assert "names no module" in verdict.messages[0].text
    assert Path(f"{place}.olean").is_file()
