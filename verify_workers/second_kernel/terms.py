"""Universe levels and expressions.  Both are hash-consed: equal ones are the same object.

Variables that are bound are numbers (de Bruijn); variables that are free are objects of their own, made when a binder is
opened.  Names and kinds of binders are not kept: no rule looks at them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

ZERO, SUCC, MAX, IMAX, PARAM = range(5)
BVAR, FVAR, SORT, CONST, APP, LAM, PI, LET, NAT, STRING, PROJ = range(11)


class Level:
    """`kind` and its parts: SUCC l, MAX l l, IMAX l l, PARAM name."""

    __slots__ = ("a", "b", "has_param", "kind")

    def __init__(self, kind: int, a: Any, b: Any, has_param: bool) -> None:
        self.kind, self.a, self.b, self.has_param = kind, a, b, has_param


class Expr:
    """`kind` and its parts.

    BVAR index · FVAR (None, type) · SORT level · CONST (name, levels) · APP (f, x) · LAM, PI (type, body) ·
    LET (type, value, body) · NAT n · STRING s · PROJ (structure's name, index, e).  `loose`: bound variables that point out of
    it are all below this.  `local`: it has free variables; `has_param`: it has universe parameters.
    """

    __slots__ = ("a", "b", "c", "has_param", "kind", "local", "loose")

    def __init__(self, kind: int, a: Any, b: Any, c: Any, loose: int, local: bool, has_param: bool) -> None:
        self.kind, self.a, self.b, self.c = kind, a, b, c
        self.loose, self.local, self.has_param = loose, local, has_param


_levels: dict[tuple[Any, ...], Level] = {}
_exprs: dict[tuple[Any, ...], Expr] = {}


def _level(kind: int, a: Any, b: Any, has_param: bool) -> Level:
    key = (kind, a, b)
    found = _levels.get(key)
    if found is None:
        found = _levels[key] = Level(kind, a, b, has_param)
    return found


zero = _level(ZERO, None, None, False)


def succ(level: Level) -> Level:
    return _level(SUCC, level, None, level.has_param)


def max_(a: Level, b: Level) -> Level:
    return a if a is b or b is zero else b if a is zero else _level(MAX, a, b, a.has_param or b.has_param)


def imax(a: Level, b: Level) -> Level:
    if b is zero:
        return zero
    return max_(a, b) if b.kind == SUCC else _level(IMAX, a, b, a.has_param or b.has_param)


def param(name: str) -> Level:
    return _level(PARAM, name, None, True)


def _expr(kind: int, a: Any, b: Any, c: Any, loose: int, local: bool, has_param: bool) -> Expr:
    key = (kind, a, b, c)
    found = _exprs.get(key)
    if found is None:
        found = _exprs[key] = Expr(kind, a, b, c, loose, local, has_param)
    return found


def bvar(i: int) -> Expr:
    return _expr(BVAR, i, None, None, i + 1, False, False)


def fvar(type_: Expr) -> Expr:
    """A new free variable."""
    return Expr(FVAR, None, type_, None, 0, True, False)


def sort(level: Level) -> Expr:
    return _expr(SORT, level, None, None, 0, False, level.has_param)


def const(name: str, levels: Iterable[Level] = ()) -> Expr:
    us = tuple(levels)
    return _expr(CONST, name, us, None, 0, False, any(u.has_param for u in us))


def app(f: Expr, x: Expr) -> Expr:
    key = (APP, f, x, None)
    found = _exprs.get(key)
    if found is None:
        loose = f.loose if f.loose > x.loose else x.loose
        found = _exprs[key] = Expr(APP, f, x, None, loose, f.local or x.local, f.has_param or x.has_param)
    return found


def lam(type_: Expr, body: Expr) -> Expr:
    return _expr(LAM, type_, body, None, max(type_.loose, body.loose - 1), type_.local or body.local, type_.has_param or body.has_param)


def pi(type_: Expr, body: Expr) -> Expr:
    return _expr(PI, type_, body, None, max(type_.loose, body.loose - 1), type_.local or body.local, type_.has_param or body.has_param)


def let(type_: Expr, value: Expr, body: Expr) -> Expr:
    loose = max(type_.loose, value.loose, body.loose - 1)
    local, has_param = type_.local or value.local or body.local, type_.has_param or value.has_param or body.has_param
    return _expr(LET, type_, value, body, loose, local, has_param)


def natural(n: int) -> Expr:
    return _expr(NAT, n, None, None, 0, False, False)


def string(s: str) -> Expr:
    return _expr(STRING, s, None, None, 0, False, False)


def proj(name: str, i: int, e: Expr) -> Expr:
    return _expr(PROJ, name, i, e, e.loose, e.local, e.has_param)


prop = sort(zero)


def apply(f: Expr, args: Iterable[Expr]) -> Expr:
    for x in args:
        f = app(f, x)
    return f


def spine(e: Expr) -> tuple[Expr, list[Expr]]:
    """Head and arguments."""
    args = []
    while e.kind == APP:
        args.append(e.b)
        e = e.a
    args.reverse()
    return e, args


def head(e: Expr) -> Expr:
    while e.kind == APP:
        e = e.a
    return e


def rebuild(e: Expr, d: int, go: Any) -> Expr:
    """`e` with its parts mapped by `go(part, depth)`."""
    k = e.kind
    if k == APP:
        return app(go(e.a, d), go(e.b, d))
    if k == LAM:
        return lam(go(e.a, d), go(e.b, d + 1))
    if k == PI:
        return pi(go(e.a, d), go(e.b, d + 1))
    if k == LET:
        return let(go(e.a, d), go(e.b, d), go(e.c, d + 1))
    return proj(e.a, e.b, go(e.c, d)) if k == PROJ else e


def instantiate(e: Expr, values: Sequence[Expr]) -> Expr:
    """`e` with the bound variable i replaced by `values[i]`, which have no loose variables themselves."""
    if not e.loose:
        return e
    n = len(values)
    memo: dict[tuple[Expr, int], Expr] = {}

    def go(e: Expr, d: int) -> Expr:
        if e.loose <= d:
            return e
        if e.kind == BVAR:
            return values[e.a - d] if e.a - d < n else bvar(e.a - n)
        key = (e, d)
        found = memo.get(key)
        if found is None:
            found = memo[key] = app(go(e.a, d), go(e.b, d)) if e.kind == APP else rebuild(e, d, go)
        return found

    return go(e, 0)


def abstract(e: Expr, variables: Sequence[Expr]) -> Expr:
    """`e` with free variables made bound ones: the last of `variables` becomes 0."""
    if not e.local:
        return e
    place = {x: len(variables) - 1 - i for i, x in enumerate(variables)}
    memo: dict[tuple[Expr, int], Expr] = {}

    def go(e: Expr, d: int) -> Expr:
        if not e.local:
            return e
        if e.kind == FVAR:
            at = place.get(e)
            return e if at is None else bvar(at + d)
        key = (e, d)
        found = memo.get(key)
        if found is None:
            found = memo[key] = rebuild(e, d, go)
        return found

    return go(e, 0)


def _bind(make: Any, variables: Sequence[Expr], body: Expr) -> Expr:
    body = abstract(body, variables)
    for i in reversed(range(len(variables))):
        body = make(abstract(variables[i].b, variables[:i]), body)
    return body


def pis(variables: Sequence[Expr], body: Expr) -> Expr:
    """∀ variables, body."""
    return _bind(pi, variables, body)


def lams(variables: Sequence[Expr], body: Expr) -> Expr:
    """fun variables => body."""
    return _bind(lam, variables, body)


def arrow(a: Expr, b: Expr) -> Expr:
    """a → b, neither with loose variables."""
    return pi(a, b)


def replace(e: Expr, by: dict[Expr, Expr]) -> Expr:
    """`e` with whole subterms replaced; neither they nor what replaces them has loose variables."""
    memo: dict[Expr, Expr] = {}

    def go(e: Expr, _: int) -> Expr:
        found = by.get(e) or memo.get(e)
        if found is None:
            found = memo[e] = rebuild(e, 0, go)
        return found

    return go(e, 0)


_constants: dict[Expr, frozenset[str]] = {}


def constants(e: Expr) -> frozenset[str]:
    """Names of the constants and of the projections' structures in `e`, with what literals are made of."""
    found = _constants.get(e)
    if found is None:
        names: set[str] = set()
        for x in subterms(e):
            if x.kind in (CONST, PROJ):
                names.add(x.a)
            elif x.kind == NAT:
                names.add("Nat")
            elif x.kind == STRING:
                names.update(("Nat", "String", "String.ofList", "Char.ofNat"))
        found = _constants[e] = frozenset(names)
    return found


def subterms(e: Expr) -> set[Expr]:
    seen = {e}
    todo = [e]
    while todo:
        x = todo.pop()
        parts = (x.a, x.b) if x.kind in (APP, LAM, PI) else (x.a, x.b, x.c) if x.kind == LET else (x.c,) if x.kind == PROJ else ()
        for y in parts:
            if y not in seen:
                seen.add(y)
                todo.append(y)
    return seen


def level_instance(level: Level, by: dict[str, Level]) -> Level:
    if not level.has_param:
        return level
    if level.kind == PARAM:
        return by.get(level.a, level)
    if level.kind == SUCC:
        return succ(level_instance(level.a, by))
    return (max_ if level.kind == MAX else imax)(level_instance(level.a, by), level_instance(level.b, by))


_instances: dict[tuple[Expr, tuple[str, ...], tuple[Level, ...]], Expr] = {}


def level_instances(e: Expr, params: tuple[str, ...], levels: tuple[Level, ...]) -> Expr:
    """`e` with levels for its universe parameters."""
    if not e.has_param:
        return e
    key = (e, params, levels)
    found = _instances.get(key)
    if found is not None:
        return found
    by = dict(zip(params, levels, strict=True))
    memo: dict[Expr, Expr] = {}

    def go(e: Expr, _: int) -> Expr:
        if not e.has_param:
            return e
        made = memo.get(e)
        if made is None:
            if e.kind == SORT:
                made = sort(level_instance(e.a, by))
            elif e.kind == CONST:
                made = const(e.a, [level_instance(u, by) for u in e.b])
            else:
                made = rebuild(e, 0, go)
            memo[e] = made
        return made

    found = _instances[key] = go(e, 0)
    return found


_grown: tuple[dict[Any, Any], ...] = (_exprs, _instances, _constants)


def mark() -> tuple[int, ...]:
    """How many expressions there are now, for `release`."""
    return tuple(len(table) for table in _grown)


def release(marked: tuple[int, ...]) -> None:
    """Forget expressions that were made since.  None of them may be used any more: an equal one would be another object."""
    for table, size in zip(_grown, marked, strict=True):
        while len(table) > size:
            table.popitem()
