"""Weak head normal forms: beta, let, delta, recursors, projections, quotients, literals.

`Reducer` is the half of the type checker that computes; the other half (`checking.TypeChecker`) adds types and equality,
which two of the rules for recursors ask for.
"""

from __future__ import annotations

from verify_workers.second_kernel import naturals
from verify_workers.second_kernel.environment import (
    Constructor,
    Definition,
    Environment,
    Inductive,
    OutOfBudget,
    Quotient,
    Recursor,
)
from verify_workers.second_kernel.terms import (
    APP,
    CONST,
    LAM,
    LET,
    NAT,
    PROJ,
    STRING,
    Expr,
    app,
    apply,
    const,
    head,
    instantiate,
    level_instances,
    natural,
    proj,
    prop,
    spine,
    string,
    zero,
)


class Budget:
    """Steps that are left."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise OutOfBudget("more steps than allowed")


class Reducer:
    """Computes in an environment; remembers what it found."""

    def __init__(self, environment: Environment, budget: Budget) -> None:
        self.environment, self.budget = environment, budget
        self._heads: dict[Expr, Expr] = {}
        self._normal: dict[Expr, Expr] = {}

    # what the other half knows

    def infer(self, e: Expr) -> Expr:
        """The type of a term that is known to have one."""
        raise NotImplementedError

    def equal(self, a: Expr, b: Expr) -> bool:
        raise NotImplementedError

    # ----

    def whnf(self, e: Expr) -> Expr:
        """Weak head normal form, definitions unfolded."""
        found = self._normal.get(e)
        if found is not None:
            return found
        x = e
        while True:
            self.budget.step()
            x = self.whnf_core(x)
            computed = self.compute(x)
            if computed is not None:
                x = computed
                break
            unfolded = self.unfold(x)
            if unfolded is None:
                break
            x = unfolded
        self._normal[e] = x
        return x

    def whnf_core(self, e: Expr, cheap: bool = False) -> Expr:
        """Weak head normal form without unfolding; `cheap`: not even to find out what a projection is of."""
        if e.kind not in (APP, LET, PROJ):
            return e
        found = self._heads.get(e)
        if found is not None:
            return found
        x = e
        while True:
            self.budget.step()
            if x.kind == LET:
                x = instantiate(x.c, (x.b,))
            elif x.kind == PROJ:
                reduced = self._project(x, cheap)
                if reduced is None:
                    break
                x = reduced
            elif x.kind == APP:
                f, args = spine(x)
                g = self.whnf_core(f, cheap) if f.kind in (LET, PROJ) else f
                if g.kind == LAM:
                    n = 0
                    while g.kind == LAM and n < len(args):
                        g, n = g.b, n + 1
                    x = apply(instantiate(g, args[n - 1 :: -1] if n < len(args) else args[::-1]), args[n:])
                elif g is not f:
                    x = apply(g, args)
                else:
                    reduced = self._recurse(f, args, cheap) if f.kind == CONST else None
                    if reduced is None:
                        break
                    x = reduced
            else:
                break
        if not cheap:
            self._heads[e] = x
        return x

    def unfold(self, e: Expr) -> Expr | None:
        """With the definition at its head unfolded; None if there is none."""
        f = head(e)
        if f.kind != CONST:
            return None
        found = self.definition(f)
        if found is None:
            return None
        value = level_instances(found.value, found.params, f.b)
        return value if f is e else apply(value, spine(e)[1])

    def definition(self, f: Expr) -> Definition | None:
        """The definition that the head `f` of a term stands for."""
        if f.kind != CONST:
            return None
        found = self.environment.constants.get(f.a)
        return found if isinstance(found, Definition) and len(f.b) == len(found.params) else None

    def compute(self, e: Expr) -> Expr | None:
        """The value of a function of literals; None where it is none, or its arguments are not known numbers."""
        if e.kind != APP or e.local:
            return None
        f, args = spine(e)
        if f.kind != CONST or f.a not in self.environment.computed or len(args) != naturals.arity(f.a):
            return None
        numbers = []
        for x in args:
            n = self.number(self.whnf(x))
            if n is None:
                return None
            numbers.append(n)
        return naturals.compute(f.a, numbers)

    @staticmethod
    def number(e: Expr) -> int | None:
        """The number that a literal or `Nat.zero` is."""
        if e.kind == NAT:
            return int(e.a)
        return 0 if e.kind == CONST and e.a == "Nat.zero" else None

    # ---- projections, recursors, quotients

    def _project(self, e: Expr, cheap: bool) -> Expr | None:
        s = self.whnf_core(e.c, True) if cheap else self.whnf(e.c)
        if s.kind == STRING:
            s = self.whnf(characters(s))
        f, args = spine(s)
        made = self.environment.constants.get(f.a) if f.kind == CONST else None
        if isinstance(made, Constructor) and made.parameters + e.b < len(args):
            return args[made.parameters + int(e.b)]
        return None

    def _recurse(self, f: Expr, args: list[Expr], cheap: bool) -> Expr | None:
        recursor = self.environment.constants.get(f.a)
        if not isinstance(recursor, Recursor):
            return self._quotient(f.a, args) if f.a in ("Quot.lift", "Quot.ind") else None
        if len(args) <= recursor.major or len(f.b) != len(recursor.params):
            return None
        major = args[recursor.major]
        if recursor.k:
            major = self._only_constructor(recursor, major) or major
        major = self.whnf_core(major, True) if cheap else self.whnf(major)
        if major.kind == NAT:
            major = const("Nat.zero") if not major.a else app(const("Nat.succ"), natural(major.a - 1))
        elif major.kind == STRING:
            major = self.whnf(characters(major))
        g, fields = spine(major)
        rule = recursor.rules.get(g.a) if g.kind == CONST else None
        if rule is None:
            major = self._expanded(recursor.inductive, major) or major
            g, fields = spine(major)
            rule = recursor.rules.get(g.a) if g.kind == CONST else None
        if rule is None or len(fields) < rule.fields:
            return None
        value = level_instances(rule.value, recursor.params, f.b)
        first = args[: recursor.parameters + recursor.motives + recursor.minors]
        return apply(value, [*first, *fields[len(fields) - rule.fields :], *args[recursor.major + 1 :]])

    def _only_constructor(self, recursor: Recursor, major: Expr) -> Expr | None:
        """For a proposition with one constructor and no fields: that constructor, where the indices allow it."""
        type_ = self.whnf(self.infer(major))
        f, args = spine(type_)
        family = self.environment.get(recursor.inductive)
        if f.kind != CONST or f.a != recursor.inductive or not isinstance(family, Inductive):
            return None
        made = apply(const(family.constructors[0], f.b), args[: recursor.parameters])
        return made if self.equal(type_, self.infer(made)) else None

    def _expanded(self, name: str, e: Expr) -> Expr | None:
        """A structure's term as its constructor applied to projections, unless it is a proof."""
        family = self.environment.constants.get(name)
        if not isinstance(family, Inductive) or not family.is_structure:
            return None
        type_ = self.whnf(self.infer(e))
        f, args = spine(type_)
        if f.kind != CONST or f.a != name or self.whnf(self.infer(type_)) is prop:
            return None
        return self.eta_structure(family, f, args, e)

    def eta_structure(self, family: Inductive, f: Expr, args: list[Expr], e: Expr) -> Expr:
        made = self.environment.get(family.constructors[0])
        assert isinstance(made, Constructor)
        fields = [proj(family.name, i, e) for i in range(made.fields)]
        return apply(const(made.name, f.b), [*args[: family.parameters], *fields])

    def _quotient(self, name: str, args: list[Expr]) -> Expr | None:
        major, function = (5, 3) if name == "Quot.lift" else (4, 3)
        known = self.environment.constants
        if len(args) <= major or not all(isinstance(known.get(n), Quotient) for n in (name, "Quot.mk")):
            return None
        f, made = spine(self.whnf(args[major]))
        if f.kind != CONST or f.a != "Quot.mk" or len(made) != 3:
            return None
        return apply(app(args[function], made[2]), args[major + 1 :])


def characters(e: Expr) -> Expr:
    """A string literal as what it is made of: `String.ofList` of characters, given by their numbers."""
    assert e.kind == STRING and string(e.a) is e
    char = const("Char")
    out = app(const("List.nil", (zero,)), char)
    for c in reversed(e.a):
        out = apply(const("List.cons", (zero,)), [char, app(const("Char.ofNat"), natural(ord(c))), out])
    return app(const("String.ofList"), out)
