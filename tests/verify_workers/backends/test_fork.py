"""The fork backend on the embedded Lean: honest proofs, cheats (with the text policy off: the kernel audit alone), faults."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from verify_workers.backends.fork import ForkBackend, _decide, _Lines
from verify_workers.errors import UserError
from verify_workers.kernel import client, jail, zygote
from verify_workers.kernel.client import Session, Unsupported
from verify_workers.lean import LeanInstall
from verify_workers.lean.shared import shared
from verify_workers.records import Check, Outcome, Reason, Verdict

pytestmark = pytest.mark.skipif(not jail.supported(), reason="the fork backend is for Linux on x86-64")

SUM = "theorem goal (a b : Nat) (h : a < b) : a + 1 ≤ b + 3"
FALSE = "theorem goal : 1 = 2"


@pytest.fixture(scope="module")
def fork(lean: LeanInstall) -> Iterator[ForkBackend]:
    with ForkBackend(lean) as backend:
        yield backend


@pytest.fixture(scope="module")
def bare(lean: LeanInstall) -> Iterator[ForkBackend]:
    """Without the text policy: what the kernel audit refuses by itself."""
    with ForkBackend(lean, policy=False) as backend:
        yield backend


def ask(backend: ForkBackend, statement: str, proof: str | None = None, **more: Any) -> Verdict:
    return backend.check(Check(id="1", statement=statement, proof=proof, **more))


HONEST_PROOFS = {
    "omega": (SUM, "by omega"),
    "term": ("theorem goal (p q : Prop) (hp : p) (hq : q) : p ∧ q", "⟨hp, hq⟩"),
    "trailing sorry": ("theorem goal : 2 + 2 = 4 := by sorry", "by rfl"),
    "induction": ("theorem goal (n : Nat) : 0 + n = n", "by\n  induction n with\n  | zero => rfl\n  | succ n ih => rw [Nat.add_succ, ih]"),
    "bignum": ("theorem goal : 2 ^ 200 % 1000007 = 2 ^ 200 % 1000007 + 0", "by decide"),
    "kernel decide": ("theorem goal : 2 ^ 64 = 18446744073709551616", "by decide +kernel"),
    "universes": ("theorem goal.{u} {α : Sort u} (a : α) : a = a", "rfl"),
    "universe": ("theorem goal.{u} {α : Type u} (a b : α) (h : a = b) : b = a", "h.symm"),
    "dotted name": ("theorem Foo.bar (n : Nat) : n ≤ n + 1", "by omega"),
    "quoted name": ("theorem «my goal» (n : Nat) : n ≤ n + 1", "by omega"),
    "classical": ("theorem goal (p : Prop) : p ∨ ¬p", "Classical.em p"),
    "lemma": ("lemma goal (n : Nat) : n = n", "rfl"),
}


@pytest.mark.parametrize("name", HONEST_PROOFS)
def test_honest_proofs_are_accepted(fork: ForkBackend, name: str) -> None:
    verdict = ask(fork, *HONEST_PROOFS[name])
    assert verdict.outcome is Outcome.ACCEPTED, verdict
    assert verdict.audit == "kernel"
    assert set(verdict.axioms) <= {"propext", "Classical.choice", "Quot.sound"}
    assert (verdict.lean, verdict.library, verdict.backend) == (fork.lean, fork.library, "fork")


def test_goals_that_remain_beside_an_error_are_not_the_reason(fork: ForkBackend) -> None:
    statement = "theorem goal : 1 = 2"
    assert ask(fork, statement, "by\n  have : 1 = 2 := by skip\n  exact this").reason == Reason.UNSOLVED
    assert ask(fork, statement, "by\n  have : 1 = 2 := by skip\n  exact nothing").reason == Reason.ELABORATION


HONEST_FILES = {
    "helper lemma": f"theorem helper (n : Nat) : n < n + 1 := by omega\n\n{SUM} := by\n  have := helper a\n  omega\n",
    "definition": f"def twice (n : Nat) : Nat := n + n\ntheorem twice_eq (n : Nat) : twice n = n + n := rfl\n"
    f"{SUM} := by\n  have := twice_eq a\n  omega\n",
    "inductive": f"inductive Colour where\n  | red\n  | blue\ntheorem all (c : Colour) : c = .red ∨ c = .blue := by cases c <;> simp\n"
    f"{SUM} := by\n  have := all .red\n  omega\n",
    "nested inductive": "inductive Row (α : Type) where\n  | nil : Row α\n  | cons : α → Row α → Row α\n"
    "inductive Tree where\n  | node : Row Tree → Tree\ndef leaf : Tree := .node .nil\n"
    f"theorem same (t : Tree) : t = t := by cases t with | node row => rfl\n{SUM} := by\n  have := same leaf\n  omega\n",
    "mutual inductive": "mutual\ninductive Even : Nat → Prop\n  | zero : Even 0\n  | succ {n : Nat} : Odd n → Even (n + 1)\n"
    "inductive Odd : Nat → Prop\n  | succ {n : Nat} : Even n → Odd (n + 1)\nend\n"
    f"theorem two : Even 2 := .succ (.succ .zero)\n{SUM} := by\n  have := two\n  omega\n",
    "structure": f"structure Point where\n  x : Nat\n  y : Nat\ntheorem eta (p : Point) : p = ⟨p.x, p.y⟩ := rfl\n"
    f"{SUM} := by\n  have := eta ⟨1, 2⟩\n  omega\n",
    "recursion": "def total : Nat → Nat\n  | 0 => 0\n  | n + 1 => (n + 1) + total n\n"
    f"theorem total_two : total 2 = 3 := rfl\n{SUM} := by\n  have := total_two\n  omega\n",
    "private": f"private theorem helper (n : Nat) : n ≤ n := Nat.le_refl n\n{SUM} := by\n  have := helper a\n  omega\n",
    "windows lines": f"theorem helper : 1 = 1 := rfl\r\n\r\n{SUM} := by\r\n  have := helper\r\n  omega\r\n",
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST_FILES)
def test_honest_files_are_accepted(bare: ForkBackend, name: str) -> None:
    verdict = ask(bare, SUM, code=HONEST_FILES[name])
    assert verdict.outcome is Outcome.ACCEPTED, verdict


SHADOWED_EQ = "namespace X\ndef Eq (_ _ : Nat) : Prop := True\ntheorem goal : Eq 1 2 := trivial\nend X"
OWN_PIN = "theorem _verify_workers_pin : 1 = 1 := rfl\ntheorem goal : 2 = 2 := (fun (_ : 1 = 1) => rfl) _verify_workers_pin"
OWN_REDUCE_BOOL = "def Lean.reduceBool (b : Bool) : Bool := b\ntheorem goal : 1 = 1 := (fun (_ : Lean.reduceBool true = true) => rfl) rfl"
OWN_LAND = f"""def Nat.land (n m : Nat) : Nat := 5
theorem a : Nat.land 8 8 = 8 := by decide +kernel
theorem b (n m : Nat) : Nat.land n m = 5 := rfl
{FALSE} := absurd ((b 8 8).symm.trans a : (5 : Nat) = 8) (by decide)"""

# What each tries is in its name; `reason` is why it must fail.  The text policy is off.
CHEATS: dict[str, tuple[str, str, Reason | None]] = {
    "sorry": (FALSE, f"{FALSE} := by sorry", Reason.SORRY),
    "sorry in a helper": (FALSE, f"theorem h : 1 = 2 := sorry\n{FALSE} := h", Reason.SORRY),
    "axiom": (FALSE, f"axiom cheat : 1 = 2\n{FALSE} := cheat", Reason.AXIOM),
    "axiom False": (FALSE, f"axiom cheat : False\n{FALSE} := cheat.elim", Reason.AXIOM),
    "an axiom named like a permitted one": (
        FALSE, "namespace X\naxiom propext : 1 = 2\ntheorem _root_.goal : 1 = 2 := propext\nend X", Reason.AXIOM
    ),
    "native_decide": (FALSE, f"{FALSE} := by native_decide", None),
    "kernel check off": (FALSE, f"set_option debug.skipKernelTC true in\n{FALSE} := by decide +kernel", Reason.KERNEL),
    "kernel check off, in a helper": (
        FALSE, f"set_option debug.skipKernelTC true\ntheorem h : 1 = 2 := by decide +kernel\n{FALSE} := h", Reason.KERNEL
    ),
    "another statement": (FALSE, "theorem goal : 1 = 1 := rfl", Reason.WRONG_STATEMENT),
    "another statement, equal by computation": ("theorem goal : 2 + 2 = 4", "theorem goal : 4 = 4 := rfl", Reason.WRONG_STATEMENT),
    "a weaker statement": (SUM, "theorem goal (a b : Nat) (h : a < b) : a ≤ b + 3 := by omega", Reason.WRONG_STATEMENT),
    "an extra hypothesis": (FALSE, "theorem goal (h : 1 = 2) : 1 = 2 := h", Reason.WRONG_STATEMENT),
    "an extra hypothesis as a variable": (FALSE, "variable (h : 1 = 2)\ninclude h\ntheorem goal : 1 = 2 := h", Reason.WRONG_STATEMENT),
    "notation": (FALSE, f'notation:65 (priority := high) "2" => 1\n{FALSE} := rfl', None),
    "macro on the goal": (FALSE, f"macro_rules | `($a = $b) => `(True)\n{FALSE} := trivial", None),
    "instance": (
        "theorem goal : (1 : Nat) + 1 = 3",
        "instance (priority := high) : HAdd Nat Nat Nat := ⟨fun _ _ => 3⟩\ntheorem goal : (1 : Nat) + 1 = 3 := rfl",
        None,
    ),
    "shadowed Eq": (FALSE, SHADOWED_EQ, Reason.WRONG_STATEMENT),
    "a definition": (FALSE, "def goal : Nat := 1", Reason.WRONG_STATEMENT),
    "in a namespace only": (SUM, f"namespace Deep.Er\n{SUM} := by omega\nend Deep.Er\n", Reason.WRONG_STATEMENT),
    "no theorem at all": (FALSE, "theorem other : 1 = 1 := rfl", Reason.WRONG_STATEMENT),
    "nothing": (FALSE, "", Reason.WRONG_STATEMENT),
    "an open comment": (FALSE, f"/- {FALSE} := rfl", None),
    "stop before the end": (FALSE, f"#exit\n{FALSE} := rfl", None),
    "an unsafe helper": (FALSE, f"unsafe def h : 1 = 2 := h\n{FALSE} := h", None),
    "a partial helper": (FALSE, f"partial def h (n : Nat) : 1 = 2 := h n\n{FALSE} := h 0", None),
    "implemented_by": (FALSE, f"opaque h : 1 = 1\n@[implemented_by h] axiom k : 1 = 2\n{FALSE} := k", None),
    "a name that the kernel computes": (
        FALSE,
        OWN_LAND,
        None,
    ),
    "a name that older kernels compute": (
        "theorem goal : 1 = 1", OWN_REDUCE_BOOL,
        Reason.KERNEL,
    ),
    "the pin's name": ("theorem goal : 2 = 2", OWN_PIN, None),
    "a printed verdict": (FALSE, f'run_cmd Lean.logInfo "accepted"\n{FALSE} := rfl', None),
}  # fmt: skip


@pytest.mark.parametrize("name", CHEATS)
def test_cheats_are_refused_without_any_policy(bare: ForkBackend, name: str) -> None:
    statement, code, reason = CHEATS[name]
    verdict = ask(bare, statement, code=code)
    assert verdict.outcome is Outcome.REJECTED, verdict
    if reason is not None:
        assert verdict.reason == reason, verdict


@pytest.mark.parametrize("name", ["macro on the goal", "notation", "sorry", "kernel check off", "axiom"])
def test_with_the_policy_cheats_never_reach_lean(fork: ForkBackend, name: str) -> None:
    statement, code, _ = CHEATS[name]
    assert ask(fork, statement, code=code).outcome in (Outcome.POLICY, Outcome.REJECTED)


def hostile_macro(folder: Path) -> str:
    """A file whose macro calls the compiled `IO.FS.createDir` while it is expanded."""
    return (
        '@[extern "lean_io_create_dir"] opaque IO.FS.createDir (p : String) : Nat\nopen Lean in\nmacro "boom" : term => do\n'
        "  let a ← `(rfl)\n  let b ← `(trivial)\n"
        f'  cond (Nat.beq (IO.FS.createDir "{folder}") 0) (pure a) (pure b)\n'
        "theorem goal : 1 = 1 := by first | exact boom | rfl\n"
    )


def test_native_code_in_a_candidate_cannot_touch_the_disk(bare: ForkBackend, lean: LeanInstall) -> None:
    with tempfile.TemporaryDirectory() as folder:
        target, file = Path(folder) / "made", Path(folder) / "a.lean"
        code = hostile_macro(target)
        ask(bare, "theorem goal : 1 = 1", code=code)
        assert not target.exists()
        file.write_text(code)  # the same text in plain Lean does make the folder: the attack is real
        subprocess.run([*lean.command(), str(file)], env=lean.environment(), capture_output=True, timeout=60, check=False)
        assert target.exists()


def test_messages_carry_the_places_of_the_users_text(fork: ForkBackend) -> None:
    proof = ask(fork, SUM, "by\n  have x : 1 = 1 := rfl\n  exact nope", header="open Nat\nset_option maxRecDepth 1000")
    assert (proof.reason, [(m.line, m.column) for m in proof.messages if m.severity == "error"]) == (Reason.ELABORATION, [(3, 8)])
    first = ask(fork, SUM, "by exact nope")
    assert [(m.line, m.column) for m in first.messages if m.severity == "error"] == [(1, 9)]
    code = ask(fork, SUM, code=f"\n\n{SUM} := by\n  skip\n", header="open Nat")
    assert (code.reason, code.messages[0].line) == (Reason.UNSOLVED, 3)


def test_headers(fork: ForkBackend) -> None:
    missing = ask(fork, SUM, "by omega", header="import Mathlib\nopen Nat")
    assert (missing.outcome, missing.reason) == (Outcome.REJECTED, Reason.STATEMENT)
    assert "needs Mathlib" in missing.messages[0].text
    assert ask(fork, SUM, "by omega", header="import Init\nopen Nat\nset_option maxHeartbeats 400000\n").accepted
    assert ask(fork, "theorem goal (n : Nat) : 0 < n + 1", "zero_lt_succ n", header="open Nat").accepted


@pytest.mark.parametrize("statement", ["theorem goal : (1 : Real) = 1", "theorem goal : Nope", "theorem goal : 3", "nonsense", ""])
def test_a_statement_that_does_not_elaborate(fork: ForkBackend, statement: str) -> None:
    verdict = ask(fork, statement, "by simp")
    assert (verdict.outcome, verdict.reason) == (Outcome.REJECTED, Reason.STATEMENT)
    assert verdict.messages


def test_the_statement_may_not_hold_a_sorry(bare: ForkBackend) -> None:
    assert ask(bare, "theorem goal : (sorry : Prop)", "by sorry").reason == Reason.STATEMENT


def test_limits(fork: ForkBackend, lean: LeanInstall) -> None:
    assert ask(fork, FALSE, "by repeat (first | skip | rfl)", timeout=0.3).outcome is Outcome.TIMEOUT
    deep = ask(fork, FALSE, "by exact " + "(" * 30000 + "rfl" + ")" * 30000)
    assert deep.outcome in (Outcome.REJECTED, Outcome.POLICY)
    with ForkBackend(lean, memory_mb=64, policy=False) as small:
        square = "def square : Nat → Nat\n  | 0 => 2\n  | n + 1 => square n * square n\n"
        bomb = ask(small, FALSE, code=f"{square}theorem huge : square 40 % 3 = 1 := by decide +kernel\n{FALSE} := rfl", timeout=120)
        assert bomb.outcome is Outcome.RESOURCE, bomb
        late = f"{square}set_option debug.skipKernelTC true\ntheorem huge : square 40 % 3 = 2 := by decide +kernel\n"
        audit = ask(small, SUM, code=f"{late}{SUM} := by\n  have := huge\n  omega", timeout=120)
        assert audit.outcome is Outcome.RESOURCE, audit  # the bomb goes off in the auditor
    assert ask(fork, SUM, "by omega").accepted


@pytest.mark.parametrize("proof", ["", "\0", "by \ud800", "by\n" * 2000, "é" * 1000, "∀" * 5000])
def test_malformed_text_gets_a_verdict(bare: ForkBackend, proof: str) -> None:
    verdict = ask(bare, SUM, proof)
    assert verdict.outcome in (Outcome.REJECTED, Outcome.POLICY)


def session_pid(backend: ForkBackend) -> int:
    return backend.processes[0]


def test_a_killed_session_is_replaced(lean: LeanInstall) -> None:
    with ForkBackend(lean) as backend:
        assert ask(backend, SUM, "by omega").accepted
        before = session_pid(backend)
        os.kill(before, signal.SIGKILL)
        assert ask(backend, SUM, "by omega").accepted
        assert session_pid(backend) != before


def test_a_zygote_that_cannot_start_is_infra(lean: LeanInstall, tmp_path: Path) -> None:
    with ForkBackend(lean) as backend:
        library = tmp_path / "libleanshared.so"
        library.write_bytes(b"not a library")
        backend._shared = dataclasses.replace(shared(lean), libraries=(library,))
        backend.close()
        verdict = ask(backend, SUM, "by omega")
    assert (verdict.outcome, verdict.audit) == (Outcome.INFRA, "none")


def test_an_answer_out_of_turn_is_not_believed(lean: LeanInstall) -> None:
    with ForkBackend(lean) as backend:
        assert ask(backend, SUM, "by omega").accepted
        _, first = next(iter(backend._sessions.values()))
        first._sequence += 5  # the next reply repeats our number, but an old frame is waiting in front of it
        from verify_workers.kernel import wire

        wire.send(first._channel, {"seq": 1, "statement": SUM, "target": ["goal"], "source": f"{SUM} := by omega", "prefix": "",
                                    "timeout": 5, "memory": 1 << 30, "same_text": True})  # fmt: skip
        verdict = ask(backend, FALSE, "by rfl")
        assert (verdict.outcome, verdict.reason) == (Outcome.REJECTED, Reason.ELABORATION)
        assert next(iter(backend._sessions.values()))[1] is not first


def test_another_lean_is_refused(lean: LeanInstall) -> None:
    with pytest.raises(UserError, match="knows Lean"):
        ForkBackend(dataclasses.replace(lean, githash="0" * 40))


def test_closing_leaves_no_process(lean: LeanInstall) -> None:
    backend = ForkBackend(lean)
    assert ask(backend, SUM, "by omega").accepted
    pid = session_pid(backend)
    backend.close()
    backend.close()
    await_end([pid])
    assert ask(backend, SUM, "by omega").accepted  # it starts again when asked
    backend.close()


OWNER = """
import sys, time
from verify_workers.backends.fork import ForkBackend
from verify_workers.lean import embedded
backend = ForkBackend(embedded())
print(backend.processes[0], flush=True)
time.sleep(60)
"""


def test_the_zygote_ends_with_its_owner(lean: LeanInstall) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3])
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    pids = (pid, parent(pid))  # the session and its zygote
    owner.kill()
    owner.wait()
    owner.stdout.close()
    await_end(pids)


def await_end(pids: Iterable[int]) -> None:
    deadline = time.monotonic() + 60
    while left := [pid for pid in pids if running(pid)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def running(pid: int) -> bool:
    """Whether there is such a process and it is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_workers_share_one_zygote_which_ends_with_the_last(lean: LeanInstall) -> None:
    one, two = ForkBackend(lean), ForkBackend(lean)
    assert ask(one, SUM, "by omega").accepted and ask(two, SUM, "by omega").accepted
    zygote = parent(session_pid(one))
    assert session_pid(one) != session_pid(two) and parent(session_pid(two)) == zygote
    one.close()
    assert ask(two, SUM, "by omega").accepted and parent(session_pid(two)) == zygote
    before = [zygote, session_pid(two)]
    os.kill(zygote, signal.SIGKILL)
    await_end(before)
    assert ask(two, SUM, "by omega").accepted and ask(one, FALSE, "by rfl").outcome is Outcome.REJECTED
    assert zygote != parent(session_pid(two)) == parent(session_pid(one))
    last = parent(session_pid(two))
    one.close()
    two.close()
    assert not Path(f"/proc/{last}").exists()


