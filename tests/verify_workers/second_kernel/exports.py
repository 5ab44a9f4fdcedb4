"""Export files for the tests: what child B accepted of a text, and a file that can be changed line by line."""

from __future__ import annotations

import copy
import json
from typing import Any

from verify_workers.backends.fork import ForkBackend
from verify_workers.kernel.library import library_file
from verify_workers.kernels.panel import library
from verify_workers.lean import LeanInstall
from verify_workers.records import Check

PIN = "_verify_workers_pin"
Line = dict[str, Any]


def closure(lean: LeanInstall, statement: str, proof: str, preamble: str = "") -> list[str]:
    """The lines of the closure of a proof that Lean accepts."""
    backend = ForkBackend(lean)
    try:
        backend.exporting = True
        verdict = backend.check(Check(id="x", statement=statement, proof=proof, preamble=preamble, timeout=60))
        assert verdict.accepted and backend.exported is not None, verdict
        return list(library(library_file(lean, backend.exported.imports)).with_own(backend.exported.lines))
    finally:
        backend.close()


class File:
    """Lines by sort, to be changed; new ones come behind those that are there, and declarations last."""

    def __init__(self, lines: list[str]) -> None:
        rows = [json.loads(line) for line in lines]
        self.meta = rows[0]
        self.names = [row for row in rows if "in" in row]
        self.levels = [row for row in rows if "il" in row]
        self.exprs = [row for row in rows if "ie" in row]
        self.declarations = [row for row in rows[1:] if not {"in", "il", "ie"} & set(row)]
        self._shown = [""]
        for row in self.names:
            part = row.get("str") or row["num"]
            self._shown.append(f"{self._shown[part['pre']]}.{part.get('str', part.get('i'))}".removeprefix("."))

    def copy(self) -> File:
        return copy.deepcopy(self)

    def lines(self) -> list[bytes]:
        rows = [self.meta, *self.names, *self.levels, *self.exprs, *self.declarations]
        return [json.dumps(row).encode() for row in rows]

    def name(self, name: str) -> int:
        """The number of a name; made if it is not there."""
        if name not in self._shown:
            prefix, _, last = name.rpartition(".")
            self.names.append({"str": {"pre": self.name(prefix) if prefix else 0, "str": last}, "in": len(self._shown)})
            self._shown.append(name)
        return self._shown.index(name)

    def level(self, row: Line) -> int:
        self.levels.append(row | {"il": len(self.levels) + 1})
        return len(self.levels)

    def expr(self, row: Line) -> int:
        self.exprs.append(row | {"ie": len(self.exprs)})
        return len(self.exprs) - 1

    def const(self, name: str, *levels: int) -> int:
        return self.expr({"const": {"name": self.name(name), "us": list(levels)}})

    def app(self, f: int, *args: int) -> int:
        for x in args:
            f = self.expr({"app": {"fn": f, "arg": x}})
        return f

    def binder(self, kind: str, type_: int, body: int) -> int:
        return self.expr({kind: {"name": 0, "type": type_, "body": body, "binderInfo": "default"}})

    def arrow(self, a: int, b: int) -> int:
        """a → b, without loose variables."""
        return self.binder("forallE", a, b)

    def sort(self, n: int) -> int:
        level = 0
        for _ in range(n):
            level = self.level({"succ": level})
        return self.expr({"sort": level})

    def find(self, name: str) -> Line:
        """The fields of what declares a name: of itself, not of its family."""
        number = self.name(name)
        for declaration in self.declarations:
            ((kind, fields),) = declaration.items()
            for part in [*fields["types"], *fields["ctors"], *fields["recs"]] if kind == "inductive" else [fields]:
                if part["name"] == number:
                    return part  # type: ignore[no-any-return]
        raise KeyError(name)

    def shown(self, fields: Line) -> str:
        return self._shown[fields["name"]]

    def family(self, name: str) -> Line:
        number = self.name(name)
        return next(
            d["inductive"] for d in self.declarations if "inductive" in d and any(t["name"] == number for t in d["inductive"]["types"])
        )

    def add(self, kind: str, name: str, type_: int, value: int | None = None, params: tuple[str, ...] = ()) -> None:
        fields: Line = {"name": self.name(name), "levelParams": [self.name(p) for p in params], "type": type_}
        if value is not None:
            fields |= {"value": value, "all": [fields["name"]]}
        fields |= {"def": {"hints": "abbrev", "safety": "safe"}, "thm": {}}.get(kind, {"isUnsafe": False})
        self.declarations.append({kind: fields})

    def replaced(self, i: int, old: int, new: int) -> int:
        """Expression `i` with the subterm `old` replaced throughout."""
        if i == old:
            return new
        row = self.exprs[i]
        for kind in ("app", "lam", "forallE", "letE", "proj"):
            if kind in row:
                fields = {
                    k: self.replaced(v, old, new) if k in ("fn", "arg", "type", "value", "body", "struct") else v
                    for k, v in row[kind].items()
                }
                return i if fields == row[kind] else self.expr({kind: fields})
        return i
