"""Kernels that are programs: confined while they judge, and tried before they do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.verify_workers.fake_lake import FakeLake
from verify_workers.config import PoolConfig
from verify_workers.errors import UserError
from verify_workers.jail import escapes, seccomp
from verify_workers.jail.command import jailed
from verify_workers.jail.confined import NOT_STARTED
from verify_workers.kernels import trial
from verify_workers.kernels.answer import Answer
from verify_workers.kernels.panel import require_kernels
from verify_workers.kernels.programs import ProgramKernel
from verify_workers.pool.recall import Recall

pytestmark = pytest.mark.skipif(not seccomp.supported(), reason="the filter of system calls is for Linux on x86-64")
GOOD = 'exec grep -q _verify_workers_pin "$IN"'  # as much of a kernel as the trial asks for


def script(path: Path, body: str, interpreter: str = "/bin/sh") -> str:
    path.write_text(f"#!{interpreter}\n{body}\n")
    path.chmod(0o755)
    return str(path)


def asked(spec: str, folder: Path, seconds: float = 60.0) -> Answer:
    closure = folder / "closure.ndjson"
    closure.write_text('{"meta":{}}\n')
    return ProgramKernel(spec).judge(closure, closure, seconds)


def hostile(folder: Path, body: str) -> str:
    """A kernel in Python, run as a program that becomes another one, that accepts if it gets its way."""
    source = script(folder / "hostile", f"import os, socket, subprocess, sys, time\n{body}\nsys.exit(0)", f"{sys.executable} -IS")
    return f"plain={source}"


def test_no_escape_gets_through(tmp_path: Path) -> None:
    """The list that is tried in every jail; the program says what got through."""
    (tmp_path / "home").mkdir()
    secret = tmp_path / "home" / "secret"
    secret.write_text("secret")
    source = Path(escapes.__file__).read_text()
    tries = f"through({str(secret)!r}, {str(tmp_path)!r}, {os.getpid()}, skip=('become another program',))"  # as it was started
    kernel = script(tmp_path / "kernel", f"__name__ = 'escapes'\n{source}\nsys.exit('; '.join({tries}) or 0)", f"{sys.executable} -IS")
    answer = asked(kernel, tmp_path)
    assert (answer.opinion, answer.why) == ("accepted", "")
    assert secret.read_text() == "secret" and os.listdir(secret.parent) == ["secret"]
    unconfined = subprocess.run([kernel], capture_output=True, text=True, check=False)
    assert unconfined.returncode == 1 and "open a TCP socket" in unconfined.stderr


@pytest.mark.parametrize(
    "body",
    [
        "open('/etc/passwd').read()",
        "open({file!r}).read()",
        "open({file!r}, 'w').write('changed')",
        "open('made', 'w')",
        "open(os.environ['IN'], 'a')",
        "socket.create_connection(('127.0.0.1', 9))",
        "os.kill({parent}, 0)",
        "subprocess.run(['/bin/true'])",
        "os.fork()",
        "x = bytearray(60 << 30)",
    ],
)
def test_a_hostile_program_gets_nothing(body: str, tmp_path: Path) -> None:
    file = tmp_path / "private"
    file.write_text("as it was")
    answer = asked(hostile(tmp_path, body.format(file=str(file), parent=os.getpid())), tmp_path)
    assert answer.opinion == "rejected" and "Traceback" in answer.why  # Python's own end: it got an error
    assert file.read_text() == "as it was" and (tmp_path / "closure.ndjson").read_text() == '{"meta":{}}\n'


def test_one_that_computes_for_ever_ends_with_its_threads(tmp_path: Path) -> None:
    spins = "import threading\nfor _ in range(3): threading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()\ntime.sleep(600)"
    begun = time.monotonic()
    assert asked(hostile(tmp_path, spins), tmp_path, 1.0).why == "not within 1 s"
    assert time.monotonic() - begun < 30


def test_a_program_that_cannot_be_started_has_no_opinion(tmp_path: Path) -> None:
    answer = asked(script(tmp_path / "kernel", "", "/nothing/there"), tmp_path)
    assert (answer.opinion, "not started: No such file or directory" in answer.why) == ("failed", True)


def test_a_script_runs_in_its_own_interpreter(tmp_path: Path) -> None:
    assert asked(script(tmp_path / "kernel.py", "exit 0"), tmp_path).opinion == "accepted"


def test_its_toolchain_is_there_for_it(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "lib" / "lean").mkdir(parents=True)
    (tmp_path / "lib" / "lean" / "Init.olean").write_text("compiled")
    kernel = script(tmp_path / "bin" / "con-ron", f'exec grep -q compiled "{tmp_path}/lib/lean/Init.olean"')
    assert asked(kernel, tmp_path).opinion == "accepted"


def test_a_kernel_is_tried_before_it_is_asked(tmp_path: Path) -> None:
    require_kernels([script(tmp_path / "good", GOOD)])
    for name, body, said in (
        ("true", "exit 0", "accepts a proof of everything"),
        ("wants", "grep -q pin", "does not accept a theorem that is right (exit status"),  # it starts another process
        ("broken", "echo no such format; exit 1", "(exit status 1: no such format)"),
        ("crashing", "kill -SEGV $$", f"(exit status -{signal.SIGSEGV.value})"),
    ):
        with pytest.raises(UserError) as raised:
            require_kernels([script(tmp_path / name, body)])
        assert said in str(raised.value) and "r leave it out" in str(raised.value) and "\n" not in str(raised.value)


def test_a_kernel_that_hangs_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "SECONDS", 0.5)
    with pytest.raises(UserError, match=r"\(not within 0\.5 s\)"):
        require_kernels([script(tmp_path / "hangs", "exec sleep 60")])


OLD = 'test "$1" = --from-export || exit 0; echo "unknown module prefix \'--from-export\'"; exit 1'
"""What a leanchecker before Lean 4.35 makes of the option: the name of a module that is not there."""


def test_the_leanchecker_of_an_old_toolchain_is_refused(lake: FakeLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it is: given by its path, on PATH, or beside the project's Lean."""
    path = script(tmp_path / "leanchecker", OLD)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    for spec in (path, f"leanchecker={path}", "leanchecker"):
        with pytest.raises(UserError, match=r"unknown module prefix.*it reads exports from Lean 4\.35 on: name one of a newer toolchain"):
            require_kernels([spec])
    require_kernels([f"leanchecker={script(tmp_path / 'new', GOOD)}"])


