"""Statements in the shapes that autoformalizers write (Herald, Kimina, StepFun, Goedel): what the filters that read text make of them.

Most need Mathlib, so Lean is not asked; of those that core Lean can state, `test_core_shapes_on_lean` asks it.
"""

from __future__ import annotations

import pytest

from synth.statements.filters.answer import empty_question, leaked
from synth.statements.filters.consistent import consistent, refutation
from synth.statements.filters.empty import repeated, true_of_anything
from synth.statements.filters.hidden import saying_nothing
from synth.statements.filters.unused import idle
from synth.statements.follows import with_given
from synth.statements.says import says
from synth.statements.scopes import free
from synth.statements.spelling import signs, spelled
from synth.statements.telescope import relation, telescope
from synth.statements.text import normalized
from tests.synth.statements.test_empty import run
from verify_workers.backends.base import Backend

HONEST = (
    "theorem X (x : ℝ) (h₀ : 2 * x + 3 = 7) : x = 2",
    "theorem algebra_1 (f : ℝ → ℝ) (h₀ : ∀ x, f x = 2 * x + 1) : f 10 = 21",
    "theorem X (f : ℝ → ℝ) (hf : ∀ x y, f (x + y) = f x + f y) (h1 : f 1 = 1) : ∀ q : ℚ, f q = q",
    "theorem X (f : ℤ → ℤ) : (∀ a b, f (2 * a) + 2 * f b = f (f (a + b))) ↔ (∀ z, f z = 0) ∨ ∃ c, ∀ z, f z = 2 * z + c",
    "theorem X : {x : ℝ | x ^ 2 - 5 * x + 6 = 0} = {2, 3}",
    "theorem X : (Finset.filter (fun n => n % 7 = 3) (Finset.range 100)).card = 14",
    "theorem X (S : Finset ℕ) (h₀ : ∀ n : ℕ, n ∈ S ↔ 3 ∣ n ∧ n < 50) : S.card = 17",
    "theorem X : ∑ i ∈ Finset.range 10, (i + 1) ^ 2 = 385",
    "theorem X : ∃! x : ℕ, x * x = 49",
    "theorem X : ¬ ∃ x y : ℤ, x ^ 2 + 1 = 4 * y",
    "theorem X : ∃ a b c : ℕ, 0 < a ∧ 0 < b ∧ a ^ 2 + b ^ 2 = c ^ 2",
    "theorem X (n : ℕ) (hn : 0 < n) : let s := n * (n + 1) / 2; s * 2 = n * (n + 1)",
    "theorem X (a b : ℝ) (hab : a + b = 5) (hp : a * b = 6) : a ^ 2 + b ^ 2 = 13",
    "theorem X (f : ℕ → ℕ) (h : ∀ n, f n = if n % 2 = 0 then n / 2 else 3 * n + 1) : f (f 6) = 10",
    "theorem X (a b : ℕ) (h : b ≤ a) : (a - b) + b = a",
    "theorem X (n : ℕ) (h : n ≥ 2) : ((n : ℝ) - 1) / n < 1",
    "theorem X (p : ℕ) (hp : p.Prime) : p = 2 ∨ p % 2 = 1",
    "theorem X (n : ℤ) : Even n ↔ Even (n ^ 2)",
    "theorem X : IsGreatest {n : ℕ | n ^ 2 < 200} 14",
    "theorem X : IsLeast {n | 0 < n ∧ 12 ∣ n ^ 2} 6",
    "theorem X (a : ℕ → ℕ) (h0 : a 0 = 1) (h1 : a 1 = 1) (h : ∀ n, a (n + 2) = a (n + 1) + a n) : a 10 = 89",
    "theorem X (a b : ℕ) (ha : a = 12) (hb : b = 18) : Nat.gcd a b = 6",
    "theorem X {G : Type*} [Group G] (a b : G) (h : a * b = 1) : b * a = 1",
    "theorem X (G : Type) [inst : Group G] (h : ∀ g : G, g * g = 1) (a b : G) : a * b = b * a",
    "theorem X {α : Type*} [Fintype α] [DecidableEq α] (s : Finset α) : s.card ≤ Fintype.card α",
    "theorem X {X : Type*} [TopologicalSpace X] [CompactSpace X] (s : Set X) (hs : IsClosed s) : IsCompact s",
    "theorem X {α β : Type*} [MetricSpace α] [MetricSpace β] (f : α → β) (hf : LipschitzWith 1 f) : Continuous f",
    "theorem X (x y z : ℝ) (hx : 0 ≤ x ∧ 0 ≤ y ∧ 0 ≤ z) (h : x + y + z = 1) : x * y + y * z + z * x ≤ 1 / 3",
    "theorem X (a b : Nat) (h : a >= 1 /\\ b >= 1) : a * b >= 1",
    "theorem X : forall n : Nat, n > 3 -> n * n > 9",
    "theorem X : ∀ n ∈ Finset.range 10, n ^ 2 < 100",
    "theorem X : ∀ n > 0, ∀ m > 0, n * m > 0",
    "theorem X : ∀ (a b c : ℕ), a + b = c → b ≤ c",
    "theorem X : ∃ x ∈ Set.Icc (0 : ℝ) 1, x ^ 2 = 1 / 2",
    "theorem X (f : ℕ → ℕ) (hf : Function.Injective f) (h : ∀ n, f n ≤ n) : ∀ n, f n = n",
    "theorem X (f : ℕ → ℕ) (hf : StrictMono f) (n : ℕ) : n ≤ f n",
    "theorem X (P : ℕ → Prop) (h0 : P 0) (hs : ∀ n, P n → P (n + 1)) : ∀ n, P n",
    "theorem X (n : ℕ) (h₀ : 3 ∣ n) (h₁ : 5 ∣ n) : 15 ∣ n",
    "theorem X (n : ℕ) (h : n ≡ 2 [MOD 5]) : n ^ 2 ≡ 4 [MOD 5]",
    "theorem X (x : ZMod 7) (h : x ^ 2 = 2) : x = 3 ∨ x = 4",
    "theorem X : Real.sqrt (4 + 2 * Real.sqrt 3) = 1 + Real.sqrt 3",
    "theorem X (x : ℝ) (h : |x - 3| < 2) : 1 < x ∧ x < 5",
    "theorem X (x : ℝ) (h : ⌊x⌋ = 3) : 3 ≤ x",
    "theorem X : (10)! % 11 = 10",
    "theorem X (n : ℕ) : ∑ k ∈ Finset.range (n + 1), n.choose k = 2 ^ n",
    "theorem X (x : ℝ) (hx : Real.sin x = 3 / 5) (h2 : 0 < x ∧ x < Real.pi / 2) : Real.cos x = 4 / 5",
    "theorem X (p q : ℕ × ℕ) (h : p.1 = q.1 ∧ p.2 = q.2) : p = q",
    "theorem X (n : ℕ) (h : (Nat.digits 10 n).sum = 9) : 9 ∣ n",
    "theorem X (n : ℕ) (h : n ^ 2 % 4 = 3) : False",
    "theorem X (n : ℕ) : ∑ _i ∈ Finset.range n, 1 = n",
    "theorem X (n : ℕ) : ∑ i ∈ Finset.range n, (1 : ℕ) = n",
    "theorem X (n : ℕ) (h : ∃ k : ℕ, n = 2 * k + 1) : n % 2 = 1",
    "theorem X (a b : ℤ) (h : a ∣ b) : ∃ (c : ℤ), b = a * c",
    "theorem X : ∃ (n : ℕ) (h : n > 0), n * n = n + n",
    "theorem X (A : Matrix (Fin 2) (Fin 2) ℝ) (h : A * A = 0) : A.det = 0",
    "theorem X (p : Polynomial ℤ) (h : p.eval 0 = 1) (h2 : p.eval 1 = 3) : ∃ q : Polynomial ℤ, p = Polynomial.C 1 + Polynomial.X * q",
    "theorem X (a b c : ℝ) (ha : a ≠ 0) : (∃ x, a * x ^ 2 + b * x + c = 0) ↔ 0 ≤ b ^ 2 - 4 * a * c",
    "theorem X : ∀ N : ℕ, ∃ n ≥ N, n % 4 = 3",
    "theorem X : Filter.Tendsto (fun n : ℕ => (1 : ℝ) / n) Filter.atTop (nhds 0)",
    "theorem X : (fun n : ℕ => n + n) = fun n => 2 * n",
    "theorem X (a : ℕ → ℝ) (h : ∀ ε > 0, ∃ N, ∀ n ≥ N, |a n - 3| < ε) : ∃ N, ∀ n ≥ N, a n > 2",
    "theorem X (f : ℕ → ℕ) (hf : ∀ n, f n = match n with | 0 => 1 | n + 1 => 2 * n) : f 3 = 4",
    "theorem X : ∑ i ∈ Finset.range 3, ∑ j ∈ Finset.range 3, i * j = 9",
    "theorem X (S : Set ℕ) (hS : S = {n | n ∣ 12}) : S.ncard = 6",
    "theorem X : Set.ncard {p : ℕ × ℕ | p.1 * p.2 = 12} = 6",
    "theorem X (s : Finset ℕ) (hs : #s = 3) : ∃ a ∈ s, a ≥ 2",
    "theorem X (n : ℕ) (hn : n % 10 = 3) : n ^ 2 % 10 = 9",
    "theorem X (x : ℝ) (hx : 0 < x) (h : Real.log x = 2) : x = Real.exp 2",
    "theorem X (p : ℝ) (h₀ : p * 0.25 = 12) : p = 48",
    "theorem X (d t₁ t₂ : ℝ) (h₀ : d = 60 * t₁) (h₁ : d = 40 * t₂) (h₂ : t₁ + t₂ = 5) : d = 120",
    "theorem X : let f : ℕ → ℕ := fun n => n ^ 2 + 1; f 3 = 10",
    "theorem X (x : ℝ) : let a := x + 1; let b := x - 1; a * b = x ^ 2 - 1",
    "theorem X (n : ℕ) (hn : 3 ≤ n) : have m := n - 3; m + 3 = n",
    "theorem X (a b : ℕ) (hab : Nat.Coprime a b) : ∃ x y : ℤ, (a : ℤ) * x + b * y = 1",
    "theorem X (n : ℕ) (f : Fin n → ℝ) (hf : ∀ i, 0 ≤ f i) : 0 ≤ ∑ i, f i",
    "theorem X (n : ℕ) [NeZero n] (i : Fin n) : (i : ℕ) < n",
    "theorem X {p : ℕ} [hp : Fact p.Prime] (a : ZMod p) (ha : a ≠ 0) : a ^ (p - 1) = 1",
    "theorem X : ∏ i ∈ Finset.Icc 1 5, i = 120",
    "theorem X (x : ℕ) (_ : 2 < x) : 4 < x * x",
    "theorem X (x : ℕ) : x > 2 → x < 5 → x = 3 ∨ x = 4",
    "theorem X (x : ℕ) : x > 0 → (x ∣ 6 ↔ x = 1 ∨ x = 2 ∨ x = 3 ∨ x = 6)",
    "theorem X (a b c : ℝ) (h : ∀ x, a * x ^ 2 + b * x + c = (x - 1) * (x - 2)) : a + b + c = 0",
    "theorem X : ¬ ∀ n : ℕ, Nat.Prime (n ^ 2 + n + 41)",
    "theorem X (x y : ℕ) (h : x = 0) : x * y = 0",
    "theorem X (n : ℕ) (hn : n = 2 ^ 5) : ∃ d : ℕ, d = (Nat.divisors n).card ∧ d = 6",
    "theorem X : ∃ x : ℕ, x = 5 * 3 ∧ x % 2 = 1",
    "theorem X (α β γ : ℝ) (hα : α + β + γ = Real.pi) : Real.sin (α + β) = Real.sin γ",
    "theorem X (x₁ x₂ : ℝ) (h₁ : x₁ ^ 2 - 3 * x₁ + 1 = 0) (h₂ : x₂ ^ 2 - 3 * x₂ + 1 = 0) (h : x₁ ≠ x₂) : x₁ + x₂ = 3",
    "theorem X (K : Type*) [Field K] (a : K) (h : a * a = 0) : a = 0",
    "theorem X (f : ℝ → ℝ) (hf : Continuous f) (h : ∀ x, f x > 0) : ∃ c > 0, ∀ x ∈ Set.Icc (0:ℝ) 1, f x ≥ c",
    "theorem X (f : ℝ → ℝ) (hf : f = fun x => x ^ 3) : deriv f 2 = 12",
    "theorem X {R : Type*} [CommRing R] (I J : Ideal R) (h : I ⊔ J = ⊤) : I * J = I ⊓ J",
    "theorem X (f : ℕ → ℕ) (h : ∀ ⦃a b⦄, a < b → f a < f b) : ∀ n, n ≤ f n",
    "theorem X : ∃ s : Finset ℕ, s.card = 3 ∧ ∀ x ∈ s, ∀ y ∈ s, x ≠ y → Nat.Coprime x y",
    "theorem X (p q : Prop) (hp : p) (hpq : p → q) : q",
    "theorem X (n : ℕ) (odd_n : Odd n) : n % 2 = 1",
    "theorem X (a b : ℕ) (cop : Nat.Coprime a b) : Nat.gcd a b = 1",
    "theorem X (f : ℕ → ℕ) (mono : StrictMono f) : f 0 < f 1",
    "theorem X (p : ℕ) (prime_p : p.Prime) : p ≥ 2",
    "theorem X : ∀ p : ℕ, ∀ hp : p.Prime, p ≥ 2",
    "theorem X : ∀ p : ℕ, p.Prime → p ≥ 2",
    "theorem X : ∀ (p : ℕ) (_ : p.Prime), p ≥ 2",
    "theorem X (G : Type*) [Group G] (cyc : IsCyclic G) (a b : G) : a * b = b * a",
    "theorem X (A B : Set ℕ) (sub : A ⊆ B) (x : ℕ) (hx : x ∈ A) : x ∈ B",
    "theorem X (h : RiemannHypothesis) (s : ℂ) (hs : riemannZeta s = 0) (h1 : 0 < s.re ∧ s.re < 1): s.re = 1/2",
    "theorem X (P : ℕ → Prop) (start : P 0) (step : ∀ n, P n → P (n + 1)) : P 10",
    "theorem X (P Q : ℕ → Prop) (n : ℕ) (hP : P n) (imp : P n → Q n) : Q n",
    "theorem X (r h : ℝ) (hr : r = 3) (hh : h = 4) : r * h = 12",
    "theorem X (h : ℕ → ℝ) (h0 : ∀ n, h n = n + 1) : h 3 = 4",
    "theorem X {G : Type*} [Group G] [Finite G] (p : ℕ) [Fact p.Prime] (P : Sylow p G) (norm : P.Normal) : ∃ Q : Sylow p G, Q = P",
    "theorem X (v : Fin 3 → ℝ × ℝ) : ¬ LinearIndependent ℝ v",
    "theorem X (f : ℝ → ℝ) (int_f : MeasureTheory.Integrable f) : MeasureTheory.Integrable (fun x => 2 * f x)",
    "theorem X (p q : Prop) : (p → q) ↔ (¬ q → ¬ p)",
    "theorem X (x y : ℝ) (h : x = 3 * y) (hy : y = 1 / 3) : ∃ k : ℤ, x = k",
    "theorem X : ∃ n : ℕ, Real.sqrt 49 = n",
    "theorem X (a : ℝ) (ha : a = 3 / 4) : ∃ q : ℚ, a = q",
    "theorem X (S : Set ℕ) (hS : ∀ x ∈ S, x < 5) : ∃ t : Finset ℕ, S = t",
    "theorem X (n : ℤ) (h : Odd n) : ∃ k, n ^ 2 = 8 * k + 1",
    "theorem X (z : ℂ) (h : z * z = 4) : ∃ r : ℝ, z = r",
    "theorem X (f : ℤ → ℤ) (h : ∀ x y, f (x + y) = f x + f y) : ∃ c : ℤ, ∀ x, f x = c * x",
)


