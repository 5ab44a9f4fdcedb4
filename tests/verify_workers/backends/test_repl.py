"""The REPL backend against a REPL that speaks its protocol exactly, answers by real Lean, and misbehaves when told to."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.verify_workers.fake_lake import FakeLake, script
from verify_workers.backends.choose import make_backend
from verify_workers.backends.conversation import Conversation, LeanFailed
from verify_workers.backends.process import ProcessBackend
from verify_workers.backends.repl import ReplBackend, ask
from verify_workers.config import PoolConfig
from verify_workers.errors import UserError
from verify_workers.kernel import abi
from verify_workers.lean import LeanInstall
from verify_workers.lean.project import LakeProject, discover
from verify_workers.pool.local import LocalPool
from verify_workers.records import Check, Outcome, Verdict

TRANSCRIPTS = Path(__file__).parents[4] / "shared" / "data" / "repl_transcripts.jsonl"
OURS = Path(__file__).with_name("repl_transcript.jsonl")  # written by us, in the same form
TRUE = Check(id="true", statement="theorem goal (n : Nat) : n + 0 = n", proof="by simp", timeout=20)
FALSE = Check(id="false", statement="theorem goal (n : Nat) : n + 1 = n", proof="by simp", timeout=20)


@pytest.fixture(scope="module")
def project(lake: FakeLake) -> LakeProject:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", lake.path)
        return discover(lake.project)


@pytest.fixture(scope="module")
def backend(project: LakeProject) -> Iterator[ReplBackend]:
    made = ReplBackend(project)
    yield made
    made.close()


def faulty(project: LakeProject, faults: list[str], folder: Path) -> LakeProject:
    """The project with a REPL that has one of `faults` at each of its replies, the header's first."""
    (folder / "faults.json").write_text(json.dumps(faults), encoding="utf-8")
    return told(project, LEAN_FAKE_FAULTS=folder / "faults.json")


def told(project: LakeProject, **files: Path) -> LakeProject:
    """The project with files for its REPL, in a folder that is readable as one of modules is."""
    folders = {str(file.parent) for file in files.values()}
    path = ":".join([project.variables["LEAN_PATH"], *folders])
    return dataclasses.replace(
        project, variables=project.variables | {name: str(file) for name, file in files.items()} | {"LEAN_PATH": path}
    )


def test_the_header_is_imported_once_and_nothing_leaks(backend: ReplBackend) -> None:
    assert backend.check(TRUE).accepted
    pid = backend._conversation and backend._conversation.pid
    leak = Check(id="leak", statement=TRUE.statement, code=f"theorem helper : True := trivial\n{TRUE.statement} := by simp")
    assert backend.check(leak).accepted
    uses = Check(id="uses", statement="theorem goal : True", proof="helper")
    assert backend.check(uses).outcome is Outcome.REJECTED
    assert backend._conversation and backend._conversation.pid == pid
    other = Check(id="other", statement="theorem goal : (1 + 1 : Int) = 2", header="open Nat\n", proof="rfl")
    assert backend.check(other).accepted and backend._conversation.pid != pid


# ---- a REPL that misbehaves

NO_VERDICT = [
    "duplicate",
    "truncate",
    "exit mid-reply",
    "exit",
    "killed",
    "reorder",
    "no json",
    "no object",
    "strange message",
]


@pytest.mark.parametrize("fault", NO_VERDICT)
def test_a_broken_reply_is_no_verdict(project: LakeProject, fault: str, tmp_path: Path) -> None:
    """The check ends as `infra`, and the next one is answered by a fresh REPL as if nothing had been."""
    backend = ReplBackend(faulty(project, ["", fault], tmp_path))
    verdict = backend.check(TRUE)
    (tmp_path / "faults.json").write_text("[]", encoding="utf-8")
    after = [backend.check(FALSE), backend.check(TRUE)]
    backend.close()
    assert verdict.outcome is Outcome.INFRA, verdict
    assert [v.outcome for v in after] == [Outcome.REJECTED, Outcome.ACCEPTED]


