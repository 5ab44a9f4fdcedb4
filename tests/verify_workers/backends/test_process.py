"""The process backend on real Lean: verdicts, limits, confinement, and what it makes of a Lean that misbehaves."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from verify_workers.backends.choose import make_backend
from verify_workers.backends.process import ProcessBackend
from verify_workers.errors import UserError
from verify_workers.lean import LeanInstall
from verify_workers.records import Check, Outcome, Verdict

STATEMENT = "theorem goal (n : Nat) : n + 0 = n"


@pytest.fixture(scope="module")
def backend(lean: LeanInstall) -> Iterator[ProcessBackend]:
    made = ProcessBackend(lean)
    yield made
    made.close()


def ask(backend: ProcessBackend, proof: str, statement: str = STATEMENT, timeout: float = 20.0) -> Verdict:
    return backend.check(Check(id="x", statement=statement, proof=proof, timeout=timeout))


def test_positions_are_the_users(backend: ProcessBackend) -> None:
    verdict = ask(backend, "by\n  have h : n = n := rfl\n    nonsense")
    assert verdict.outcome is Outcome.REJECTED and next(m.line for m in verdict.messages if m.severity == "error") in (2, 3)
    verdict = ask(backend, "foo")
    assert [(m.line, m.column) for m in verdict.messages] == [(1, 0)]
    code = "theorem goal (n : Nat) : n + 0 = n := by\n  exact foo"
    verdict = backend.check(Check(id="x", statement=STATEMENT, code=code))
    assert [(m.line, m.column) for m in verdict.messages] == [(2, 8)]


def test_memory_runs_out(lean: LeanInstall) -> None:
    small = ProcessBackend(lean, memory=20 << 20)
    assert ask(small, "by simp").outcome is Outcome.RESOURCE
    small.close()


def test_closing_leaves_no_folder(lean: LeanInstall) -> None:
    made = ProcessBackend(lean)
    folder = Path(made._folder)
    assert folder.is_dir() and ask(made, "rfl").accepted and list(folder.iterdir()) == []
    made.close()
    made.close()
    assert not folder.exists()


@dataclass(frozen=True)
class Impostor:
    """A `LeanInstall` whose command is a script of ours: what a broken or hostile Lean process could do."""

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
        return [sys.executable, str(self.script)]

    def environment(self) -> dict[str, str]:
        return {}


def impostor(folder: Path, script: str) -> ProcessBackend:
    path = folder / "impostor.py"
    path.write_text(script, encoding="utf-8")
    return ProcessBackend(Impostor(path))


@pytest.mark.parametrize(
    "script",
    [
        "",
        'print(\'{"message": "Unknown environment."}\')',
        "print('accepted')",
        'print(\'{"severity": "information", "pos":\')',
        "import sys; sys.exit(3)",
        "import os; os.kill(os.getpid(), 9)",
        "raise OSError('no library')",
        "import sys; sys.stdout.buffer.write(b'\\xff\\xfe\\n')",
        "import sys; sys.stderr.write('x' * 1000000)",
    ],
    ids=["silent", "repl", "text", "truncated", "status", "killed", "traceback", "binary", "stderr"],
)
def test_what_is_no_lean_is_no_verdict(tmp_path: Path, script: str) -> None:
    backend = impostor(tmp_path, script)
    assert ask(backend, "rfl").outcome is Outcome.INFRA
    backend.close()


@pytest.mark.parametrize(
    ("script", "timeout", "outcome"),
    [
        ("import time; time.sleep(60)", 0.5, Outcome.TIMEOUT),
        ("import os, time\nos.close(1); os.close(2)\ntime.sleep(60)", 0.5, Outcome.TIMEOUT),
        ("while True: print('x' * 100000)", 60, Outcome.RESOURCE),
        ("import os; os.kill(os.getpid(), 11)", 60, Outcome.REJECTED),
    ],
    ids=["sleeps", "sleeps in silence", "floods", "crashes"],
)
def test_what_does_not_end_well(tmp_path: Path, script: str, timeout: float, outcome: Outcome) -> None:
    backend = impostor(tmp_path, script)
    assert ask(backend, "rfl", timeout=timeout).outcome is outcome
    backend.close()


LINGERS = """
import os, sys, time
for leave in (lambda: None, os.setsid):
    try:
        if os.fork() == 0:
            leave()
            time.sleep(600)
    except OSError:
        pass
time.sleep(60)
"""


def test_no_process_survives(tmp_path: Path) -> None:
    """A hostile process cannot leave another behind, in its group or out of it."""
    backend = impostor(tmp_path, LINGERS)
    assert ask(backend, "rfl", timeout=0.3).outcome is Outcome.TIMEOUT
    backend.close()
    commands = [_command(pid) for pid in os.listdir("/proc") if pid.isdigit()]
    assert commands and not [command for command in commands if str(tmp_path) in command]


def _command(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


HOSTILE = """
import os, socket, sys
def attempt(what):
    try:
        what()
    except OSError:
        return "refused"
    return "done"
def connect():
    socket.create_connection(("127.0.0.1", {port}), timeout=2).close()
