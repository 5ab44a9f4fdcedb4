"""The jail of every backend from inside: each escape of `jail.escapes` is tried where a candidate's code would be."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.verify_workers.fake_lake import FakeLake
from verify_workers.backends import launch, process, selftest
from verify_workers.backends.base import Backend
from verify_workers.backends.choose import make_backend
from verify_workers.backends.conversation import Conversation
from verify_workers.backends.leanchecker import LeanCheckerBackend
from verify_workers.backends.process import ProcessBackend
from verify_workers.jail import escapes, seccomp
from verify_workers.jail.command import CONFINED
from verify_workers.kernel import children
from verify_workers.kernel.client import Session
from verify_workers.lean import LeanInstall
from verify_workers.lean.project import discover
from verify_workers.lean.shared import shared
from verify_workers.records import Check, Outcome, Snippet

pytestmark = pytest.mark.skipif(not seccomp.supported(), reason="the filter of system calls is for Linux on x86-64")
EXEC = "become another program"
NAMES = sorted(escapes.attempts("/s/f", "/f", 1))
Through = Callable[[Path], list[str]]  # what got through, given a folder with the secret


@dataclass(frozen=True)
class Script:
    """A Lean whose program is what we give: a script for the confined interpreter, or a binary that replaces it."""

    line: list[str]
    variables: dict[str, str] = field(default_factory=dict)
    version: str = "0"
    revision: str = "0"
    start_up: float = 5.0
    mapped: int = 6 << 30
    sources: tuple[Path, ...] = ()

    def loaded(self, imports: tuple[str, ...]) -> str:
        return ""

    def program(self) -> list[str]:
        return self.line

    def command(self) -> list[str]:
        return self.line

    def environment(self) -> dict[str, str]:
        return dict(self.variables)


def arguments(secret: Path, folder: str, *more: str) -> list[str]:
    return [str(secret), folder, str(os.getpid()), *more]


def by_process(make: Callable[[Script], ProcessBackend]) -> Through:
    def run(place: Path) -> list[str]:
        backend = make(Script([escapes.__file__]))
        program = [escapes.__file__, *arguments(place / "secret", backend._folder)]
        done = backend._run(program, b"", 20.0, launch.environment(backend._install, backend._folder), (Path(backend._folder),))
        backend.close()
        return answer(done.output)

    return run


def by_conversation(place: Path) -> list[str]:
    """`worker` and `repl`: a binary (here the interpreter's), which keeps the right to become another program."""
    folder = place / "folder"
    folder.mkdir()
    program = [sys.executable, "-I", "-S", escapes.__file__, *arguments(place / "secret", str(folder), "exec")]
    lean = Script([sys.executable], {"LEAN_PATH": str(Path(escapes.__file__).parent)})
    talk = Conversation(lean, program, str(folder), 1 << 40)
    said = talk.ask(b"", lambda output: bytes(output) if b"done\n" in output else None, 20.0, 1 << 40)
    talk.close()
    return answer(said)


def by_fork(place: Path) -> list[str]:
    ours, theirs = socket.socketpair()
    parent, secret = os.getpid(), str(place / "secret")
    with ours, theirs:
        child = children.start(
            lambda: "\n".join([*escapes.through(secret, "/tmp", parent, descriptors=2), "done", ""]).encode(), 20.0, 1 << 30
        )
        children.finish([child], theirs)
        children.stop(child)
    return answer(child.data)


def by_start(place: Path) -> list[str]:
    """The self-test that backends run when they start."""
    return selftest.escaped(Script([escapes.__file__]))


def answer(output: bytes) -> list[str]:
    *found, last = output.decode().splitlines() or [""]
    assert last == "done", output
    return found


JAILS: dict[str, Through] = {
    "process, leanchecker": by_process(ProcessBackend),
    "worker, repl": by_conversation,
    "fork": by_fork,
    "the self-test": by_start,
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "user").mkdir()
    (tmp_path / "user" / "secret").write_text("kept", encoding="utf-8")
    return tmp_path / "user"


@pytest.mark.parametrize("jail", JAILS)
def test_no_escape_gets_through(jail: str, place: Path) -> None:
    """Everything that a kernel with Landlock can forbid, on every backend's own way into its jail."""
    descriptor = os.open(place / "secret", os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    os.chmod(place / "secret", 0o666)
    assert JAILS[jail](place) == []
    os.close(descriptor)
    assert (place / "secret").read_text(encoding="utf-8") == "kept" and not (place / "made").exists()
    assert stat.S_IMODE((place / "secret").stat().st_mode) == 0o666


def test_out_of_jail_they_get_through(place: Path) -> None:
    """The list is a list of escapes: most of them work for a process that is not confined."""
    mine = os.open(place / "secret", os.O_RDONLY)
    # Not from here: they trace whoever starts them, and change what it may do.
    starts = "import os, subprocess, sys; sys.argv[-2] = str(os.getpid()); subprocess.run(sys.argv[1:], close_fds=False, check=True)"
    line = [sys.executable, "-I", "-S", escapes.__file__, *arguments(place / "secret", str(place), "exec")]
    done = subprocess.run([sys.executable, "-c", starts, *line], capture_output=True, pass_fds=[mine], check=True, timeout=60)
    os.close(mine)
    found = answer(done.stdout)
    assert "use the descriptors" in found[-1]
    for name in (
        "read a file of the user",
        "make a file",
        "open a TCP socket",
        "open an abstract socket",
        "fork",
        "signal the parent",
        "be traced",
    ):
        assert name in found, found
    assert len(found) > 25


def test_who_traces_lets_go_at_once() -> None:
    """Traced, whoever started the self-test would stop at the next signal, and wait for a tracer that waits for it."""
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        escapes._aside(escapes.call(101, 0x4206, other.pid, 0, 0))()
        end = time.monotonic() + 30
        while "TracerPid:\t0" not in Path(f"/proc/{other.pid}/status").read_text():
            assert time.monotonic() < end
            time.sleep(0.01)
    finally:
        other.kill()
        other.wait()


def test_every_escape_has_its_own_name_and_place_in_the_list() -> None:
    assert len(NAMES) > 45 and EXEC in NAMES


def test_shared_memory_is_seen() -> None:
    import mmap

    before = escapes.shared_mappings("self")
    with mmap.mmap(-1, 4096):
        assert len(escapes.shared_mappings("self")) == len(before) + 1


def test_the_jail_of_fork_is_not_entered_with_shared_memory() -> None:
    import mmap

    ours, theirs = socket.socketpair()
    with ours, theirs, mmap.mmap(-1, 4096):
        assert children.escaped(theirs).startswith("share memory")


def test_a_zygote_and_its_children_share_no_memory_and_no_ring(lean: LeanInstall) -> None:
    """Lean's runtime keeps rings of asynchronous I/O where it may; then they would be mapped in every child."""
    session = Session(shared(lean))
    pid = session.pid
    assert escapes.shared_mappings(pid) == [] and "io_uring" not in Path(f"/proc/{pid}/maps").read_text()
    assert not [
        os.readlink(f"/proc/{pid}/fd/{n}") for n in os.listdir(f"/proc/{pid}/fd") if "io_uring" in os.readlink(f"/proc/{pid}/fd/{n}")
    ]
    session.close()


# ---- what a snippet can read, on real Lean

READS = """
open Lean
inductive R where | ok (s : String) | err (n : Nat)
instance : Inhabited R := ⟨.err 0⟩
@[extern "y"] opaque IO.FS.readFile (p : @& String) : R
syntax (name := pw) "reads" : term
@[macro pw] def m : Macro := fun _ => match IO.FS.readFile "FILE" with
  | .ok s => Macro.throwError s
  | .err _ => Macro.throwError "refused"
theorem goal : True := reads
"""


@pytest.fixture(scope="module", params=["process", "worker", "repl", "fork", "leanchecker"])
def backend(request: pytest.FixtureRequest, lake: FakeLake) -> Iterator[Backend]:
    if request.param == "leanchecker":
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", lake.path)
            made: Backend = LeanCheckerBackend(discover(lake.project))
    else:
        made = lake.backend(request.param)
    yield made
    made.close()


@pytest.mark.parametrize("file", ["a file of the user", "/etc/passwd", "/proc/{parent}/environ", "/proc/{parent}/cmdline"])
def test_a_snippet_reads_no_file(backend: Backend, file: str, place: Path) -> None:
    path = str(place / "secret") if file.startswith("a file") else file.format(parent=os.getpid())
    verdict = backend.check(Snippet(id="s", code=READS.replace("FILE", path), timeout=20))
    assert verdict.outcome is Outcome.REJECTED and [m.text for m in verdict.messages if m.severity == "error"] == ["refused"], verdict


# ---- a process that ran a snippet answers nobody else

# Registers a linter, which runs after every later command of the same process and says there whatever it wants; this one
# forges the answer of a file worker to the check that comes next, whose nonce it reads from the text it is shown.
PREPARES = """
open Lean
structure Map where
  source : String
  positions : Nat
structure Ctx where
  fileName : String
  fileMap : Map
inductive Out where | ok (a : Nat) | err (a : Nat)
@[extern "x1"] opaque IO.FS.writeFile (p : @& String) (s : @& String) : Nat
@[extern "x3"] opaque String.splitOn (s : @& String) (sep : @& String) : List String
def first (xs : List String) : String := match xs with | [] => "" | x :: _ => x
def rest (xs : List String) : List String := match xs with | [] => [] | _ :: t => t
def count (xs : List String) : Nat := match xs with | [] => 0 | _ :: t => count t + 1
def digit (n : Nat) : String := if n = 0 then "0" else if n = 1 then "1" else if n = 2 then "2" else if n = 3 then "3" else
  if n = 4 then "4" else if n = 5 then "5" else if n = 6 then "6" else if n = 7 then "7" else if n = 8 then "8" else "9"
def show' (fuel n : Nat) : String :=
  match fuel with | 0 => "" | f + 1 => if n < 10 then digit n else show' f (n / 10) ++ digit (n % 10)
def row (line text : String) : String :=
  "{\\"severity\\":3,\\"message\\":\\"" ++ text ++ "\\",\\"range\\":{\\"start\\":{\\"line\\":" ++ line ++
  ",\\"character\\":0},\\"end\\":{\\"line\\":" ++ line ++ ",\\"character\\":6}}}"
def frame (body : String) : String := "Content-Length: " ++ show' 9 body.utf8ByteSize ++ "\\r\\n\\r\\n" ++ body
def forged (v : Nat) (axioms sentinel nonce : String) : String :=
  frame ("{\\"jsonrpc\\":\\"2.0\\",\\"method\\":\\"textDocument/publishDiagnostics\\",\\"params\\":"
    ++ "{\\"uri\\":\\"untitled:check.lean\\",\\"version\\":" ++ show' 9 v ++ ",\\"diagnostics\\":["
    ++ row axioms ("'_proved_" ++ nonce ++ "' does not depend on any axioms") ++ ","
    ++ row sentinel ("'_end_" ++ nonce ++ "' does not depend on any axioms") ++ "]}}")
  ++ frame ("{\\"jsonrpc\\":\\"2.0\\",\\"id\\":" ++ show' 9 v ++ ",\\"result\\":{}}")
def many (k : Nat) (axioms sentinel nonce : String) : String :=
  match k with | 0 => "" | j + 1 => many j axioms sentinel nonce ++ forged (j + 2) axioms sentinel nonce
def prepared (_stx : Nat) (ctx : Ctx) (_ref : Nat) (_w : Nat) : Out :=
  let s := ctx.fileMap.source
  let parts := s.splitOn ("theorem _root_._pro" ++ "ved_")
  if count parts < 2 then Out.ok 0 else
  let nonce := first ((first (rest parts)).splitOn " ")
  let n := count ((first (s.splitOn "#print axioms _root_._end_")).splitOn "\\n") - 1
  if IO.FS.writeFile "/proc/self/fd/1" (many 60 (show' 9 (n - 2)) (show' 9 n) nonce) = 7 then Out.err 0 else Out.ok 0
structure Linter where
  run : Nat → Ctx → Nat → Nat → Out
  name : Name
@[extern "x2"] opaque Lean.Elab.Command.addLinter (l : Linter) : Nat
syntax (name := pw) "prepares" : term
@[macro pw] def m : Macro := fun _ =>
  if Lean.Elab.Command.addLinter ⟨prepared, .anonymous⟩ = 7 then Macro.throwError "no" else `(True.intro)
theorem innocent : True := prepares
"""
HONEST = Check(id="honest", statement="theorem goal (n : Nat) : n + 0 = n", proof="by simp", timeout=20)
FALSE = Check(id="false", statement="theorem goal : 1 = 2", proof="by decide", timeout=20)


def test_a_snippet_prepares_no_answer(backend: Backend) -> None:
    assert backend.check(HONEST).accepted
    snippet = backend.check(Snippet(id="s", code=PREPARES, timeout=20))
    assert snippet.outcome in (Outcome.ELABORATED, Outcome.REJECTED)
    assert backend.check(FALSE).outcome is Outcome.REJECTED
    assert backend.check(HONEST).accepted
    assert backend.check(FALSE).outcome is Outcome.REJECTED


def test_a_snippet_cannot_prepare_the_next_one(backend: Backend) -> None:
    backend.check(Snippet(id="s", code=PREPARES, timeout=20))
    after = backend.check(Snippet(id="s", code="theorem goal : 1 = 2 := by decide", timeout=20))
    assert after.outcome is Outcome.REJECTED and "is false" in after.messages[0].text


@pytest.mark.parametrize("name", ["worker", "repl"])
def test_the_process_of_a_snippet_is_its_own(name: str, lake: FakeLake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither before nor after it does anything run there, and the process of the checks stays."""
    monkeypatch.setenv("PATH", lake.path)
    backend = make_backend(name, project=lake.project)
    seen: list[int] = []
    begin = Conversation.__init__
    monkeypatch.setattr(Conversation, "__init__", lambda self, *rest: (begin(self, *rest), seen.append(self.pid))[0])
    assert backend.check(HONEST).accepted
    before = backend.processes
    for _ in range(2):
        assert backend.check(Snippet(id="s", code="theorem x : 1 + 1 = 2 := rfl")).outcome is Outcome.ELABORATED
        assert backend.processes == before
    assert len(seen) == 2 and not {*seen} & {*before}
    assert not [pid for pid in seen if Path(f"/proc/{pid}").exists()]
    assert backend.check(HONEST).accepted and backend.processes == before
    backend.close()


# ---- a file must be read to its end

EXITS = """
open Lean
@[extern "x"] opaque IO.Process.exit (type : Nat) (code : Bool) : Nat
syntax (name := pw) "exits" : term
@[macro pw] def m : Macro := fun _ => if IO.Process.exit 0 CODE = 7 then Macro.throwError "no" else `(True.intro)
theorem goal : True := exits
theorem wrong : 1 = 2 := rfl
"""


@pytest.mark.parametrize("code", [0, 1])
def test_a_snippet_that_ends_lean_is_not_elaborated(backend: Backend, code: int) -> None:
    verdict = backend.check(Snippet(id="s", code=EXITS.replace("CODE", "true" if code else "false"), timeout=20))
    assert (verdict.outcome, verdict.reason) == (Outcome.REJECTED, "elaboration"), verdict
    assert backend.check(HONEST).accepted


@pytest.mark.parametrize(
    ("code", "outcome", "errors"),
    [
        ("theorem x : 1 + 1 = 2 := rfl", Outcome.ELABORATED, []),
        ("theorem x : 1 + 1 = 2 := rfl -- a comment", Outcome.ELABORATED, []),
        ("namespace A\nsection\ntheorem x : 1 + 1 = 2 := rfl\n", Outcome.ELABORATED, []),
        ("theorem x : 1 + 1 = 2 := rfl\n#exit\ntheorem y : 1 = 2 := rfl", Outcome.ELABORATED, []),
        ("theorem x : 1 + 1 = 2 :=", Outcome.REJECTED, [(2, 0, "unexpected end of input")]),
        ("theorem x : 1 + 1 = 2 := by\n  have := 1\n  exact", Outcome.REJECTED, [(4, 0, "unexpected end of input")]),
        ("theorem x : 1 + 1 = 2 := rfl /- open", Outcome.REJECTED, [(2, 0, "unterminated comment")]),
    ],
)
def test_the_end_of_a_snippet(backend: Backend, code: str, outcome: Outcome, errors: list[tuple[int, int, str]]) -> None:
    """The line with which we see that Lean came to the end shows nowhere, and every backend says the same."""
    for header in ("", "open Nat"):
        verdict = backend.check(Snippet(id="s", header=header, code=code, timeout=20))
        assert verdict.outcome is outcome, verdict
        found = [(m.line, m.column, m.text) for m in verdict.messages if m.severity == "error" and "unsolved goals" not in m.text]
        assert list(dict.fromkeys(found)) == errors
        assert not [m for m in verdict.messages if "#print" in m.text or m.line > code.count("\n") + 2]


# ---- address space, threads, temporary folders


def test_no_secret_of_the_environment_comes_along() -> None:
    variables = {"LAKE_CACHE_KEY": "k", "LEAN_PATH": "/x", "LEAN_TOKEN": "t"}
    assert launch.environment(Script(["/lean"], variables), "/f") == {"LEAN_PATH": "/x", "TMPDIR": "/f", "UV_USE_IO_URING": "0"}


def test_address_space_grows_with_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def space(variables: dict[str, str]) -> int:
        command = launch.confined(Script(["/lean"], variables), launch.Limits(1, 1 << 30, 8), ["/lean"])
        return int(command[command.index(str(CONFINED)) + 1].split()[2])

    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    two, many = space({}), space({"LEAN_NUM_THREADS": "16"})
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert two >= (6 << 30) + (1 << 30) + (2 << 30) and many >= two + (14 << 30) and space({}) >= two + (62 << 30)


@dataclass(frozen=True)
class ManyThreads(LeanInstall):
    """The embedded Lean as on a machine of 16 processors."""

    def program(self) -> list[str]:
        return [*super().program(), "-j16"]


def sixteen(lean: LeanInstall) -> ManyThreads:
    return ManyThreads(lean.library, lean.path, lean.version, lean.githash, lean.revision)


def test_true_proofs_are_accepted_with_sixteen_threads(lean: LeanInstall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    backend = ProcessBackend(sixteen(lean))
    many = "\n".join(f"theorem a{i} (n : Nat) : n + {i} = {i} + n := by omega" for i in range(40))
    check = HONEST.model_copy(update={"proof": None, "code": f"{many}\n{HONEST.statement} := by simp"})
    assert [backend.check(check).outcome for _ in range(5)] == [Outcome.ACCEPTED] * 5
    backend.close()


def test_a_lean_without_threads_is_no_verdict(lean: LeanInstall, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was: a limit for two processors, and a Lean that starts sixteen threads."""
    monkeypatch.setattr(launch, "THREAD_SPACE", 0)
    small = ManyThreads(lean.library, lean.path, lean.version, lean.githash, lean.revision, mapped=1 << 30)
    backend = ProcessBackend(small, memory=1 << 30)
    many = "\n".join(f"theorem a{i} (n : Nat) : n + {i} = {i} + n := by omega" for i in range(40))
    check = HONEST.model_copy(update={"proof": None, "code": f"{many}\n{HONEST.statement} := by simp"})
    verdicts = [backend.check(check) for _ in range(4)]
    backend.close()
    assert [v.outcome for v in verdicts] == [Outcome.INFRA] * 4 and "thread" in verdicts[0].reason, verdicts
    assert launch.died(-6, b"uncaught exception: failed to create thread\n") == (
        Outcome.INFRA,
        "Lean failed to create thread: this machine allows no more threads or address space",
        "",
    )


def test_a_hundred_audits_change_no_environment(lake: FakeLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does any of them leave a folder of modules whose name another user could take."""
    monkeypatch.setenv("PATH", lake.path)
    project = discover(lake.project)
    before, seen = project.environment(), list[str]()
    run = ProcessBackend._run

    def watched(
        self: ProcessBackend, program: list[str], text: bytes, timeout: float, variables: dict[str, str], *rest: object
    ) -> process.LeanRun:
        seen.append(variables["LEAN_PATH"])
        if not program[0].endswith("leanchecker"):
            folder = Path(str(rest[1]))
            assert folder.parent == Path(self._folder) and stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
            (folder / "ProofSynthCandidate.olean").write_bytes(b"compiled")
            return process.LeanRun(0, _accepted(text), b"", None)
        return run(self, program, text, timeout, variables, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(ProcessBackend, "_run", watched)
    backend = LeanCheckerBackend(project)
    assert [backend.check(HONEST).audit for _ in range(100)] == ["leanchecker"] * 100
    backend.close()
    assert project.environment() == before == discover(lake.project).environment()
    assert seen[0] == before["LEAN_PATH"] and max(map(len, seen)) < len(before["LEAN_PATH"]) + 120
    assert not Path(backend._folder).exists()


def _accepted(text: bytes) -> bytes:
    """What Lean prints on a pinned file that it accepts."""
    import json

    lines = text.decode().split("\n")
    rows = []
    for number, line in enumerate(lines, 1):
        if line.startswith("#print axioms _root_."):
            name = line.removeprefix("#print axioms _root_.")
            rows.append(
                {"severity": "information", "pos": {"line": number, "column": 0}, "data": f"'{name}' does not depend on any axioms"}
            )
    return "\n".join(map(json.dumps, rows)).encode()


def test_what_is_missing_is_said_once(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selftest, "_known", {})
    monkeypatch.setattr(selftest, "escaped", lambda lean: ["read a file of the user"])
    for _ in range(3):
        selftest.warn(Script([], revision="x"))
    assert caplog.text.count("could read a file of the user") == 1
    monkeypatch.setattr(selftest, "escaped", lambda lean: [])
    started = time.monotonic()
    selftest.warn(Script([], revision="y"))
    assert time.monotonic() - started < 1 and caplog.text.count("could") == 1
