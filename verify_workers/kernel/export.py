"""Children A and S: the declarations that a theorem, or a statement, rests on and the header lacks, as JSON.

`[rows, declarations]`: `rows` is a hash-consed table of names, levels and expressions, each row naming earlier rows
by index (-1: anonymous name, level zero); `declarations` stand in dependency order.  Constructors and recursors are
not sent: the kernel makes them again.  `mdata` is dropped, as the kernel ignores it.

    name   ["n", parent, component]
    level  ["S", l] ["M", l, l] ["I", l, l] ["P", name]
    expr   ["b", n] ["s", level] ["c", name, level…] ["a", f, x] ["l" | "p", name, type, body, binder]
           ["e", name, type, value, body, nondep] ["N", n] ["T", string] ["j", structure name, i, e]
    decl   ["D" | "T" | "O", name, [parameter name], type, value, hint]
           ["I", [parameter name], nparams, [[name, type, [[name, type]]]]]
"""

from __future__ import annotations

import ctypes as C
import json
import struct
from collections.abc import Iterable
from typing import Any

from verify_workers.kernel import abi
from verify_workers.kernel.abi import Key, LeanLibrary, field, items, key, natural, show, tag
from verify_workers.kernel.elaborate import World


class Refused(Exception):
    """A declaration that no proof may rest on; the text says which and why."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def find_target(world: World, kernel: int, wanted: Key) -> Key | None:
    """The name under which a new constant answers to `wanted`: exactly, else as the private name of this file."""
    pristine, lean = world.kernel, world.lean
    if lean.find(kernel, wanted) is not None and lean.find(pristine, wanted) is None:
        return wanted
    names = [key(n) for n in lean.new_constants(kernel)]
    found = [n for n in names if n[:1] == ("_private",) and 0 in n and n[n.index(0) + 1 :] == wanted]
    return found[0] if len(found) == 1 else None


def closure(world: World, kernel: int, roots: Iterable[Key]) -> list[Key]:
    """New constants that `roots` rest on, dependencies first; one entry per inductive family."""
    lean, pristine = world.lean, world.kernel
    order: list[Key] = []
    seen: set[Key] = set()
    todo: list[tuple[Key, bool]] = [(root, False) for root in roots]
    while todo:
        k, done = todo.pop()
        if done:
            order.append(k)
            continue
        if k in seen:
            continue
        seen.add(k)
        if lean.find(pristine, k) is not None:
            continue
        info = lean.find(kernel, k)
        if info is None:
            raise Refused("elaboration", f"no constant {show(k)}")
        kind = tag(info)
        if kind == abi.CONSTRUCTOR:  # ConstructorVal.induct
            todo.append((key(field(abi.value(info), 1)), False))
        elif kind == abi.RECURSOR:  # RecursorVal.all
            todo += [(key(n), False) for n in items(field(abi.value(info), 1))]
        else:
            todo.append((k, True))
            needs = [abi.constant(info)[2]]
            if kind == abi.INDUCTIVE:
                needs = []
                for member in abi.family(info):
                    seen.add(key(member))
                    member_info = _inductive(lean, kernel, member)
                    needs.append(abi.constant(member_info)[2])
                    for c in abi.constructors(member_info):
                        seen.add(key(c))
                        needs.append(_type(lean, kernel, c))
            elif kind in (abi.DEFINITION, abi.THEOREM, abi.OPAQUE):
                needs.append(abi.body(info))
            todo += [(d, False) for e in needs for d in map(key, lean.used(e)) if d not in seen]
    return order


def _inductive(lean: LeanLibrary, kernel: int, name: int) -> int:
    info = lean.find_object(kernel, name)
    if info is None or tag(info) != abi.INDUCTIVE:
        raise Refused("kernel", f"{show(key(name))} is not an inductive type")
    return info


def _type(lean: LeanLibrary, kernel: int, name: int) -> int:
    info = lean.find_object(kernel, name)
    if info is None:
        raise Refused("kernel", f"no constant {show(key(name))}")
    return abi.constant(info)[2]


class Writer:
    """The row table.  Rows are remembered by address too: nothing may be freed while a Writer is in use."""

    def __init__(self) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self._ids: dict[tuple[Any, ...], int] = {}
        self._names: dict[int, int] = {}
        self._memo: dict[int, int] = {}

    def _row(self, *row: Any) -> int:
        i = self._ids.get(row)
        if i is None:
            i = self._ids[row] = len(self.rows)
            self.rows.append(row)
        return i

    def name(self, o: int) -> int:
        if o & 1:
            return -1
        i = self._names.get(o)
        if i is None:
            last = field(o, 1)
            i = self._names[o] = self._row("n", self.name(field(o, 0)), abi.text(last) if tag(o) == 1 else natural(last))
        return i

    def level(self, o: int) -> int:
        if o & 1:
            return -1
        i = self._memo.get(o)
        if i is None:
            kind = tag(o)
            if kind == abi.L_SUCC:
                i = self._row("S", self.level(field(o, 0)))
            elif kind in (abi.L_MAX, abi.L_IMAX):
                i = self._row("M" if kind == abi.L_MAX else "I", self.level(field(o, 0)), self.level(field(o, 1)))
            elif kind == abi.L_PARAM:
                i = self._row("P", self.name(field(o, 0)))
            else:
                raise Refused("elaboration", "universe metavariable")
            self._memo[o] = i
        return i

    def expression(self, root: int) -> int:
        """Row of an expression; without recursion, since proof terms are deep."""
        memo, row, name = self._memo, self._row, self.name
        fields2, fields3, fields4 = struct.Struct("<2Q").unpack, struct.Struct("<3Q").unpack, struct.Struct("<4Q").unpack
        read, byte = C.string_at, C.c_uint8.from_address
        stack = [root]
        while stack:
            x = stack[-1]
            if x in memo:
                stack.pop()
                continue
            kind = byte(x + 7).value
            if kind == abi.APP:
                f, a = fields2(read(x + 8, 16))
                i, j = memo.get(f), memo.get(a)
                if i is None or j is None:
                    stack += [y for y, at in ((f, i), (a, j)) if at is None]
                    continue
                r = row("a", i, j)
            elif kind in (abi.LAMBDA, abi.FORALL):
                n, a, b = fields3(read(x + 8, 24))
                i, j = memo.get(a), memo.get(b)
                if i is None or j is None:
                    stack += [y for y, at in ((a, i), (b, j)) if at is None]
                    continue
                r = row("l" if kind == abi.LAMBDA else "p", name(n), i, j, byte(x + 40).value)
            elif kind == abi.CONST:
                r = row("c", name(field(x, 0)), *[self.level(u) for u in items(field(x, 1))])
            elif kind == abi.BVAR:
                r = row("b", natural(field(x, 0)))
            elif kind == abi.SORT:
                r = row("s", self.level(field(x, 0)))
            elif kind == abi.LET:
                n, *parts = fields4(read(x + 8, 32))
                missing = [y for y in parts if y not in memo]
                if missing:
                    stack += missing
                    continue
                r = row("e", name(n), *[memo[y] for y in parts], byte(x + 48).value)
            elif kind == abi.LITERAL:
                literal = field(x, 0)
                v = field(literal, 0)
                r = row("N", natural(v)) if tag(literal) == 0 else row("T", abi.text(v))
            elif kind in (abi.MDATA, abi.PROJ):
                inner = field(x, 1 if kind == abi.MDATA else 2)
                if inner not in memo:
                    stack.append(inner)
                    continue
                r = memo[inner] if kind == abi.MDATA else row("j", name(field(x, 0)), natural(field(x, 1)), memo[inner])
            else:
                raise Refused("elaboration", "metavariable or free variable left in a declaration")
            memo[x] = r
            stack.pop()
        return memo[root]


def declarations(world: World, kernel: int, order: list[Key]) -> bytes:
    """The constants of `order` as JSON; Refused as `_declarations` says."""
    writer = Writer()
    out = _declarations(world, kernel, order, writer)
    return json.dumps([writer.rows, out], separators=(",", ":")).encode()


def _declarations(world: World, kernel: int, order: list[Key], writer: Writer) -> list[list[Any]]:
    """The constants of `order`; Refused on an axiom, on unsafe or partial code, and on anything unknown."""
    lean = world.lean
    out: list[list[Any]] = []
    for k in order:
        info = lean.find(kernel, k)
        if info is None:
            raise Refused("elaboration", f"no constant {show(k)}")
        kind = tag(info)
        name, params, type_ = abi.constant(info)
        if kind == abi.AXIOM:
            raise Refused("axiom", f"new axiom {show(k)}")
        if abi.is_unsafe(info):
            raise Refused("kernel", f"{show(k)} is unsafe or partial")
        us = [writer.name(u) for u in params]
        if kind == abi.INDUCTIVE:
            types = []
            for member in abi.family(info):
                member_info = _inductive(lean, kernel, member)
                cs = [[writer.name(c), writer.expression(_type(lean, kernel, c))] for c in abi.constructors(member_info)]
                types.append([writer.name(member), writer.expression(abi.constant(member_info)[2]), cs])
            out.append(["I", us, abi.parameters(info), types])
        elif kind in (abi.DEFINITION, abi.THEOREM, abi.OPAQUE):
            height = abi.hint(info) if kind == abi.DEFINITION else 0
            out.append(["DTO"[kind - 1], writer.name(name), us, writer.expression(type_), writer.expression(abi.body(info)), height])
        else:
            raise Refused("kernel", f"{show(k)} is of a kind that no proof may add")
    return out


def statement(world: World, kernel: int, root: Key, before: int) -> bytes:
    """The trusted statement as `[rows, [parameter name], type, declarations, [place]]`: universe parameters, type, what that rests on.

    The declarations are the preamble's, which the kernel environment `before` the statement has, and, at the places named last,
    those that elaborating the statement made (`match`, proofs inside it).
    """
    info = world.lean.find(kernel, root)
    if info is None:
        raise Refused("statement", f"the statement declares no {show(root)}")
    _, params, type_ = abi.constant(info)
    writer = Writer()
    order = closure(world, kernel, map(key, world.lean.used(type_)))
    if root in order:
        raise Refused("statement", "the statement speaks of itself")
    own = _declarations(world, kernel, order, writer)
    us, t = [writer.name(u) for u in params], writer.expression(type_)
    if ("n", -1, "sorryAx") in writer.rows:
        raise Refused("statement", "the statement itself contains `sorry`")
    made = [place for place, k in enumerate(order) if world.lean.find(before, k) is None]
    return json.dumps([writer.rows, us, t, own, made], separators=(",", ":")).encode()


def proposition(world: World, k: Key) -> int:
    """With how many arguments the header's constant `k` is a proposition (`Eq`: 3); -1: with none, or unknown."""
    count, level = _sort(world, k)
    return count if level & 1 else -1


def type_of_things(world: World, k: Key) -> int:
    """With how many arguments the header's constant `k` is a type, of things that are no proofs (`Nat`: 0); -1: with none, or unknown."""
    count, level = _sort(world, k)
    return count if level and not level & 1 and tag(level) == abi.L_SUCC else -1


def _sort(world: World, k: Key) -> tuple[int, int]:
    """With how many arguments a constant is a sort, and that one's level (0: it is none)."""
    info = world.lean.find(world.kernel, k)
    if info is None:
        return -1, 0
    count, type_ = 0, abi.constant(info)[2]
    while tag(type_) in (abi.FORALL, abi.MDATA):
        count, type_ = (count + 1, field(type_, 2)) if tag(type_) == abi.FORALL else (count, field(type_, 1))
    return (count, field(type_, 0)) if tag(type_) == abi.SORT else (-1, 0)
