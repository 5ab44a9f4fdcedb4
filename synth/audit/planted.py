"""Faults planted in a corpus on purpose: what an audit must find.  `docs/benchmarks/audit.py` measures it, a test repeats it in small.

Every fault is made from a right row (statement, proof) of the corpus; what was planted stands in the row's `planted`, which no audit reads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from synth.audit.labels import Label
from synth.problems.families import Draft
from synth.problems.generate import EVERYTHING, draw, reference, word
from synth.statements.telescope import telescope
from verify_workers.text.statement import parse_theorem, renamed

Row = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """`labels` are those that say what is wrong; `make` gets a right row, another one, and chance; None where it cannot be planted."""

    labels: tuple[Label, ...]
    make: Callable[[Row, Row, Random], Row | None]


def right_rows(seed: int, count: int) -> list[Row]:
    """`count` true statements of the generator with proofs that are known to verify, each with another text."""
    rng, rows, seen = Random(seed), list[Row](), set[str]()
    for _ in range(100 * count + 1000):
        if len(rows) == count:
            break
        family, _, drawn = draw(rng, EVERYTHING)
        if drawn.truth != "true" or drawn.goal in seen or not drawn.proofs:
            continue
        seen.add(drawn.goal)
        rows.append(_row(len(rows), word(rng, family, drawn), drawn))
    return rows


def _row(number: int, text: str, drawn: Draft) -> Row:
    statement = renamed(parse_theorem(reference(drawn.goal)), f"row_{number}")
    return {"name": f"row_{number}", "problem": text, "formal_statement": statement, "formal_proof": f"by {drawn.proofs[0]}"}


def as_file(row: Row, statement: str = "", proof: str = "") -> Row:
    """The same row with a whole file for its proof."""
    file = f"{statement or row['formal_statement']} := {proof or row['formal_proof']}"
    return {**{name: value for name, value in row.items() if name != "formal_proof"}, "full_proof": file}


def as_file_alone(row: Row) -> Row:
    """The same row as nothing but a file."""
    return {name: value for name, value in as_file(row).items() if name != "formal_statement"}


# ---- the faults


def _proof(text: str) -> Callable[[Row, Row, Random], Row]:
    return lambda row, other, rng: {**row, "formal_proof": text}


def _file(text: str) -> Callable[[Row, Row, Random], Row]:
    """A file around the row's statement: `{s}` and `{p}` stand for statement and proof, `{n}` for its name."""

    def make(row: Row, other: Row, rng: Random) -> Row:
        made = text.replace("{s}", row["formal_statement"]).replace("{p}", row["formal_proof"]).replace("{n}", row["name"])
        return {**as_file(row), "full_proof": made}

    return make


def _false(row: Row, other: Row, rng: Random) -> Row:
    number = rng.randint(3, 99)
    return {**row, "formal_statement": f"theorem {row['name']} : ∀ k : Nat, k + {number} = k * {number}"}


def _false_with(file: str) -> Callable[[Row, Row, Random], Row]:
    """A file that claims something false by a trick: `{s}` is the statement."""

    def make(row: Row, other: Row, rng: Random) -> Row:
        a = rng.randint(50, 99)
        statement = f"theorem {row['name']} : ({a} : Nat) < {a - rng.randint(1, 40)}"
        return {**row, "formal_statement": statement, "formal_proof": None, "full_proof": file.replace("{s}", statement)}

    return make


def _alone(make: Callable[[Row, Row, Random], Row | None]) -> Callable[[Row, Row, Random], Row | None]:
    """The same as a file without the row's statement."""

    def alone(row: Row, other: Row, rng: Random) -> Row | None:
        made = make(row, other, rng)
        return made and {name: value for name, value in made.items() if name != "formal_statement"}

    return alone


def _weaker(row: Row, other: Row, rng: Random) -> Row:
    number = rng.randint(3, 99)
    weak = f"theorem {row['name']} : ∀ k : Nat, k < {number} → k ≤ {number}"
    return {
        **as_file(row, weak, "by intros; omega"),
        "formal_statement": weak.replace(f"k < {number} → k ≤ {number}", f"k * k + {number} ≥ k + 1"),
    }


def _stronger(row: Row, other: Row, rng: Random) -> Row:
    number = rng.randint(3, 99)
    claimed = f"theorem {row['name']} : ∀ k : Nat, k ≤ k + {number}"
    return {**as_file(row, claimed.replace("k ≤ k +", "k < k +"), "by intros; omega"), "formal_statement": claimed}


def _types(row: Row, other: Row, rng: Random) -> Row:
    number = rng.randint(3, 99)
    claimed = f"theorem {row['name']} (k : Int) : k + {number} - k = {number}"
    return {**as_file(row, claimed.replace("Int", "Nat"), "by omega"), "formal_statement": claimed}


def _contradictory(row: Row, other: Row, rng: Random) -> Row:
    a = rng.randint(3, 99)
    return {
        **row,
        "formal_statement": f"theorem {row['name']} (k : Nat) (h₀ : k < {a}) (h₁ : k > {a + 5}) : k * k = {a}",
        "formal_proof": "by omega",
    }


