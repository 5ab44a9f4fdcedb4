"""Types and definitional equality."""

from __future__ import annotations

from verify_workers.second_kernel import levels
from verify_workers.second_kernel.environment import Constructor, Environment, Inductive, Rejected, Theorem
from verify_workers.second_kernel.reduction import Budget, Reducer, characters
from verify_workers.second_kernel.terms import (
    APP,
    CONST,
    FVAR,
    LAM,
    LET,
    NAT,
    PI,
    PROJ,
    SORT,
    STRING,
    Expr,
    Level,
    app,
    bvar,
    const,
    fvar,
    head,
    imax,
    instantiate,
    lam,
    natural,
    pis,
    proj,
    sort,
    spine,
    succ,
)

_NAT, _STRING = const("Nat"), const("String")


class TypeChecker(Reducer):
    """Types terms that are closed but for free variables, and whose constants and universe parameters exist (`judge.well_formed`)."""

    def __init__(self, environment: Environment, budget: Budget) -> None:
        super().__init__(environment, budget)
        self._checked: dict[Expr, Expr] = {}
        self._inferred: dict[Expr, Expr] = {}
        self._equal: dict[tuple[Expr, Expr], bool] = {}

    # ---- types

    def check(self, e: Expr) -> Expr:
        """The type of `e`, everything in it checked; Rejected if it has none."""
        return self._type(e, True)

    def infer(self, e: Expr) -> Expr:
        return self._type(e, False)

    def expect(self, e: Expr, type_: Expr, what: str) -> None:
        """Rejected unless `e` has that type."""
        if not self.equal(self.check(e), type_):
            raise Rejected(f"type mismatch in {what}")

    def level(self, type_: Expr, check: bool = True) -> Level:
        """The universe of a type; Rejected for what is none."""
        s = self.whnf(self._type(type_, check))
        if s.kind != SORT:
            raise Rejected("a type is expected")
        level: Level = s.a
        return level

    def level_of_sort(self, e: Expr) -> Level:
        """The level of what has to be a sort."""
        s = self.whnf(e)
        if s.kind != SORT:
            raise Rejected("a sort is expected")
        level: Level = s.a
        return level

    def is_proposition(self, type_: Expr) -> bool:
        s = self.whnf(self.infer(type_))
        return s.kind == SORT and levels.is_zero(s.a)

    def _type(self, e: Expr, check: bool) -> Expr:
        found = self._checked.get(e)
        if found is None and not check:
            found = self._inferred.get(e)
        if found is not None:
            return found
        self.budget.step()
        k = e.kind
        if k == FVAR:
            out: Expr = e.b
        elif k == SORT:
            out = sort(succ(e.a))
        elif k == CONST:
            out = self.environment.get(e.a).type_at(e.b)
        elif k == APP:
            out = self._type_of_application(e, check)
        elif k in (LAM, PI, LET):
            out = self._type_of_binders(e, check)
        elif k == NAT:
            out = _NAT
        elif k == STRING:
            out = _STRING
        elif k == PROJ:
            out = self._type_of_projection(e, check)
        else:
            raise Rejected("a loose bound variable")
        (self._checked if check else self._inferred)[e] = out
        return out

    def _type_of_application(self, e: Expr, check: bool) -> Expr:
        f, args = spine(e)
        type_ = self._type(f, check)
        done = 0  # arguments before this one are in `type_` already
        for i, x in enumerate(args):
            if type_.kind != PI:
                type_ = self.whnf(instantiate(type_, args[done:i][::-1]))
                done = i
                if type_.kind != PI:
                    raise Rejected("a function is expected")
            if check and not self.equal(self._type(x, True), instantiate(type_.a, args[done:i][::-1])):
                raise Rejected("type mismatch in an application")
            type_ = type_.b
        return instantiate(type_, args[done:][::-1])

    def _type_of_binders(self, e: Expr, check: bool) -> Expr:
        variables: list[Expr] = []
        universes: list[Level] = []
        if e.kind == LET:
            type_, value = e.a, e.b
            if check:
                self.level(type_)
                self.expect(value, type_, "a let")
            return self._type(instantiate(e.c, (value,)), check)
        kind = e.kind
        while e.kind == kind:
            type_ = instantiate(e.a, variables[::-1])
            if check or kind == PI:
                universes.append(self.level(type_, check))
            variables.append(fvar(type_))
            e = e.b
        body = instantiate(e, variables[::-1])
        if kind == LAM:
            return pis(variables, self._type(body, check))
        universe = self.level(body, check)
        for u in reversed(universes):
            universe = imax(u, universe)
        return sort(universe)

    def _type_of_projection(self, e: Expr, check: bool) -> Expr:
        type_ = self.whnf(self._type(e.c, check))
        f, args = spine(type_)
        family = self.environment.get(e.a)
        if not (isinstance(family, Inductive) and f.kind == CONST and f.a == e.a and len(family.constructors) == 1 and not family.indices):
            raise Rejected("a projection of what is no structure")
        if len(args) != family.parameters:
            raise Rejected("a projection of what is no structure")
        made = self.environment.get(family.constructors[0])
        assert isinstance(made, Constructor)
        if e.b >= made.fields:
            raise Rejected("a projection to a field that there is not")
        proof = self.is_proposition(type_)
        at = made.type_at(f.b)
        for x in args:
            at = at.b if at.kind == PI and not at.loose else self._open(at).b
            at = instantiate(at, (x,))
        for i in range(e.b):
            at = self._open(at)
            if proof and at.b.loose and not self.is_proposition(at.a):
                raise Rejected("a projection out of a proof that depends on data")
            at = instantiate(at.b, (proj(e.a, i, e.c),))
        out: Expr = self._open(at).a
        if proof and not self.is_proposition(out):
            raise Rejected("a projection of data out of a proof")
        return out

    def _open(self, type_: Expr) -> Expr:
        found = type_ if type_.kind == PI else self.whnf(type_)
        if found.kind != PI:
            raise Rejected("a function type is expected")
        return found

    # ---- equality

    def equal(self, a: Expr, b: Expr) -> bool:
        """Whether `a` and `b`, which have types, are equal by definition."""
        if a is b:
            return True
        known = self._equal.get((a, b))
        if known is None:
            self.budget.step()
            known = self._quick(a, b)
            if known is None:
                known = self._are_equal(a, b)
            self._equal[a, b] = self._equal[b, a] = known
        return known

    def _quick(self, a: Expr, b: Expr) -> bool | None:
        """What the forms alone tell."""
        if a is b:
            return True
        k = a.kind
        if k != b.kind:
            return None
        if k in (LAM, PI):
            variables: list[Expr] = []
            while a.kind == k and b.kind == k:
                left, right = instantiate(a.a, variables[::-1]), instantiate(b.a, variables[::-1])
                if not self.equal(left, right):
                    return False
                variables.append(fvar(left))
                a, b = a.b, b.b
            return self.equal(instantiate(a, variables[::-1]), instantiate(b, variables[::-1]))
        if k == SORT:
            return levels.equal(a.a, b.a)
        if k in (NAT, STRING):
            return bool(a.a == b.a)
        if k == CONST and a.a == b.a and self._same_levels(a, b):
            return True
        return None

    @staticmethod
    def _same_levels(a: Expr, b: Expr) -> bool:
        return len(a.b) == len(b.b) and all(levels.equal(u, v) for u, v in zip(a.b, b.b, strict=True))

    def _are_equal(self, a: Expr, b: Expr) -> bool:
        for x, y in ((a, b), (b, a)):  # what `decide` leaves is best computed at once
            if y.kind == CONST and y.a == "Bool.true" and not x.local and self.whnf(x) is y:
                return True
        a1, b1 = self.whnf_core(a, True), self.whnf_core(b, True)
        if a1 is not a or b1 is not b:
            quick = self._quick(a1, b1)
            if quick is not None:
                return quick
        a, b = a1, b1
        if (proofs := self._same_proposition(a, b)) is not None:
            return proofs
        decided, a, b = self._unfold_both(a, b)
        if decided is not None:
            return decided
        if a.kind == CONST and b.kind == CONST and a.a == b.a and self._same_levels(a, b):
            return True
        if a.kind == PROJ and b.kind == PROJ and a.b == b.b and a.a == b.a and self.equal(a.c, b.c):
            return True
        a1, b1 = self.whnf_core(a), self.whnf_core(b)
        if a1 is not a or b1 is not b:
            return self.equal(a1, b1)
        if a.kind == APP and b.kind == APP and self._same_application(a, b):
            return True
        return (
            self._eta(a, b)
            or self._eta(b, a)
            or self._eta_structure(a, b)
            or self._eta_structure(b, a)
            or self._strings(a, b)
            or self._no_fields(a, b)
        )

    def _same_proposition(self, a: Expr, b: Expr) -> bool | None:
        """Two proofs are equal if their propositions are; None for what is no proof."""
        type_ = self.infer(a)
        if not self.is_proposition(type_):
            return None
        return self.equal(type_, self.infer(b))

    def _same_application(self, a: Expr, b: Expr) -> bool:
        f, xs = spine(a)
        g, ys = spine(b)
        return len(xs) == len(ys) and self.equal(f, g) and all(self.equal(x, y) for x, y in zip(xs, ys, strict=True))

    def _unfold_both(self, a: Expr, b: Expr) -> tuple[bool | None, Expr, Expr]:
        """Unfold the definition of greater height, again and again, until the two are equal or nothing is left to unfold."""
        while True:
            self.budget.step()
            offset = self._successors(a, b)
            if offset is not None:
                return offset, a, b
            for x, y in ((a, b), (b, a)):
                computed = None if x.local else self.compute(x)
                if computed is not None:
                    return self.equal(computed, y), a, b
            left, right = self._height(a), self._height(b)
            if left is None and right is None:
                return None, a, b
            if left is not None and right is not None and left == right:
                f, g = head(a), head(b)
                if a.kind == APP and b.kind == APP and f.a == g.a and self._same_levels(f, g) and self._same_arguments(a, b):
                    return True, a, b
                a, b = self._unfolded(a), self._unfolded(b)
            elif right is None or (left is not None and left > right):
                other = self.whnf_core(b) if right is None and head(b).kind == PROJ else b
                a, b = (self._unfolded(a), b) if other is b else (a, other)
            else:
                other = self.whnf_core(a) if left is None and head(a).kind == PROJ else a
                a, b = (a, self._unfolded(b)) if other is a else (other, b)
            quick = self._quick(a, b)
            if quick is not None:
                return quick, a, b

    def _same_arguments(self, a: Expr, b: Expr) -> bool:
        xs, ys = spine(a)[1], spine(b)[1]
        return len(xs) == len(ys) and all(self.equal(x, y) for x, y in zip(xs, ys, strict=True))

    def _height(self, e: Expr) -> float | None:
        found = self.definition(head(e))
        return None if found is None else -1.0 if isinstance(found, Theorem) else found.height

    def _unfolded(self, e: Expr) -> Expr:
        unfolded = self.unfold(e)
        assert unfolded is not None
        return self.whnf_core(unfolded, True)

    def _successors(self, a: Expr, b: Expr) -> bool | None:
        """Two numbers that are zero, or one more than something."""
        if self.number(a) == 0 and self.number(b) == 0:
            return True
        x, y = self._predecessor(a), self._predecessor(b)
        return self.equal(x, y) if x is not None and y is not None else None

    @staticmethod
    def _predecessor(e: Expr) -> Expr | None:
        if e.kind == NAT:
            return natural(e.a - 1) if e.a else None
        return e.b if e.kind == APP and e.a.kind == CONST and e.a.a == "Nat.succ" else None

    def _eta(self, a: Expr, b: Expr) -> bool:
        """`fun x => b x` is b."""
        if a.kind != LAM or b.kind == LAM:
            return False
        type_ = self.whnf(self.infer(b))
        return type_.kind == PI and self.equal(a, lam(type_.a, app(b, bvar(0))))

    def _eta_structure(self, a: Expr, b: Expr) -> bool:
        """A structure's term is its constructor applied to its projections."""
        f, args = spine(b)
        made = self.environment.constants.get(f.a) if f.kind == CONST else None
        if not isinstance(made, Constructor) or len(args) != made.parameters + made.fields:
            return False
        family = self.environment.get(made.inductive)
        if not isinstance(family, Inductive) or not family.is_structure or not self.equal(self.infer(a), self.infer(b)):
            return False
        expanded = spine(self.eta_structure(family, f, args, a))[1]
        n = made.parameters
        return all(self.equal(x, y) for x, y in zip(expanded[n:], args[n:], strict=True))

    def _strings(self, a: Expr, b: Expr) -> bool:
        for x, y in ((a, b), (b, a)):
            if x.kind == STRING and head(y).kind == CONST and head(y).a == "String.ofList":
                return self.equal(characters(x), y)
        return False

    def _no_fields(self, a: Expr, b: Expr) -> bool:
        """Terms of a structure without fields are equal."""
        type_ = self.whnf(self.infer(a))
        f = head(type_)
        family = self.environment.constants.get(f.a) if f.kind == CONST else None
        if not isinstance(family, Inductive) or not family.is_structure:
            return False
        made = self.environment.get(family.constructors[0])
        return isinstance(made, Constructor) and not made.fields and self.equal(type_, self.infer(b))
