"""Other kernels beside Lean's: programs that accept, reject, decline, crash and hang, and what becomes of the verdict."""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.verify_workers.second_kernel.exports import PIN
from verify_workers.backends.fork import ForkBackend
from verify_workers.config import PoolConfig, VerifyConfig
from verify_workers.errors import UserError
from verify_workers.kernel import jail
from verify_workers.kernel import library as kernel_library
from verify_workers.kernel.library import library_file
from verify_workers.kernels.builtin import BuiltinKernel
from verify_workers.kernels.panel import Panel, closure_name, library
from verify_workers.kernels.programs import ProgramKernel
from verify_workers.lean import LeanInstall
from verify_workers.pool.local import LocalPool
from verify_workers.records import Check, Outcome
from verify_workers.second_kernel.__main__ import ADDRESSES
from verify_workers.second_kernel.judge import judge_file
from verify_workers.verify_file import _Closures, verify_file

pytestmark = pytest.mark.skipif(not jail.supported(), reason="the jail is for Linux on x86-64")

CHECK = Check(id="x", statement="theorem goal (p q : Prop) (hp : p) (hq : q) : q ∧ p", proof="⟨hq, hp⟩")
TRIAL = 'read first; read second; case "$second" in *_verify_workers_pin*) exit 0;; esac; '  # the theorem that a kernel is tried with
SCRIPTS = {
    "accepts": 'test -r "$IN" && exec grep -q pin',  # the file is on standard input, too
    "rejects": TRIAL + 'echo "And.intro: no"; exit 1',
    "declines": "exit 2",
    "crashes": "kill -SEGV $$",
    "hangs": "exec sleep 600",
    "babbles": f"exec {sys.executable} -IS -c 'print(\"y\" * 10**7); raise SystemExit(7)'",
    "floods": "exec yes",
}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("kernels")
    for name, body in SCRIPTS.items():
        program(folder / name, body)
    return {name: str(folder / name) for name in SCRIPTS}


def program(path: Path, body: str) -> str:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture(scope="module")
def own(lean: LeanInstall) -> Iterator[str]:
    """What Lean's kernel accepted for CHECK."""
    with ForkBackend(lean) as backend:
        backend.exporting = True
        assert backend.check(CHECK).accepted and backend.exported is not None
        yield backend.exported.lines


def asked(lean: LeanInstall, own: str, keep: Path, *kernels: str, quorum: int = -1) -> tuple[list[str], str]:
    seconds = 1.0 if any(kernel.endswith("hangs") for kernel in kernels) else 60.0
    panel = Panel(lean, list(kernels), quorum, 1.0, seconds, keep)
    try:
        answers, problem = panel.judge(CHECK, (), own)
        return [answer.opinion for answer in answers], problem
    finally:
        panel.close()


def test_answers_of_programs_and_what_they_come_to(lean: LeanInstall, own: str, programs: dict[str, str], tmp_path: Path) -> None:
    def ask(*names: str, quorum: int = -1) -> tuple[list[str], str]:
        return asked(lean, own, tmp_path, *(programs[name] for name in names), quorum=quorum)

    assert ask("accepts") == (["accepted"], "")
    for name, opinion in (
        ("declines", "declined"),
        ("crashes", "failed"),
        ("hangs", "failed"),
        ("babbles", "failed"),
        ("floods", "failed"),
    ):
        answers, problem = ask("accepts", name)
        assert answers == ["accepted", opinion]
        assert "1 of 2 kernels accepted" in problem and "disputed" not in problem, name
        assert ask("accepts", name, quorum=1) == (["accepted", opinion], "")
    assert not list(tmp_path.iterdir())  # none of these is a dispute


