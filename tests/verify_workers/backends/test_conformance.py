"""What every backend promises, asked of each of them: the same questions on real Lean get the same verdicts."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.verify_workers.fake_lake import FakeLake
from verify_workers.backends.base import Backend
from verify_workers.backends.choose import make_backend
from verify_workers.backends.leanchecker import LeanCheckerBackend
from verify_workers.backends.process import ProcessBackend
from verify_workers.errors import UserError
from verify_workers.lean import LeanInstall
from verify_workers.lean.project import discover
from verify_workers.records import Check, Outcome, Reason, Snippet

STATEMENT = "theorem goal (n : Nat) : n + 0 = n"
ENDLESS = "by\n  set_option maxHeartbeats 0 in\n  repeat (first | (have h : n = n := rfl))\n  rfl"
IN_PROJECT = "fork in a project"
AUDITS = {
    "fork": "kernel",
    IN_PROJECT: "kernel",
    "worker": "text",
    "process": "text",
    "snapshots": "text",
    "repl": "text",
    "leanchecker": "leanchecker",
}

Maker = Callable[[], Backend]


@pytest.fixture(scope="module", params=AUDITS)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def maker(kind: str, lean: LeanInstall, lake: FakeLake, tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """Makes one more backend of this kind; those that need a project get one with the embedded Lean inside."""
    saved = tmp_path_factory.mktemp("headers")

    def make() -> Backend:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", lake.path)
            if kind == "snapshots":
                return ProcessBackend(lean, snapshots=saved)
            if kind == "leanchecker":
                return LeanCheckerBackend(dataclasses.replace(discover(lake.project), start_up=1.0))
            if kind == IN_PROJECT:
                return make_backend("fork", project=lake.project)
            return make_backend(kind, project=lake.project if kind == "repl" else None)

    return make


@pytest.fixture(scope="module")
def backend(maker: Maker) -> Iterator[Backend]:
    try:
        made = maker()
    except UserError as error:
        pytest.skip(str(error))
    yield made
    made.close()


def audits_kernel(kind: str) -> bool:
    return AUDITS[kind] == "kernel"


def check(statement: str = STATEMENT, **fields: object) -> Check:
    return Check.model_validate({"id": "x", "statement": statement, "timeout": 20.0} | fields)


SURROGATES: list[tuple[dict[str, object], Outcome, str]] = [
    ({"proof": "rfl -- \ud800"}, Outcome.ACCEPTED, ""),
    ({"proof": "rfl \ud800"}, Outcome.POLICY, "character:U+D800"),
    ({"proof": 'by have := "\ud800"; rfl'}, Outcome.POLICY, "character:U+D800"),
    ({"code": f"/-- \ud800 -/\n{STATEMENT} := rfl"}, Outcome.ACCEPTED, ""),
    (
        {"statement": f"{STATEMENT} -- \ud800", "header": "-- \ud800\nopen Nat", "preamble": "/- \ud800 -/", "proof": "rfl"},
        Outcome.ACCEPTED,
        "",
    ),
    ({"statement": f"{STATEMENT} \ud800", "proof": "rfl"}, Outcome.REJECTED, "statement"),
]


@pytest.mark.parametrize(("fields", "outcome", "reason"), SURROGATES)
def test_half_a_character_is_no_text_but_in_a_comment(backend: Backend, fields: dict[str, object], outcome: Outcome, reason: str) -> None:
    """Lean is shown no comments."""
    verdict = backend.check(check(**fields))
    assert (verdict.outcome, verdict.reason) == (outcome, reason), verdict


@pytest.mark.parametrize("where", ["header", "code"])
def test_half_a_character_in_a_snippet_is_no_text(backend: Backend, where: str) -> None:
    verdict = backend.check(Snippet.model_validate({"id": "x", "code": f"{STATEMENT} := rfl", where: f"-- \ud800\n{STATEMENT} := rfl"}))
    assert (verdict.outcome, verdict.reason) == (Outcome.REJECTED, Reason.ELABORATION), verdict


ACCEPTED: list[dict[str, object]] = [
    {"proof": "by simp"},
    {"proof": "rfl"},
    {"statement": f"{STATEMENT} := by sorry", "proof": "by\n  induction n with\n  | zero => rfl\n  | succ n ih => rfl"},
    {"code": f"theorem helper (n : Nat) : n + 0 = n := rfl\n\n{STATEMENT} := helper n"},
    {"code": f"import Init\n{STATEMENT} := by simp", "header": "import Init"},
    {"code": f"import Init.Nat\nimport Init\nimport Init.Nat\n{STATEMENT} := by simp", "header": "import Init"},
    {"code": f"-- imports\nimport Init.Omega\nimport Init.Logic\n\nopen Nat\n{STATEMENT} := by omega", "header": "open Nat"},
    {"statement": "theorem goal (p : Prop) : p ∨ ¬p", "proof": "Classical.em p"},
    {"statement": "theorem A.goal.{u} {α : Sort u} (a b : α) (h : a = b) : b = a", "proof": "h.symm"},
    {"statement": "theorem goal (n : Nat) : succ n = n + 1", "proof": "rfl", "header": "-- a note\n\nopen Nat\nset_option maxRecDepth 900"},
]
MATCH = "theorem goal (n : Nat) : (match n with | 0 => 0 | _ + 1 => 1) ≤ 1"
DOUBLE = "def double (n : Nat) : Nat := n + n"
ACCEPTED += [
    # what stands before the statement: a trusted preamble, however it is brought
    {"preamble": DOUBLE, "statement": "theorem goal (n : Nat) : double n = 2 * n", "proof": "by unfold double; omega"},
    {"header": f"open Nat\n{DOUBLE}", "statement": "theorem goal (n : Nat) : double n = n + n", "proof": "rfl"},
    {"statement": f"{DOUBLE}\n\ntheorem goal (n : Nat) : double n = n + n", "proof": "rfl"},
    {"preamble": DOUBLE, "statement": "theorem goal : double 2 = 4", "code": f"{DOUBLE}\n\ntheorem goal : double 2 = 4 := rfl"},
    {"preamble": "variable (n : Nat)", "statement": "theorem goal : n = n", "proof": "rfl"},
    {"preamble": "theorem h (n : Nat) : 0 + n = n := by omega", "statement": "theorem goal : 0 + 5 = 5", "proof": "h 5"},
    {
        "preamble": "structure P where\n  a : Nat\ninstance : Inhabited P := ⟨⟨0⟩⟩",
        "statement": "theorem goal : (default : P).a = 0",
        "proof": "rfl",
    },
    {"header": "/--\nIn words.\n-/", "proof": "rfl"},
    {"code": f"import Init\n\n{STATEMENT} := rfl"},
    {"header": "import «Init».Nat\nimport«Init» import /- and -/ Init.«Int»", "code": f"import Init.«Nat»\n{STATEMENT} := rfl"},
    # what elaborating the statement makes
    {"statement": MATCH, "proof": "by split <;> omega"},
    {"statement": MATCH, "code": f"{MATCH.replace('goal', 'helper')} := by split <;> omega\n{MATCH} := helper n"},
    {"statement": "theorem goal : (fun (⟨a, b⟩ : Nat × Nat) => a + b) (1, 2) = 3", "proof": "rfl"},
    {"statement": "theorem goal : (⟨0, by omega⟩ : Fin 3) = ⟨0, by decide⟩", "proof": "rfl"},
    {
        "preamble": "def f (n : Nat) : Nat := match n with | 0 => 1 | k + 1 => k",
        "statement": f"{MATCH} ∧ f 0 = 1",
        "proof": "⟨by split <;> omega, rfl⟩",
    },
    # the negation of what the statement elaborates to
    {"statement": "theorem goal (n : Nat) : n < 3", "negated": True, "proof": "fun h => absurd (h 3) (by decide)"},
    {
        "statement": "theorem goal (n : Nat) : n < 3",
        "negated": True,
        "code": "theorem goal : ¬ (∀ (n : Nat), n < 3) := fun h => absurd (h 3) (by decide)",
    },
    {"statement": "theorem goal.{u} (α : Type u) : 1 = 2", "negated": True, "proof": "fun h => absurd (h PUnit) (by decide)"},
    # a proof that goes on from `:= by`
    {"statement": "theorem goal (p q : Prop) (hp : p) (hq : q) : q ∧ p := by\n", "proof": "  constructor\n  · exact hq\n  · exact hp\n"},
    {"statement": f"{STATEMENT} := by", "proof": "by rfl"},
    {"statement": f"{STATEMENT} := by", "proof": "have h : 1 = 1 := rfl\nrfl"},
    # what is only said, and to nobody
    {"code": f"{STATEMENT} := rfl\n\n#print axioms goal\n#check goal"},
    {"code": f"\ufeff/-- Show \x0crac{{1}}{{2}} \u200b\u2028 -/\n{STATEMENT} := rfl"},
    {"statement": "theorem Nat.goal (n : Nat) : succ n = n + 1", "proof": "rfl"},
]
# Texts behind `import` that name no module: the header's fault on every backend, and none of them asks Lean.
NO_MODULES = [
    "«/tmp/Evil»",
    "«../x»",
    "«..».x",
    "«Init/Nat»",
    "«Init.Nat»",
    "Init.«»",
    "«a",
    "a" * 300,
    "3",
    "",
    "theorem",
    "Init.",
    "Init..Nat",
]
REFUSED: list[tuple[dict[str, object], Outcome, str]] = [
    ({"proof": "by nonsense"}, Outcome.REJECTED, Reason.ELABORATION),
    ({"proof": "by skip"}, Outcome.REJECTED, Reason.UNSOLVED),
    ({"proof": "by sorry"}, Outcome.REJECTED, Reason.SORRY),
    ({"statement": "theorem goal : 1 = 2", "proof": "by decide"}, Outcome.REJECTED, Reason.ELABORATION),
    ({"code": "theorem goal : 1 = 1 := rfl"}, Outcome.REJECTED, Reason.WRONG_STATEMENT),
    ({"code": "theorem other (n : Nat) : n + 0 = n := rfl"}, Outcome.REJECTED, Reason.WRONG_STATEMENT),
    ({"statement": "theorem goal (x : ℝ) : x = x", "proof": "rfl"}, Outcome.REJECTED, Reason.STATEMENT),
    ({"statement": "theorem goal : nowhere = 1", "proof": "rfl"}, Outcome.REJECTED, Reason.STATEMENT),
    ({"statement": "lemmas are fun", "proof": "rfl"}, Outcome.REJECTED, Reason.STATEMENT),
    ({"header": "import Mathlib", "proof": "rfl"}, Outcome.REJECTED, Reason.STATEMENT),
    ({"header": "import Mathlib", "code": f"import Mathlib\nimport Aesop\n{STATEMENT} := rfl"}, Outcome.REJECTED, Reason.STATEMENT),
    ({"code": f"import Init.Nowhere\n{STATEMENT} := rfl"}, Outcome.REJECTED, Reason.STATEMENT),
    ({"header": "import Init", "code": f"import Aesop\n{STATEMENT} := rfl"}, Outcome.POLICY, "import:Aesop"),
    ({"proof": "cheat\naxiom cheat : 1 = 2"}, Outcome.POLICY, "command:axiom"),
    ({"code": f"def Nat.land (n m : Nat) : Nat := 5\n{STATEMENT} := rfl"}, Outcome.POLICY, "kernel_name:Nat.land"),
    ({"header": "module\npublic import Init", "proof": "rfl"}, Outcome.POLICY, "header:module"),
    ({"header": "prelude\nimport Init", "proof": "rfl"}, Outcome.POLICY, "header:prelude"),
    ({"statement": "theorem Nat.add_comm (a b : Nat) : a + b = b + a", "proof": "by omega"}, Outcome.REJECTED, Reason.STATEMENT),
    ({"statement": "theorem end : 1 = 1", "proof": "rfl"}, Outcome.REJECTED, Reason.STATEMENT),
    ({"statement": "theorem «a\nb» : 1 = 1", "proof": "rfl"}, Outcome.REJECTED, Reason.STATEMENT),
    *(({"header": f"import {name}", "proof": "rfl"}, Outcome.REJECTED, Reason.STATEMENT) for name in NO_MODULES),
    ({"code": f"import «/tmp/Evil»\n{STATEMENT} := rfl"}, Outcome.REJECTED, Reason.STATEMENT),
    ({"header": "import Init.Nat Init.Int", "proof": "rfl"}, Outcome.REJECTED, Reason.STATEMENT),
    ({"header": "import all Init", "proof": "rfl"}, Outcome.POLICY, "header:all"),
    ({"header": "public import Init", "proof": "rfl"}, Outcome.POLICY, "header:public"),
    ({"preamble": "module\ndef x := 3", "proof": "rfl"}, Outcome.POLICY, "header:module"),
    ({"code": f"{STATEMENT} := rfl\n{STATEMENT} := rfl"}, Outcome.REJECTED, Reason.ELABORATION),
    ({"statement": "theorem Nat.add_comm (a b : Nat) : a + b = b + a",
      "code": "theorem Nat.add_comm (a b : Nat) : a + b = b + a := by omega"}, Outcome.REJECTED, Reason.STATEMENT),
    ({"code": f"import Mathlib\nimport Aesop\n{STATEMENT} := rfl"}, Outcome.REJECTED, Reason.STATEMENT),
    ({"code": f"```lean4\n{STATEMENT} := rfl\n```"}, Outcome.REJECTED, Reason.ELABORATION),
    ({"code": ""}, Outcome.REJECTED, Reason.ELABORATION),
    ({"preamble": DOUBLE, "statement": "theorem goal : double 1 = 3",
      "code": "def double := fun _ : Nat => 3\ntheorem goal : double 1 = 3 := rfl"},
     Outcome.REJECTED, Reason.ELABORATION),
    ({"preamble": DOUBLE, "statement": "theorem goal : double 1 = 3",
      "code": "def X.double (n : Nat) : Nat := 3\nopen X\ntheorem goal : X.double 1 = 3 := rfl"},
     Outcome.REJECTED, Reason.WRONG_STATEMENT),
    ({"preamble": "axiom f : 1 = 2", "statement": "theorem goal : 1 = 2", "proof": "f"}, Outcome.POLICY, "preamble:command:axiom"),
    ({"preamble": "namespace A\ndef a := 1", "statement": "theorem goal : a = 1", "proof": "rfl"}, Outcome.REJECTED, Reason.STATEMENT),
    ({"preamble": "private", "proof": "rfl"}, Outcome.REJECTED, Reason.STATEMENT),
    ({"preamble": "def a : Nat := b", "proof": "rfl"}, Outcome.REJECTED, Reason.STATEMENT),
    ({"statement": "theorem goal (n : Nat) : n < 3", "negated": True, "code": "theorem goal (n : Nat) : ¬ (n < 3) := by omega"},
     Outcome.REJECTED, Reason.ELABORATION),
    ({"statement": STATEMENT, "negated": True, "code": f"{STATEMENT} := rfl"}, Outcome.REJECTED, Reason.WRONG_STATEMENT),
    ({"header": "set_option autoImplicit true", "statement": "theorem goal (x : α) : x = x", "negated": True,
      "code": "theorem goal (x : α) (h : False) : ¬ (x = x) := h.elim"}, Outcome.REJECTED, Reason.WRONG_STATEMENT),
    ({"statement": "theorem goal (n : Nat) : (match n with | 0 => 0 | _ + 1 => 5) ≤ 5",
      "code": f"{MATCH} := by split <;> omega"}, Outcome.REJECTED, Reason.WRONG_STATEMENT),
]  # fmt: skip


@pytest.mark.parametrize("fields", ACCEPTED, ids=lambda fields: str(fields.get("proof") or fields["code"])[:24])
def test_accepts(backend: Backend, kind: str, fields: dict[str, object]) -> None:
    verdict = backend.check(check(**fields))
    assert (verdict.outcome, verdict.audit) == (Outcome.ACCEPTED, AUDITS[kind]), verdict
    assert set(verdict.axioms) <= {"propext", "Classical.choice", "Quot.sound"}
    assert not [message for message in verdict.messages if message.severity == "error"]


@pytest.mark.parametrize(("fields", "outcome", "reason"), REFUSED, ids=[f"{reason} {i}" for i, (_, _, reason) in enumerate(REFUSED)])
def test_refuses(backend: Backend, fields: dict[str, object], outcome: Outcome, reason: str) -> None:
    verdict = backend.check(check(**fields))
    assert (verdict.outcome, verdict.reason) == (outcome, reason), verdict
    if fields.get("statement") == "lemmas are fun":
        assert verdict.messages[0].text.startswith("a statement starts with")
    if reason not in (Reason.SORRY, Reason.WRONG_STATEMENT) and fields.get("code") != "":
        assert verdict.messages and all(message.line >= 1 and message.column >= 0 for message in verdict.messages)


def test_a_statement_that_is_equal_by_computation(backend: Backend, kind: str) -> None:
    """The one difference: the text tier proves our statement from the candidate's, the kernel tier wants it as we put it."""
    verdict = backend.check(check("theorem goal : 2 + 2 = 4", code="theorem goal : 4 = 4 := rfl"))
    assert verdict.accepted if not audits_kernel(kind) else verdict.reason == Reason.WRONG_STATEMENT
    renamed = backend.check(check(code="theorem goal (m : Nat) : m + 0 = m := rfl"))
    assert renamed.accepted