@pytest.mark.parametrize("text", HONEST)
def test_honest_shapes_are_left_alone(text: str) -> None:
    assert (idle(text), empty_question(text), leaked(text, "0, 3, 4, 5, 12, 18 and 32")) == ("", "", "")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("theorem X : ∃ x : ℕ, (x = 2 ^ 10 % 7)", "x is whatever 2 ^ 10 % 7 is"),
        ("theorem X : exists x : Nat, x = 2 ^ 10 % 7", "x is whatever 2 ^ 10 % 7 is"),
        ("theorem X : ∃! x : ℕ, x = 2 ^ 10 % 7", "x is whatever 2 ^ 10 % 7 is"),
        ("theorem X : (∃ x : ℕ, x = 2 ^ 10 % 7 ∧ True)", "x is whatever 2 ^ 10 % 7 is"),
        ("theorem X : ∃ x y : ℕ, x = 3 * 5 ∧ y = 4 * 4", "x is whatever 3 * 5 is"),
        ("theorem X : ∃ S : Set ℕ, S = {n | n ^ 2 < 10}", "S is whatever {n | n ^ 2 < 10} is"),
        ("theorem X (a : ℝ) : ∃ r : ℝ, Real.sqrt a = r", "r is whatever Real.sqrt a is"),
        ("theorem X (n : ℕ) (m : ℕ) (h : n > 2) : n > 1", "m is bound and does not occur"),
        ("theorem X (heights : Fin 3 → ℝ) (n : ℕ) (hn : n > 2) : n > 1", "heights is bound and does not occur"),
        ("theorem X (h : ℝ) (n : ℕ) (hn : n > 2) : n > 1", "h is bound and does not occur"),
        ("theorem X : forall n m : Nat, n > 2 -> n > 1", "m is bound and does not occur"),
        ("theorem X (n : ℕ) (h : True) : n ^ 2 ≥ n", "(h : True) has nothing to do with the conclusion"),
        ("theorem X (n m : Nat) : m > 2 -> n + 0 = n", "m > 2 has nothing to do with the conclusion"),
        ("theorem X (p n : ℕ) (hp : p.Prime) : n + 0 = n", "(hp : p.Prime) has nothing to do with the conclusion"),
        ("theorem X (x : ℝ) (h₀ : 2 * x = 14 ∧ x = 7) : x = 7", "x = 7 is given, a number that the problem does not name"),
        ("theorem X (x : Nat) : 2 * x = 14 -> x = 7 -> x = 7", "x = 7 is given, a number that the problem does not name"),
    ],
)
def test_cheating_shapes_are_named(text: str, why: str) -> None:
    assert (idle(text) or empty_question(text) or leaked(text, "2x = 14")) == why


