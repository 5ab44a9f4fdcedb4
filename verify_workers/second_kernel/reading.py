"""Export files (lean4export's NDJSON, format 3.1) to constants, each made when it is asked for.

A file is data of unknown origin: every index must name an earlier line of its sort, every number has its bounds, and
whatever is not as the format says is `Malformed`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from verify_workers.second_kernel import terms
from verify_workers.second_kernel.environment import (
    Axiom,
    Constructor,
    Definition,
    Inductive,
    Opaque,
    Quotient,
    Recursor,
    Rejected,
    Rule,
    Theorem,
    Unsupported,
)
from verify_workers.second_kernel.inductive import Group
from verify_workers.second_kernel.terms import Expr, Level

FORMAT = ["3", "1"]
MAX_INDEX = 1 << 20
MAX_DIGITS = 1 << 21
_SIMPLE = {"axiom": Axiom, "def": Definition, "thm": Theorem, "opaque": Opaque, "quot": Quotient}


class Malformed(Rejected):
    """What the format does not allow."""


@dataclass(eq=False)
class Entry:
    """One declaration of a file: the names that it brings, and its line as it was read."""

    kind: str
    names: tuple[str, ...]
    fields: dict[str, Any]


@dataclass
class ExportFile:
    """A file that has been read.  `entries` in order; `declared` finds one by each name that it brings."""

    meta: dict[str, Any] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    declared: dict[str, Entry] = field(default_factory=dict)
    names: list[str] = field(default_factory=lambda: [""])
    levels: list[Level] = field(default_factory=lambda: [terms.zero])
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    made: dict[int, Expr] = field(default_factory=dict)

    # ---- what is in it

    def expression(self, i: Any) -> Expr:
        """Expression number `i`; without recursion, since proofs are deep."""
        made, rows = self.made, self.rows
        todo = [self._index(i, len(rows))]
        while todo:
            n = todo[-1]
            if n in made:
                todo.pop()
                continue
            make, parts, rest = rows[n]
            missing = [p for p in parts if p not in made]
            if missing:
                todo += missing
                continue
            made[n] = make(*rest, *(made[p] for p in parts))
            todo.pop()
        e = made[i]
        if e.loose:
            raise Malformed("a declaration with a loose bound variable")
        return e

    def constant(self, entry: Entry) -> Axiom | Definition | Opaque | Quotient:
        """What a declaration declares, if it is no family."""
        f = entry.fields
        head = self._head(f)
        if entry.kind == "axiom":
            return Axiom(*head)
        if entry.kind == "quot":
            return Quotient(*head)
        value = self.expression(f["value"])
        if entry.kind == "opaque":
            return Opaque(*head, value)
        if entry.kind == "thm":
            return Theorem(*head, value, -1.0)
        hints = f["hints"]
        height = {"opaque": -1.0, "abbrev": float("inf")}.get(hints) if isinstance(hints, str) else float(self._count(hints["regular"]))
        if height is None:
            raise Malformed("unknown hints")
        return Definition(*head, value, height)

    def group(self, entry: Entry) -> Group:
        """The family that a declaration declares."""
        f, count, name = entry.fields, self._count, self.name
        recursors = []
        types = [
            Inductive(*self._head(t), count(t["numParams"]), count(t["numIndices"]), self._names(t["ctors"]), self._names(t["all"]), False)
            for t in f["types"]
        ]
        made = [
            Constructor(*self._head(c), name(c["induct"]), count(c["cidx"]), count(c["numParams"]), count(c["numFields"]))
            for c in f["ctors"]
        ]
        for r in f["recs"]:
            rules = {name(rule["ctor"]): Rule(count(rule["nfields"]), self.expression(rule["rhs"])) for rule in r["rules"]}
            counts = (count(r["numParams"]), count(r["numIndices"]), count(r["numMotives"]), count(r["numMinors"]))
            head = self._head(r)
            recursors.append(Recursor(*head, head[0].rpartition(".")[0], *counts, rules, r["k"] is True))
        if not types:
            raise Malformed("a family without types")
        return Group(types, made, recursors, count(f["types"][0]["numNested"]))

    def name(self, i: Any) -> str:
        return self.names[self._index(i, len(self.names))]

    def _names(self, numbers: Any) -> tuple[str, ...]:
        return tuple(map(self.name, numbers))

    def _head(self, f: dict[str, Any]) -> tuple[str, tuple[str, ...], Expr]:
        params = self._names(f["levelParams"])
        if len(set(params)) != len(params):
            raise Malformed("a universe parameter twice")
        return self.name(f["name"]), params, self.expression(f["type"])

    @staticmethod
    def _index(i: Any, below: int) -> int:
        if type(i) is not int or not 0 <= i < below:
            raise Malformed("an index that names no earlier line")
        return i

    @staticmethod
    def _count(n: Any) -> int:
        if type(n) is not int or not 0 <= n < 1 << 32:
            raise Malformed("a number out of range")
        return n

    # ---- reading

    def read(self, lines: Iterable[bytes]) -> ExportFile:
        for number, line in enumerate(lines, 1):
            try:
                if line.strip():
                    self._line(json.loads(line))
            except Malformed as problem:
                raise Malformed(f"line {number}: {problem}") from problem
            except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as problem:
                raise Malformed(f"line {number}: {type(problem).__name__}: not of this format") from problem
        return self

    def _line(self, row: dict[str, Any]) -> None:
        if "ie" in row:
            self._number(row["ie"], len(self.rows))
            self.rows.append(self._expression_row(row))
        elif "in" in row:
            self._number(row["in"], len(self.names))
            string = "str" in row
            part = row["str" if string else "num"]
            prefix, last = self.name(part["pre"]), part["str" if string else "i"]
            self.names.append(f"{prefix}.{component(last)}" if part["pre"] else component(last))
        elif "il" in row:
            self._number(row["il"], len(self.levels))
            self.levels.append(self._level_row(row))
        elif "meta" in row:
            self.meta = row["meta"]
            version = str(self.meta["format"]["version"])
            if version.split(".")[:2] != FORMAT:
                raise Unsupported(f"format {version}, which is not read here")
        else:
            self._declaration(row)

    @staticmethod
    def _number(told: Any, next_: int) -> None:
        if told != next_:
            raise Malformed(f"number {told!r} where {next_} comes next")

    def _level_row(self, row: dict[str, Any]) -> Level:
        def level(i: Any) -> Level:
            return self.levels[self._index(i, len(self.levels))]

        if "succ" in row:
            return terms.succ(level(row["succ"]))
        if "param" in row:
            return terms.param(self.name(row["param"]))
        make = terms.max_ if "max" in row else terms.imax
        a, b = row["max" if "max" in row else "imax"]
        return make(level(a), level(b))

    def _expression_row(self, row: dict[str, Any]) -> tuple[Any, ...]:
        """How to make it: a function, expressions that it takes last, and what it takes before them."""
        below = len(self.rows)

        def at(i: Any) -> int:
            return self._index(i, below)

        if "app" in row:
            f = row["app"]
            return terms.app, (at(f["fn"]), at(f["arg"])), ()
        if "const" in row:
            f = row["const"]
            return terms.const, (), (self.name(f["name"]), tuple(self.levels[self._index(u, len(self.levels))] for u in f["us"]))
        if "bvar" in row:
            return terms.bvar, (), (self._index(row["bvar"], MAX_INDEX),)
        for kind, make in (("lam", terms.lam), ("forallE", terms.pi)):
            if kind in row:
                f = row[kind]
                return make, (at(f["type"]), at(f["body"])), ()
        if "sort" in row:
            return terms.sort, (), (self.levels[self._index(row["sort"], len(self.levels))],)
        if "natVal" in row:
            digits = row["natVal"]
            if not digits.isdecimal() or not digits.isascii() or len(digits) > MAX_DIGITS:
                raise Malformed("no number")
            return terms.natural, (), (int(digits),)
        if "strVal" in row:
            return terms.string, (), (str(row["strVal"]),)
        if "letE" in row:
            f = row["letE"]
            return terms.let, (at(f["type"]), at(f["value"]), at(f["body"])), ()
        if "proj" in row:
            f = row["proj"]
            return terms.proj, (at(f["struct"]),), (self.name(f["typeName"]), self._index(f["idx"], MAX_INDEX))
        return (lambda e: e), (at(row["mdata"]["expr"]),), ()

    def _declaration(self, row: dict[str, Any]) -> None:
        ((kind, fields),) = row.items()
        if kind == "inductive":
            parts = [*fields["types"], *fields["ctors"], *fields["recs"]]
        elif kind in _SIMPLE:
            parts = [fields]
        else:
            raise Malformed(f"an unknown line {kind!r}")
        if any(part.get("isUnsafe") for part in parts) or fields.get("safety", "safe") != "safe":
            raise Malformed("something unsafe or partial")
        entry = Entry(kind, tuple(self.name(part["name"]) for part in parts), fields)
        self.entries.append(entry)
        for name in entry.names:
            if name in self.declared:
                raise Malformed(f"{name} is declared twice")
            self.declared[name] = entry


def component(last: Any) -> str:
    """A component of a name such that joined names are equal only if their components are."""
    if type(last) is int:
        return str(last)
    if not isinstance(last, str):
        raise Malformed("no name")
    plain = last and "." not in last and "«" not in last and "»" not in last and not last.isdecimal()
    return last if plain else f"«{last.replace('»', '»»')}»"