def test_a_program_that_is_replaced_after_its_trial_has_no_opinion(tmp_path: Path) -> None:
    """Its verdicts would stand under the name of the one that was tried; while it judges, too."""
    path = Path(script(tmp_path / "kernel", GOOD))
    kernel, closure = ProgramKernel(f"plain={path}"), tmp_path / "closure.ndjson"
    require_kernels([f"plain={path}"])
    closure.write_text("_verify_workers_pin\n")
    assert kernel.judge(closure, closure, 60).opinion == "accepted"
    script(tmp_path / "other", "exit 0")
    os.replace(tmp_path / "other", path)
    answer = kernel.judge(closure, closure, 60)
    assert (answer.opinion, "has been replaced since it was tried" in answer.why) == ("failed", True)


def test_a_path_with_a_line_break_and_a_program_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a\n").mkdir()  # each line of the list of what may be read is a path: here the second is /
    with pytest.raises(UserError, match="has a line break in it; rename it"):
        ProgramKernel(script(tmp_path / "a\n" / "kernel", GOOD))


def test_a_limit_that_cannot_be_set_is_no_rejection(tmp_path: Path) -> None:
    """As where a machine has other hard limits: Python would end with 1, which is a rejection."""
    command = jailed([script(tmp_path / "kernel", "exit 0")], [tmp_path], 1, 1 << 70, 64)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == NOT_STARTED and "not started" in done.stderr


def test_verdicts_that_another_program_shared_are_not_recalled(tmp_path: Path) -> None:
    path = script(tmp_path / "kernel", GOOD)
    config = PoolConfig(kernels=[path])
    before = Recall(config)._judges
    assert before == Recall(config)._judges
    script(tmp_path / "kernel", f"{GOOD} # better")
    assert Recall(config)._judges != before
    os.unlink(path)
    assert Recall(config)._judges != Recall(config)._judges
