"""Kernel objects as lines of the public export format (leanprover/lean4export, format_ndjson.md, version 3.1.0).

A document is one `meta` line, the names, levels and expressions that its declarations need (an index names an earlier
line of its sort; name 0 is the anonymous one, level 0 is zero), and the declarations, dependencies first.  Expressions
that differ only in names or kinds of bound variables are one, as in lean4export's own files; `mdata` is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from verify_workers.kernel import abi
from verify_workers.kernel.abi import Key, field, items, key, natural, scalar, show, tag, value
from verify_workers.kernel.elaborate import World
from verify_workers.kernel.export import Refused, Writer

FORMAT = "3.1.0"
EXPORTER = {"name": "proof-synth", "version": "1"}
QUOTIENT: tuple[Key, ...] = (("Quot",), ("Quot", "mk"), ("Quot", "lift"), ("Quot", "ind"))
_BINDERS = ("default", "implicit", "strictImplicit", "instImplicit")
_QUOT_KINDS = ("type", "ctor", "lift", "ind")
_LEVELS = {"S": "succ", "M": "max", "I": "imax", "P": "param"}
_SAFETY = ("unsafe", "safe", "partial")


def document(world: World, kernel: int, roots: Iterable[Key], has: Callable[[Key], bool] = lambda k: False) -> bytes:
    """The closure of the constants `roots` of the kernel environment, but for those that a reader `has` already."""
    writer = Writer()
    declarations = [_declaration(world, kernel, k, writer) for k in _ordered(world, kernel, roots, has)]
    githash = world.lean.githash()
    lines, numbers = primitives(writer.rows)
    out = [
        meta(githash, abi.GITHASHES.get(githash, "")),
        *lines,
        *(_numbered(line, numbers) for declaration in declarations for line in declaration),
    ]
    return "".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n" for line in out).encode("utf-8", "surrogatepass")


def meta(githash: str, version: str) -> dict[str, Any]:
    """The first line of a file."""
    return {"meta": {"exporter": EXPORTER, "format": {"version": FORMAT}, "lean": {"githash": githash, "version": version}}}


def library(world: World) -> bytes:
    """All that a header imports and a proof may rest on: what is unsafe or partial is left out."""
    lean, kernel = world.lean, world.kernel
    roots = []
    for name in lean.imported_constants(kernel):
        info = lean.find_object(kernel, name)
        if info is not None and not abi.is_unsafe(info):
            roots.append(key(name))
    return document(world, kernel, sorted(roots, key=str))


# ---- order


def _ordered(world: World, kernel: int, roots: Iterable[Key], has: Callable[[Key], bool]) -> list[Key]:
    """Constants to write, dependencies first: one entry for each inductive family (its first type) and for the quotient."""
    lean = world.lean
    order: list[Key] = []
    seen: set[Key] = set()
    todo = [(root, False) for root in reversed(list(roots))]
    while todo:
        k, done = todo.pop()
        if done:
            order.append(k)
            continue
        if k in seen or has(k):
            continue
        info = lean.find(kernel, k)
        if info is None:
            raise Refused("kernel", f"no constant {show(k)}")
        kind = tag(info)
        if kind == abi.CONSTRUCTOR:  # ConstructorVal.induct
            todo.append((key(field(value(info), 1)), False))
            continue
        if kind == abi.RECURSOR:  # RecursorVal.all
            todo += [(key(n), False) for n in items(field(value(info), 1))]
            continue
        if kind == abi.QUOT:
            k = QUOTIENT[0]
            if k in seen:
                continue
            todo += [(k, True), (("Eq",), False)]
            seen.update(QUOTIENT)
            continue
        if kind == abi.INDUCTIVE:
            family = [key(n) for n in abi.family(info)]
            k = family[0]
            if k in seen:
                continue
            needs = []
            for member in family:
                own = _find(world, kernel, member)
                needs += [abi.constant(own)[2], *(abi.constant(_find(world, kernel, key(c)))[2] for c in abi.constructors(own))]
                seen.update({member, *map(key, abi.constructors(own))})
        else:
            needs = [abi.constant(info)[2]]
            if kind in (abi.DEFINITION, abi.THEOREM, abi.OPAQUE):
                needs.append(abi.body(info))
        seen.add(k)
        todo.append((k, True))
        todo += [(d, False) for e in needs for d in map(key, lean.used(e)) if d not in seen]
    return order


def _find(world: World, kernel: int, k: Key) -> int:
    info = world.lean.find(kernel, k)
    if info is None:
        raise Refused("kernel", f"no constant {show(k)}")
    return info


# ---- declarations; names and expressions are rows of the writer, marked by `_Name` and `_Expression` until `_numbered`


class _Name(int):
    pass


class _Expression(int):
    pass


def _declaration(world: World, kernel: int, k: Key, writer: Writer) -> list[dict[str, Any]]:
    """The lines of what `_ordered` names `k`."""
    info = _find(world, kernel, k)
    kind = tag(info)
    if kind == abi.QUOT:
        return [{"quot": _head(_find(world, kernel, q), writer) | {"kind": _QUOT_KINDS[i]}} for i, q in enumerate(QUOTIENT)]
    if abi.is_unsafe(info):
        raise Refused("kernel", f"{show(k)} is unsafe or partial")
    if kind == abi.INDUCTIVE:
        return [{"inductive": _family(world, kernel, [key(n) for n in abi.family(info)], writer)}]
    head = _head(info, writer)
    if kind == abi.AXIOM:
        return [{"axiom": head | {"isUnsafe": False}}]
    if kind not in (abi.DEFINITION, abi.THEOREM, abi.OPAQUE):
        raise Refused("kernel", f"{show(k)} is of an unknown kind")
    head |= {"value": _Expression(writer.expression(abi.body(info))), "all": [head["name"]]}
    if kind == abi.THEOREM:
        return [{"thm": head}]
    if kind == abi.OPAQUE:
        return [{"opaque": head | {"isUnsafe": False}}]
    height = abi.hint(info)
    hints = {-1: "opaque", -2: "abbrev"}.get(height) or {"regular": height}
    return [{"def": head | {"hints": hints, "safety": _SAFETY[abi.SAFE]}}]


def _head(info: int, writer: Writer) -> dict[str, Any]:
    name, params, type_ = abi.constant(info)
    return {
        "name": _Name(writer.name(name)),
        "levelParams": [_Name(writer.name(u)) for u in params],
        "type": _Expression(writer.expression(type_)),
    }


def _family(world: World, kernel: int, family: list[Key], writer: Writer) -> dict[str, Any]:
    types, constructors = [], []
    nested = 0
    for member in family:
        info = _find(world, kernel, member)
        v = value(info)  # InductiveVal: constant, numParams, numIndices, all, ctors, numNested; isRec, isUnsafe, isReflexive
        nested = natural(field(v, 5))
        types.append(
            _head(info, writer)
            | {
                "numParams": natural(field(v, 1)),
                "numIndices": natural(field(v, 2)),
                "all": [_Name(writer.name(n)) for n in items(field(v, 3))],
                "ctors": [_Name(writer.name(n)) for n in items(field(v, 4))],
                "numNested": nested,
                "isRec": bool(scalar(v, 6, 0)),
                "isUnsafe": False,
                "isReflexive": bool(scalar(v, 6, 2)),
            }
        )
        for c in abi.constructors(info):
            own = _find(world, kernel, key(c))
            cv = value(own)  # ConstructorVal: constant, induct, cidx, numParams, numFields
            constructors.append(
                _head(own, writer)
                | {
                    "induct": _Name(writer.name(field(cv, 1))),
                    "cidx": natural(field(cv, 2)),
                    "numParams": natural(field(cv, 3)),
                    "numFields": natural(field(cv, 4)),
                    "isUnsafe": False,
                }
            )
    names = [(*member, "rec") for member in family] + [(*family[0], f"rec_{i + 1}") for i in range(nested)]
    return {"types": types, "ctors": constructors, "recs": [_recursor(_find(world, kernel, n), writer) for n in names]}


def _recursor(info: int, writer: Writer) -> dict[str, Any]:
    v = value(info)  # RecursorVal: constant, all, numParams, numIndices, numMotives, numMinors, rules; k, isUnsafe
    rules = [
        {"ctor": _Name(writer.name(field(r, 0))), "nfields": natural(field(r, 1)), "rhs": _Expression(writer.expression(field(r, 2)))}
        for r in items(field(v, 6))
    ]
    return _head(info, writer) | {
        "all": [_Name(writer.name(n)) for n in items(field(v, 1))],
        "numParams": natural(field(v, 2)),
        "numIndices": natural(field(v, 3)),
        "numMotives": natural(field(v, 4)),
        "numMinors": natural(field(v, 5)),
        "rules": rules,
        "k": bool(scalar(v, 7, 0)),
        "isUnsafe": False,
    }


# ---- rows to lines


def primitives(rows: list[tuple[Any, ...]]) -> tuple[list[dict[str, Any]], list[int]]:
    """The lines of a writer's rows, and for each row its number among the lines of its sort."""
    lines: list[dict[str, Any]] = []
    numbers: list[int] = []
    known: dict[tuple[Any, ...], int] = {}
    counts = {"in": 1, "il": 1, "ie": 0}

    def below(i: int) -> int:
        return 0 if i < 0 else numbers[i]

    for row in rows:
        sort, line, same = _line(row, below)
        number = known.get(same)
        if number is None:
            number = known[same] = counts[sort]
            counts[sort] += 1
            lines.append(line | {sort: number})
        numbers.append(number)
    return lines, numbers


