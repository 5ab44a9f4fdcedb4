"""Normal forms of statements, from what child S of a real check exports: spelling does not change them, meaning does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from verify_workers.backends.fork import ForkBackend
from verify_workers.kernel import jail
from verify_workers.lean import LeanInstall
from verify_workers.records import Check, Outcome, Reason, Verdict
from verify_workers.text.statement import negate

pytestmark = pytest.mark.skipif(not jail.supported(), reason="the jail is for Linux on x86-64")


@pytest.fixture(scope="module")
def fork(lean: LeanInstall) -> Iterator[ForkBackend]:
    with ForkBackend(lean) as backend:
        yield backend


def asked(fork: ForkBackend, goal: str, preamble: str = "", header: str = "", proof: str = "by omega", **changes: object) -> Verdict:
    check = Check(id="x", statement=f"theorem X {goal}", preamble=preamble, header=header, proof=proof, timeout=10)
    return fork.check(check.model_copy(update=changes))


def form(fork: ForkBackend, goal: str, preamble: str = "", header: str = "") -> str:
    verdict = asked(fork, goal, preamble, header)
    assert verdict.form and verdict.negated_form and verdict.form != verdict.negated_form, verdict
    return verdict.form


SAME = (
    ("names and grouping", ": ∀ a b : Nat, a + b = b + a", "(x : Nat) (y : Nat) : y + x = x + y"),
    ("kinds of binders", "(α : Type) (x : α) : x = x", "{β : Type} {y : β} : y = y"),
    ("order of hypotheses", ": ∀ n m : Nat, n > 3 → m ≥ 4 → n * m ≥ 12", "(m n : Nat) (h : 4 ≤ m) (g : 3 < n) : 12 ≤ n * m"),
    ("order of variables of different types", "(n : Nat) (z : Int) (h : z = n) : n = z", "(i : Int) (k : Nat) (h : i = k) : k = i"),
    ("≠", ": ∀ n : Nat, n ≠ 0 → n > 0", "(n : Nat) (h : ¬ n = 0) : 0 < n"),
    ("≠ and False", ": ∀ n : Nat, 0 = n → False", ": ∀ n : Nat, n ≠ 0"),
    ("∧ of hypotheses", ": ∀ n : Nat, 2 < n ∧ n < 4 → n = 3", "(n : Nat) (h : n < 4) (g : n > 2) : 3 = n"),
    ("∧ and ∨", ": ∀ p q r : Prop, p ∧ (q ∨ r) → (p ∧ q) ∨ (p ∧ r)", "(r q p : Prop) : p → (q ∨ r) → (r ∧ p) ∨ (q ∧ p)"),
    ("brackets of ∧", ": ∀ p q r : Prop, r → (p ∧ q) ∧ r", ": ∀ x y z : Prop, z → x ∧ (z ∧ y)"),
    ("↔", "(p q : Prop) : (p ∧ q ↔ q)", "(a b : Prop) : (b ↔ b ∧ a)"),
    ("∃", ": ∃ x y : Nat, x * y = 6 ∧ x < y", ": ∃ b a : Nat, a < b ∧ 6 = a * b"),
    ("nested", ": ∀ x : Nat, ∃ m k : Nat, m > 2 * x + 1 ∧ k > m", "(y : Nat) : ∃ a b : Nat, b > a ∧ 2 * y + 1 < a"),
    ("functions", ": ∀ f : Nat → Nat → Nat, (∀ a b, f a b = f b a) → f 1 2 = f 2 1",
     "(g : Nat → Nat → Nat) (h : ∀ y x, g x y = g y x) : g 2 1 = g 1 2"),
    ("predicates", ": ∀ P : Nat → Prop, (∀ n, P n → P (n + 1)) → P 0 → P 5", "(Q : Nat → Prop) (h : Q 0) (g : ∀ k, Q k → Q (k + 1)) : Q 5"),
    ("¬", ": ¬ (∃ x : Nat, x < 0)", ": (∃ y : Nat, y < 0) → False"),
    ("ℕ and instances", ": ∀ a : Nat, (2 : Nat) ∣ a", ": ∀ b : Nat, Dvd.dvd 2 b"),
    ("a condition", ": ∀ a : Nat, (if a > 2 then 1 else 2) > 0", "(c : Nat) : 0 < (if 2 < c then 1 else 2)"),
    ("universes", "{α : Type u} (x : α) : x = x", "{α : Type v} (x : α) : x = x"),
    ("let", "(n : Nat) : let s := n * (n + 1); s % 2 = 0", ": ∀ n : Nat, n * (n + 1) % 2 = 0"),
    ("have", "(n : Nat) : have s := n * (n + 1); s % 2 = 0", ": ∀ n : Nat, (fun k => k % 2 = 0) (n * (n + 1))"),
    ("a let in disguise", ": ∃ x : Nat, x = 5 * 3 ∧ x % 2 = 1", ": 5 * 3 % 2 = 1"),
    ("two of them", "(n : Nat) : ∃ a b : Nat, b > a ∧ a = n * n ∧ b = a + 1", "(m : Nat) : m * m < m * m + 1"),
    ("one below another", "(n : Nat) : ∃ a b : Nat, a = n * n ∧ b * b = a", "(n : Nat) : ∃ b : Nat, b * b = n * n"),
    ("one within a term", "(n : Nat) : n > 2 ∨ ∃ a, (∀ k : Nat, k * a > n) ∧ n + 1 = a", "(n : Nat) : n > 2 ∨ ∀ k : Nat, n < k * (n + 1)"),
    ("a function", ": ∃ f : Nat → Nat, f = (fun n => n + 1) ∧ f 3 = 4", ": 3 + 1 = 4"),
    ("variables that play one part", "(a b c : Nat) (h : a = b) (g : b = c) : a = c", "(z y x : Nat) (h : y = z) (g : x = y) : x = z"),
)  # fmt: skip
OTHER = (
    ("another variable", ": ∀ a b : Nat, a - b = b", ": ∀ a b : Nat, a - b = a"),
    ("another relation", ": ∀ a b : Nat, a < b", ": ∀ a b : Nat, a ≤ b"),
    ("order of quantifiers that matters", ": ∀ a : Nat, ∃ b : Nat, a < b", ": ∃ b : Nat, ∀ a : Nat, a < b"),
    ("another type", ": ∀ a b : Nat, a < b → a * a < b * b", ": ∀ a b : Int, a < b → a * a < b * b"),
    ("conclusion and hypothesis", ": ∀ p q : Prop, (p → q) → q → p", ": ∀ p q : Prop, (p → q) → p → q"),
    ("arguments of a function", ": ∀ f : Nat → Int → Nat, f 1 2 = 3", ": ∀ f : Int → Nat → Nat, f 1 2 = 3"),
    ("a number", ": ∀ n : Nat, n + 0 = n", ": ∀ n : Nat, n + 1 = n"),
    ("scope of a quantifier", ": (∀ n : Nat, n = 1) → False", ": ∀ n : Nat, n = 1 → False"),
    ("∧ and ∨", "(p q : Prop) : p ∧ q → p", "(p q : Prop) : p ∨ q → p"),
    ("a hypothesis more", ": ∀ n : Nat, n > 1 → n > 0", ": ∀ n : Nat, n > 1 → n < 9 → n > 0"),
    ("sides of -", ": ∀ a b : Nat, a > b → a - b > 0", ": ∀ a b : Nat, a > b → b - a > 0"),
    ("an instance that matters", "(i : Add Nat) : @HAdd.hAdd Nat Nat Nat (@instHAdd Nat i) 1 1 = 2",
     "(i : Add Nat) : 1 + 1 = (2 : Nat) ∧ i = i"),
    ("a local instance", "(i j : Add Nat) : @HAdd.hAdd Nat Nat Nat (@instHAdd Nat i) 1 1 = @HAdd.hAdd Nat Nat Nat (@instHAdd Nat j) 1 1",
     "(i j : Add Nat) : @HAdd.hAdd Nat Nat Nat (@instHAdd Nat i) 1 1 = @HAdd.hAdd Nat Nat Nat (@instHAdd Nat i) 1 1"),
    ("the same letters twice", "(a b : Nat) (h : a < b) : b < a → False", "(a b : Nat) (h : a < b) : a < b → False"),
    ("a branch that is a function", ": (if 1 = 1 then Nat.succ else id) 3 = 4", ": (if 1 = 1 then Nat.pred else id) 3 = 4"),
    ("a branch that is a function of two", "(n : Nat) : (if n = 1 then Nat.add else Nat.mul) n 3 = 4",
     "(n : Nat) : (if n = 1 then Nat.sub else Nat.mul) n 3 = 4"),
    ("a branch below its condition", "(n : Nat) : (if _ : n = 1 then Nat.succ else id) 3 = 4",
     "(n : Nat) : (if _ : n = 1 then Nat.pred else id) 3 = 4"),
    ("what is equal to itself", ": ∃ x : Nat, x = x * x ∧ x > 1", ": ∃ x : Nat, x > 1"),
    ("a let that nothing speaks of", ": ∃ x : Nat, x = 3", ": ∃ x : Nat, x = 4"),
    ("a cast", "(z : Int) : ∃ n : Nat, z = n ∧ n > 2", "(z : Int) : z > 2"),
    ("a value of a later variable", ": ∃ x : Nat, ∀ y : Nat, x = y ∧ x > 1", ": ∀ y : Nat, y > 1"),
    ("a variable that nothing speaks of", ": ∀ _ : Fin 0, 1 = 2", ": 1 = 2"),
)  # fmt: skip


@pytest.mark.parametrize(("one", "other"), [row[1:] for row in SAME], ids=[row[0] for row in SAME])
def test_spelling_does_not_change_the_form(fork: ForkBackend, one: str, other: str) -> None:
    header = "universe u v\n"
    assert form(fork, one, header=header) == form(fork, other, header=header)


@pytest.mark.parametrize(("one", "other"), [row[1:] for row in OTHER], ids=[row[0] for row in OTHER])
def test_meaning_does(fork: ForkBackend, one: str, other: str) -> None:
    assert form(fork, one) != form(fork, other)


@pytest.mark.parametrize("goal", [": ∀ n : Nat, n + 0 = n", "(p q : Prop) (h : p ∧ q) : q ∧ p", ": ∃ n : Nat, n < 0", ": ¬ (1 = 2)"])
def test_the_negation_has_the_form_of_the_negated_statement(fork: ForkBackend, goal: str) -> None:
    negated = negate(f"theorem X {goal}").removeprefix("theorem X ")
    assert asked(fork, goal).negated_form == form(fork, negated)


EVEN = "def ev (n : Nat) : Prop := ∃ k, n = 2 * k"


def test_what_the_preamble_defines_counts_and_its_names_do_not(fork: ForkBackend) -> None:
    ours = form(fork, ": ∀ n, ev n → ev (n + 2)", EVEN)
    assert ours == form(fork, "(k : Nat) (h : even' k) : even' (k + 2)", "def even' (m : Nat) : Prop := ∃ j, 2 * j = m")
    assert ours != form(fork, ": ∀ n, ev n → ev (n + 2)", EVEN.replace("2 * k", "3 * k"))
    types = [f"inductive T where | a | b{more}" for more in ("", " | c")]
    assert len({form(fork, ": ∀ x y : T, x = y → y = x", text) for text in types}) == 2
    hidden = "opaque a : Nat\nopaque b : Nat"
    assert form(fork, ": a = b", hidden) != form(fork, ": a = a", hidden)


def test_names_that_the_preamble_takes_are_not_the_headers(fork: ForkBackend) -> None:
    """`M.Ne` here is no inequality, whatever its name."""
    odd = "namespace M\ndef Ne (a b : Nat) : Prop := a = b\nend M\n"
    assert form(fork, ": M.Ne 1 2", odd) not in (form(fork, ": 1 ≠ 2"), form(fork, ": 1 = 2"))


def test_a_match_in_the_statement_has_no_name(fork: ForkBackend) -> None:
    goal = ": ∀ n : Nat, (match n with | 0 => 1 | k + 1 => k) ≥ 0"
    assert form(fork, goal) == form(fork, "(x : Nat) : 0 ≤ (match x with | 0 => 1 | j + 1 => j)")


def test_every_verdict_on_a_statement_has_the_form_whatever_became_of_the_proof(fork: ForkBackend) -> None:
    goal = "(a b : Nat) : a + b = b + a"
    wanted = form(fork, goal)
    ends = {
        Outcome.ACCEPTED: asked(fork, goal, proof="Nat.add_comm a b"),
        Outcome.REJECTED: asked(fork, goal, proof="rfl"),
        Outcome.TIMEOUT: asked(fork, goal, proof="by repeat (first | skip | rfl)", header="set_option maxHeartbeats 0", timeout=0.5),
    }
    for outcome, verdict in ends.items():
        assert (verdict.outcome, verdict.form) == (outcome, wanted)
    assert asked(fork, goal, proof="Nat.add_comm a b").form == wanted  # from the session's memory
    unstated = asked(fork, ": nonsense")
    assert (unstated.reason, unstated.form) == (Reason.STATEMENT, "")


def test_a_candidate_has_no_say_in_it(fork: ForkBackend) -> None:
    goal = ": 1 + 1 = 2"
    notation = f'local notation "2" => 3\ntheorem X {goal} := rfl'
    check = Check(id="x", statement=f"theorem X {goal}", code=notation, timeout=10)
    assert ForkBackend.check(fork, check).form in ("", form(fork, goal))


DEEP = "f (" * 450 + "x" + ")" * 450
TIED = (
    "(a b c d : Nat) : ∃ e f g h : Nat, ∀ i j k l : Nat, ¬ ∃ m n o p : Nat, (a + e + i + m = b + f + j + n ↔ c + g + k + o = d + h + l + p)"
)


@pytest.mark.parametrize("goal", [f"(f : Nat → Nat) (x : Nat) : {DEEP} = x", TIED], ids=["deep", "tied"])
def test_a_statement_that_would_take_too_long_has_none_and_is_checked_all_the_same(fork: ForkBackend, goal: str) -> None:
    verdict = asked(fork, goal, proof="rfl", header="set_option maxRecDepth 100000", timeout=60)
    assert (verdict.form, verdict.negated_form) == ("", "") and verdict.reason not in ("", Reason.STATEMENT), verdict


def test_many_variables_that_look_alike_still_have_a_form(fork: ForkBackend) -> None:
    many = " ".join(f"a{i}" for i in range(9))
    assert form(fork, f"({many} : Nat) : a0 = a1 → a2 = a2")