CORE = (
    "theorem X (x : Int) (h₀ : 2 * x + 3 = 7) : x = 2",
    "theorem X (f : Nat → Nat) (h₀ : ∀ x, f x = 2 * x + 1) : f 10 = 21",
    "theorem X (f : Int → Int) : (∀ a b, f (2 * a) + 2 * f b = f (f (a + b))) ↔ (∀ z, f z = 0) ∨ ∃ c, ∀ z, f z = 2 * z + c",
    "theorem X : ¬ ∃ x y : Int, x ^ 2 + 1 = 4 * y",
    "theorem X : ∃ a b c : Nat, 0 < a ∧ 0 < b ∧ a ^ 2 + b ^ 2 = c ^ 2",
    "theorem X (n : Nat) (hn : n % 2 = 1) : let m := n / 2; n = 2 * m + 1",
    "theorem X (f : Nat → Nat) (h : ∀ n, f n = if n % 2 = 0 then n / 2 else 3 * n + 1) : f (f 6) = 10",
    "theorem X (a b : Nat) (h : b ≤ a) : (a - b) + b = a",
    "theorem X (a : Nat → Nat) (h0 : a 0 = 1) (h1 : a 1 = 1) (h : ∀ n, a (n + 2) = a (n + 1) + a n) : a 10 = 89",
    "theorem X (P : Nat → Prop) (h0 : P 0) (hs : ∀ n, P n → P (n + 1)) : ∀ n, P n",
    "theorem X (n : Nat) (h₀ : 3 ∣ n) (h₁ : 5 ∣ n) : 15 ∣ n",
    "theorem X (n : Nat) (h : n ^ 2 % 4 = 3) : False",
    "theorem X (a b : Nat) (cop : Nat.Coprime a b) (ha : 2 ∣ a) : ¬ 2 ∣ b",
    "theorem X : forall n : Nat, n > 3 -> n * n > 9",
    "theorem X : ∀ N : Nat, ∃ n, n ≥ N ∧ n % 4 = 3",
    "theorem X (x : Nat) : x > 0 → (x ∣ 6 ↔ x = 1 ∨ x = 2 ∨ x = 3 ∨ x = 6)",
    "theorem X (p q : Prop) (hp : p) (hpq : p → q) : q",
    "theorem X (z : Int) (h : z * z = 4) (hz : z > 0) : ∃ n : Nat, z = n",
    "theorem X (n : Int) (h : n % 2 = 1) : ∃ k, n ^ 2 = 8 * k + 1",
)


