"""The strict tier in a lake project: real Lean compiles, and a stand-in for leanchecker says what the real one would."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

import pytest

from tests.verify_workers.fake_lake import FakeLake
from verify_workers.backends.leanchecker import LeanCheckerBackend
from verify_workers.config import PoolConfig
from verify_workers.errors import UserError
from verify_workers.lean.project import LakeProject, discover
from verify_workers.pool.local import LocalPool
from verify_workers.records import Check, Outcome

TRUE = Check(id="true", statement="theorem goal (n : Nat) : n + 0 = n", proof="by simp", timeout=20)
FALSE = Check(id="false", statement="theorem goal (n : Nat) : n + 1 = n", proof="by simp", timeout=20)


@pytest.fixture
def project(lake: FakeLake, monkeypatch: pytest.MonkeyPatch) -> LakeProject:
    monkeypatch.setenv("PATH", lake.path)
    return discover(lake.project)


def finding(project: LakeProject, what: str) -> LakeProject:
    return dataclasses.replace(project, variables=project.variables | {"LEAN_FAKE_CHECKER": what})


def test_what_lean_and_leanchecker_accept_is_accepted(project: LakeProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    backend = LeanCheckerBackend(project)
    verdict = backend.check(TRUE)
    assert verdict.accepted and (verdict.audit, verdict.backend, verdict.axioms) == ("leanchecker", "leanchecker", ["propext"])
    refused = backend.check(FALSE)
    assert (refused.outcome, refused.audit) == (Outcome.REJECTED, "text")
    backend.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("what", "outcome"),
    [
        ("problem", Outcome.REJECTED),
        ("crash", Outcome.REJECTED),
        ("broken", Outcome.INFRA),
        ("killed", Outcome.INFRA),
        ("hang", Outcome.TIMEOUT),
    ],
)
def test_what_leanchecker_does_not_accept_is_not_accepted(project: LakeProject, what: str, outcome: Outcome) -> None:
    backend = LeanCheckerBackend(dataclasses.replace(finding(project, what), start_up=0.5))
    verdict = backend.check(TRUE.model_copy(update={"timeout": 3.0}))
    backend.close()
    assert verdict.outcome is outcome
    if what == "problem":
        assert verdict.reason == "kernel" and "declaration type mismatch" in verdict.messages[0].text


def test_nothing_compiled_is_no_verdict(project: LakeProject, lake: FakeLake, tmp_path: Path) -> None:
    """A Lean that accepts and writes no file."""
    FakeLake.executable(tmp_path / "lean", (lake.bin / "lean").read_text(encoding="utf-8").replace('"$@"', "--stdin --json"))
    FakeLake.executable(tmp_path / "leanchecker", "#!/bin/sh\nexit 0\n")
    backend = LeanCheckerBackend(dataclasses.replace(project, lean=tmp_path / "lean"))
    verdict = backend.check(TRUE)
    backend.close()
    assert verdict.outcome is Outcome.INFRA and "compiled nothing" in verdict.reason


def test_an_old_lean_is_told(project: LakeProject, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"4\.28"):
        LeanCheckerBackend(dataclasses.replace(project, lean=tmp_path / "lean"))


@pytest.mark.parametrize(("backend", "auditor", "audit"), [("repl", "leanchecker", "leanchecker"), ("worker", "auto", "kernel")])
def test_the_strict_pool_shows_every_acceptance_to(project: LakeProject, lake: FakeLake, backend: str, auditor: str, audit: str) -> None:
    """`fork` by itself where its Lean is known."""
    config = PoolConfig.model_validate({"workers": 1, "project": lake.project, "backend": backend, "audit": "strict", "auditor": auditor})
    with LocalPool(config) as pool:
        verdicts = {v.id: v for v in pool.verify([TRUE, FALSE])}
    assert (verdicts["true"].outcome, verdicts["true"].audit) == (Outcome.ACCEPTED, audit)
    assert verdicts["false"].outcome is Outcome.REJECTED
