"""The lemmas that a proof uses, as real Lean states them."""

from __future__ import annotations

import asyncio

from synth.conjectures.lemmas import lemmas_of, named, own_lemmas, uses
from synth.records import Pair
from tests.synth.stage_fakes import checked_by
from verify_workers.backends.base import Backend

STATEMENT = "theorem X : ∀ n : Nat, 12 ^ n % 11 = 1"
PROOF = "by intro n_1; induction n_1 with | zero => decide | succ k ih => rw [Nat.pow_succ, Nat.mul_mod, ih]; exact Nat.succ_foo h_k"


def pair(proof: str, id: str = "a", **fields: str) -> Pair:
    return Pair.model_validate(
        {"id": id, "attempt_id": id, "statement_id": id, "problem_id": "p", "statement": STATEMENT, "proof": proof, **fields}
    )


def test_names_are_those_of_library_theorems() -> None:
    assert named(PROOF) == ["n_1", "Nat.pow_succ", "Nat.mul_mod", "Nat.succ_foo", "h_k"]
    assert named("by simp [mul_comm, foo] at h; exact (Nat.rec h ih) -- Nat.add_comm") == ["mul_comm"]
    assert uses(pair(PROOF), "Nat.mul_mod") and not uses(pair(PROOF), "Nat.mul")
    assert uses(pair("exact Nat.add_comm.symm"), "Nat.add_comm") and not uses(pair("exact MyNat.add_comm"), "Nat.add_comm")


def test_what_a_file_states_it_does_not_thereby_use() -> None:
    for proof, used in (("by simp [proved_ab]", True), ("by omega", False)):
        assert uses(pair(f"theorem proved_ab : 1 = 1 := rfl\n\n{STATEMENT} := {proof}", form="code"), "proved_ab") is used


def test_lean_says_which_are_theorems_and_what_they_state(backend: Backend) -> None:
    file = f"theorem proved_ab (b : Nat) : b + 0 = b := Nat.add_zero b\n\n{STATEMENT} := by simp [proved_ab, Nat.succ, Nat.dvd_trans]"
    pairs = [
        pair(PROOF),
        pair(file, "b", form="code"),
        pair("by rw [pow_succ, own_z]", "c", header="open Nat", preamble="theorem own_z : 1 + 1 = 2 := rfl"),
        pair("by omega", "d"),
    ]
    assert own_lemmas(pairs[1]) == [("proved_ab", "theorem proved_ab (b : Nat) : b + 0 = b")] and own_lemmas(pairs[0]) == []
    found = asyncio.run(lemmas_of(pairs, checked_by(backend)))
    assert found == {
        "a": [
            ("Nat.pow_succ", "theorem Nat.pow_succ (b n : ℕ) : b ^ (n + 1) = b ^ n * b"),
            ("Nat.mul_mod", "theorem Nat.mul_mod (a b n : ℕ) : a * b % n = a % n * (b % n) % n"),
        ],
        "b": [
            ("proved_ab", "theorem proved_ab (b : Nat) : b + 0 = b"),
            ("Nat.dvd_trans", "theorem Nat.dvd_trans {a b c : ℕ} : a ∣ b → b ∣ c → a ∣ c"),
        ],
        "c": [("pow_succ", "theorem Nat.pow_succ (b n : ℕ) : b ^ (n + 1) = b ^ n * b"), ("own_z", "theorem own_z : 1 + 1 = 2")],
        "d": [],
    }
    assert asyncio.run(lemmas_of([], checked_by(backend))) == {}