def test_core_shapes_on_lean(backend: Backend) -> None:
    """Those that ask Lean, too: honest statements stay, and there is no thing that is whatever a term is."""
    for step in (repeated, true_of_anything, consistent):
        dropped = [(s.text, s.reason, s.detail) for s in run(step, CORE, backend) if not s.kept]
        assert dropped == ([(CORE[11], "contradictory", "the hypotheses prove False")] if dropped and step is consistent else [])
    cheats = (
        "theorem X : let p := ∃ x : Nat, x = 2 ^ 10 % 7; p",
        "theorem X : ∃ f : Nat → Nat, ∀ n, f n = n ^ 2 + 1",
        "theorem X (n : Nat) (h : n > 3) : n ^ 2 > 9 ∨ True",
        "theorem X : ∃ x : Nat, x = 2 ^ 10 % 7 ∧ ∀ y, y = 2 ^ 10 % 7 → y = x",
        "theorem X (n : Nat) : ∃ k : Int, k = n",
        "theorem X : ∀ n : Nat, ∀ m < 0, n * m = 7",
    )
    assert [s.reason for s in run(true_of_anything, cheats[:5], backend)] == ["true_of_anything"] * 5
    assert [s.reason for s in run(consistent, cheats[5:], backend)] == ["contradictory"]