def test_a_dispute_that_cannot_be_kept_is_one(
    lean: LeanInstall, own: str, programs: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    answers, problem = asked(lean, own, tmp_path / "file" / "below", programs["accepts"], programs["rejects"])
    assert answers == ["accepted", "rejected"] and problem.startswith("disputed: ") and "could not be kept" in problem
    assert "DISPUTED" in caplog.text


def test_the_second_kernel_has_a_bound_on_its_memory(lean: LeanInstall, own: str, tmp_path: Path) -> None:
    """A closure that wants more has no opinion of it, and the machine goes on."""
    kernel = BuiltinKernel(library_file(lean, ()))
    try:
        mine = tmp_path / "own.ndjson"
        mine.write_text(own)
        assert kernel.judge(mine, mine, 60.0).opinion == "accepted"
        assert kernel._process is not None
        assert resource.prlimit(kernel._process.pid, resource.RLIMIT_AS)[0] <= ADDRESSES
    finally:
        kernel.close()


def test_a_rejection_is_never_outvoted_and_is_kept(
    lean: LeanInstall, own: str, programs: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answers, problem = asked(lean, own, tmp_path, programs["accepts"], programs["rejects"], quorum=1)
    assert answers == ["accepted", "rejected"]
    assert problem.startswith("disputed: ") and "And.intro: no" in problem
    assert "DISPUTED" in caplog.text
    (kept,) = tmp_path.glob("*.ndjson")
    assert judge_file(kept, PIN).outcome == "accepted"
    about = json.loads(kept.with_suffix(".json").read_text())
    assert about["check"]["statement"] == CHECK.statement and [a["opinion"] for a in about["answers"]] == answers


def test_conventions_of_known_programs(lean: LeanInstall, own: str, tmp_path: Path) -> None:
    config = """-IS -c "import json, sys; c = json.load(open(sys.argv[1])); open(c['export_file_path']); """
    nanoda = program(tmp_path / "nanoda_bin", f"exec {sys.executable} {config}" + """sys.exit(len(c['permitted_axioms']) != 3)" "$1" """)
    lean4lean = program(tmp_path / "lean4lean", 'test "$1" = --import && exec grep -q pin "$2"')
    panics = program(tmp_path / "checker", "exit 101")
    assert asked(lean, own, tmp_path, nanoda, lean4lean) == (["accepted"] * 2, "")
    assert asked(lean, own, tmp_path, f"nanoda={panics}")[0] == ["rejected"]
    assert asked(lean, own, tmp_path, f"plain={panics}")[0] == ["failed"]


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no program"):
        ProgramKernel(str(tmp_path / "nothing"))
    with pytest.raises(UserError, match="unknown convention"):
        ProgramKernel(f"other={shutil.which('sh')}")


def test_verdicts_of_a_pool_name_the_kernels_and_disputes_are_infra(
    lean: LeanInstall, programs: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = {"backend": "fork", "workers": 1, "kernels": [programs["accepts"]], "kernels_keep": tmp_path}
    with LocalPool(PoolConfig.model_validate(settings)) as pool:
        (verdict,) = pool.verify([CHECK])
    assert verdict.accepted and len(verdict.kernels) == 1
    assert verdict.kernels[0].startswith("accepts ") and verdict.kernels[0].endswith(": accepted")
    with LocalPool(PoolConfig.model_validate(settings | {"kernels": [programs["rejects"]]})) as pool:
        disputed, wrong = pool.verify([CHECK, CHECK.model_copy(update={"id": "y", "proof": "⟨hp, hq⟩"})])
    assert disputed.outcome is Outcome.INFRA and disputed.disputed and "exit status 1" in disputed.reason
    assert disputed.kernels[0].endswith(": rejected") and caplog.text.count("DISPUTED") == 1  # it is not asked again
    assert wrong.outcome is Outcome.REJECTED and not wrong.kernels  # nothing to dispute


@pytest.mark.slow
def test_the_built_in_kernel_in_a_pool(lean: LeanInstall, tmp_path: Path) -> None:
    rows = [("a/1", "theorem goal (n : Nat) : n + 0 = n", "by simp"), ("b", "theorem goal : 1 = 2", "by decide")]
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("".join(json.dumps({"id": i, "statement": s, "proof": p}) + "\n" for i, s, p in rows))
    pool = PoolConfig(backend="fork", workers=1, kernels=["builtin-python"], closures=tmp_path / "closures")
    verify_file(source, out, VerifyConfig(pool=pool))
    right, wrong = map(json.loads, out.read_text().splitlines())
    assert right["kernels"] == ["builtin-python 1: accepted"] and wrong["kernels"] == []
    (closure,) = os.listdir(tmp_path / "closures")
    assert closure.startswith("a_1-")
    assert judge_file(tmp_path / "closures" / closure, PIN).axioms == tuple(right["axioms"])


def test_a_closure_is_one_file_without_loose_ends(lean: LeanInstall, own: str) -> None:
    lines = list(library(library_file(lean, ())).with_own(own))
    assert json.loads(lines[0])["meta"]["format"]["version"] == "3.1.0"
    counts = {"in": 1, "il": 1, "ie": 0}
    for line in map(json.loads, lines):
        for sort in counts.keys() & line.keys():
            assert line[sort] == counts[sort]
            counts[sort] += 1
    primitives = [json.dumps({k: v for k, v in json.loads(line).items() if k not in counts}, sort_keys=True) for line in lines]
    assert len(set(primitives)) == len(primitives)


def test_no_row_gets_the_closure_of_another(tmp_path: Path) -> None:
    """Whatever its id is: a path, a name of a file of ours, too long for one."""
    checks = [CHECK.model_copy(update={"proof": f"⟨hq, hp⟩ -- {i}"}) for i in range(6)]
    written = [closure_name(check) for check in checks]
    own = [name.removeprefix(".").removesuffix(".ndjson") for name in written]
    ids = [own[1], own[0], own[2], f".{own[3]}", "../up", "\U0001d49c" * 90]
    folder = tmp_path / "closures"
    folder.mkdir()
    for name in written:
        (folder / name).write_text(name)
    closures = _Closures(folder)
    for name, row in zip(written, ids, strict=True):
        closures.name(name, row)
    closures.close()
    assert sorted(path.read_text() for path in folder.iterdir()) == sorted(written)
    assert [(folder / f"{row}.ndjson").read_text() for row in ids[:3]] == written[:3]
    assert [path.name for path in tmp_path.iterdir()] == ["closures"]


def test_libraries_that_nobody_uses_go(tmp_path: Path) -> None:
    for i in range(kernel_library.KEPT + 3):
        path = tmp_path / f"library-{i}.ndjson"
        path.touch()
        path.with_suffix(".checked.json").touch()
        os.utime(path, (i, i))
    kernel_library._prune(tmp_path)
    kept = {path.name.partition(".")[0] for path in tmp_path.iterdir()}
    assert kept == {f"library-{i}" for i in range(3, kernel_library.KEPT + 3)}


def test_the_sample_is_always_the_same(lean: LeanInstall) -> None:
    panel = Panel(lean, [], sample=0.25)
    checks = [CHECK.model_copy(update={"proof": f"⟨hq, hp⟩ -- {i}"}) for i in range(400)]
    asked = [panel.asks(check) for check in checks]
    assert asked == [panel.asks(check) for check in checks] and 60 < sum(asked) < 140
    assert all(Panel(lean, []).asks(check) for check in checks)
