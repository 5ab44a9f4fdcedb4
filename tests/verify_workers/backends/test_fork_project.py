"""The fork backend in a lake project: what the project's own modules bring, and what of it no proof may rest on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.verify_workers.fake_lake import FakeLake
from verify_workers.backends.base import Backend
from verify_workers.backends.choose import make_backend
from verify_workers.config import PoolConfig
from verify_workers.kernel import jail
from verify_workers.kernels.panel import closure_name
from verify_workers.lean import LeanInstall
from verify_workers.pool.local import LocalPool
from verify_workers.records import Check, Outcome, Reason, Snippet
from verify_workers.second_kernel.judge import judge_file

pytestmark = pytest.mark.skipif(not jail.supported(), reason="the fork backend is for Linux on x86-64")

OWN = """
axiom trouble : 1 = 2
theorem hidden : 1 = 2 := trouble
theorem gap : 2 = 3 := sorry
theorem honest (n : Nat) : n + 0 = n := rfl
theorem choice (p : Prop) : p ∨ ¬p := Classical.em p
def double (n : Nat) : Nat := n + n
@[simp] theorem double_eq (n : Nat) : double n = 2 * n := by unfold double; omega
class Pointed (α : Type) where
  point : α
instance : Pointed Nat := ⟨7⟩
inductive Tree where
  | leaf
  | node (left right : Tree)
private theorem secret : 1 + 1 = 2 := rfl
theorem told : 1 + 1 = 2 := secret
notation "two" => 2
variable (k : Nat)
"""
USING = "import Own\ntheorem chained (p : Prop) : p ∨ ¬p := choice p\ntheorem cheated : 1 = 2 := hidden\n"


@pytest.fixture(scope="module")
def project(lean: LeanInstall, tmp_path_factory: pytest.TempPathFactory) -> FakeLake:
    fake = FakeLake(tmp_path_factory.mktemp("own"), lean)
    fake.build("Own", OWN)
    fake.build("Using", USING)
    return fake


@pytest.fixture(scope="module", params=["fork", "process"])
def backend(request: pytest.FixtureRequest, project: FakeLake) -> Iterator[Backend]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", project.path)
        made = make_backend(request.param, project=project.project)
    yield made
    made.close()


def check(statement: str, proof: str, header: str = "import Using", **more: object) -> Check:
    return Check.model_validate(
        {"id": "x", "statement": f"theorem goal{statement}", "proof": proof, "header": header, "timeout": 30} | more
    )


ACCEPTED = {
    "a theorem": check(" (n : Nat) : n + 0 = n", "honest n"),
    "a simp lemma": check(" (n : Nat) : double n = 2 * n", "by simp"),
    "an instance": check(" : (Pointed.point : Nat) = 7", "rfl"),
    "a type": check(" (t : Tree) : t = t", "by cases t <;> rfl"),
    "a theorem over a private one": check(" : 1 + 1 = 2", "told"),
    "a notation": check(" : two + 0 = 2", "rfl"),
    "a definition to compute": check(" : double 21 = 42", "by decide"),
    "the module below": check(" : double 2 = 4", "rfl", header="import Own\nopen Nat"),
    "a preamble above it": check(" : f 1 = 3", "rfl", preamble="def f (n : Nat) : Nat := double n + 1"),
}
REFUSED = {
    "an axiom of the project": (check(" : 1 = 2", "trouble"), Reason.AXIOM),
    "a theorem that rests on it": (check(" : 1 = 2", "hidden"), Reason.AXIOM),
    "one in another module": (check(" : 1 = 2", "cheated"), Reason.AXIOM),
    "a gap in the project": (check(" : 2 = 3", "gap"), Reason.SORRY),
    "a name that is not imported": (check(" (p : Prop) : p ∨ ¬p", "chained p", header="import Own"), Reason.ELABORATION),
    "a name that is taken": (
        check(" : 1 = 1", None, code="theorem honest : 1 = 2 := rfl\ntheorem goal : 1 = 1 := rfl"),
        Reason.ELABORATION,
    ),  # type: ignore[arg-type]
    "another of a module's name": (
        check("", None, code="import Own\nimport Nowhere\ntheorem goal : 1 = 1 := rfl", header=""),
        Reason.STATEMENT,
    ),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_the_project_brings(backend: Backend, name: str) -> None:
    verdict = backend.check(ACCEPTED[name])
    assert verdict.accepted and verdict.audit == ("kernel" if backend.name == "fork" else "text"), verdict


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_proof_may_rest_on(backend: Backend, name: str) -> None:
    asked, reason = REFUSED[name]
    for _ in range(2):  # the second time from memory
        verdict = backend.check(asked)
        assert (verdict.outcome, verdict.reason) == (Outcome.REJECTED, reason), verdict


def test_axioms_are_those_of_the_whole_chain(backend: Backend) -> None:
    for _ in range(2):
        assert backend.check(check(" (p : Prop) : p ∨ ¬p", "chained p")).axioms == ["Classical.choice", "Quot.sound", "propext"]
        assert backend.check(check(" (n : Nat) : n + 0 = n", "honest n")).axioms == []


def test_a_snippet_says_what_is_there(backend: Backend) -> None:
    verdict = backend.check(Snippet(id="s", code="import Using\n#check chained\n#print axioms cheated", timeout=30))
    assert verdict.outcome is Outcome.ELABORATED and "trouble" in verdict.messages[-1].text


@pytest.mark.parametrize("audit", ["fast", "strict"])
def test_the_pool_takes_it_by_itself(project: FakeLake, audit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No second judge is asked, and statements have normal forms."""
    monkeypatch.setenv("PATH", project.path)
    (project.bin / "leanchecker").rename(project.bin / "none")
    try:
        with LocalPool(PoolConfig.model_validate({"project": project.project, "audit": audit, "workers": 2})) as pool:
            asked = [row.model_copy(update={"id": name}) for name, row in ACCEPTED.items()]
            verdicts = pool.verify(asked)
    finally:
        (project.bin / "none").rename(project.bin / "leanchecker")
    assert all((v.outcome, v.audit, v.backend) == (Outcome.ACCEPTED, "kernel", "fork") and v.form for v in verdicts), verdicts