def _line(row: tuple[Any, ...], below: Callable[[int], int]) -> tuple[str, dict[str, Any], tuple[Any, ...]]:
    """Sort and line of a row, without its number, and what tells it from others."""
    kind = row[0]
    if kind == "n":
        parent, last = below(row[1]), row[2]
        part = {"pre": parent, "str" if isinstance(last, str) else "i": last}
        return "in", {"str" if isinstance(last, str) else "num": part}, ("n", parent, last)
    if kind in _LEVELS:
        parts = [below(i) for i in row[1:]]
        return "il", {_LEVELS[kind]: parts if len(parts) == 2 else parts[0]}, (kind, *parts)
    if kind == "N":
        return "ie", {"natVal": str(row[1])}, row
    if kind == "T":
        return "ie", {"strVal": row[1]}, row
    if kind == "b":
        return "ie", {"bvar": row[1]}, row
    if kind == "j":
        name, struct = below(row[1]), below(row[3])
        return "ie", {"proj": {"typeName": name, "idx": row[2], "struct": struct}}, ("j", name, row[2], struct)
    parts = [below(i) for i in row[1:]]
    if kind == "c":
        return "ie", {"const": {"name": parts[0], "us": parts[1:]}}, (kind, *parts)
    if kind == "s":
        return "ie", {"sort": parts[0]}, (kind, *parts)
    if kind == "a":
        return "ie", {"app": {"fn": parts[0], "arg": parts[1]}}, (kind, *parts)
    if kind == "e":
        name, type_, bound, body = parts[:4]
        return "ie", {"letE": {"name": name, "type": type_, "value": bound, "body": body, "nondep": False}}, (kind, type_, bound, body)
    name, type_, body = below(row[1]), below(row[2]), below(row[3])
    binder = {"name": name, "type": type_, "body": body, "binderInfo": _BINDERS[row[4]]}
    return "ie", {"lam" if kind == "l" else "forallE": binder}, (kind, type_, body)


def _numbered(part: Any, numbers: list[int]) -> Any:
    if isinstance(part, _Name | _Expression):
        return 0 if part < 0 else numbers[part]
    if isinstance(part, dict):
        return {k: _numbered(v, numbers) for k, v in part.items()}
    return [_numbered(v, numbers) for v in part] if isinstance(part, list) else part