def test_many_workers_start_at_once(lean: LeanInstall) -> None:
    """Eight threads ask for the same header and for one that does not exist: one import of the former, eight errors of the latter."""
    wanted, missing = list[ForkBackend](), list[str]()

    def start() -> None:
        wanted.append(ForkBackend(lean))
        try:
            Session(shared(lean), "import Nowhere\n")
        except Unsupported as error:
            missing.append(str(error))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(missing) == 8 and all("Nowhere" in text for text in missing)
    assert all(ask(backend, SUM, "by omega").accepted for backend in wanted)
    assert len({parent(session_pid(backend)) for backend in wanted}) == 1
    for backend in wanted:
        backend.close()
    assert not [key for key in client._zygotes if key[0] == os.getpid() and "Nowhere" in key[2]]


def test_headers_keep_their_own_sessions_and_the_oldest_goes(lean: LeanInstall) -> None:
    with ForkBackend(lean) as backend:
        modules = ("Init", "Init.Nat", "Init.Int", "Init.Omega")
        for module in modules:
            assert backend.check(Check(id="1", statement="theorem goal (n : Nat) : n = n", proof="rfl", header=f"import {module}")).accepted
        assert list(backend._sessions) == [(m,) for m in modules[1:]]


def test_checks_do_not_see_each_other_and_nothing_piles_up(bare: ForkBackend) -> None:
    def files() -> int:
        return len(os.listdir(f"/proc/{session_pid(bare)}/fd"))

    statement = "theorem goal : ∃ n : Nat, n = 7"
    for turn in range(40):
        helper = f"def helper : Nat := {turn % 2 * 7}\n"
        verdict = ask(bare, statement, code=f"{helper}{statement} := ⟨helper, rfl⟩\n")
        assert verdict.accepted == (turn % 2 == 1), verdict
        if turn == 9:
            before = files()
    assert files() <= before + 4
    for _ in range(zygote.REUSE + 1):  # more than one auditor serves
        assert ask(bare, "theorem goal : 1 = 1", "rfl").accepted
    assert files() <= before + 4
    late = ask(bare, statement, code=f"{statement} := ⟨helper, rfl⟩")
    assert (late.outcome, late.reason) == (Outcome.REJECTED, Reason.ELABORATION)


def test_what_a_hostile_child_says_is_made_harmless() -> None:
    messages = [
        {"severity": "error", "line": 1, "column": 0, "text": "\ud800"},
        {"severity": "error", "line": 10**30, "column": 0, "text": ""},
    ]
    messages += [None, {"severity": "verdict"}, {"severity": "info", "line": "x"}]  # type: ignore[list-item]
    report = {"candidate": {"status": "refused", "reason": "accepted", "messages": messages, "detail": "\udfff"}}
    verdict = _decide(Check(id="1", statement=SUM, proof="h"), report, _Lines("", ""))
    assert (verdict.outcome, verdict.reason) == (Outcome.REJECTED, Reason.ELABORATION)
    assert [m.text for m in verdict.messages] == ["?", "?"]
    verdict.model_dump_json()
