"""Child B on bytes that no honest child A would send: it refuses, or what it accepts is the honest proof."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verify_workers.kernel import jail
from verify_workers.kernel.judge import ALLOWED_AXIOMS
from verify_workers.lean import LeanInstall
from verify_workers.records import ALLOWED_AXIOMS as DOCUMENTED_AXIOMS

pytestmark = pytest.mark.skipif(not jail.supported(), reason="the jail is for Linux on x86-64")

TRUE = "theorem goal (p q : Prop) (hp : p) (hq : q) : q ∧ p"
FALSE = "theorem goal (p q : Prop) (hp : p) : q ∧ p"
PROOF = f"""
inductive Box where
  | mk : Nat → Box
def Box.get : Box → Nat | .mk n => n
theorem helper (n : Nat) : (Box.mk n).get = n := rfl
{TRUE} := (fun (_ : (Box.mk 1000000).get = 1000000) => ⟨hq, hp⟩) (helper _)
"""


class Auditor:
    def __init__(self, lean: LeanInstall) -> None:
        command = [sys.executable, str(Path(__file__).with_name("auditor.py")), str(lean.library)]
        environment = {**lean.environment(), "PYTHONPATH": str(Path(__file__).parents[3])}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True
        )

    def _ask(self, **request: Any) -> dict[str, Any]:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps({"target": ["goal"], **request}) + "\n")
        self.process.stdin.flush()
        reply = json.loads(self.process.stdout.readline())
        assert isinstance(reply, dict)
        return reply

    def export(self, source: str) -> bytes:
        reply = self._ask(source=source)
        assert reply["report"]["status"] == "ok", reply
        return bytes.fromhex(reply["body"])

    def audit(self, statement: str, data: bytes, negated: bool = False) -> dict[str, Any]:
        report = self._ask(statement=statement, export=data.hex(), negated=negated)["report"]
        assert isinstance(report, dict)
        return report


@pytest.fixture(scope="module")
def auditor(lean: LeanInstall) -> Iterator[Auditor]:
    it = Auditor(lean)
    yield it
    assert it.process.stdin is not None
    with it.process.stdin, it.process.stdout or it.process.stdin:
        pass
    it.process.wait(60)


# Statements with definitions before them and inside them: what child S hands over besides their types.
DEFINED = """def double (n : Nat) : Nat := match n with | 0 => 0 | k + 1 => k + k + 2
theorem goal (n : Nat) : (match n with | 0 => 0 | _ + 1 => double 2) ≤ """
SMALL, LARGE = f"{DEFINED}3", f"{DEFINED}4"
DEFINED_PROOF = f"{LARGE} := match n with | 0 => Nat.zero_le 4 | _ + 1 => Nat.le_refl 4"


@pytest.fixture(scope="module")
def honest(auditor: Auditor) -> bytes:
    return auditor.export(PROOF)


def test_the_honest_export_is_accepted_for_its_statement_only(auditor: Auditor, honest: bytes) -> None:
    assert auditor.audit(TRUE, honest)["status"] == "ok"
    assert auditor.audit(FALSE, honest)["reason"] == "wrong_statement"


def test_exports_for_a_statement_with_definitions(auditor: Auditor) -> None:
    honest = auditor.export(DEFINED_PROOF)
    assert auditor.audit(LARGE, honest)["status"] == "ok"
    assert auditor.audit(SMALL, honest)["reason"] == "wrong_statement"
    assert auditor.audit(LARGE, honest, negated=True)["reason"] == "wrong_statement"
    # another definition of the same name: the statement's own counts
    cheat = auditor.export(f"{SMALL} := match n with | 0 => Nat.zero_le 3 | _ + 1 => Nat.zero_le 3".replace("k + k + 2", "0"))
    assert auditor.audit(SMALL, cheat)["status"] == "refused"


def test_the_allowed_axioms_are_the_documented_ones() -> None:
    assert {".".join(map(str, k)) for k in ALLOWED_AXIOMS} == DOCUMENTED_AXIOMS


SCALARS = st.one_of(st.integers(-3, 400), st.sampled_from([-1, 2**31, 2**63, 2**70, True, None, 1.0, "", "x", "sorryAx", "Nat", [], {}]))


def mutate(draw: st.DrawFn, node: Any) -> Any:
    """One random change somewhere in a JSON value."""
    if isinstance(node, list) and node and draw(st.integers(0, 9)):
        i = draw(st.integers(0, len(node) - 1))
        change = draw(st.sampled_from(["inside"] * 6 + ["drop", "copy", "swap"]))
        copy = list(node)
        if change == "inside":
            copy[i] = mutate(draw, node[i])
        elif change == "drop":
            del copy[i]
        elif change == "copy":
            copy[i] = node[draw(st.integers(0, len(node) - 1))]
        else:
            j = draw(st.integers(0, len(node) - 1))
            copy[i], copy[j] = copy[j], copy[i]
        return copy
    return draw(SCALARS)


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_mutated_exports_never_prove_another_statement(auditor: Auditor, honest: bytes, data: st.DataObject) -> None:
    value = json.loads(honest)
    for _ in range(data.draw(st.integers(1, 3))):
        value = data.draw(st.composite(mutate)(value))
    hostile = json.dumps(value).encode()
    assert auditor.audit(FALSE, hostile)["status"] != "ok"
    report = auditor.audit(TRUE, hostile)
    assert report["status"] in ("ok", "refused"), report
    if report["status"] == "ok":
        assert set(report["axioms"]) <= DOCUMENTED_AXIOMS


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_mutated_exports_never_prove_another_statement_with_definitions(auditor: Auditor, data: st.DataObject) -> None:
    value = json.loads(auditor.export(DEFINED_PROOF))
    for _ in range(data.draw(st.integers(1, 3))):
        value = data.draw(st.composite(mutate)(value))
    hostile = json.dumps(value).encode()
    assert auditor.audit(SMALL, hostile)["status"] != "ok"
    assert auditor.audit(LARGE, hostile, negated=True)["status"] != "ok"
    assert auditor.audit(LARGE, hostile)["status"] in ("ok", "refused")


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(cut=st.integers(0, 4000), junk=st.binary(max_size=8))
def test_torn_exports_are_refused(auditor: Auditor, honest: bytes, cut: int, junk: bytes) -> None:
    assert auditor.audit(FALSE, honest[:cut] + junk + honest[cut + len(junk) :])["status"] != "ok"


def decl(kind: str, name: list[str], type_: list[Any], value: list[Any]) -> bytes:
    """An export with one declaration `name : type := value`; both terms are one row deep."""
    rows: list[Any] = []
    parent = -1
    for part in name:
        rows.append(["n", parent, part])
        parent = len(rows) - 1
    rows += [type_, value]
    return json.dumps([rows, [[kind, parent, [], len(rows) - 2, len(rows) - 1, 0]]]).encode()


PROP = ["s", -1]


@pytest.mark.parametrize(
    "data",
    [
        b"", b"null", b"[]", b"[[],[]]", b"[[],[[]]]", b'[[["a",0,0]],[]]', b'[[["b",1048577]],[]]', b'[[["b",-1]],[]]',
        b'[[["N",-5]],[]]', b'[[["T","\\ud800"]],[]]', b"[" * 100_000, b'{"rows":1}', b"\xff\xfe",
        json.dumps([[["S", i - 1] for i in range(5000)], []]).encode(),
        decl("A", ["goal"], PROP, PROP), decl("T", ["Nat", "land"], PROP, PROP), decl("D", ["Lean", "reduceBool"], PROP, PROP),
        decl("T", ["goal"], ["b", 0], ["b", 0]), decl("T", ["goal"], ["j", -1, 0, 0], PROP), decl("D", [], PROP, PROP),
    ],
)  # fmt: skip
def test_crafted_exports_are_refused(auditor: Auditor, data: bytes) -> None:
    assert auditor.audit(TRUE, data)["status"] == "refused"


def test_a_name_of_the_kernel_is_refused_before_the_kernel_sees_it(auditor: Auditor) -> None:
    report = auditor.audit(TRUE, decl("D", ["Lean", "ofReduceBool"], PROP, PROP))
    assert "the kernel's own name" in report["detail"]
