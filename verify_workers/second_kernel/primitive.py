"""What has to mean just what it is taken for: numbers, quotients, and the three axioms."""

from __future__ import annotations

from verify_workers.second_kernel import naturals
from verify_workers.second_kernel.checking import TypeChecker
from verify_workers.second_kernel.environment import Constant, Constructor, Environment, Inductive, Rejected
from verify_workers.second_kernel.reduction import Budget, characters
from verify_workers.second_kernel.terms import Expr, Level, apply, arrow, const, fvar, param, pis, prop, sort, string, succ, zero

AXIOMS = ("propext", "Classical.choice", "Quot.sound")
_one = succ(zero)


def check_axiom(environment: Environment, axiom: Constant) -> None:
    """Rejected for any axiom but the three, and for those where they say anything else."""
    if axiom.name not in AXIOMS:
        raise Rejected(f"the axiom {axiom.name}")
    u = _parameter(axiom, 0 if axiom.name == "propext" else 1)
    if axiom.name == "propext":
        _require_equality(environment)
        a, b = fvar(prop), fvar(prop)
        _require(environment, "Iff", pis([a, b], prop), {"Iff.intro": pis([a, b], arrow(arrow(a, b), arrow(arrow(b, a), _iff(a, b))))})
        says = pis([a, b], arrow(_iff(a, b), apply(const("Eq", (_one,)), (prop, a, b))))
    elif axiom.name == "Classical.choice":
        x = fvar(sort(u))
        full = apply(const("Nonempty", (u,)), (x,))
        _require(environment, "Nonempty", pis([x], prop), {"Nonempty.intro": pis([x], arrow(x, full))}, u)
        says = pis([x], arrow(full, x))
    else:
        _require_equality(environment)
        x = fvar(sort(u))
        r = fvar(arrow(x, arrow(x, prop)))
        a, b = fvar(x), fvar(x)
        quotient = apply(const("Quot", (u,)), (x, r))
        sides = [apply(const("Quot.mk", (u,)), (x, r, y)) for y in (a, b)]
        says = pis([x, r, a, b], arrow(apply(r, (a, b)), apply(const("Eq", (u,)), (quotient, *sides))))
        environment.get("Quot.ind")
    if axiom.type is not says:
        raise Rejected(f"{axiom.name} says something else")


def check_quotient(environment: Environment, kind: str, constant: Constant) -> None:
    """Rejected unless it is one of the four constants of quotients, with the type that it has to have."""
    _require_equality(environment)
    u = _parameter(constant, 2 if kind == "lift" else 1)
    x = fvar(sort(u))
    r = fvar(arrow(x, arrow(x, prop)))
    quotient = apply(const("Quot", (u,)), (x, r))
    a, b = fvar(x), fvar(x)

    def mk(y: Expr) -> Expr:
        return apply(const("Quot.mk", (u,)), (x, r, y))

    if kind == "type":
        name, type_ = "Quot", pis([x, r], sort(u))
    elif kind == "ctor":
        name, type_ = "Quot.mk", pis([x, r, a], quotient)
    elif kind == "lift":
        v = param(constant.params[1])
        y = fvar(sort(v))
        f = fvar(arrow(x, y))
        equal = apply(const("Eq", (v,)), (y, apply(f, (a,)), apply(f, (b,))))
        sound = pis([a, b], arrow(apply(r, (a, b)), equal))
        name, type_ = "Quot.lift", pis([x, r, y, f], arrow(sound, arrow(quotient, y)))
    elif kind == "ind":
        motive = fvar(arrow(quotient, prop))
        q = fvar(quotient)
        name, type_ = "Quot.ind", pis([x, r, motive], arrow(pis([a], apply(motive, (mk(a),))), pis([q], apply(motive, (q,)))))
    else:
        raise Rejected("an unknown constant of quotients")
    if constant.name != name or constant.type is not type_:
        raise Rejected(f"{constant.name} is not the constant of quotients that it has to be")


def check_literals(environment: Environment, budget: Budget, text: bool) -> None:
    """Rejected unless `Nat` (and with `text` `String`) are what literals are of."""
    nat = const("Nat")
    _require(environment, "Nat", sort(_one), {"Nat.zero": nat, "Nat.succ": arrow(nat, nat)})
    if text:
        checker = TypeChecker(environment, budget)
        if not checker.equal(checker.check(characters(string("a"))), const("String")):
            raise Rejected("String.ofList of characters is no String")


def learn_function(environment: Environment, name: str, budget: Budget) -> None:
    """Compute with literals from now on; Rejected if the definition is not of the function that its name says."""
    nat = const("Nat")
    if "Nat" not in environment.constants:
        raise Rejected(f"{name} without Nat")
    check_literals(environment, budget, False)
    if name == "Nat.succ":
        environment.computed.add(name)
        return
    answer = const("Bool") if name in ("Nat.beq", "Nat.ble") else nat
    type_ = answer
    for _ in range(naturals.arity(name)):
        type_ = arrow(nat, type_)
    checker = TypeChecker(environment, budget)
    x, y = fvar(nat), fvar(nat)
    if not checker.equal(environment.get(name).type, type_) or not all(
        checker.equal(left, right) for left, right in naturals.equations(name, x, y)
    ):
        raise Rejected(f"{name} is not the function that literals are computed with")
    if answer is not nat:
        true, false = const("Bool.true"), const("Bool.false")
        _require(environment, "Bool", sort(_one), {"Bool.false": const("Bool"), "Bool.true": const("Bool")})
        assert true is not false
    environment.computed.add(name)


def _parameter(constant: Constant, count: int) -> Level:
    if len(constant.params) != count:
        raise Rejected(f"{constant.name} has {len(constant.params)} universe parameters, not {count}")
    return param(constant.params[0]) if count else zero


def _iff(a: Expr, b: Expr) -> Expr:
    return apply(const("Iff"), (a, b))


def _require_equality(environment: Environment) -> None:
    found = environment.constants.get("Eq")
    u = param(found.params[0]) if found is not None and found.params else zero
    x = fvar(sort(u))
    a, b = fvar(x), fvar(x)
    refl = pis([x, a], apply(const("Eq", (u,)), (x, a, a)))
    _require(environment, "Eq", pis([x, a, b], prop), {"Eq.refl": refl}, u)


def _require(environment: Environment, name: str, type_: Expr, constructors: dict[str, Expr], u: Level | None = None) -> None:
    """Rejected unless this inductive type has this type and these constructors."""
    found = environment.constants.get(name)
    own = param(found.params[0]) if found is not None and found.params else None
    if not isinstance(found, Inductive) or found.constructors != tuple(constructors) or (u is None) != (own is None):
        raise Rejected(f"{name} is not what it has to be")
    made = [environment.get(c) for c in constructors]
    by = {} if u is None else {str(u.a): own}
    for constant, expected in zip((found, *made), (type_, *constructors.values()), strict=True):
        if not isinstance(constant, Inductive | Constructor) or _renamed(expected, by) is not constant.type:
            raise Rejected(f"{constant.name} is not what it has to be")


def _renamed(e: Expr, by: dict[str, Level | None]) -> Expr:
    from verify_workers.second_kernel.terms import level_instances

    return level_instances(e, tuple(by), tuple(v for v in by.values() if v is not None)) if by else e