def _nothing_defined(row: Row, other: Row, rng: Random) -> Row:
    number, name = rng.randint(3, 999), f"Good_{row['name']}"
    statement = f"def {name} (n : Nat) : Prop := True\n\ntheorem {row['name']} : {name} {number}"
    return {**row, "formal_statement": statement, "formal_proof": "trivial"}


def _unfinished(row: Row, other: Row, rng: Random) -> Row:
    number, name = rng.randint(3, 999), f"c_{row['name']}"
    statement = f"def {name} : Nat := sorry\n\ntheorem {row['name']} : {name} + {number} = {number} + {name}"
    return {**row, "formal_statement": statement, "formal_proof": "by omega"}


def _answer(row: Row, other: Row, rng: Random) -> Row:
    a = rng.randint(100, 999)
    text = f"Find the value of the natural number k, given that k leaves remainder 0 when divided by {2 * a}."
    statement = f"theorem {row['name']} (k : Nat) (h : k = {4 * a}) : k = {4 * a}"
    return {**row, "problem": text, "formal_statement": statement, "formal_proof": "h"}


def _empty(row: Row, other: Row, rng: Random) -> Row:
    return {**row, "formal_statement": f"theorem {row['name']} : ∃ k : Nat, k = {rng.randint(3, 99)} * 7", "formal_proof": "⟨_, rfl⟩"}


def _empty_by_its_term(row: Row, other: Row, rng: Random) -> Row:
    """The same where only Lean knows it: a cast stands between the sides."""
    a, b = rng.randint(3, 99), rng.randint(3, 99)
    statement = f"theorem {row['name']} (n : Nat) (h : n < {a}) : ∃ k : Int, k = n * {b} ∧ (∃ m : Int, m = k + n)"
    return {**row, "formal_statement": statement, "formal_proof": "⟨_, rfl, _, rfl⟩"}


def _any_large_one(row: Row, other: Row, rng: Random) -> Row:
    """A question for one thing, of which the statement takes any that is large."""
    a, b = rng.randint(3, 99), rng.randint(3, 99)
    text = f"Find the least number of boxes, each of which holds {b} balls, that are enough for {a} balls."
    statement = f"theorem {row['name']} (c : Nat) (h : c * {b} ≥ {a}) : ∃ k : Nat, k ≥ c ∧ {a} ≤ k"
    return {**row, "problem": text, "formal_statement": statement, "formal_proof": f"⟨c + {a}, by omega, by omega⟩"}


def _renamed(row: Row, other: Row, rng: Random) -> Row:
    """An earlier row under another name."""
    return {**other, "name": row["name"], "formal_statement": renamed(parse_theorem(other["formal_statement"]), f"copy_of_{row['name']}")}


def _reordered(row: Row, other: Row, rng: Random) -> Row | None:
    """An earlier row with two independent hypotheses the other way round."""
    parts = telescope(other["formal_statement"])
    for i, (one, two) in enumerate(zip(parts.parts, parts.parts[1:], strict=False)):
        if one.hypothesis and two.hypothesis:
            told = [part.text for part in parts.parts]
            told[i], told[i + 1] = told[i + 1], told[i]
            statement = " ".join([f"theorem {row['name']}", *(part.text for part in parts.binders), ":", *told, parts.conclusion])
            return {**other, "name": row["name"], "formal_statement": statement, "formal_proof": "by intros; simp_all; omega"}
    return None


def _swapped(row: Row, other: Row, rng: Random) -> Row | None:
    """An earlier row's equation with its sides exchanged."""
    parts = telescope(other["formal_statement"])
    left, sign, right = parts.conclusion.partition(" = ")
    if not sign or any(mark in parts.conclusion for mark in "∧∨→↔∃∀¬<>≤≥%∣"):
        return None
    statement = parts.statement(f"{right} = {left}").replace(parts.head, f"theorem {row['name']}")
    return {**other, "name": row["name"], "formal_statement": statement, "formal_proof": "by intros; simp_all; omega"}


def _benchmark(rename: bool) -> Callable[[Row, Row, Random], Row]:
    def make(row: Row, other: Row, rng: Random) -> Row:
        name = row["name"] if rename else parse_theorem(other["formal_statement"]).name
        text = row["problem"] if rename else other["problem"]
        return {**other, "name": row["name"], "problem": text, "formal_statement": renamed(parse_theorem(other["formal_statement"]), name)}

    return make


def _truncated(row: Row, other: Row, rng: Random) -> Row:
    return {**row, "formal_proof": f"by\n  have h : 1 + 1 = 2 := by decide\n  have key : 2 + {rng.randint(3, 99)}"}