def test_what_a_binder_says() -> None:
    known = {"p": "ℕ", "P": "ℕ → Prop", "q": "Prop", "G": "Type*", "F": "ℕ → Type", "x": "G"}
    said = {
        True: ["p.Prime", "P 0", "q", "p → q", "IsCyclic G", "p ≡ 2 [MOD 5]", "Odd p", "0 < p", "x ∈ S", "RiemannHypothesis"],
        False: ["ℕ", "ℝ → ℝ", "Fin p → ℝ", "G", "F 0", "G → G", "Set G", "Matrix (Fin p) (Fin p) ℝ", "ℕ × ℕ", "(ℕ → ℕ)", "Type*"],
    }
    for wanted, kinds in said.items():
        for kind in kinds:
            assert says(["h" if wanted else "a"], kind, known) is wanted, kind


def test_a_hypothesis_behind_a_quantifier_takes_one_name() -> None:
    goal = telescope("theorem X : ∀ p : Nat, ∀ hp : Odd p, ∀ n > 3, p ≥ n")
    assert [(part.names, part.hypothesis) for part in goal.parts] == [(("p",), False), (("hp",), True), (("n",), True)]
    assert any(step.startswith("intro x0 x1 x2 x3; ") for step in with_given(goal, goal))


def test_signs_in_ascii() -> None:
    assert spelled("forall n : Nat, n >= 1 /\\ n <= 5 -> (n = 2 <-> ¬ n != 2) \\/ n<-1") == (
        "∀ n : Nat, n ≥ 1 ∧ n ≤ 5 → (n = 2 ↔ ¬ n != 2) ∨ n<-1"
    )
    assert [mark.text for mark in signs("a == b && !c || d")] == ["a", "==", "b", "&&", "!", "c", "||", "d"]
    assert spelled('"a -> b" -- x >= 1') == '"a -> b" -- x >= 1'
    assert relation("a != b") is None and relation("a -> b = c") is None and relation("a<=b") == ("a", "≤", "b")
    assert normalized("theorem A (n : ℕ) (h : n >= 2) : n>=1") == normalized("theorem B (n : Nat) (h : n ≥ 2) : n ≥ 1")
    assert telescope("theorem X (a : Nat) : a >= 2 -> a > 1").statement() == "theorem X (a : Nat) : a ≥ 2 → a > 1"
    assert refutation("theorem X : forall n : Nat, n > 3 -> n < 2 -> n = 9") == "theorem X  : ∀ n : Nat, n > 3 → n < 2 → False"


