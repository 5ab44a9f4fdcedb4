"""Names and notations of Mathlib's that statements use most: told apart from what nobody has.

The embedded library has none of them.  A name counts by its first part, or as a whole below `Nat` and `Int`.
"""

from __future__ import annotations

import re

from verify_workers.text.lexer import words

SPACES = words("""
    Real Complex NNReal
    ENNReal EReal Rat Finset Multiset Finsupp Set Fintype Finite Infinite Filter Topology TopologicalSpace Metric MetricSpace
    PseudoMetricSpace NormedSpace NormedAddCommGroup InnerProductSpace EuclideanSpace EuclideanGeometry Polynomial MvPolynomial
    PowerSeries Matrix Module Submodule LinearMap LinearEquiv LinearIndependent Basis FiniteDimensional Ideal Algebra Subalgebra Ring
    CommRing CommSemiring Semiring Field DivisionRing IsDomain Group CommGroup AddGroup AddCommGroup Monoid CommMonoid Subgroup Subring
    Subfield QuotientGroup MonoidHom RingHom AlgHom MulAction Equiv Perm Cardinal Ordinal ZMod Zsqrtd GaussianInt IsCoprime Associated
    Irreducible Prime Even Odd IsSquare Squarefree PartialOrder LinearOrder Lattice CompleteLattice SemilatticeSup OrderedField
    LinearOrderedField StrictMono StrictAnti Monotone Antitone MonotoneOn AntitoneOn StrictMonoOn StrictAntiOn ConvexOn ConcaveOn
    StrictConvexOn StrictConcaveOn Convex BddAbove BddBelow IsLeast IsGreatest IsLUB IsGLB Continuous ContinuousOn ContinuousAt
    Differentiable DifferentiableAt HasDerivAt deriv iteratedDeriv ContDiff Tendsto Summable HasSum tsum MeasureTheory ProbabilityTheory
    Measure Measurable MeasurableSpace Integrable IntervalIntegrable intervalIntegral CategoryTheory SimpleGraph NumberField
    ArithmeticFunction ArithmeticGeometry Padic PadicInt LegendreSymbol BigOperators Pointwise Function.Injective Function.Surjective
    Function.Bijective Function.Involutive Function.Periodic Function.support abs sqrt pi log exp sin cos tan sum_range_succ mul_pos
    sub_nonneg div_le_iff pow_le_pow_left sq_sqrt
""")
BELOW = words("""
    Nat.Prime Nat.factorial Nat.doubleFactorial Nat.choose Nat.ModEq Nat.divisors Nat.properDivisors Nat.primeFactors Nat.primeFactorsList
    Nat.factorization Nat.totient Nat.digits Nat.ofDigits Nat.fib Nat.Perfect Nat.Icc Nat.card Nat.floor Nat.ceil Nat.nth Nat.count
    Nat.find Nat.sqrt Nat.centralBinom Nat.multinomial Nat.PrimeFactors Nat.minFac Nat.cast_sum Nat.ofNat Nat.multiplicity Nat.Primes
    Int.ModEq Int.floor Int.ceil Int.fract Int.sqrt Int.card
""")
LETTERS = frozenset("ℝℚℂ𝔽𝓝")
SYMBOLS = re.compile(r"∑|∏|∫|√|‖|⨆|⨅|⋃|⋂|∛|𝓝|\[(?:Z?MOD|PMOD)\b|ℝ|ℚ|ℂ")
# Notations of ordinary characters: the token that Lean does not expect there, and how they look.
FORMS = {
    "|a|": ("'|'", re.compile(r"\|[^|\n]+\|")),
    "{x | p}": ("'}'", re.compile(r"\{[^{}|]*\|[^{}]*\}")),
    "n !": ("'", re.compile(r"[\w)] !(?!=)")),
}
TACTICS = words("""
    abel aesop apply_fun bound by_contra! continuity field_simp fin_cases finiteness fun_prop gcongr group linear_combination
    measurability module noncomm_ring nth_rewrite nth_rw polyrith positivity! push_neg qify rify slim_check tauto zify use choose lift
""")


def mathlibs(name: str) -> bool:
    """Whether a name that Lean does not know is one of Mathlib's."""
    parts = name.removeprefix("_root_.").split(".")
    return name[:1] in LETTERS or parts[0] in SPACES or ".".join(parts[:2]) in SPACES or ".".join(parts[:2]) in BELOW


def notation(text: str, said: str) -> str:
    """The first symbol of Mathlib's in a text that Lean could not parse (`said`); '' if there is none."""
    found = SYMBOLS.search(text)
    if found:
        return found[0].removeprefix("[")
    return next((shown for shown, (token, form) in FORMS.items() if token in said and form.search(text)), "")
