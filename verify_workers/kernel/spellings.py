"""The terms of an export as a table of nodes in which what is only spelled differently is one node.  Standard library only.

Applications have all their arguments in one node; connectives of the header's own have nodes of their own; `Ne`, `GT.gt`, `GE.ge`
are what they abbreviate; `let x := t; b`, `(fun x => b) t` and `∃ x, x = t ∧ b` are b with t for x.  A name that the statement's
own declarations bring is never taken for the header's.

    ("var", n)  ("leaf", hash)  ("const", hash, arity)  ("app", f, x, …)  ("lam" | "pi" | "exists", type, body)
    ("proj", hash, e)  ("not", p)  ("and" | "or" | "iff", p, q)  ("eq", head, type, a, b)  ("unused", type)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from hashlib import blake2b
from typing import Any

from verify_workers.kernel.abi import Key
from verify_workers.kernel.replay import declared

BINDERS = ("lam", "pi", "exists")
CHANGES = 20_000  # of terms in which something stands for a variable, for one statement: about 0.1 s
INSTANCE = 3  # the mark of a binder `[C]`
SORT_ZERO = -1  # the row of the level zero: `Sort 0` is `Prop`


class TooLarge(Exception):
    """The statement has no form: it would take too long."""


class Table:
    """Nodes for the rows of an export; `free[node]` has bit n for a variable n that is free in it, `binds[node]` whether it binds any.

    `places` are those of the statement's universes; `arity` tells of the header's constants with how many arguments they are
    propositions.  What the statement's own definitions stand for is told by `own`, before rows that use them are read.
    """

    def __init__(
        self,
        rows: Sequence[Sequence[Any]],
        names: Mapping[int, Key],
        declarations: Sequence[Sequence[Any]],
        places: Mapping[Key, int],
        arity: Callable[[Key], int],
    ) -> None:
        self.nodes: list[tuple[Any, ...]] = []
        self.free: list[int] = []
        self.binds: list[bool] = []
        self.places = places
        self._rows, self._names, self._arity = rows, names, arity
        self._index: dict[tuple[Any, ...], int] = {}
        self._of_row: dict[int, int] = {}
        self._levels = {SORT_ZERO: leaf(b"level", "0")}
        self._reached = 0
        self._constants: dict[int, tuple[Key, tuple[bytes, ...]]] = {}  # of the header: name and levels, by node
        self._own: dict[Key, bytes] = {}
        self._changes = 0
        self.called: dict[int, Key] = {}  # a name of the variable that a node binds
        self.filled_in: dict[int, Key] = {}  # that of the variable that a node had before something stood for it
        self.instances: set[int] = set()  # nodes that bind an instance
        self._own_arity: dict[Key, int] = {names[row]: -1 for declaration in declarations for row in declared(list(declaration))}
        self._sort_arities: dict[int, int] = {}
        self.false = self.constant(("False",), ())

    def node(self, row: int) -> int:
        """The node of an expression's row."""
        for i in range(self._reached, row + 1):
            kind, *parts = self._rows[i]
            if kind in ("S", "M", "I", "P"):
                self._levels[i] = self._level(kind, parts)
            elif kind != "n":
                self._of_row[i] = self._expression(kind, parts)
        self._reached = max(self._reached, row + 1)
        return self._of_row[row]

    def own(self, name: Key, stands_for: bytes | None, arity: int) -> None:
        """A declaration of the statement's own: what it stands for (None: its name) and with how many arguments it is a proposition."""
        if stands_for is not None:
            self._own[name] = stands_for
        self._own_arity[name] = arity

    def add(self, kind: str, *parts: Any) -> int:
        """A node, the same for the same parts."""
        node = self._index.get((kind, *parts))
        if node is not None:
            return node
        node = self._index[kind, *parts] = len(self.nodes)
        self.nodes.append((kind, *parts))
        below = [part for part in parts if type(part) is int] if kind not in ("var", "const") else []
        free = 1 << parts[0] if kind == "var" else 0
        bound = kind in BINDERS
        for part in below[:-1] if bound else below:
            free |= self.free[part]
        if bound:
            free |= self.free[below[-1]] >> 1
        self.free.append(free)
        self.binds.append(bound or any(self.binds[part] for part in below))
        return node

    def joined(self, node: int, kind: str) -> list[int]:
        """The parts that `and` (or `or`) joins in a node, whatever the brackets; the node itself where it joins none."""
        if self.nodes[node][0] != kind:
            return [node]
        _, left, right = self.nodes[node]
        return [*self.joined(left, kind), *self.joined(right, kind)]

    def head(self, node: int) -> tuple[Key, list[int]]:
        """The constant of the header that a node is, or that it applies, and its arguments; () where it is nothing such."""
        kind, *parts = self.nodes[node]
        name, _ = self._constants.get(parts[0] if kind == "app" else node, ((), ()))
        return name, parts[1:] if kind == "app" else []

    def arity_of(self, type_: int) -> int:
        """With how many arguments a term of this type is a proposition; -1: with none."""
        known = self._sort_arities.get(type_)
        if known is None:
            count, at = 0, type_
            while self.nodes[at][0] == "pi":
                count, at = count + 1, self.nodes[at][2]
            known = self._sort_arities[type_] = count if self.nodes[at] == ("leaf", PROP) else -1
        return known

    # ---- what stands for a variable

    def filled(self, body: int, value: int) -> int:
        """`body`, which stands under one variable more than `value`, with `value` in that variable's place."""
        return self._changed(body, 0, {}, lambda place, depth: self.lifted(value, depth) if place == depth else self.add("var", place - 1))

    def lifted(self, node: int, by: int, above: int = 0) -> int:
        """`node` where it stands under `by` variables more; under fewer, if that is negative and it has none of those."""
        return self._changed(node, above, {}, lambda place, depth: self.add("var", place + by)) if by else node

    def replaced(self, node: int, variable: int, value: int) -> int:
        """`node` with `value`, which stands under the same variables, in place of one of them."""

        def other(place: int, depth: int) -> int:
            return self.lifted(value, depth) if place == depth + variable else self.add("var", place)

        return self._changed(node, 0, {}, other)

    def _changed(self, node: int, depth: int, known: dict[tuple[int, int], int], other: Callable[[int, int], int]) -> int:
        """`node` with `other(place, depth)` for its variables that are free below `depth` binders."""
        if not self.free[node] >> depth:
            return node
        if (node, depth) not in known:
            kind, *parts = self.nodes[node]
            if kind == "var":
                return other(parts[0], depth)
            self._changes += 1
            if self._changes > CHANGES:
                raise TooLarge
            last = len(parts) - 1
            changed = [
                self._changed(part, depth + (kind in BINDERS and i == last), known, other) if type(part) is int else part
                for i, part in enumerate(parts)
            ]
            known[node, depth] = new = self.again(kind, changed)
            if node in self.called:
                self.called.setdefault(new, self.called[node])
        return known[node, depth]

    def again(self, kind: str, parts: list[Any]) -> int:
        """A node of changed parts, applied and spelled as it would have been made."""
        if kind == "app":
            return reduce(self._apply, parts[1:], int(parts[0]))
        return self.exists(*parts) if kind == "exists" else self.add(kind, *parts)

    def exists(self, type_: int, body: int) -> int:
        """`∃ x, body`; where that is `x = t ∧ b`, be it below other quantifiers, b with t for x (the one-point rule)."""
        inner, depth = body, 0
        while self.nodes[inner][0] == "exists":
            inner, depth = self.nodes[inner][2], depth + 1
        parts = self.joined(inner, "and")
        for place, part in enumerate(parts):
            if len(parts) > 1 and (value := self.equal_to(part, depth)) is not None and not self.free[value] & ((2 << depth) - 1):
                rest = self.all_of([*parts[:place], *parts[place + 1 :]])
                return self.filled(self._below(body, rest), self.lifted(value, -1 - depth))
        return self.add("exists", type_, body)

    def equal_to(self, node: int, variable: int) -> int | None:
        """The term without `variable` that a node says it to be equal to."""
        kind, *parts = self.nodes[node]
        if kind == "eq":
            for this, that in ((parts[2], parts[3]), (parts[3], parts[2])):
                if self.nodes[this] == ("var", variable) and not self.free[that] >> variable & 1:
                    return int(that)
        return None

    def all_of(self, parts: Sequence[int]) -> int:
        """The conjunction of some nodes, of at least one."""
        whole = parts[-1]
        for part in reversed(parts[:-1]):
            whole = self.add("and", part, whole)
        return whole

    def _below(self, node: int, inner: int) -> int:
        """`node`, a chain of `∃`, with another end."""
        if self.nodes[node][0] != "exists":
            return inner
        new = self.exists(self.nodes[node][1], self._below(self.nodes[node][2], inner))
        self.called.setdefault(new, self.called.get(node, ()))
        return new

    # ---- rows

    def _level(self, kind: str, parts: list[int]) -> bytes:
        if kind == "P":
            name = self._names[parts[0]]
            return leaf(b"parameter", str(self.places.get(name, name)))
        return digest(kind.encode(), *(self._levels[part] for part in parts))

    def _expression(self, kind: str, parts: list[Any]) -> int:
        nodes = self._of_row
        match kind:
            case "a":
                return self._apply(nodes[parts[0]], nodes[parts[1]])
            case "c":
                return self.constant(self._names[parts[0]], tuple(self._levels[level] for level in parts[1:]))
            case "b":
                return self.add("var", parts[0])
            case "s":
                return self.add("leaf", digest(b"sort", self._levels[parts[0]]))
            case "l" | "p":
                node = self.add("lam" if kind == "l" else "pi", nodes[parts[1]], nodes[parts[2]])
                self.called.setdefault(node, self._names.get(parts[0], ()))
                if parts[3] == INSTANCE:
                    self.instances.add(node)
                return node
            case "e":
                return self.filled(nodes[parts[3]], nodes[parts[2]])
            case "j":
                return self.add("proj", leaf(b"proj", f"{self._names[parts[0]]} {parts[1]}"), nodes[parts[2]])
            case _:  # a literal
                return self.add("leaf", leaf(kind.encode(), str(parts[0])))

    def constant(self, name: Key, levels: tuple[bytes, ...]) -> int:
        if name in self._own_arity:
            return self.add("const", digest(b"const", self._own.get(name) or leaf(b"name", str(name)), *levels), self._own_arity[name])
        node = self.add("const", digest(b"const", leaf(b"name", str(name)), *levels), self._arity(name))
        self._constants[node] = (name, levels)
        return node

    def _apply(self, function: int, argument: int) -> int:
        kind, *parts = self.nodes[function]
        if kind == "lam":
            return self.filled(parts[1], argument)
        head, arguments = (parts[0], [*parts[1:], argument]) if kind == "app" else (function, [argument])
        name, levels = self._constants.get(head, ((), ()))
        spelled = SPELLINGS.get((name, len(arguments)))
        other = spelled(self, head, levels, arguments) if spelled else None
        return self.add("app", head, *arguments) if other is None else other


