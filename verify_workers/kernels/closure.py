"""A proof's closure as one export file: what it adds, and what that needs of the library."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from verify_workers.second_kernel.reading import component

Line = dict[str, Any]
_NAMES = ("name", "induct", "ctor", "typeName", "pre", "param")
_LISTS = ("levelParams", "all", "ctors")
_LITERALS = {"natVal": ("Nat",), "strVal": ("Nat", "Char.ofNat", "String.ofList")}


@dataclass
class _Source:
    """A file's lines by sort and number, and its declarations by the names they bring."""

    names: list[Line] = field(default_factory=lambda: [{}])
    levels: list[Line] = field(default_factory=lambda: [{}])
    texts: list[str] = field(default_factory=list)  # of expressions, most of which nobody asks for
    declarations: list[Line] = field(default_factory=list)
    declared: dict[str, int] = field(default_factory=dict)
    shown: list[str] = field(default_factory=lambda: [""])
    meta: Line = field(default_factory=dict)

    def expression(self, i: int) -> Line:
        line: Line = json.loads(self.texts[i])
        return line


def _read(lines: Iterable[str]) -> _Source:
    """The lines of a file that `kernel.ndjson` has written: an expression's end in its number."""
    source = _Source()
    for text in lines:
        if '"ie":' in text[-20:]:
            source.texts.append(text)
            continue
        line = json.loads(text)
        if "in" in line:
            part = line.get("str") or line["num"]
            last = component(part["str"] if "str" in part else part["i"])
            source.shown.append(f"{source.shown[part['pre']]}.{last}" if part["pre"] else last)
            source.names.append(line)
        elif "il" in line:
            source.levels.append(line)
        elif "meta" in line:
            source.meta = line
        else:
            ((kind, fields),) = line.items()
            parts = [*fields["types"], *fields["ctors"], *fields["recs"]] if kind == "inductive" else [fields]
            for part in parts:
                source.declared[source.shown[part["name"]]] = len(source.declarations)
            source.declarations.append(line)
    return source


class Library:
    """A library's export file, from which closures are taken."""

    def __init__(self, path: Path) -> None:
        with path.open(encoding="utf-8", errors="surrogatepass") as lines:
            self._source = _read(lines)
        self._needs: dict[int, frozenset[str]] = {}

    def with_own(self, own: str) -> Iterator[str]:
        """The lines of one file: what `own` (an export that builds on this library) needs of it, then `own` itself."""
        mine = _read(own.split("\n")[:-1])
        needed: set[str] = set()
        for number in range(len(mine.declarations)):
            needed |= _needs(mine, number)
        needed -= set(mine.declared)
        out = _Writer()
        yield json.dumps(self._source.meta, separators=(",", ":")) + "\n"
        for number in self._ordered(needed):
            yield from out.declaration(self._source, number)
        for number in range(len(mine.declarations)):
            yield from out.declaration(mine, number)

    def _ordered(self, names: set[str]) -> list[int]:
        """Declarations of these names and of all that they rest on; the file has them in a good order already."""
        source, wanted = self._source, set[int]()
        todo = [source.declared[name] for name in names if name in source.declared]
        while todo:
            number = todo.pop()
            if number not in wanted:
                wanted.add(number)
                if number not in self._needs:
                    self._needs[number] = frozenset(_needs(source, number))
                todo += [source.declared[name] for name in self._needs[number]]
        return sorted(wanted)


def _needs(source: _Source, number: int) -> set[str]:
    """Names of the constants in a declaration, its own aside."""
    ((kind, fields),) = source.declarations[number].items()
    roots = _expressions(fields)
    out: set[str] = set()
    seen = set(roots)
    todo = list(roots)
    while todo:
        line = source.expression(todo.pop())
        for literal, names in _LITERALS.items():
            if literal in line:
                out.update(names)
        if "const" in line:
            out.add(source.shown[line["const"]["name"]])
        if "proj" in line:
            out.add(source.shown[line["proj"]["typeName"]])
        for below in _below(line):
            if below not in seen:
                seen.add(below)
                todo.append(below)
    if kind == "quot":
        out |= {"Eq", "Quot", "Quot.mk", "Quot.lift", "Quot.ind"}
    own = {name for name in out if source.declared.get(name) == number}
    return out - own


def _below(line: Line) -> list[int]:
    """Expressions that an expression's line names."""
    for kind in ("app", "lam", "forallE", "letE", "proj"):
        if kind in line:
            return [line[kind][part] for part in ("fn", "arg", "type", "value", "body", "struct") if part in line[kind]]
    return []


def _expressions(part: Any) -> list[int]:
    """Expressions that a declaration names."""
    if isinstance(part, list):
        return [i for p in part if isinstance(p, dict) for i in _expressions(p)]
    own = [part[name] for name in ("type", "value", "rhs") if name in part]
    return own + [i for v in part.values() if isinstance(v, list) for i in _expressions(v)]


class _Writer:
    """Numbers lines anew as they are first needed; equal ones are one line."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._counts = {"in": 1, "il": 1, "ie": 0}
        self._maps: dict[tuple[int, str], dict[int, int]] = {}

    def declaration(self, source: _Source, number: int) -> Iterator[str]:
        lines: list[str] = []
        line = self._renumbered(source, source.declarations[number], lines)
        yield from lines
        yield json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n"

    def _number(self, source: _Source, sort: str, i: int, lines: list[str]) -> int:
        mapped = self._maps.setdefault((id(source), sort), {} if sort == "ie" else {0: 0})
        todo = [i]
        while todo:  # expressions are deep; names and levels are not
            n = todo[-1]
            if n in mapped:
                todo.pop()
                continue
            line = source.expression(n) if sort == "ie" else (source.names if sort == "in" else source.levels)[n]
            missing = [b for b in _below(line) if b not in mapped] if sort == "ie" else []
            if missing:
                todo += missing
                continue
            made = self._renumbered(source, {k: v for k, v in line.items() if k != sort}, lines)
            key = sort + json.dumps(_anonymous(made), sort_keys=True)
            if key not in self._known:
                self._known[key] = self._counts[sort]
                self._counts[sort] += 1
                lines.append(json.dumps(made | {sort: self._known[key]}, separators=(",", ":"), ensure_ascii=False) + "\n")
            mapped[n] = self._known[key]
            todo.pop()
        return mapped[i]

    def _renumbered(self, source: _Source, line: Line, lines: list[str]) -> Line:
        def go(key: str, value: Any, above: str) -> Any:
            if isinstance(value, dict):
                return {k: go(k, v, key) for k, v in value.items()}
            if key in ("levelParams", "all") or (key == "ctors" and value and type(value[0]) is int):
                return [self._number(source, "in", i, lines) for i in value]
            if key in ("us", "max", "imax"):
                return [self._number(source, "il", i, lines) for i in value]
            if isinstance(value, list):
                return [go(key, v, above) for v in value]
            if key in _NAMES and type(value) is int:
                return self._number(source, "in", value, lines)
            if key in ("succ", "sort"):
                return self._number(source, "il", value, lines)
            if key in ("fn", "arg", "type", "value", "body", "struct", "rhs") and type(value) is int:
                return self._number(source, "ie", value, lines)
            return value

        return {k: go(k, v, "") for k, v in line.items()}


def _anonymous(line: Line) -> Line:
    """Without the names and kinds of bound variables, which tell no two expressions apart."""
    ((kind, fields),) = line.items()
    if kind in ("lam", "forallE", "letE"):
        return {kind: {k: v for k, v in fields.items() if k not in ("name", "binderInfo", "nondep")}}
    return line
