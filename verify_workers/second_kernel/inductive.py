"""Inductive families: whether they may be declared, and the recursors that they have.

What the file says of recursors is compared with what is made here from the constructors alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from verify_workers.second_kernel import levels, nested
from verify_workers.second_kernel.checking import TypeChecker
from verify_workers.second_kernel.environment import Constructor, Environment, Inductive, Recursor, Rejected, Rule, Unsupported
from verify_workers.second_kernel.nested import Family, Type, behind
from verify_workers.second_kernel.reduction import Budget
from verify_workers.second_kernel.terms import (
    CONST,
    PI,
    Expr,
    Level,
    app,
    apply,
    const,
    constants,
    fvar,
    head,
    instantiate,
    lams,
    param,
    pis,
    replace,
    sort,
    spine,
    zero,
)


@dataclass
class Group:
    """What a file declares together."""

    types: list[Inductive]
    constructors: list[Constructor]
    recursors: list[Recursor]
    nested: int


@dataclass
class _Field:
    """A field of a constructor; a recursive one is `∀ xs, (type number `of`) parameters indices`."""

    variable: Expr
    of: int = -1
    xs: tuple[Expr, ...] = ()
    indices: tuple[Expr, ...] = ()


@dataclass
class _Made:
    """A constructor: its fields, the indices of what it makes, and itself applied to parameters and fields."""

    name: str
    type: int
    fields: list[_Field]
    indices: list[Expr]
    term: Expr


def declare(environment: Environment, group: Group, budget: Budget) -> None:
    """Check a family and add it; Rejected where it breaks a rule or the file's account of it is not what it comes to."""
    _Declaration(environment, group, budget).run()