@pytest.mark.parametrize("body", ["n = n", "True ∧ n ≤ n", "(n ∣ n)", "fun _ => True"])
def test_definitions_that_are_true_of_anything(body: str) -> None:
    assert saying_nothing(f"def Nice (n : Nat) : Prop := {body}")


def test_definitions_that_say_something() -> None:
    for body in ("n = n * n", "n % 2 = n % 4", "n ∣ n + 6", "11 = 1 ∨ n = 1"):
        assert saying_nothing(f"def Nice (n : Nat) : Prop := {body}") == ""


@pytest.mark.parametrize(
    ("text", "free_ones"),
    [
        ("∀ m : Fin m, m = n", "Fin m n"),
        ("∀ m < n, m < 9", "n"),
        ("∃! x, x = y", "y"),
        ("∑ i ∈ range i, i * k", "range i k"),
        ("∀ᶠ x in f, x = y", "f y"),
        ("fun m (k : Fin m) => m + k + n", "Fin m n"),
        ("⟨fun x => ∃ y, y = x, x⟩", "x"),
        ("fun | 0 => a | k + 1 => k", "a"),
        ("match n with | 0 => k | k + 1 => k", "n k"),
        ("let m := m + 1; m < n", "m n"),
        ("let m := 2\n m < n", "n"),
        ("{m | m < n}", "n"),
        ("{m : ℕ // m < n}", "ℕ n"),
        ("{f x | x ∈ s}", "f x s"),
        ("n.succ = 3", "n n.succ"),
    ],
)
def test_what_a_binder_binds_is_not_free(text: str, free_ones: str) -> None:
    assert free(text) - {"fun", "match", "with", "let", "in"} == set(free_ones.split())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("theorem X (n m : ℕ) (h : ∀ m, m < n → m < 9) : n < 11", "m is bound and does not occur"),
        ("theorem X (n m : ℕ) (h : 3 < n) : (fun m => m + n) 1 = n + 1", "m is bound and does not occur"),
        ("theorem X (n m : ℕ) (h : 3 < n) : ∑ m ∈ Finset.range n, m > 2", "m is bound and does not occur"),
        ("theorem X (n m : ℕ) (h : 3 < n) : {m | m < n}.Finite", "m is bound and does not occur"),
        ("theorem X (n m : ℕ) (h : 3 < n) : let m := n - 3; m + 3 = n", "m is bound and does not occur"),
        ("theorem X (n k : ℕ) (h : 3 < n) : (match n with | 0 => 0 | k + 1 => k) < n", "k is bound and does not occur"),
        ("theorem X : ∃ k : ℕ, ∀ n : ℕ, (fun k => k) n = n", "∃ k is bound and does not occur"),
        ("theorem X (n m : ℕ) (hm : 3 < m) : (∀ m : ℕ, m < n → m < 9) ∨ 9 < n", "(hm : 3 < m) has nothing to do with the conclusion"),
        ("theorem X (n m : ℕ) (hm : 3 < m) (h : ∀ m, m < n → m < 9) : n < 11", "(hm : 3 < m) has nothing to do with the conclusion"),
        ("theorem X (n m : ℕ) (h : 3 < n) : ∃ m < n, m = 2", "m is bound and does not occur"),
    ],
)
def test_a_variable_that_a_binder_shadows_does_not_occur(text: str, why: str) -> None:
    assert idle(text) == why


def test_a_variable_beside_the_scope_of_its_namesake_occurs() -> None:
    for text in (
        "theorem X (n m : ℕ) (h : (∀ m, m < n → m < 9) ∧ m < n) : n + m < 22",
        "theorem X (n m : ℕ) (h : ∑ m ∈ Finset.range m, m < n) : n > m",
        "theorem X (m : ℕ) : let m := m + 1; m > 0",
        "theorem X (n k : ℕ) : (match n with | 0 => k | k + 1 => k) < n + k + 1",
        "theorem X (x : ℕ) : (fun x => ∃ y, y = x) x",
    ):
        assert idle(text) == "", text