@pytest.mark.parametrize(("fault", "outcome"), [("drop", Outcome.TIMEOUT), ("hang", Outcome.TIMEOUT), ("too long", Outcome.RESOURCE)])
def test_what_never_comes_is_not_waited_for(project: LakeProject, fault: str, outcome: Outcome, tmp_path: Path) -> None:
    backend = ReplBackend(faulty(project, ["", fault], tmp_path))
    verdict = backend.check(TRUE.model_copy(update={"timeout": 20.0 if fault == "too long" else 1.5}))
    (tmp_path / "faults.json").write_text("[]", encoding="utf-8")
    assert verdict.outcome is outcome and backend.check(TRUE).accepted
    backend.close()


def test_a_late_duplicate_answers_no_other_question(project: LakeProject, tmp_path: Path) -> None:
    """A second copy of an acceptance arrives while the next question is open: that one must not be accepted by it."""
    backend = ReplBackend(faulty(project, ["", "late duplicate"], tmp_path))
    assert backend.check(TRUE).accepted
    assert backend.check(FALSE).outcome in (Outcome.INFRA, Outcome.REJECTED)
    time.sleep(0.5)
    assert backend.check(FALSE).outcome in (Outcome.INFRA, Outcome.REJECTED)
    backend.close()


@pytest.mark.parametrize("fault", ["delay", "stderr flood", "long line"])
def test_what_is_only_slow_or_long_is_read(project: LakeProject, fault: str, tmp_path: Path) -> None:
    backend = ReplBackend(faulty(project, ["", fault, fault], tmp_path))
    verdicts = [backend.check(FALSE), backend.check(TRUE)]
    backend.close()
    assert [v.outcome for v in verdicts] == [Outcome.REJECTED, Outcome.ACCEPTED]
    assert sum(len(m.text) for v in verdicts for m in v.messages) < 1 << 20


def test_a_crash_is_the_candidates_fault_but_not_on_the_header(project: LakeProject, tmp_path: Path) -> None:
    backend = ReplBackend(faulty(project, ["", "crash"], tmp_path))
    verdict = backend.check(TRUE)
    backend.close()
    assert (verdict.outcome, verdict.reason) == (Outcome.REJECTED, "elaboration") and "stack" in verdict.messages[0].text
    backend = ReplBackend(faulty(project, ["crash"], tmp_path))
    assert backend.check(TRUE).outcome is Outcome.INFRA
    backend.close()


@pytest.mark.parametrize("fault", ["duplicate", "exit", "reorder", "exit mid-reply"])
def test_a_pool_asks_again(lake: FakeLake, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first REPL of the pool has the fault at its second reply; no check is lost, none is answered wrongly."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", lake.path)
        project = discover(lake.project)
    config = PoolConfig(workers=1, infra_tries=3)
    made = list[ReplBackend]()

    def factory() -> ReplBackend:
        made.append(ReplBackend(project if made else faulty(project, ["", "", fault], tmp_path)))
        return made[-1]

    checks = [check.model_copy(update={"id": f"{n}"}) for n, check in enumerate([TRUE, FALSE, TRUE])]
    with LocalPool(config, factory) as pool:
        verdicts = {v.id: v.outcome for v in pool.as_completed(checks)}
    assert verdicts == {"0": Outcome.ACCEPTED, "1": Outcome.REJECTED, "2": Outcome.ACCEPTED}


def test_limits(project: LakeProject) -> None:
    backend = ReplBackend(project)
    endless = "by\n  set_option maxHeartbeats 0 in\n  repeat (first | (have h : n = n := rfl))\n  rfl"
    started = time.monotonic()
    verdict = backend.check(TRUE.model_copy(update={"proof": endless, "timeout": 1.0}))
    assert verdict.outcome is Outcome.TIMEOUT and time.monotonic() - started < 60
    backend.close()
    small = ReplBackend(project, memory_mb=0)
    assert small.check(TRUE).outcome in (Outcome.RESOURCE, Outcome.ACCEPTED)  # as the fake's own memory happens to go
    small.close()


def test_closing_ends_the_process_and_removes_the_folder(project: LakeProject) -> None:
    backend = ReplBackend(project)
    assert backend.check(TRUE).accepted and backend._conversation is not None
    pid, folder = backend._conversation.pid, Path(backend._folder)
    backend.close()
    backend.close()
    assert not Path(f"/proc/{pid}").exists() and not folder.exists()