# ---- spellings: what an application of the header's constant, with all its arguments, is too; None: nothing else

Spelling = Callable[[Table, int, tuple[bytes, ...], list[int]], "int | None"]


def _connective(kind: str) -> Spelling:
    return lambda table, head, levels, xs: table.add(kind, *xs)


def _equal(table: Table, head: int, levels: tuple[bytes, ...], xs: list[int]) -> int:
    return table.add("eq", table.constant(("Eq",), levels), *xs)


def _unequal(table: Table, head: int, levels: tuple[bytes, ...], xs: list[int]) -> int:
    return table.add("not", _equal(table, head, levels, xs))


def _turned(name: Key) -> Spelling:
    """`a > b` is `b < a`."""
    return lambda table, head, levels, xs: table.add("app", table.constant(name, levels), xs[0], xs[1], xs[3], xs[2])


def _exists(table: Table, head: int, levels: tuple[bytes, ...], xs: list[int]) -> int | None:
    kind, *parts = table.nodes[xs[1]]
    if kind != "lam":
        return None
    node, name = table.exists(*parts), table.called.get(xs[1], ())
    (table.called if table.nodes[node] == ("exists", *parts) else table.filled_in).setdefault(node, name)
    return node


def _without(place: int) -> Spelling:
    """Without the argument that says how a proposition is decided: two of them are always equal.

    The head is another then: what has fewer arguments must not be taken for the same function that still waits for one, nor lose
    a second argument where it is a function itself and gets one more.
    """
    return lambda table, head, levels, xs: table.add(
        "app", table.add("leaf", digest(b"decided", table.nodes[head][1])), *xs[:place], *xs[place + 1 :]
    )