class _Declaration:
    def __init__(self, environment: Environment, group: Group, budget: Budget) -> None:
        self.outside, self.group, self.budget = environment, group, budget
        first = group.types[0]
        self.params = first.params
        self.us = tuple(param(u) for u in first.params)
        self.count = first.parameters

    def run(self) -> None:
        self._account()
        plain = self._with_types(self.outside, self.group.types)
        plain_checker = TypeChecker(plain, self.budget)
        for c in self.group.constructors:
            plain_checker.level(c.type)
        self._translate()
        self._check_constructors()
        self._eliminates()
        final = self._with_types(self.outside, self.group.types)
        for c in self.group.constructors:
            final.add(c)
        self._recursors(final)
        self.outside.constants = final.constants

    # ---- the file's account, and types

    def _account(self) -> None:
        group, names = self.group, tuple(t.name for t in self.group.types)
        made = {t.name: [c for c in group.constructors if c.inductive == t.name] for t in group.types}
        if sum(map(len, made.values())) != len(group.constructors):
            raise Rejected("a constructor of a type that is not declared with it")
        for t in group.types:
            if t.params != self.params or t.parameters != self.count or t.family != names:
                raise Rejected(f"{t.name} disagrees with the family it is declared in")
            if tuple(c.name for c in made[t.name]) != t.constructors:
                raise Rejected(f"{t.name} has other constructors than it says")
            for place, c in enumerate(made[t.name]):
                if c.params != self.params or c.parameters != self.count or c.place != place:
                    raise Rejected(f"{c.name} disagrees with its type")
            t.recursive = any(_fields_mention(c.type, self.count, set(names)) for c in group.constructors)

    @staticmethod
    def _with_types(environment: Environment, types: list[Inductive]) -> Environment:
        out = environment.copy()
        for t in types:
            out.add(t)
        return out

    def _translate(self) -> None:
        """The parameters as variables; each type's result; the family with copies for nested uses."""
        checker = TypeChecker(self.outside, self.budget)
        self.parameters: list[Expr] = []
        type_ = self.group.types[0].type
        for _ in range(self.count):
            if type_.kind != PI:
                raise Rejected("fewer parameters than declared")
            self.parameters.append(fvar(instantiate(type_.a, self.parameters[::-1])))
            type_ = type_.b
        universes = []
        for t in self.group.types:
            checker.level(t.type)
            at = t.type
            for i, p in enumerate(self.parameters):
                if at.kind != PI or not checker.equal(instantiate(at.a, self.parameters[:i][::-1]), p.b):
                    raise Rejected(f"{t.name} has other parameters than its family")
                at = at.b
            indices, result = _open(instantiate(at, self.parameters[::-1]))
            if len(indices) != t.indices:
                raise Rejected(f"{t.name} has {len(indices)} indices, not {t.indices}")
            universes.append(checker.level_of_sort(result))
        self.universe = universes[0]
        if any(not levels.equal(u, self.universe) for u in universes):
            raise Rejected("types of one family in different universes")
        made = {t.name: [c for c in self.group.constructors if c.inductive == t.name] for t in self.group.types}
        types = []
        for t in self.group.types:
            own = []
            for c in made[t.name]:
                at = c.type
                for i, p in enumerate(self.parameters):
                    if at.kind != PI:
                        raise Rejected(f"{c.name} has fewer parameters than its type")
                    if not TypeChecker(self._with_types(self.outside, self.group.types), self.budget).equal(
                        instantiate(at.a, self.parameters[:i][::-1]), p.b
                    ):
                        raise Rejected(f"{c.name} has other parameters than its type")
                    at = at.b
                own.append((c.name, instantiate(at, self.parameters[::-1])))
            types.append(Type(t.name, behind(t.type, self.parameters), own))
        self.family = Family(self.us, self.parameters, types)
        nested.translate(self.outside, self.family)
        if len(types) - self.family.own != self.group.nested:
            raise Rejected(f"{len(types) - self.family.own} nested uses, not {self.group.nested}")
        self.inside = self.outside.copy()
        for mine in self.family.types:
            indices, _ = _open(mine.type)
            names = tuple(name for name, _ in mine.constructors)
            whole = pis(self.parameters, mine.type)
            self.inside.add(Inductive(mine.name, self.params, whole, self.count, len(indices), names, tuple(self.family.names), True))
        self.checker = TypeChecker(self.inside, self.budget)
        for mine in self.family.types[self.family.own :]:
            if self._mentions(mine.type):
                raise Unsupported("a nested use whose indices are of the family itself")
            result = _open(mine.type)[1]
            if not levels.equal(self.checker.level_of_sort(result), self.universe):
                raise Rejected("a nested use in another universe")

    # ---- constructors

    def _check_constructors(self) -> None:
        self.made: list[_Made] = []
        self.data: list[list[Expr]] = []
        for number, t in enumerate(self.family.types):
            for name, type_ in t.constructors:
                self.made.append(self._constructor(number, name, type_))
                if number < self.family.own:
                    told = next(c for c in self.group.constructors if c.name == name)
                    if told.fields != len(self.made[-1].fields):
                        raise Rejected(f"{name} has {len(self.made[-1].fields)} fields, not {told.fields}")

    def _constructor(self, number: int, name: str, type_: Expr) -> _Made:
        fields: list[_Field] = []
        data: list[Expr] = []
        while type_.kind == PI:
            domain = type_.a
            universe = self.checker.level(domain)
            if not levels.is_zero(self.universe) and not levels.leq(universe, self.universe):
                raise Rejected(f"a field of {name} lives in too large a universe")
            x = fvar(domain)
            if not levels.is_zero(universe):
                data.append(x)
            fields.append(self._field(name, x))
            type_ = instantiate(type_.b, (x,))
        at = self._of_family(type_)
        if at is None or at[0] != number:
            raise Rejected(f"{name} does not make its own type")
        self.data.append([x for x in data if x not in at[1]])
        term = apply(const(name, self.us), [*self.parameters, *(f.variable for f in fields)])
        return _Made(name, number, fields, at[1], term)

    def _field(self, name: str, x: Expr) -> _Field:
        """Rejected where the family occurs in a field to the left of an arrow, or anywhere but as its result."""
        if not self._mentions(x.b):
            return _Field(x)
        type_ = self.checker.whnf(x.b)
        if not self._mentions(type_):
            return _Field(x)
        xs: list[Expr] = []
        while type_.kind == PI:
            if self._mentions(type_.a):
                raise Rejected(f"{name} has a field in which the type occurs negatively")
            xs.append(fvar(type_.a))
            type_ = self.checker.whnf(instantiate(type_.b, (xs[-1],)))
        at = self._of_family(type_)
        if at is None:
            if self._mentions(type_):
                raise Rejected(f"{name} has a field in which the type occurs where it must not")
            return _Field(x)
        return _Field(x, at[0], tuple(xs), tuple(at[1]))

    def _mentions(self, e: Expr) -> bool:
        return bool(constants(e) & self.family.names)

    def _of_family(self, type_: Expr) -> tuple[int, list[Expr]] | None:
        """Number and indices of the type of the family that this is, applied to exactly the parameters."""
        f, args = spine(type_)
        if f.kind != CONST or f.a not in self.family.names or f.b != self.us:
            return None
        own = self.inside.get(f.a)
        assert isinstance(own, Inductive)
        if len(args) != own.parameters + own.indices or any(self._mentions(x) for x in args):
            return None
        if not all(self.checker.equal(x, p) for x, p in zip(args, self.parameters, strict=False)):
            return None
        return next(i for i, t in enumerate(self.family.types) if t.name == f.a), args[self.count :]

    # ---- recursors

    def _eliminates(self) -> None:
        """Whether the recursors reach every universe, or propositions alone."""
        types = self.family.types
        if levels.is_never_zero(self.universe):
            self.large = True
        elif len(types) > 1 or len(self.made) > 1:
            self.large = False
        else:
            self.large = not self.made or not self.data[0]
        self.k = levels.is_zero(self.universe) and len(types) == 1 and len(self.made) == 1 and not self.made[0].fields

    def _recursors(self, final: Environment) -> None:
        told = {r.name: r for r in self.group.recursors}
        own = self.family.own
        names = [f"{t.name}.rec" for t in self.family.types[:own]]
        names += [f"{self.family.types[0].name}.rec_{i + 1}" for i in range(len(self.family.types) - own)]
        if len(told) != len(self.group.recursors) or set(told) != set(names):
            raise Rejected(f"other recursors than {', '.join(names)}")
        params = told[names[0]].params
        if params[self.large :] != self.params or len(set(params)) != len(params) or any(told[n].params != params for n in names):
            raise Rejected("a recursor with other universe parameters than it has to have")
        made = self._make(names, params, param(params[0]) if self.large else zero)
        for recursor in made:
            final.add(recursor)
        checker = TypeChecker(final, self.budget)
        for recursor in made:
            _compare(checker, told[recursor.name], recursor)
            _check_rules(checker, recursor)

    def _make(self, names: list[str], params: tuple[str, ...], universe: Level) -> list[Recursor]:
        types, parameters = self.family.types, self.parameters
        motives, majors, all_indices = [], [], []
        for t in types:
            indices, _ = _open(t.type)
            major = fvar(apply(const(t.name, self.us), [*parameters, *indices]))
            motives.append(fvar(pis([*indices, major], sort(universe))))
            majors.append(major)
            all_indices.append(indices)
        minors = []
        for c in self.made:
            hypotheses = [fvar(pis(f.xs, app(apply(motives[f.of], f.indices), apply(f.variable, f.xs)))) for f in c.fields if f.of >= 0]
            result = app(apply(motives[c.type], c.indices), c.term)
            minors.append(fvar(pis([*(f.variable for f in c.fields), *hypotheses], result)))
        first = [*motives, *minors]
        heads = [apply(const(name, map(param, params)), [*parameters, *first]) for name in names]
        out = []
        for number, name in enumerate(names):
            indices, major = all_indices[number], majors[number]
            type_ = self._closed(pis, [*first, *indices, major], app(apply(motives[number], indices), major))
            rules = {}
            for c, minor in zip(self.made, minors, strict=True):
                if c.type == number:
                    calls = [lams(f.xs, app(apply(heads[f.of], f.indices), apply(f.variable, f.xs))) for f in c.fields if f.of >= 0]
                    fields = [f.variable for f in c.fields]
                    rules[self._own(c.name)] = Rule(len(fields), self._closed(lams, [*first, *fields], apply(minor, [*fields, *calls])))
            counts = (self.count, len(indices), len(types), len(minors))
            out.append(Recursor(name, params, type_, self._own(types[number].name), *counts, rules, self.k))
        return out

    def _closed(self, bind: Callable[[Sequence[Expr], Expr], Expr], variables: list[Expr], body: Expr) -> Expr:
        """With the copies put back, which are applied to the parameters, and then the parameters bound."""
        e = bind(self.parameters, replace(bind(variables, body), self.family.back))
        if constants(e) & {t.name for t in self.family.types[self.family.own :]}:
            raise Unsupported("a nested use that cannot be put back")
        return e

    def _own(self, name: str) -> str:
        """The name of what a copy, or a copy's constructor, is of."""
        original = self.family.back.get(apply(const(name, self.us), self.parameters))
        return name if original is None else str(head(original).a)