CON_RON = """#!/bin/sh
# Accepts what rests on `honest`, and the theorem that a kernel is tried with; in one process, as the jail has it.
lines=0
while read -r line; do
  lines=$((lines + 1))
  case "$line" in *honest*) honest=1 ;; *_verify_workers_pin*) pin=1 ;; esac
done < "$1"
[ "$pin" ] && { [ "$honest" ] || [ $lines -le 10 ]; } || exit 2
"""


def test_other_kernels_get_what_a_proof_rests_on_of_the_library(project: FakeLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a text backend checks and `fork` audits.  A kernel of the toolchain is known by its name alone."""
    monkeypatch.setenv("PATH", project.path)
    FakeLake.executable(project.bin / "con-ron", CON_RON)
    rows = [check(" (n : Nat) : n + 0 = n", "honest n"), check(" (n : Nat) : n + 0 = n", "rfl")]
    rows = [row.model_copy(update={"id": str(place)}) for place, row in enumerate(rows)]
    settings = {"project": project.project, "workers": 1, "kernels": ["con-ron"], "closures": tmp_path}
    for more in ({"backend": "fork"}, {"backend": "worker", "audit": "strict"}):
        with LocalPool(PoolConfig.model_validate(settings | more)) as pool:
            used, plain = pool.verify(rows)
        assert used.accepted and used.audit == "kernel" and used.kernels[0].startswith("con-ron ")
        assert plain.outcome is Outcome.INFRA and "declined" in plain.reason  # its closure has no `honest`
    closure = tmp_path / closure_name(rows[0])
    assert judge_file(closure, "_verify_workers_pin").axioms == ()
    with pytest.raises(ValueError, match="leanchecker"):
        PoolConfig.model_validate(settings | {"auditor": "leanchecker"})