# ---- recorded conversations

RECORDED = [json.loads(line) for path in (OURS, TRANSCRIPTS) if path.exists() for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("row", [row for row in RECORDED if row["expected_raw"]], ids=lambda row: row["name"])
def test_recorded_conversations(project: LakeProject, row: dict[str, str], tmp_path: Path) -> None:
    """Every reply arrives as it was said, one for each command; those to commands are read as messages."""
    commands = [json.loads(part, strict=False) for part in row["input_raw"].split("\n\n") if part.strip()]
    replies = [part for part in row["expected_raw"].split("\n\n") if part.strip()]
    assert len(commands) == len(replies)
    said = script(list(zip(commands, replies, strict=True)), tmp_path / "script.json")
    repl = Conversation(told(project, LEAN_FAKE_SCRIPT=said), [str(project.repl)], str(tmp_path), 1 << 40)
    backend = ReplBackend(project)
    for command, reply in zip(commands, replies, strict=True):
        answer = ask(repl, command, 20, 1 << 40)
        assert answer == json.loads(reply)
        if "cmd" in command and "env" in answer:
            repl.turn = answer["env"] - 1
            found = backend._messages(repl, answer, 10)
            assert [(m.line, m.text) for m in found] == [(m["pos"]["line"] + 10, m["data"]) for m in answer.get("messages", [])]
        elif "env" not in answer:
            with pytest.raises(LeanFailed):
                backend._messages(repl, answer, 0)
    repl.close()
    backend.close()


def test_all_of_the_recordings_are_there() -> None:
    if not TRANSCRIPTS.exists():
        pytest.skip("the community REPL's recordings are not on this machine; ours stand in for them")
    assert len([row for row in RECORDED if row["expected_raw"]]) >= 40


# ---- choosing it


def test_backends_in_a_project(lake: FakeLake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", lake.path)
    verdicts = list[Verdict]()
    for name, expected in (("auto", "fork"), ("repl", "repl"), ("worker", "worker"), ("process", "process")):
        backend = make_backend(name, project=lake.project)
        assert backend.name == expected
        verdicts += [backend.check(TRUE), backend.check(FALSE)]
        backend.close()
    assert [v.outcome for v in verdicts] == [Outcome.ACCEPTED, Outcome.REJECTED] * 4
    assert isinstance(backend, ProcessBackend) and backend.lean == "4.35.0"
    with pytest.raises(UserError, match="name its folder"):
        make_backend("repl")


def test_of_a_lean_whose_layouts_are_not_known_text_is_read(lake: FakeLake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", lake.path)
    monkeypatch.setattr(abi, "GITHASHES", {"0" * 40: "4.99.0"})
    says = r"knows Lean 4\.99\.0 only, not 4\.35\.0 \(eb6cafb7290e\): synth doctor --qualify .*--backend repl"
    with pytest.raises(UserError, match=says) as error:
        make_backend("fork", project=lake.project)
    assert str(error.value).startswith(f"{lake.project}: ") and "\n" not in str(error.value)
    backend = make_backend("auto", project=lake.project)
    backend.close()
    assert backend.name == "repl"


def test_a_toolchain_without_its_library_is_told_in_one_line(lean: LeanInstall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeLake(tmp_path, lean)
    monkeypatch.setenv("PATH", fake.path)
    shutil.rmtree(tmp_path / "lib")
    with pytest.raises(UserError, match=f"no libleanshared.so in {tmp_path}/lib/lean or {tmp_path}/lib: ") as error:
        make_backend("fork", project=fake.project)
    assert "\n" not in str(error.value)


def test_a_repl_that_fails_its_self_test_is_not_taken(lake: FakeLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", lake.path)
    monkeypatch.setattr(abi, "GITHASHES", {})
    yes = tmp_path / "yes"
    FakeLake.executable(yes, '#!/bin/sh\nwhile read -r line; do [ -z "$line" ] && printf \'{"env": 0}\\n\\n\'; done\n')
    with pytest.raises(UserError, match="does not work"):
        make_backend("repl", project=lake.project, repl=yes)
    backend = make_backend("auto", project=lake.project, repl=yes)
    assert backend.name == "worker"
    backend.close()
    assert os.access(yes, os.X_OK)