def test_variables_stand_inside_a_negation(backend: Backend, kind: str) -> None:
    """The kernel tier negates what was elaborated; the text tier does not take the two together."""
    asked = check(
        "theorem goal : n = n", preamble="variable (n : Fin 0)", negated=True, code="theorem goal (n : Fin 0) : ¬ (n = n) := nomatch n"
    )
    verdict = backend.check(asked)
    assert verdict.reason == (Reason.WRONG_STATEMENT if audits_kernel(kind) else "preamble:command:variable")


def test_verdicts_carry_their_origin(backend: Backend, kind: str) -> None:
    for verdict in (backend.check(check(id="one", proof="by simp")), backend.check(check(id="two", proof="by foo"))):
        assert verdict.id in ("one", "two") and verdict.seconds > 0
        assert (verdict.lean, verdict.library) == (backend.lean, backend.library) and verdict.lean == "4.35.0"
        assert verdict.backend == backend.name == {"snapshots": "process", IN_PROJECT: "fork"}.get(kind, kind)


@pytest.mark.parametrize("header", ["", "open Nat\n\n", "import Init\nopen Nat"])
def test_positions_are_the_users_in_characters(backend: Backend, header: str) -> None:
    code = backend.check(check(header=header, code=f"{STATEMENT} := by\n  /- 𝒜 -/ exact foo"))
    assert [(m.line, m.column) for m in code.messages if m.severity == "error"] == [(2, 16)]
    proof = backend.check(check(header=header, proof="foo"))
    assert [(m.line, m.column) for m in proof.messages if m.severity == "error"] == [(1, 0)]