def _compare(checker: TypeChecker, told: Recursor, made: Recursor) -> None:
    """Rejected unless the file's recursor is the one that was made."""
    counts = [(r.parameters, r.indices, r.motives, r.minors, r.k) for r in (told, made)]
    if counts[0] != counts[1] or list(told.rules) != list(made.rules):
        raise Rejected(f"{made.name} disagrees with its type")
    if told.type is not made.type and not (checker.check(told.type) and checker.equal(told.type, made.type)):
        raise Rejected(f"{made.name} has a wrong type")
    for c, rule in made.rules.items():
        given = told.rules[c]
        if given.fields != rule.fields:
            raise Rejected(f"a rule of {made.name} has a wrong number of fields")
        if given.value is not rule.value and not (checker.check(given.value) and checker.equal(given.value, rule.value)):
            raise Rejected(f"{made.name} has a wrong rule for {c}")


def _check_rules(checker: TypeChecker, recursor: Recursor) -> None:
    """Each rule keeps the type: that of the recursor applied to the constructor."""
    checker.level(recursor.type)
    variables, _ = _open(recursor.type)
    first = variables[: recursor.major - recursor.indices]
    family, args = spine(variables[recursor.major].b)
    for name, rule in recursor.rules.items():
        made = checker.environment.get(name)
        assert isinstance(made, Constructor)
        fixed = args[: made.parameters]
        fields, result = _open(behind(made.type_at(family.b), fixed))
        indices = spine(result)[1][made.parameters :]
        term = apply(const(name, family.b), [*fixed, *fields])
        left = apply(const(recursor.name, map(param, recursor.params)), [*first, *indices, term])
        if not checker.equal(checker.check(apply(rule.value, [*first, *fields])), checker.check(left)):
            raise Rejected(f"the rule of {recursor.name} for {name} does not keep its type")


def _open(type_: Expr) -> tuple[list[Expr], Expr]:
    """Variables for the arguments of a function type as it is written, and the result."""
    variables: list[Expr] = []
    while type_.kind == PI:
        variables.append(fvar(instantiate(type_.a, variables[::-1])))
        type_ = type_.b
    return variables, instantiate(type_, variables[::-1])


def _fields_mention(type_: Expr, parameters: int, names: set[str]) -> bool:
    """Whether a constructor's field speaks of one of `names`."""
    place = 0
    while type_.kind == PI:
        if place >= parameters and constants(type_.a) & names:
            return True
        type_, place = type_.b, place + 1
    return False


def trust(environment: Environment, group: Group) -> None:
    """Add a family that was checked before, as the file has it."""
    names = {t.name for t in group.types}
    for t in group.types:
        t.recursive = any(_fields_mention(c.type, t.parameters, names) for c in group.constructors)
        environment.add(t)
    for r in group.recursors:
        r.inductive = str(spine(_open(r.type)[0][r.major].b)[0].a)
    for part in (*group.constructors, *group.recursors):
        environment.add(part)
