"""False files: each is an honest one with one thing changed, and every one must be rejected."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.verify_workers.second_kernel.exports import PIN, File, closure
from verify_workers.kernel import jail
from verify_workers.lean import LeanInstall
from verify_workers.second_kernel import terms
from verify_workers.second_kernel.environment import Recursor
from verify_workers.second_kernel.judge import Library, judge

pytestmark = pytest.mark.skipif(not jail.supported(), reason="the jail is for Linux on x86-64")

PREAMBLE = """
universe u
inductive Vec (α : Type u) : Nat → Type u where
  | nil : Vec α 0
  | cons (n : Nat) : α → Vec α n → Vec α (n + 1)
inductive Tree where
  | node : List Tree → Tree
mutual
inductive Even : Nat → Prop where
  | zero : Even 0
  | succ (n : Nat) : Odd n → Even (n + 1)
inductive Odd : Nat → Prop where
  | succ (n : Nat) : Even n → Odd (n + 1)
end
structure Two (α : Type u) where
  first : α
  second : α
inductive W (β : Bool → Type) where
  | sup (b : Bool) : (β b → W β) → W β
def four : Nat := 2 * 2 - 0 + (5 % 1 : Nat)
def word : String := "kernel"
def swap {α : Type u} (p : Two α) : Two α := ⟨p.second, p.first⟩
theorem swap_swap {α : Type u} (p : Two α) : swap (swap p) = p := rfl
theorem length : word.length = 6 := by decide
theorem even_four : Even 2 := .succ 1 (.succ 0 .zero)
theorem witness : ∃ n : Nat, n + n = four := ⟨2, rfl⟩
theorem sound {α : Type u} {r : α → α → Prop} {a b : α} (h : r a b) : Quot.mk r a = Quot.mk r b := Quot.sound h
"""
STATEMENT = """theorem goal : four = 4 ∧ Even 2 ∧ (∀ p : Two Nat, swap (swap p) = p) ∧ word.length = 6
  ∧ (∃ n : Nat, n + n = four) ∧ Nonempty Tree ∧ Nonempty (Vec Nat 1) ∧ (∀ p q : Prop, (p ↔ q) → p = q)
  ∧ ((W fun _ => Empty) = (W fun _ => Empty)) ∧ (∀ a b : Nat, a = b → Quot.mk Eq a = Quot.mk Eq b)"""
PROOF = """⟨rfl, even_four, swap_swap, length, witness, ⟨.node []⟩, ⟨.cons 0 7 .nil⟩,
  fun _ _ h => propext h, rfl, fun _ _ h => sound h⟩"""

Change = Callable[[File], None]
CHANGES: dict[str, Change] = {}


def change(name: str) -> Callable[[Change], Change]:
    def keep(function: Change) -> Change:
        assert name not in CHANGES
        CHANGES[name] = function
        return function

    return keep


def each(names: Iterator[tuple[str, Change]]) -> None:
    for name, function in names:
        change(name)(function)


# ---- what a theorem says, and what proves it

THEOREMS = ("swap_swap", "length", "even_four", "witness", "sound")


def _other_theorems() -> Iterator[tuple[str, Change]]:
    for i, name in enumerate(THEOREMS):
        other = THEOREMS[(i + 1) % len(THEOREMS)]

        def types(file: File, name: str = name, other: str = other) -> None:
            file.find(name)["type"] = file.find(other)["type"]
            file.find(name)["levelParams"] = file.find(other)["levelParams"]

        def values(file: File, name: str = name, other: str = other) -> None:
            file.find(name)["value"] = file.find(other)["value"]
            file.find(name)["levelParams"] = sorted({*file.find(name)["levelParams"], *file.find(other)["levelParams"]})

        yield f"type/{name} says what {other} says", types
        yield f"value/{name} proved as {other}", values


each(_other_theorems())


@change("type/the pin says False")
def _(file: File) -> None:
    false(file)
    file.find(PIN)["type"] = file.const("False")


@change("value/a theorem proves itself")
def _(file: File) -> None:
    false(file)
    file.add("thm", "bad", file.const("False"), file.const("bad"))


@change("value/a theorem uses a later one")
def _(file: File) -> None:
    file.declarations.reverse()


@change("type/a theorem that is data")
def _(file: File) -> None:
    file.add("thm", "bad", file.const("Nat"), file.const("Nat.zero"))


@change("type/a definition of no type")
def _(file: File) -> None:
    file.add("def", "bad", file.const("Nat.zero"), file.const("Nat.zero"))


@change("value/a definition of another type")
def _(file: File) -> None:
    file.add("def", "bad", file.const("Nat"), file.const("Bool.true"))


@change("value/an opaque constant of another type")
def _(file: File) -> None:
    false(file)
    file.add("opaque", "bad", file.const("False"), file.const("Nat.zero"))


def false(file: File) -> None:
    """Declare False, if the file has none."""
    try:
        file.find("False")
    except KeyError:
        names = [file.name(n) for n in ("False", "False.rec", "u", "motive")]
        level = file.level({"param": names[2]})
        motive = file.arrow(file.const("False"), file.expr({"sort": level}))
        rec = file.binder(
            "forallE", motive, file.binder("forallE", file.const("False"), file.app(file.expr({"bvar": 1}), file.expr({"bvar": 0})))
        )
        common = {"all": names[:1], "numParams": 0, "numIndices": 0, "isUnsafe": False}
        types = {
            "name": names[0],
            "levelParams": [],
            "type": file.sort(0),
            "ctors": [],
            "numNested": 0,
            "isRec": False,
            "isReflexive": False,
        }
        recs = {"name": names[1], "levelParams": [names[2]], "type": rec, "numMotives": 1, "numMinors": 0, "rules": [], "k": False}
        file.declarations.insert(0, {"inductive": {"types": [types | common], "ctors": [], "recs": [recs | common]}})


# ---- universes


@change("universe/Type : Type")
def _(file: File) -> None:
    file.add("def", "bad", file.sort(1), file.sort(1))


@change("universe/Type is a proposition")
def _(file: File) -> None:
    file.add("def", "bad", file.sort(0), file.sort(0))


@change("universe/too few levels")
def _(file: File) -> None:
    file.add("def", "bad", file.sort(2), file.expr({"const": {"name": file.name("Two"), "us": []}}))


@change("universe/an unknown parameter")
def _(file: File) -> None:
    level = file.level({"param": file.name("nobody")})
    file.add("def", "bad", file.expr({"sort": file.level({"succ": level})}), file.expr({"sort": level}))


@change("universe/a parameter twice")
def _(file: File) -> None:
    file.find("swap")["levelParams"] *= 2


@change("universe/max is not imax")
def _(file: File) -> None:
    u = file.level({"param": file.name("u")})
    either = file.level({"imax": [file.level({"succ": 0}), u]})
    both = file.level({"max": [file.level({"succ": 0}), u]})
    value = file.expr({"sort": either})
    file.add("def", "bad", file.expr({"sort": file.level({"succ": both})}), value, ("u",))


@change("universe/a type of all types in the lowest")
def _(file: File) -> None:
    box(file, "Box", file.sort(1), file.sort(1))


@change("universe/a structure of data as a proposition, eliminated into data")
def _(file: File) -> None:
    box(file, "Box", file.const("Nat"), file.sort(0))


def box(file: File, name: str, field: int, sort: int) -> None:
    """`structure name : sort where (value : field)` with a recursor into every universe."""
    u = file.level({"param": file.name("u")})
    me, mk = file.const(name), file.const(f"{name}.mk")
    var = [file.expr({"bvar": i}) for i in range(3)]
    motive = file.arrow(me, file.expr({"sort": u}))
    minor = file.binder("forallE", field, file.app(var[1], file.app(mk, var[0])))
    rec = file.binder("forallE", motive, file.binder("forallE", minor, file.binder("forallE", me, file.app(var[2], var[0]))))
    rhs = file.binder("lam", motive, file.binder("lam", minor, file.binder("lam", field, file.app(var[1], var[0]))))
    names = [file.name(n) for n in (name, f"{name}.mk", f"{name}.rec", "u")]
    common = {"numParams": 0, "isUnsafe": False}
    own = {"all": names[:1], "numIndices": 0}
    types = {"name": names[0], "levelParams": [], "type": sort, "ctors": [names[1]], "numNested": 0, "isRec": False, "isReflexive": False}
    made = {"name": names[1], "levelParams": [], "type": file.binder("forallE", field, me), "induct": names[0], "cidx": 0, "numFields": 1}
    rules = [{"ctor": names[1], "nfields": 1, "rhs": rhs}]
    recs = {"name": names[2], "levelParams": [names[3]], "type": rec, "numMotives": 1, "numMinors": 1, "rules": rules, "k": False}
    file.declarations.append({"inductive": {"types": [types | common | own], "ctors": [made | common], "recs": [recs | common | own]}})


# ---- inductive types


@change("positivity/a type of functions from itself")
def _(file: File) -> None:
    box(file, "Box", file.arrow(file.const("Box"), file.const("Nat")), file.sort(1))


@change("positivity/under a quantifier")
def _(file: File) -> None:
    box(file, "Box", file.arrow(file.arrow(file.const("Box"), file.const("Nat")), file.const("Nat")), file.sort(1))


@change("positivity/in an index of another type")
def _(file: File) -> None:
    eq = file.app(file.const("Eq", file.level({"succ": file.level({"succ": 0})})), file.sort(1), file.const("Box"), file.const("Nat"))
    box(file, "Box", eq, file.sort(1))


def _wrong_numbers() -> Iterator[tuple[str, Change]]:
    numbers = {
        "Vec": ("numParams", "numIndices"),
        "Vec.cons": ("numParams", "numFields", "cidx"),
        "Vec.rec": ("numParams", "numIndices", "numMotives", "numMinors"),
        "Tree": ("numNested",),
        "Tree.rec_1": ("numMotives",),
    }
    for name, fields in numbers.items():
        for field in fields:

            def more(file: File, name: str = name, field: str = field) -> None:
                file.find(name)[field] += 1

            yield f"numbers/{field} of {name}", more


each(_wrong_numbers())


@change("constructor/of another type")
def _(file: File) -> None:
    file.find("Even.zero")["type"] = file.find("Odd.succ")["type"]


@change("constructor/swapped")
def _(file: File) -> None:
    a, b = file.find("Vec.nil"), file.find("Vec.cons")
    a["type"], b["type"] = b["type"], a["type"]


@change("constructor/of something that is no type")
def _(file: File) -> None:
    file.find("Even.zero")["type"] = file.const("Nat.zero")


@change("constructor/left out")
def _(file: File) -> None:
    family = file.family("Vec")
    family["ctors"].pop(0)
    family["types"][0]["ctors"].pop(0)


@change("constructor/of two types")
def _(file: File) -> None:
    file.find("Even.zero")["induct"] = file.name("Odd")


# ---- recursors


def _wrong_recursors() -> Iterator[tuple[str, Change]]:
    for name in ("Vec.rec", "Tree.rec", "Tree.rec_1", "Even.rec", "Two.rec", "W.rec"):

        def flipped(file: File, name: str = name) -> None:
            file.find(name)["k"] = True

        def fields(file: File, name: str = name) -> None:
            file.find(name)["rules"][0]["nfields"] += 1

        def none(file: File, name: str = name) -> None:
            file.find(name)["rules"] = []

        def rule(file: File, name: str = name) -> None:
            rule = file.find(name)["rules"][-1]
            rule["rhs"] = file.find("Vec.rec" if name != "Vec.rec" else "Two.rec")["rules"][0]["rhs"]

        def typed(file: File, name: str = name) -> None:
            file.find(name)["type"] = file.find("Vec.rec" if name != "Vec.rec" else "Two.rec")["type"]

        yield f"recursor/{name} for propositions with one proof", flipped
        yield f"recursor/{name} with another number of fields", fields
        yield f"recursor/{name} without rules", none
        yield f"recursor/{name} with another's rule", rule
        yield f"recursor/{name} with another's type", typed


each(_wrong_recursors())


@change("recursor/rules swapped")
def _(file: File) -> None:
    a, b = file.find("Vec.rec")["rules"]
    a["rhs"], b["rhs"] = b["rhs"], a["rhs"]


@change("recursor/rules in another order")
def _(file: File) -> None:
    file.find("Vec.rec")["rules"].reverse()


@change("recursor/of a proposition with two constructors into data")
def _(file: File) -> None:
    u = file.name("v")
    for name in ("Even.rec", "Odd.rec"):
        rec = file.find(name)
        rec["levelParams"] = [u, *rec["levelParams"]]
        rec["type"] = file.replaced(rec["type"], _prop(file), file.expr({"sort": file.level({"param": u})}))


@change("recursor/left out")
def _(file: File) -> None:
    file.family("Tree")["recs"].pop()


def _prop(file: File) -> int:
    return next(row["ie"] for row in file.exprs if row.get("sort") == 0)


# ---- arithmetic


def _wrong_arithmetic() -> Iterator[tuple[str, Change]]:
    for name, other in (("Nat.add", "Nat.mul"), ("Nat.mul", "Nat.add"), ("Nat.sub", "Nat.add"), ("Nat.mod", "Nat.add"), ("Nat.pred", None)):

        def wrong(file: File, name: str = name, other: str | None = other) -> None:
            zero = file.binder("lam", file.const("Nat"), file.const("Nat.zero"))
            file.find(name)["value"] = file.const(other) if other else zero
            index = next(i for i, d in enumerate(file.declarations) if d.get("def", {}).get("name") == file.name(name))
            if other:  # behind what it uses
                at = next(i for i, d in enumerate(file.declarations) if d.get("def", {}).get("name") == file.name(other))
                if at > index:
                    zero = file.binder("lam", file.const("Nat"), zero)
                    file.find(name)["value"] = zero

        yield f"arithmetic/{name} is something else", wrong


each(_wrong_arithmetic())


def _wrong_literals() -> Iterator[tuple[str, Change]]:
    for name, value in (("natVal", "5"), ("strVal", "kernels")):
        found = "4" if name == "natVal" else "kernel"

        def wrong(file: File, name: str = name, value: str = value, found: str = found) -> None:
            row = next(row for row in file.exprs if row.get(name) == found)
            row[name] = value

        yield f"literal/{name}", wrong


each(_wrong_literals())


# ---- axioms and quotients


@change("axiom/of False")
def _(file: File) -> None:
    false(file)
    file.add("axiom", "bad", file.const("False"))


@change("axiom/propext says more")
def _(file: File) -> None:
    prop = _prop(file)
    eq = file.app(file.const("Eq", file.level({"succ": 0})), prop, file.expr({"bvar": 1}), file.expr({"bvar": 0}))
    file.find("propext")["type"] = file.binder("forallE", prop, file.binder("forallE", prop, eq))


@change("axiom/Quot.sound says more")
def _(file: File) -> None:
    file.find("Quot.sound")["type"] = file.find("propext")["type"]


@change("axiom/unsafe")
def _(file: File) -> None:
    file.find("propext")["isUnsafe"] = True


@change("quotient/Quot.lift without its condition")
def _(file: File) -> None:
    file.find("Quot.lift")["type"] = file.find("Quot.ind")["type"]


@change("quotient/of another kind")
def _(file: File) -> None:
    file.find("Quot.mk")["kind"] = "type"


@change("quotient/Quot.mk of another type")
def _(file: File) -> None:
    file.find("Quot.mk")["type"] = file.find("Quot")["type"]


# ---- terms


@change("projection/data out of a proof")
def _(file: File) -> None:
    exists = file.find("witness")["type"]
    proof = file.expr({"proj": {"typeName": file.name("Exists"), "idx": 0, "struct": file.const("witness")}})
    assert exists
    file.add("def", "bad", file.const("Nat"), proof)


@change("projection/past the end")
def _(file: File) -> None:
    two = file.expr({"lam": {"name": 0, "type": file.app(file.const("Two", 0), file.const("Nat")), "body": file.expr(
        {"proj": {"typeName": file.name("Two"), "idx": 2, "struct": file.expr({"bvar": 0})}}), "binderInfo": "default"}})  # fmt: skip
    file.add("def", "bad", file.arrow(file.app(file.const("Two", 0), file.const("Nat")), file.const("Nat")), two)


@change("projection/of another structure")
def _(file: File) -> None:
    row = next(row for row in file.exprs if "proj" in row and row["proj"]["typeName"] == file.name("Two"))
    row["proj"]["typeName"] = file.name("And")


@change("projection/another field")
def _(file: File) -> None:
    row = next(row for row in file.exprs if "proj" in row and row["proj"]["typeName"] == file.name("Two"))
    row["proj"]["idx"] = 1 - row["proj"]["idx"]


@change("term/a loose variable")
def _(file: File) -> None:
    file.add("def", "bad", file.const("Nat"), file.expr({"bvar": 0}))


@change("term/applied to what it does not take")
def _(file: File) -> None:
    file.add("def", "bad", file.const("Nat"), file.app(file.const("Nat.succ"), file.const("Bool.true")))


@change("term/no function")
def _(file: File) -> None:
    file.add("def", "bad", file.const("Nat"), file.app(file.const("Nat.zero"), file.const("Nat.zero")))


@change("term/a let of another type")
def _(file: File) -> None:
    let = {"name": 0, "type": file.const("Nat"), "value": file.const("Bool.true"), "body": file.expr({"bvar": 0}), "nondep": False}
    file.add("def", "bad", file.const("Nat"), file.expr({"letE": let}))


@change("term/an unknown constant")
def _(file: File) -> None:
    file.add("def", "bad", file.const("Nat"), file.const("Nobody"))


# ---- the format


@change("format/a name declared twice")
def _(file: File) -> None:
    file.declarations.append(file.declarations[-1])


@change("format/a later line's number")
def _(file: File) -> None:
    next(row for row in file.exprs if "app" in row)["app"]["fn"] = len(file.exprs)


@change("format/a negative number")
def _(file: File) -> None:
    next(row for row in file.exprs if "app" in row)["app"]["fn"] = -1


@change("format/a number that is true")
def _(file: File) -> None:
    next(row for row in file.exprs if "app" in row)["app"]["fn"] = True


@change("format/lines left out")
def _(file: File) -> None:
    file.exprs.pop(3)


@change("format/a partial definition")
def _(file: File) -> None:
    file.find("swap")["safety"] = "partial"


@change("format/an unknown declaration")
def _(file: File) -> None:
    file.declarations.append({"believe": {"name": 1}})


@change("format/the theorem is not there")
def _(file: File) -> None:
    file.declarations = [d for d in file.declarations if d.get("thm", {}).get("name") != file.name(PIN)]


# ----


@pytest.fixture(scope="module")
def honest(lean: LeanInstall) -> File:
    return File(closure(lean, STATEMENT, PROOF, PREAMBLE))


def test_the_honest_file_is_accepted(honest: File) -> None:
    judgement = judge(honest.lines(), PIN)
    assert (judgement.outcome, judgement.why) == ("accepted", "")
    assert judgement.axioms == ("Quot.sound", "propext")
    assert judgement.checked == len(honest.declarations)


@pytest.mark.parametrize("name", [pytest.param(n, marks=() if i % 5 == 2 else pytest.mark.slow) for i, n in enumerate(CHANGES)])
def test_a_false_file_is_rejected(honest: File, name: str) -> None:
    file = honest.copy()
    before = file.lines()
    CHANGES[name](file)
    assert file.lines() != before
    judgement = judge(file.lines(), PIN)
    assert judgement.outcome == "rejected", (judgement, name)


@pytest.mark.parametrize("version", ["3.0.0", "4.0.0", ""])
def test_another_format_is_not_judged(honest: File, version: str) -> None:
    file = honest.copy()
    file.meta["meta"]["format"]["version"] = version
    assert judge(file.lines(), PIN).outcome == "unsupported"


def test_a_library_is_checked_once_and_then_known(honest: File) -> None:
    first = Library(honest.lines())
    assert first.require([PIN]) == len(first.learned) > 100
    again = Library(honest.lines(), trusted=first.learned)
    assert again.require([PIN]) == 0 and not again.learned
    assert again.known.axioms == first.known.axioms
    ours, theirs = first.known.environment, again.known.environment
    assert ours.computed == theirs.computed and set(ours.constants) == set(theirs.constants)
    for name, constant in ours.constants.items():
        if isinstance(constant, Recursor):
            assert constant.inductive == theirs.constants[name].inductive  # type: ignore[attr-defined]


def test_what_builds_on_a_library_may_not_declare_its_names(honest: File) -> None:
    library = Library(honest.lines())
    file = honest.copy()
    file.declarations = file.declarations[-1:]
    assert "is declared by the library" in library.judge(file.lines(), PIN).why
    fields = file.declarations[0]["thm"]
    fields["name"] = file.name("again")
    judgement = library.judge(file.lines(), "again")
    assert (judgement.outcome, judgement.axioms) == ("accepted", ("Quot.sound", "propext"))
    sizes = terms.mark()
    assert library.judge(file.lines(), "again").outcome == "accepted"
    assert terms.mark() == sizes  # nothing of it stays
    fields["type"] = file.const("False")
    assert library.judge(file.lines(), "again").outcome == "rejected"
    assert library.judge(honest.lines()[:1], "again").why == "no theorem again"


def test_there_are_changes_of_many_kinds() -> None:
    assert len(CHANGES) >= 60 and len({name.partition("/")[0] for name in CHANGES}) >= 12
