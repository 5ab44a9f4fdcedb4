"""What the terms of statements show to be without content, from what child S of a real check exports."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from verify_workers.backends.fork import ForkBackend
from verify_workers.kernel import jail
from verify_workers.lean import LeanInstall
from verify_workers.records import Check, Verdict

pytestmark = pytest.mark.skipif(not jail.supported(), reason="the jail is for Linux on x86-64")


@pytest.fixture(scope="module")
def fork(lean: LeanInstall) -> Iterator[ForkBackend]:
    with ForkBackend(lean) as backend:
        yield backend


def asked(fork: ForkBackend, goal: str, preamble: str = "") -> Verdict:
    return fork.check(Check(id="x", statement=f"theorem X {goal}", preamble=preamble, proof="by skip", timeout=10))


SAID = {
    # the one-point rule
    ": ∃ x : Nat, x = 3 + 4": ["equal x"],
    ": ∃ x : Nat, 3 + 4 = x": ["equal x"],
    ": ∃! x : Nat, x = 3 + 4": ["equal x"],
    "(n : Nat) (h : n > 3) : ∃ s, s = n * n": ["equal s"],
    ": ∃ x y : Nat, x = 3 ∧ y = x + 1": ["equal x"],
    ": ∃ x : Nat, x = 2 ^ 10 % 7 ∧ ∀ y, y = 2 ^ 10 % 7 → y = x": ["equal x"],
    ": let p := ∃ x : Nat, x = 2 ^ 10 % 7; p": ["equal x"],
    ": ∃ f : Nat → Nat, ∀ n, f n = n ^ 2 + 1": ["equal f"],
    ": ∃ f : Nat → Nat → Nat, ∀ a b, f a b = a + 2 * b": ["equal f"],
    "(n : Nat) : ∃ k : Int, k = n": ["equal k"],
    "(n : Nat) : ∃ k : Nat, k = n * n ∧ n + 1 = n + 1": ["equal k"],
    ": (∃ x : Nat, x = 3) ∧ ∃ y : Nat, y = 4": ["equal x", "equal y"],
    # unbounded comparisons
    ": ∃ x : Nat, x ≥ 7 * 8": ["loose x"],
    ": ∃ x : Nat, 7 * 8 < x": ["loose x"],
    "(n : Nat) : ∃ x > n, x ≥ 7 ∧ x ≠ 2 * n": ["loose x"],
    ": ∃ x : Nat, x ≤ 7": ["loose x"],
    ": ∃ x : Int, x < -7 ∧ x < 3": ["loose x"],
    ": ∃ x : Nat, 6 ∣ x": ["loose x"],
    ": ∃ x : Nat, x ≠ 7": ["loose x"],
    ": ∃ x y : Nat, x ≥ 3 ∧ y > x": ["loose y", "loose x"],
    ": ∃ x : Nat, x ≥ 3 ∧ ∃ y : Nat, y = x + 1": ["equal y", "loose x"],
    # variables that do not occur
    "(n m : Nat) (h : ∀ m, m < n → m < 9) : n < 11": ["unused m"],
    "(n m : Nat) (h : 3 < n) : (fun m => m + n) 1 = n + 1": ["unused m"],
    ": ∃ k : Nat, ∀ k : Nat, 4 * k + 4 < k": ["unused k"],
    "(f : Nat → Nat) (n : Nat) : n < 3 → ∀ j : Nat, n < 4": ["unused f", "unused j"],
    "(n : Nat) (h : 3 < n) : (∀ k : Nat, n > 2) ↔ n > 2": ["unused k"],
}
SILENT = (
    ": ∃ x : Nat, x = x * x",
    ": ∃ x : Nat, x + 3 = 10",
    ": ∃ x : Nat, x = 5 * 3 ∧ x % 2 = 1",
    "(z : Int) (h : z * z = 4) (hz : z > 0) : ∃ n : Nat, z = n",
    ": ∃ x : Nat, x < 7 * 8",
    ": ∃ x : Nat, x > 3 ∧ x < 5",
    ": ∃ x : Nat, x ≤ 3 ∧ x ≠ 0",
    ": ∃ x : Fin 7, x > 6",
    ": ∃ x : Nat, 6 ∣ x ∧ x > 0",
    ": ∃ x : Nat, x > 5 ∧ x % 3 = 1",
    ": ∃ w : Nat, ∀ v : Nat, 3 * v + 2 < w",
    ": ∃ f : Nat → Nat, (∀ n, f n = n ^ 2) ∧ f 3 = 9",
    ": ∃ f : Nat → Nat, ∀ n, f n = f (n + 1)",
    ": ∃ x : Nat, ∃ h : x = 3, x > 2",
    ": ∃ x y : Nat, x = y + 1 ∧ y = x + 1",
    ": ¬ ∃ x : Nat, x = 3",
    "(p : Prop) (hp : p) (n : Nat) (h : n > 2 ∧ p) : n > 1",
    "(P : Nat → Prop) (h0 : P 0) (hs : ∀ n, P n → P (n + 1)) : ∀ n, P n",
    "(α : Type) [Inhabited α] (f : α → α) (h : ∀ x, f (f x) = x) : ∀ x y, f x = f y → x = y",
    "(n : Nat) : ∀ _k : Nat, n + 0 = n",
    "(n : Nat) (h : Even' n) : n % 2 = 0",
)


@pytest.mark.parametrize("goal", SAID)
def test_what_says_nothing_is_remarked_on(fork: ForkBackend, goal: str) -> None:
    assert asked(fork, goal).remarks == SAID[goal]


@pytest.mark.parametrize("goal", SILENT)
def test_what_may_say_something_is_not(fork: ForkBackend, goal: str) -> None:
    verdict = asked(fork, goal, "def Even' (n : Nat) : Prop := n % 2 = 0")
    assert verdict.remarks == [], verdict


def test_names_of_the_statements_own_are_not_the_headers(fork: ForkBackend) -> None:
    """`≤` of a type, or an `Exists`, that the preamble brings says what that says."""
    own = "structure N where\n  v : Nat\n\ninstance : LE N := ⟨fun a b => a.v = 3 ∧ b.v = 4⟩"
    assert asked(fork, ": ∃ x : N, x ≤ ⟨7⟩", own).remarks == []
    local = "(i : LE Nat) : ∃ x : Nat, @LE.le Nat i 3 x"
    assert asked(fork, local).remarks == []


def test_nobody_looked_at_what_is_no_statement(fork: ForkBackend) -> None:
    assert asked(fork, ": ∃ x : Nat, x = y").remarks is None


def test_lets_that_double_cost_no_more_than_they_are_long(fork: ForkBackend) -> None:
    """Written out, the value of the last has 2^40 terms."""
    doubling = "; ".join(f"let x{k + 1} := x{k} + x{k}" for k in range(40))
    verdict = asked(fork, f"(x0 : Nat) : {doubling}; ∃ y : Nat, y = x40")
    assert verdict.form and verdict.remarks == ["equal y"], verdict
