"""The worker backend on Lean's own file worker: verdicts, positions, isolation, limits, and a worker that misbehaves."""

from __future__ import annotations

import os
import random
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.verify_workers.fake_lake import FakeLake
from verify_workers.backends.choose import make_backend
from verify_workers.backends.worker import WorkerBackend
from verify_workers.lean import LeanInstall
from verify_workers.records import Check, Outcome, Snippet

TRUE = Check(id="true", statement="theorem goal (n : Nat) : n + 0 = n", proof="by simp", timeout=20)
FALSE = Check(id="false", statement="theorem goal (n : Nat) : n + 1 = n", proof="by simp", timeout=20)


@pytest.fixture(scope="module")
def backend(lean: LeanInstall) -> Iterator[WorkerBackend]:
    made = WorkerBackend(lean)
    yield made
    made.close()


def test_the_header_is_imported_once_and_nothing_leaks(backend: WorkerBackend) -> None:
    assert backend.check(TRUE).accepted
    pid = backend._conversation and backend._conversation.pid
    leak = Check(id="leak", statement=TRUE.statement, code=f"theorem helper : True := trivial\n{TRUE.statement} := by simp")
    assert backend.check(leak).accepted
    uses = Check(id="uses", statement="theorem goal : True", proof="helper")
    assert backend.check(uses).outcome is Outcome.REJECTED
    assert backend._conversation and backend._conversation.pid == pid
    other = Check(id="other", statement="theorem goal : (1 + 1 : Int) = 2", header="open Nat\n", proof="rfl")
    assert backend.check(other).accepted and backend._conversation.pid != pid


def test_order_does_not_matter(backend: WorkerBackend) -> None:
    """What came before a check changes nothing about it: the same few again and again, shuffled."""
    checks = [
        TRUE,
        FALSE,
        TRUE.model_copy(update={"proof": "by\n  induction n with\n  | zero => rfl\n  | succ n ih => simp"}),
        TRUE.model_copy(update={"proof": "by\n  induction n with\n  | zero => rfl\n  | succ n ih => simpp"}),
        TRUE.model_copy(update={"proof": "by skip"}),
        FALSE.model_copy(update={"proof": "sorry"}),
        TRUE.model_copy(update={"proof": "by ("}),
    ]
    alone = [backend.check(check).outcome for check in checks]
    assert alone.count(Outcome.ACCEPTED) == 2
    order = [n % len(checks) for n in range(60)]
    random.Random(0).shuffle(order)
    assert [backend.check(checks[n]).outcome for n in order] == [alone[n] for n in order]


def test_a_snippet_that_is_no_text_gets_an_answer(backend: WorkerBackend) -> None:
    lone = backend.check(Snippet(id="s", code="-- \ud800\ntheorem x : 1 + 1 = 3 := rfl"))
    assert lone.outcome in (Outcome.REJECTED, Outcome.INFRA)


def test_limits(lean: LeanInstall) -> None:
    backend = WorkerBackend(lean)
    endless = "by\n  set_option maxHeartbeats 0 in\n  repeat (first | (have h : n = n := rfl))\n  rfl"
    assert backend.check(TRUE.model_copy(update={"proof": endless, "timeout": 1.0})).outcome is Outcome.TIMEOUT
    assert backend.check(TRUE).accepted and backend._conversation is not None
    pid, folder = backend._conversation.pid, Path(backend._folder)
    backend.close()
    backend.close()
    assert not Path(f"/proc/{pid}").exists() and not folder.exists()
    small = WorkerBackend(lean, memory_mb=60)
    hungry = "by\n  have : ∃ l : List Nat, l = List.replicate 3000000 0 := ⟨_, rfl⟩\n  repeat (have h : n = n := rfl)\n  rfl"
    assert small.check(TRUE.model_copy(update={"proof": hungry})).outcome in (Outcome.RESOURCE, Outcome.REJECTED)
    small.close()


def test_in_a_lake_project(lake: FakeLake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", lake.path)
    backend = make_backend("worker", project=lake.project)
    assert [backend.check(check).outcome for check in (TRUE, FALSE)] == [Outcome.ACCEPTED, Outcome.REJECTED]
    backend.close()


@dataclass(frozen=True)
class Impostor:
    """A Lean whose worker is a script of ours."""

    script: Path
    version: str = "0"
    revision: str = "0"
    start_up: float = 1.0
    mapped: int = 6 << 30
    sources: tuple[Path, ...] = ()

    def loaded(self, imports: tuple[str, ...]) -> str:
        return ""

    def program(self) -> list[str]:
        return [str(self.script)]

    def command(self) -> list[str]:
        return self.program()

    def environment(self) -> dict[str, str]:
        return {}


SPEAKS = r"""#!{python}
import json, os, sys, time
def say(message):
    body = json.dumps({{"jsonrpc": "2.0"}} | message).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    sys.stdout.buffer.flush()
def publish(version, rows=[]):
    say({{"method": "textDocument/publishDiagnostics", "params": {{"uri": "u", "version": version, "diagnostics": rows}}}})
while True:
    head = sys.stdin.buffer.readline()
    sys.stdin.buffer.readline()
    message = json.loads(sys.stdin.buffer.read(int(head.split()[1])))
    if message["method"] != "textDocument/waitForDiagnostics":
        continue
    version = message["id"]
    if version == 1:
        publish(1)
        say({{"id": 1, "result": {{}}}})
        continue
{misbehave}
"""


@pytest.mark.parametrize(
    ("misbehave", "outcome"),
    [
        ('    say({"id": version, "result": {}})', Outcome.INFRA),  # nothing published: not even the sentinel
        ('    publish(version - 1)\n    say({"id": version, "result": {}})', Outcome.INFRA),
        ('    say({"id": version - 1, "result": {}})', Outcome.TIMEOUT),
        ('    say({"id": version, "error": {"code": -32801}})', Outcome.INFRA),
        ('    publish(version, [{"severity": 1}])\n    say({"id": version, "result": {}})', Outcome.INFRA),
        ('    print("x" * 2000, flush=True)', Outcome.INFRA),
        ('    sys.stdout.write("Content-Length: 99999999999\\r\\n\\r\\n")\n    sys.stdout.flush()', Outcome.INFRA),
        ('    sys.stdout.write("Content-Length: 50\\r\\n\\r\\n{")\n    sys.exit(0)', Outcome.INFRA),
        ("    os.kill(os.getpid(), 9)", Outcome.INFRA),
        ("    os.kill(os.getpid(), 11)", Outcome.REJECTED),
        ("    time.sleep(60)", Outcome.TIMEOUT),
    ],
)
def test_what_is_no_answer_is_no_verdict(tmp_path: Path, misbehave: str, outcome: Outcome) -> None:
    import sys

    path = tmp_path / "worker"
    path.write_text(SPEAKS.format(python=sys.executable, misbehave=misbehave), encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    backend = WorkerBackend(Impostor(path))
    assert backend.check(TRUE.model_copy(update={"timeout": 2.0})).outcome is outcome
    backend.close()
    assert os.listdir(tmp_path) == ["worker"]