def _literal(table: Table, head: int, levels: tuple[bytes, ...], xs: list[int]) -> int | None:
    """`OfNat.ofNat Nat 2 (instOfNatNat 2)` is 2."""
    natural = table.constant(("Nat",), ())
    instance = table.add("app", table.constant(("instOfNatNat",), ()), xs[1])
    return xs[1] if xs[0] == natural and xs[2] == instance and table.nodes[xs[1]][0] == "leaf" else None


SPELLINGS: dict[tuple[Key, int], Spelling] = {
    (("Not",), 1): _connective("not"),
    (("And",), 2): _connective("and"),
    (("Or",), 2): _connective("or"),
    (("Iff",), 2): _connective("iff"),
    (("Exists",), 2): _exists,
    (("Eq",), 3): _equal,
    (("Ne",), 3): _unequal,
    (("GT", "gt"), 4): _turned(("LT", "lt")),
    (("GE", "ge"), 4): _turned(("LE", "le")),
    (("OfNat", "ofNat"), 3): _literal,
    (("ite",), 5): _without(2),
    (("dite",), 5): _without(2),
    (("Decidable", "decide"), 2): _without(1),
}


def digest(kind: bytes, *parts: bytes) -> bytes:
    """A hash of hashes of 16 bytes."""
    return blake2b(kind + b":" + b"".join(parts), digest_size=16).digest()


def leaf(kind: bytes, text: str) -> bytes:
    """A hash of a text."""
    return blake2b(b"=" + kind + b":" + text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


PROP = digest(b"sort", leaf(b"level", "0"))
