"""A name that Lean's core has and the embedded library has not is told from one that a model made up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.verify_workers.lean.conftest import RunLean
from verify_workers.backends.fork import ForkBackend
from verify_workers.kernel import jail
from verify_workers.lean import LeanInstall
from verify_workers.lean.lacks import core_names, explained, lacking
from verify_workers.records import Check, Message, Outcome, Verdict

GOAL = "theorem goal (n : Nat) : n + 0 = n"


def said(run_lean: RunLean, install: LeanInstall, text: str) -> str:
    errors = [message["data"] for message in run_lean(text) if message["severity"] == "error"]
    assert errors, "the library has it by now: take another"
    return lacking(errors, text, core_names(install.path))


LACKING = {
    "put there by a tactic": ("theorem t (a b c : Nat) (h : a < b) (h' : b < c) : a < c := by grind", "Std.IsPreorder"),
    "a definition of the core": ("theorem t : (Nat.toSuperscriptString 2).length = 1 := rfl", "Nat.toSuperscriptString"),
    "a function of the core by its field": ("theorem t (l : List Nat) : l.mapIdx (fun _ x => x) = l := sorry", "List.mapIdx"),
}


@pytest.mark.parametrize("case", LACKING)
def test_what_the_library_lacks_is_named(case: str, run_lean: RunLean, install: LeanInstall) -> None:
    text, name = LACKING[case]
    assert said(run_lean, install, text) == name


MADE_UP = (
    "theorem t (n : Nat) : n + 0 = n := Nat.add_zero_is_itself n",
    "theorem t (n : Nat) : n + 0 = n := by exact my_lemma n",
    "theorem t (n : Nat) : n + 0 = n := n.nothingOfTheKind",
    "theorem t (n : Nat) : n + 0 = n + 1 := by omega",
    "theorem t : 1 = 2 := by simp [Finset.sum_comm]",
)


@pytest.mark.parametrize("text", MADE_UP)
def test_nothing_is_said_of_what_a_model_made_up(text: str, run_lean: RunLean, install: LeanInstall) -> None:
    assert said(run_lean, install, text) == ""


def test_the_list_holds_the_cores_definitions_and_no_parts_of_them(install: LeanInstall) -> None:
    names = core_names(install.path)
    assert len(names) > 5000
    assert {"List.mapIdx", "String.splitOn", "Nat.toSuperscriptString"} <= names
    assert not [name for name in names if "_lam" in name or name.startswith("Lean.") or "_spec" in name]


def test_another_outcome_is_left_as_it_is(install: LeanInstall) -> None:
    check = Check(id="1", statement=GOAL, proof="rfl")
    error = Message(severity="error", line=1, column=0, text="Unknown constant `wfParam`")
    for outcome in set(Outcome) - {Outcome.REJECTED}:
        verdict = Verdict(id="1", outcome=outcome, messages=[error])
        assert explained(verdict, check, install) is verdict


@pytest.fixture(scope="module")
def bare(install: LeanInstall) -> Iterator[ForkBackend]:
    if not jail.supported():
        pytest.skip("the fork backend is for Linux on x86-64")
    with ForkBackend(install, policy=False) as backend:
        yield backend


def test_a_rejection_says_it_first(bare: ForkBackend, install: LeanInstall) -> None:
    check = Check(id="1", statement="theorem goal (a b c : Nat) (h : a < b) (h' : b < c) : a < c", proof="by grind")
    verdict = bare.check(check)
    assert verdict.outcome is Outcome.REJECTED
    told = explained(verdict, check, install)
    assert told.outcome is Outcome.REJECTED and told.first_error.startswith("the embedded library lacks ")
    assert "(Lean's core has it)" in told.first_error and told.messages[1:] == verdict.messages
    plain = Check(id="2", statement=GOAL, proof="by exact no_such_lemma n")
    verdict = bare.check(plain)
    assert explained(verdict, plain, install) == verdict
