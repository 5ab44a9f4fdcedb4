"""The core library: no unfinished proof, no axiom beyond the three, true theorems pass, false ones are refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.verify_workers.lean.conftest import Messages, RunLean
from verify_workers.backends.fork import ForkBackend
from verify_workers.kernel import jail
from verify_workers.lean import LeanInstall
from verify_workers.lean.build import CORE, GENERATED, MODULES
from verify_workers.records import Check

FILES = Path(__file__).with_name("files")
STANDARD_AXIOMS = {"propext", "Quot.sound", "Classical.choice"}
# sorryAx marks unfinished proofs; the lc* are the compiler's, unsafe, so no theorem can use them.
COMPILER_AXIOMS = {f"lc{n}" for n in ("Erased", "Any", "Void", "Proof", "Cast", "Unreachable")} | {"Quot.lcInv"}
DECLARED_AXIOMS = STANDARD_AXIOMS | {"sorryAx"} | COMPILER_AXIOMS
WRITTEN = [module for module in MODULES if module != GENERATED]
AXIOM = re.compile(r"^\s*(?:@\[[^\]]*\]\s*)?(?:unsafe |private |protected |noncomputable )*axiom (\S+)", re.M)
REPORT = re.compile(r"^'(.+)' (?:does not depend on any axioms|depends on axioms: \[(.*)\])$", re.S)


def source(module: str) -> str:
    return (CORE / f"{module}.lean").read_text(encoding="utf-8")


def theorems(text: str) -> list[str]:
    """Full names of a file's theorems: its namespaces are opened and closed at the start of a line."""
    names: list[str] = []
    stack: list[str] = []
    for line in text.split("\n"):
        if opened := re.match(r"namespace (\S+)", line):
            stack.append(opened.group(1))
        elif (closed := re.match(r"end (\S+)", line)) and stack and stack[-1] == closed.group(1):
            stack.pop()
        elif named := re.match(r"(?:@\[[^\]]*\] *)?(?:protected )?theorem ([^\s{(\[:.]+(?:\.[^\s{(\[:.]+)*)", line):
            name = named.group(1)
            names.append(name.removeprefix("_root_.") if name.startswith("_root_.") else ".".join([*stack, name]))
    return names


def errors(messages: Messages) -> list[str]:
    return [f"line {m['pos']['line']}: {m['data'][:200]}" for m in messages if m["severity"] == "error" or "sorry" in m["data"]]


def check_axioms(messages: Messages, names: list[str]) -> None:
    """Every one of `names` was reported on, and rests on the standard axioms alone."""
    assert errors(messages) == []
    seen = set()
    for message in messages:
        if report := REPORT.match(message["data"].strip()):
            used = {axiom.strip() for axiom in (report.group(2) or "").split(",")} - {""}
            assert used <= STANDARD_AXIOMS, report.group(0)
            seen.add(report.group(1))
    assert seen == {name.replace("«", "").replace("»", "") for name in names}


def print_axioms(names: list[str]) -> str:
    return "".join(f"#print axioms _root_.{name}\n" for name in names)


def test_every_theorem_of_the_library_rests_on_the_three_axioms(run_lean: RunLean) -> None:
    names = [name for module in WRITTEN for name in theorems(source(module))]
    assert len(names) > 600
    check_axioms(run_lean(print_axioms(names)), names)


@pytest.mark.parametrize("module", WRITTEN)
def test_sources_declare_no_other_axiom_and_leave_nothing_unproved(module: str) -> None:
    text = source(module)
    assert set(AXIOM.findall(text)) <= DECLARED_AXIOMS
    assert not re.search(r"\b(sorry|admit|native_decide)\b", re.sub(r"/-.*?-/|--.*", "", text, flags=re.S))


@pytest.mark.parametrize(
    "name", ["competition", "library", "omega", "tactics", "bits", "search", "recursion", "types", "lists", "everyday"]
)
def test_true_theorems_pass(name: str, run_lean: RunLean) -> None:
    text = (FILES / f"{name}.lean").read_text(encoding="utf-8")
    names = theorems(text)
    check_axioms(run_lean(text + "\n" + print_axioms(names)), names)