def test_a_missing_module_is_named(backend: Backend) -> None:
    verdict = backend.check(check(header="import Mathlib.Tactic", proof="rfl"))
    assert verdict.reason == Reason.STATEMENT and "Mathlib" in verdict.messages[0].text
    assert backend.check(check(proof="rfl")).accepted


def test_nothing_leaks_from_check_to_check(backend: Backend) -> None:
    assert backend.check(
        check(
            code=f"theorem helper : True := trivial\n@[simp] theorem two (n : Nat) : n + 2 = 2 + n := Nat.add_comm n 2\n{STATEMENT} := rfl"
        )
    ).accepted
    assert backend.check(check("theorem goal : True", proof="helper")).reason == Reason.ELABORATION
    assert backend.check(check("theorem goal (n : Nat) : n + 2 = 2 + n", proof="by simp only")).reason == Reason.ELABORATION
    assert backend.check(check("theorem goal (n : Nat) : succ n = n + 1", proof="rfl", header="open Nat")).accepted
    assert backend.check(check("theorem goal (n : Nat) : succ n = n + 1", proof="rfl")).reason == Reason.STATEMENT


def test_snippets_are_never_accepted(backend: Backend) -> None:
    good = backend.check(Snippet(id="s", code="theorem x : 1 + 1 = 2 := rfl\n#check x"))
    assert good.outcome is Outcome.ELABORATED and [(m.severity, m.line) for m in good.messages] == [("info", 2)]
    for module in ("Mathlib", "Init.Nowhere"):
        missing = backend.check(Snippet(id="s", code=f"import {module}\ntheorem x : 1 = 1 := rfl"))
        assert (missing.outcome, missing.reason) == (Outcome.REJECTED, Reason.STATEMENT) and module in missing.messages[0].text
    for name in NO_MODULES:
        for fields in (
            {"code": f"import {name}\ntheorem x : 1 = 1 := rfl"},
            {"header": f"import {name}", "code": "theorem x : 1 = 1 := rfl"},
        ):
            none = backend.check(Snippet(id="s", **fields))
            assert (none.outcome, none.reason) == (Outcome.REJECTED, Reason.STATEMENT) and "module" in none.messages[0].text, name
    quoted = Snippet(id="s", header="import «Init».Nat", code="import/- x -/Init.«Int» import Init\ntheorem x : 1 + 1 = 2 := rfl")
    assert backend.check(quoted).outcome is Outcome.ELABORATED
    bad = backend.check(Snippet(id="s", header="open Nat", code="\ntheorem x : 1 + 1 = 3 := rfl"))
    assert bad.outcome is Outcome.REJECTED and bad.messages[0].line == 2
    for top in ("module\npublic import Init", "prelude", "public import Init", "import all Init"):
        odd = backend.check(Snippet(id="s", code=f"{top}\ntheorem x : 1 + 1 = 2 := rfl"))
        assert (odd.outcome, odd.reason) == (Outcome.REJECTED, Reason.STATEMENT) and "plain files" in odd.messages[0].text