REJECTED = (Label.REJECTED,)
REFUSED = (Label.REJECTED, Label.POLICY)
FAULTS: dict[str, Fault] = {
    "wrong proof": Fault(REJECTED, _false),
    "sorry": Fault(REJECTED, _proof("by sorry")),
    "admit": Fault(REFUSED, _proof("by\n  intros\n  all_goals admit")),
    "own axiom": Fault((Label.AXIOM,), _false_with("axiom cheat : False\n\n{s} := cheat.elim")),
    "native_decide": Fault(
        (Label.AXIOM,),
        lambda row, other, rng: {
            **row,
            "formal_statement": f"theorem {row['name']} : {rng.randint(10, 99)} * 7 % 7 = 0",
            "formal_proof": "by native_decide",
        },
    ),
    "weaker theorem in the file": Fault((Label.ALTERED,), _weaker),
    "stronger theorem in the file": Fault((Label.ALTERED,), _stronger),
    "other types in the file": Fault((Label.ALTERED,), _types),
    "contradictory hypotheses": Fault((Label.VACUOUS,), _contradictory),
    "a definition that is True": Fault((Label.PLACEHOLDER,), _nothing_defined),
    "sorry in a definition": Fault((Label.PLACEHOLDER,), _unfinished),
    "the answer as a hypothesis": Fault((Label.VACUOUS,), _answer),
    "anything is the answer": Fault((Label.VACUOUS,), _empty),
    "anything is the answer, by its term": Fault((Label.VACUOUS,), _empty_by_its_term),
    "anything large is the answer": Fault((Label.VACUOUS,), _any_large_one),
    "duplicate, renamed": Fault((Label.DUPLICATE,), _renamed),
    "duplicate, hypotheses reordered": Fault((Label.DUPLICATE,), _reordered),
    "duplicate, sides swapped": Fault((Label.DUPLICATE,), _swapped),
    "benchmark row, verbatim": Fault((Label.CONTAMINATED,), _benchmark(False)),
    "benchmark row, renamed, other words": Fault((Label.CONTAMINATED,), _benchmark(True)),
    "broken header": Fault((Label.UNSUPPORTED, Label.UNREADABLE), lambda row, other, rng: {**row, "header": "open Nonexistent.Space in"}),
    "truncated proof": Fault(REJECTED, _truncated),
    "another theorem's proof": Fault(REJECTED, lambda row, other, rng: {**_false(row, other, rng), "formal_proof": other["formal_proof"]}),
    "notation trick": Fault(
        (Label.PLACEHOLDER,), _alone(_false_with('local notation:50 a " < " b => (a + b = b + a)\n\n{s} := Nat.add_comm _ _'))
    ),
    "instance trick": Fault((Label.PLACEHOLDER,), _alone(_false_with("instance cheat : LT Nat := ⟨fun _ _ => True⟩\n\n{s} := trivial"))),
    "instance trick beside the statement": Fault(
        (Label.ALTERED, Label.REJECTED), _false_with("instance cheat : LT Nat := ⟨fun _ _ => True⟩\n\n{s} := trivial")
    ),
    "cheating macro": Fault((Label.POLICY,), _false_with('macro "done!" : tactic => `(tactic| sorry)\n\n{s} := by done!')),
    "cheating elab": Fault(
        (Label.POLICY,), _false_with('open Lean Elab Tactic in\nelab "done!" : tactic => do admitGoal (← getMainGoal)\n\n{s} := by done!')
    ),
    "the claim in a comment": Fault((Label.ALTERED,), _false_with("/- {s} := by -/ theorem NAME : True := trivial")),
    "no proof at all": Fault((Label.UNREADABLE,), lambda row, other, rng: {**row, "formal_proof": ""}),
}
"""By what was planted; 30 kinds."""


def planted_corpus(seed: int, right: Sequence[Row], share: float, benchmark: Sequence[Row]) -> list[Row]:
    """The `right` rows, of which `share` (one of each kind at least) get a fault, each kind as often; the others in three forms.

    Faults that repeat a row stand behind the row that they repeat; `benchmark` is what no row may have.
    """
    rng, rows, count = Random(seed), list(right), len(right)
    wanted = max(len(FAULTS), round(count * share))
    places = sorted(rng.sample(range(count // 2, count), wanted))
    kinds = [list(FAULTS)[i % len(FAULTS)] for i in range(wanted)]
    rng.shuffle(kinds)
    taken = set[int]()
    for at, kind in zip(places, kinds, strict=True):
        rows[at] = _planted(kind, rows[at], rows[: count // 2], benchmark, rng, taken)
    forms = (dict, as_file, as_file_alone)
    return [row if "planted" in row else {**forms[rng.randrange(3)](row), "planted": ""} for row in rows]


def _planted(kind: str, row: Row, earlier: Sequence[Row], benchmark: Sequence[Row], rng: Random, taken: set[int]) -> Row:
    """`row` with the fault `kind`; earlier rows are copied once at most.  ValueError where it cannot be planted."""
    pool = benchmark if kind.startswith("benchmark") else earlier
    for at in rng.sample(range(len(pool)), len(pool)):
        if pool is earlier and at in taken:
            continue
        made = FAULTS[kind].make(row, pool[at], rng)
        if made is not None:
            if pool is earlier and kind.startswith("duplicate"):
                taken.add(at)
            if made.get("full_proof"):
                made["full_proof"] = made["full_proof"].replace("NAME", row["name"])
            return {**made, "name": row["name"], "planted": kind}
    raise ValueError(f"{kind}: none of {len(pool)} rows can be used for it")