def test_false_theorems_are_refused(run_lean: RunLean) -> None:
    text = (FILES / "rejected.lean").read_text(encoding="utf-8")
    lines = [number for number, line in enumerate(text.split("\n"), 1) if line.startswith("theorem")]
    refused = {message["pos"]["line"] for message in run_lean(text) if message["severity"] == "error"}
    assert lines and set(lines) - refused == set()


PLAIN = {
    "well-founded": (
        "def f (n : Nat) : Nat := if h : n = 0 then 0 else f (n - 1)\ntermination_by n\ndecreasing_by omega\n"
        "theorem t (n : Nat) : n + 0 = n := by omega"
    ),
    "well-founded, used": (
        "def f (n : Nat) : Nat := if n = 0 then 0 else f (n / 2)\n"
        "theorem f_zero (n : Nat) : f n = 0 := by\n  fun_induction f n <;> simp_all\n"
        "theorem t (n : Nat) : n + 0 = n := by have := f_zero n; omega"
    ),
    "mutual": (
        "mutual\ndef even : Nat → Bool | 0 => true | n + 1 => odd n\ndef odd : Nat → Bool | 0 => false | n + 1 => even n\nend\n"
        "theorem four : even 4 = true := rfl\ntheorem t (n : Nat) : n + 0 = n := rfl"
    ),
    "lemma": "lemma h (n : Nat) : 0 + n = n := by omega\ntheorem t (n : Nat) : n + 0 = n := by omega",
    "nested": (
        "inductive Tree where | node : List Tree → Tree\ndef Tree.size : Tree → Nat | node ts => 1 + (ts.map size).sum\n"
        "theorem t (n : Nat) : n + 0 = n := rfl"
    ),
    "deriving": (
        "inductive C where | a | b deriving DecidableEq, Repr\ntheorem ne : C.a ≠ C.b := by decide\n"
        "theorem t (n : Nat) : n + 0 = n := by have := ne; rfl"
    ),
    "instance": (
        "structure P where\n  a : Nat\n  deriving BEq, Inhabited\ninstance : Add P := ⟨fun p q => ⟨p.a + q.a⟩⟩\n"
        "theorem add_def (p q : P) : (p + q).a = p.a + q.a := rfl\ntheorem t (n : Nat) : n + 0 = n := add_def ⟨n⟩ ⟨0⟩"
    ),
    "lists": "theorem h : 2 ∈ [1, 2, 3] ∧ [1, 2, 3][1]! = 2 := by decide\ntheorem t (n : Nat) : n + 0 = n := by have := h; simp",
}


@pytest.fixture(scope="module")
def bare(install: LeanInstall) -> Iterator[ForkBackend]:
    """The kernel audit alone: the text policy refuses some of these."""
    if not jail.supported():
        pytest.skip("the fork backend is for Linux on x86-64")
    with ForkBackend(install, policy=False) as backend:
        yield backend


@pytest.mark.parametrize("case", PLAIN)
def test_plain_files_pass_the_kernel_audit(case: str, bare: ForkBackend) -> None:
    verdict = bare.check(Check(id=case, statement="theorem t (n : Nat) : n + 0 = n", code=PLAIN[case]))
    assert verdict.accepted and verdict.audit == "kernel", verdict


@pytest.mark.parametrize(
    ("statement", "proof"),
    [
        ("theorem goal (a : Nat) : a >= 0", "Nat.zero_le a"),
        ("theorem goal (a b : Nat) (h : a <= b) : b >= a", "h"),
        ("theorem goal (a : Int) (h : ¬ (a <= 3)) : a >= 4", "by omega"),
        ("theorem goal (a : Nat) : (if a >= 0 then 1 else 2) = 1", "by simp"),
        (r"theorem goal (p q : Prop) : p /\ q <-> q /\ p", "⟨fun h => ⟨h.2, h.1⟩, fun h => ⟨h.2, h.1⟩⟩"),
    ],
)
def test_notation_in_ascii_is_not_ambiguous(lean: LeanInstall, statement: str, proof: str) -> None:
    if not jail.supported():
        pytest.skip("this kernel has no jail for the fork backend")
    with ForkBackend(lean) as backend:
        verdict = backend.check(Check(id="x", statement=statement, proof=proof, timeout=30))
    assert verdict.accepted, verdict