@pytest.mark.parametrize("noise", ["#check Nat\n" * 60, "example (a b : Nat) : a = a := rfl\n" * 60], ids=["said", "linted"])
def test_no_number_of_messages_hides_a_sorry(backend: Backend, noise: str) -> None:
    above = "set_option linter.unusedVariables true\n"
    verdict = backend.check(Snippet(id="s", code=f"{above}{noise}theorem x : 1 = 2 := sorry\n"))
    first, *_, last = verdict.messages
    assert verdict.outcome is Outcome.ELABORATED and len(verdict.messages) <= 50
    assert first.severity == "warning" and "sorry" in first.text and first.line == 62 and last.text.startswith("messages left out: ")
    wrong = backend.check(Snippet(id="s", code=f"{noise}theorem x : 1 = 2 := sorry\ntheorem y : 1 = 2 := rfl\n"))
    assert wrong.outcome is Outcome.REJECTED
    assert [(m.severity, "sorry" in m.text) for m in wrong.messages if m.severity == "error" or "sorry" in m.text][-1:] == [
        ("warning", True)
    ]
    exits = backend.check(Snippet(id="s", code=f"{noise}#exit\n"))
    assert exits.outcome is Outcome.ELABORATED


def test_no_number_of_messages_hides_an_error(backend: Backend) -> None:
    noise = "set_option linter.unusedVariables true\n" + "example (a b : Nat) : a = a := rfl\n" * 60
    code = f"{noise}{STATEMENT} := by\n  simp [nothing]\n"
    verdict = backend.check(Check(id="x", statement=STATEMENT, code=code))
    assert verdict.outcome is Outcome.REJECTED and verdict.first_error, verdict


def test_time_runs_out_and_the_next_check_is_answered(backend: Backend) -> None:
    verdict = backend.check(check(proof=ENDLESS, timeout=0.5))
    assert (verdict.outcome, verdict.reason, verdict.axioms) == (Outcome.TIMEOUT, "timeout", [])
    assert backend.check(check(proof="by simp")).accepted


def test_closing_leaves_nothing(maker: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = set(_children())
    made = maker()
    assert made.check(check(proof="rfl")).accepted
    made.close()
    made.close()
    assert set(_children()) <= before and list(tmp_path.iterdir()) == []


def _children() -> Iterator[int]:
    """Processes that this one has started."""
    for task in os.listdir("/proc/self/task"):
        yield from map(int, Path(f"/proc/self/task/{task}/children").read_text().split())
