"""The normal form of a statement: a hash that spelling does not change.  Standard library only.

Two statements with one form differ only in steps that anybody makes without thinking, so that each follows from the other:

    names of bound variables, and how they are grouped and bound
    the order of quantifiers and of hypotheses, where none of them depends on the other
    `p ∧ q → r` and `p → q → r`; order and brackets of `∧` and `∨`; the sides of `=` and `↔`
    `a > b` and `b < a`, `a ≥ b` and `b ≤ a`, `a ≠ b`, `¬ a = b` and `a = b → False`
    the literal of a natural number with and without its instance
    which instance decides the condition of an `if` or a `decide` (all of them agree)
    names of the statement's own definitions, of which only what they say counts
    `let x := t; p`, `(fun x => p) t` and p with t for x; so too `∃ x, x = t ∧ p`, which is a `let` in disguise

The converse does not hold: statements that mean the same may have different forms (`n + 3` and `3 + n`), and where several
variables play the same part (see `TIES`), or the statement is large, the order of the text may be left.  Nothing that a
candidate wrote is read here, and nothing about proofs is decided by it: it is for counting, merging and comparing statements.

Variables are numbered as in colour refinement for graphs (Weisfeiler and Leman): by the form of their type, then by where they
stand, and of those that still look alike by the numbering that gives the smallest hash.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from math import factorial, prod
from typing import Any

from verify_workers.kernel.abi import Key
from verify_workers.kernel.content import remarks
from verify_workers.kernel.replay import keys
from verify_workers.kernel.spellings import Table, TooLarge, digest, leaf

VISITS = 10_000  # of terms, for one statement: about 0.1 s
TIES = 24  # numberings that are tried for the variables of one block
Scope = tuple[tuple[bytes, int], ...]
"""Of each variable, outermost first: its colour, and with how many arguments it is a proposition (-1: with none)."""


@dataclass(frozen=True)
class Said:
    """What there is to know of a statement beside whether it is proved."""

    form: str = ""
    negated_form: str = ""
    remarks: list[str] | None = None


def said(data: bytes, arity: Callable[[Key], int], type_arity: Callable[[Key], int]) -> Said:
    """The form of an exported statement (see `export.statement`), that of its negation, and its `content.remarks`.

    `arity` tells of a constant of the header with how many arguments it is a proposition (-1: it never is one), `type_arity` with
    how many it is a type of things.  Nothing is said of a statement that is too large.
    """
    rows, parameters, type_, declarations, _ = json.loads(data)
    try:
        normal = Normal(rows, declarations, parameters, arity)
        statement = normal.table.node(type_)
        forms = normal.form(statement), normal.form(normal.table.add("not", statement))
        return Said(*forms, remarks(normal.table, statement, type_arity))
    except (TooLarge, RecursionError, LookupError, ValueError, TypeError):  # the verdict does not depend on it
        return Said()


@dataclass(frozen=True)
class Block:
    """Quantifiers and hypotheses that follow one another, and what they are about; each with the variables that it stands under."""

    kind: bytes
    variables: list[tuple[int, int]]  # type, and how many variables of the scope it sees
    others: list[tuple[int, int, bool]]  # hypotheses, parts of a conjunction, variables that nothing speaks of; whether it is a proposition
    arities: list[tuple[bool, int]]  # of each binder: whether it is one of `variables`, and its arity
    rest: tuple[int, int] | None


class Normal:
    """Forms of the terms of one table."""

    def __init__(
        self, rows: Sequence[Sequence[Any]], declarations: Sequence[Sequence[Any]], universes: Sequence[int], arity: Callable[[Key], int]
    ) -> None:
        names = keys(rows)
        self.table = Table(rows, names, declarations, {names[row]: place for place, row in enumerate(universes)}, arity)
        self._known: dict[tuple[int, int, Scope, bool], bytes] = {}
        self._families: list[bytes] = []  # inductive types of the statement's own
        self._visits = 0
        for declaration in declarations:
            self._declare(declaration, names)

    def form(self, statement: int) -> str:
        """The form of a proposition without free variables."""
        return digest(b"statement", *sorted(self._families), self._term(statement, (), 0, proposition=True)).hex()

    def _declare(self, declaration: Sequence[Any], names: dict[int, Key]) -> None:
        """What a constant of the statement's own stands for: what it is defined as, what it states, or (opaque, inductive) its name."""
        kind, *parts = declaration
        table = self.table
        if kind == "I":
            universes, count, types = parts
            said = [leaf(b"family", str([count, *(names[u] for u in universes)]))]
            for name, type_, constructors in types:
                for n, t in ((name, type_), *constructors):
                    said += [leaf(b"name", str(names[n])), self._term(table.node(t), (), 0)]
                table.own(names[name], None, table.arity_of(table.node(type_)))
            self._families.append(digest(b"inductive", *said))
            return
        name, universes, type_, value, _ = parts
        said = [leaf(b"own", str([table.places.get(names[u], names[u]) for u in universes])), self._term(table.node(type_), (), 0)]
        if kind != "T":
            said.append(self._term(table.node(value), (), 0))
        if kind == "O":
            said.append(leaf(b"name", str(names[name])))
        table.own(names[name], digest(kind.encode(), *said), table.arity_of(table.node(type_)))

    # ---- terms

    def _term(self, node: int, scope: Scope, level: int, proposition: bool = False) -> bytes:
        """The form of a term under `scope`, of which `level` variables have a number."""
        table = self.table
        width = table.free[node].bit_length()
        key = (node, level if table.binds[node] else 0, scope[len(scope) - width :] if width else (), proposition)
        known = self._known.get(key)
        if known is None:
            self._visits += 1
            if self._visits > VISITS:
                raise TooLarge
            known = self._known[key] = self._new(node, scope, level, proposition)
        return known

    def _new(self, node: int, scope: Scope, level: int, proposition: bool) -> bytes:
        kind, *parts = self.table.nodes[node]
        match kind:
            case "var":
                colour: bytes = scope[-1 - parts[0]][0]
                return colour
            case "leaf" | "const":
                return bytes(parts[0])
            case "not" | "exists" | "and" | "or":
                return self._block(node, scope, level)
            case "pi" if proposition or self._is_proposition(node, scope):
                return self._block(node, scope, level)
            case "iff":
                return digest(b"iff", *sorted(self._term(part, scope, level, proposition=True) for part in parts))
            case "eq":
                head, type_, left, right = parts
                sides = sorted((self._term(left, scope, level), self._term(right, scope, level)))
                return digest(b"eq", self._term(head, scope, level), self._term(type_, scope, level), *sides)
            case "pi" | "lam":
                *above, body = parts
                said = [self._term(part, scope, level) for part in above]
                inner = (*scope, (number(level), self.table.arity_of(above[0])))
                return digest(kind.encode(), *said, self._term(body, inner, level + 1))
            case "proj":
                return digest(b"proj", parts[0], self._term(parts[1], scope, level))
            case _:
                return digest(kind.encode(), *(self._term(part, scope, level) for part in parts))

    def _is_proposition(self, node: int, scope: Scope) -> bool:
        """Whether a term is certainly a proposition."""
        table = self.table
        while table.nodes[node][0] == "pi":
            _, type_, node = table.nodes[node]
            scope = (*scope, (b"", table.arity_of(type_)))
        kind, *parts = table.nodes[node]
        if kind in ("not", "exists", "and", "or", "iff", "eq"):
            return True
        arguments = 0
        if kind == "app":
            arguments = len(parts) - 1
            kind, *parts = table.nodes[parts[0]]
        if kind == "var":
            return bool(scope[-1 - parts[0]][1] == arguments)
        return bool(kind == "const" and parts[1] == arguments)

    # ---- blocks

    def _block(self, node: int, scope: Scope, level: int) -> bytes:
        block = self._read_block(node, len(scope))
        if not block.variables:
            return self._under(block, scope, level, [])
        return min(self._under(block, scope, level, numbered) for numbered in self._numberings(block, scope, level))

    def _read_block(self, node: int, depth: int) -> Block:
        """The block that begins with `node`, which stands under `depth` variables."""
        table = self.table
        kind = self.table.nodes[node][0]
        kind = kind if kind in ("exists", "and", "or") else "pi"
        variables: list[tuple[int, int]] = []
        others: list[tuple[int, int, bool]] = []
        arities: list[tuple[bool, int]] = []
        while kind in ("pi", "exists") and table.nodes[node][0] == kind:
            _, type_, node = table.nodes[node]
            named = bool(table.free[node] & 1)
            if named:
                variables.append((type_, depth))
            elif kind == "pi":
                others += [(part, depth, False) for part in table.joined(type_, "and")]
            else:
                others.append((table.add("unused", type_), depth, False))
            arities.append((named, table.arity_of(type_)))
            depth += 1
        if kind == "pi":
            if table.nodes[node][0] == "not":
                others += [(part, depth, True) for part in table.joined(table.nodes[node][1], "and")]
                node = table.false
            return Block(b"forall", variables, others, arities, (node, depth))
        others += [(part, depth, True) for part in table.joined(node, "or" if kind == "or" else "and")]
        return Block(kind.encode(), variables, others, arities, None)

    def _under(self, block: Block, scope: Scope, level: int, colours: Sequence[bytes]) -> bytes:
        """The form of a block whose variables have these colours."""
        inner, below = self._scope(block, scope, colours), level + len(block.variables)
        named = sorted(
            digest(b"variable", colour, self._term(type_, inner[:at], below))
            for colour, (type_, at) in zip(colours, block.variables, strict=True)
        )
        others = sorted(self._term(part, inner[:at], below, known) for part, at, known in block.others)
        rest = [] if block.rest is None else [self._term(block.rest[0], inner[: block.rest[1]], below, proposition=True)]
        return digest(block.kind, *named, *others, *rest)

    def _scope(self, block: Block, scope: Scope, colours: Iterable[bytes]) -> Scope:
        given = iter(colours)
        return (*scope, *((next(given) if named else b"", arity) for named, arity in block.arities))

    def _numberings(self, block: Block, scope: Scope, level: int) -> Iterable[list[bytes]]:
        """Numbers for the variables of a block: one numbering, or several between which nothing but the result can decide."""
        count = len(block.variables)
        numbers = [number(level + i) for i in range(count)]
        if count == 1:
            return [numbers]
        classes = self._refined(block, scope, level)
        if prod(factorial(len(alike)) for alike in classes) > TIES:
            orders: Iterable[tuple[tuple[int, ...], ...]] = [tuple(map(tuple, classes))]
        else:
            orders = product(*map(permutations, classes))
        return [_placed([v for alike in order for v in alike], numbers) for order in orders]

    def _refined(self, block: Block, scope: Scope, level: int) -> list[list[int]]:
        """The variables of a block in classes of those that look alike, the classes in an order that names do not change."""
        count, below = len(block.variables), level + len(block.variables)
        colours: list[bytes] = []
        for type_, at in block.variables:
            inner = self._scope(block, scope, [*colours, *[b""] * (count - len(colours))])
            colours.append(digest(b"type", self._term(type_, inner[:at], below)))
        while len(set(colours)) < count:
            alike = {colour for colour in colours if colours.count(colour) > 1}
            finer = []
            for i, colour in enumerate(colours):
                marked = [*colours[:i], digest(b"marked", colour), *colours[i + 1 :]]
                finer.append(digest(b"finer", colour, self._under(block, scope, level, marked)) if colour in alike else colour)
            if len(set(finer)) == len(set(colours)):
                break
            colours = finer
        return [[i for i in range(count) if colours[i] == colour] for colour in sorted(set(colours))]


def _placed(order: Sequence[int], numbers: Sequence[bytes]) -> list[bytes]:
    """The numbers of the variables, of which `order` names the first, second and so on."""
    placed = [b""] * len(numbers)
    for variable, colour in zip(order, numbers, strict=True):
        placed[variable] = colour
    return placed


def number(place: int) -> bytes:
    """The colour of the variable of that number."""
    return leaf(b"number", str(place))