results = [
    attempt(lambda: open({target!r}, "w")),
    attempt(lambda: open({fresh!r}, "w")),
    attempt(lambda: os.unlink({target!r})),
    attempt(lambda: os.mkdir({fresh!r} + "-folder")),
    attempt(lambda: open("here", "w")),
    attempt(lambda: os.kill({parent}, 0)),
    attempt(connect),
    attempt(os.fork),
    attempt(os.setsid),
    attempt(lambda: os.execv("/bin/true", ["true"])),
]
sys.exit(" ".join(results))
"""


def test_a_hostile_process_changes_nothing(tmp_path: Path) -> None:
    """What code inside Lean could try: write, create, remove, signal the checker, connect to this machine."""
    import ctypes
    import socket

    if ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1) < 6:
        pytest.skip("this kernel's Landlock cannot forbid all of it")
    target = tmp_path / "precious"
    target.write_text("kept", encoding="utf-8")
    target.chmod(stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        backend = impostor(tmp_path, HOSTILE.format(target=str(target), fresh=str(tmp_path / "new"), parent=os.getpid(), port=port))
        verdict = ask(backend, "rfl")
        backend.close()
    assert verdict.outcome is Outcome.INFRA and verdict.reason.endswith(" ".join(["refused"] * 10)), verdict.reason
    assert target.read_text(encoding="utf-8") == "kept" and sorted(p.name for p in tmp_path.iterdir()) == ["impostor.py", "precious"]


def test_backends_are_chosen_by_name() -> None:
    with pytest.raises(UserError, match="fork, repl, worker, process"):
        make_backend("forc")
    made = make_backend("process")
    assert made.name == "process"
    made.close()


def test_auto_falls_back_and_says_so(lean: LeanInstall, caplog: pytest.LogCaptureFixture) -> None:
    """Of a Lean build that the fork backend does not know, `auto` takes the next one; by name it is an error."""
    other = replace(lean, githash="0" * 40)
    made = make_backend("auto", install=other)
    assert made.name == "worker" and "not fork, which does not work here" in caplog.text
    made.close()
    with pytest.raises(UserError, match="such as process"):
        make_backend("fork", install=other)


# ---- header snapshots


def test_a_snapshot_gives_the_same_verdicts(lean: LeanInstall, tmp_path: Path) -> None:
    plain, saved = ProcessBackend(lean), ProcessBackend(lean, snapshots=tmp_path / "headers")
    headers = ["", "open Nat\n", "-- a note\nimport Init.Nat\nimport Init.Int\n\nopen Nat"]
    code = f"import Init.Nat\n{STATEMENT} := by\n  exact foo"
    for header in headers:
        checks = [Check(id=proof, statement=STATEMENT, header=header, proof=proof, timeout=20) for proof in ("by simp", "by foo", "sorry")]
        checks += [Check(id="code", statement=STATEMENT, header=header, code=code, timeout=20)] if "Init" in header else []
        for check in checks:
            one, other = plain.check(check), saved.check(check)
            assert one.model_copy(update={"seconds": 0.0}) == other.model_copy(update={"seconds": 0.0})
    snapshots = sorted(path.name for path in (tmp_path / "headers").glob("*.snapshot"))
    assert len(snapshots) == 2  # by imports: `open` is no part of it
    times = [path.stat().st_mtime_ns for path in (tmp_path / "headers").glob("*.snapshot")]
    assert saved.check(Check(id="x", statement=STATEMENT, proof="by simp")).accepted
    assert times == [path.stat().st_mtime_ns for path in (tmp_path / "headers").glob("*.snapshot")]
    missing = saved.check(Check(id="x", statement=STATEMENT, header="import Mathlib", proof="rfl"))
    assert (missing.outcome, missing.reason) == (Outcome.REJECTED, "statement") and "Mathlib" in missing.messages[0].text
    plain.close()
    saved.close()


def test_a_snapshot_that_does_not_fit_is_no_verdict(lean: LeanInstall, tmp_path: Path) -> None:
    """Of another header, torn, or by a Lean that knows no snapshots: never a quiet import instead."""
    backend = ProcessBackend(lean, snapshots=tmp_path)
    one = Check(id="x", statement=STATEMENT, proof="by simp")
    other = Check(id="x", statement=STATEMENT, header="import Init.Nat", proof="by simp")
    assert backend.check(one).accepted
    (first,) = tmp_path.glob("*.snapshot")
    assert backend.check(other).accepted
    (second,) = set(tmp_path.glob("*.snapshot")) - {first}
    content = second.read_bytes()
    for path in (second, second.with_name(f"{second.name}.deps")):
        path.write_bytes((first if path == second else first.with_name(f"{first.name}.deps")).read_bytes())
    verdict = backend.check(other)
    assert verdict.outcome is Outcome.INFRA and "snapshot was not used" in verdict.reason
    second.write_bytes(content[: len(content) // 2])
    assert backend.check(other).outcome is not Outcome.ACCEPTED
    backend.close()
    old = tmp_path / "old.py"
    old.write_text("import sys; sys.exit('unknown option')", encoding="utf-8")
    backend = ProcessBackend(Impostor(old), snapshots=tmp_path / "more")
    verdict = backend.check(one)
    backend.close()
    assert verdict.outcome is Outcome.INFRA and "Lean 4.32 or newer" in verdict.reason
