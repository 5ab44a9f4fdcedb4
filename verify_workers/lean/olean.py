"""What a compiled module imports and declares, read from its .olean file without Lean.

The file is a header (marker, version, base address) and objects as Lean has them in memory, with pointers that count from the
base address.  Its root is the module's data, whose first field is the array of imports (`include/lean/lean.h`, `src/library/module.cpp`
and `src/Lean/Environment.lean` of Lean 4; the layout has been the same since 4.0, but for the header and where the root is named).
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HEADERS = {1: 56, 2: 88}  # bytes before the objects by version; the last eight of them are the base address
ARRAY, STRING, CONSTRUCTORS = 246, 249, 244  # tags of objects; constructors have smaller ones
MAX_IMPORTS, MAX_PARTS = 100_000, 64


# Lean.ConstantInfo and Lean.Expr (src/Lean/Declaration.lean, src/Lean/Expr.lean): constructors in their order.
KINDS = ("axiom", "definition", "theorem", "opaque", "quotient", "inductive", "constructor", "recursor")
WITH_VALUE = ("definition", "theorem", "opaque")
CONST, APP, LAM, FORALL, LET, MDATA, PROJ = 4, 5, 6, 7, 8, 10, 11
PARTS_OF = {APP: (0, 1), LAM: (1, 2), FORALL: (1, 2), LET: (1, 2, 3), MDATA: (1,), PROJ: (2,)}
"""Which fields of an expression are expressions."""


class Unreadable(Exception):
    """Not an .olean file of a known form."""


@dataclass(frozen=True)
class Constant:
    """What a compiled module holds of a constant: its kind, and the constants that its type and its value (a proof, say) name."""

    kind: str
    type: frozenset[str]
    value: frozenset[str]


def imports_of(path: Path) -> tuple[str, ...]:
    """The modules that a compiled module imports, in its order; OSError, or Unreadable for another form of file."""
    with _opened(path) as objects:
        return objects.imports()


def names_of(path: Path) -> list[str]:
    """The names that a compiled module declares (those with a numbered component left out), in no order; errors as above."""
    with _opened(path) as objects:
        return objects.names()


def constants_of(path: Path) -> dict[str, Constant]:
    """The constants that a compiled module declares, by name; a numbered component is a part of a name like any other; errors as above."""
    with _opened(path) as objects:
        return objects.constants()


@contextmanager
def _opened(path: Path) -> Iterator[_Objects]:
    with path.open("rb") as file:
        try:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:  # empty
            raise Unreadable(str(path)) from error
    with data:
        try:
            yield _Objects(data)
        except (struct.error, UnicodeDecodeError) as error:
            raise Unreadable(str(path)) from error


class _Objects:
    """The objects of one file."""

    def __init__(self, data: mmap.mmap) -> None:
        size = HEADERS.get(data[5]) if len(data) > 96 and data[:5] == b"olean" else None
        if size is None:
            raise Unreadable("the header")
        self.data, self.size = data, size
        self.base = self._word(size - 8)

    def imports(self) -> tuple[str, ...]:
        return self._imports(self._root())

    def names(self) -> list[str]:
        """The second field of the module's data: the names of its constants."""
        return list(self._names(self._array(self._root(), 1)))

    def constants(self) -> dict[str, Constant]:
        """The third field of the module's data: its constants."""
        found: dict[str, Constant] = {}
        for at in self._array(self._root(), 2):
            kind = self._head(at)[0]
            if kind >= len(KINDS):
                raise Unreadable("a constant")
            value = self._field(at, 0)
            head = self._field(value, 0)  # Lean.ConstantVal: name, universes, type
            named = self._used(self._field(value, 1)) if KINDS[kind] in WITH_VALUE else frozenset()
            found[self._name(self._field(head, 0), True)] = Constant(KINDS[kind], self._used(self._field(head, 2)), named)
        return found

    def _used(self, expression: int) -> frozenset[str]:
        """The constants that an expression names; shared parts are looked at once."""
        used, seen, waiting = set[int](), {expression}, [expression]
        while waiting:
            at = waiting.pop()
            tag = self._head(at)[0]
            if tag == CONST:
                used.add(self._field(at, 0))
            for place in PARTS_OF.get(tag, ()):
                part = self._field(at, place)
                if part not in seen:
                    seen.add(part)
                    waiting.append(part)
        return frozenset(self._name(at, True) for at in used)

    def _root(self) -> int:
        """Where the module's data is."""
        for root in self._roots():
            try:
                self._imports(root)
            except (Unreadable, struct.error):
                continue
            return root
        raise Unreadable("no module data")

    def _roots(self) -> Iterator[int]:
        """Where the root may be: named before the objects or, by older versions, at the end of the file."""
        for place in (self.size, len(self.data) - 8, len(self.data) - 16):
            yield self._word(place) - self.base

    def _names(self, elements: list[int]) -> Iterator[str]:
        for at in elements:
            try:
                yield self._name(at)
            except Unreadable:
                continue

    def _imports(self, root: int) -> tuple[str, ...]:
        elements = self._array(root, 0)
        if len(elements) > MAX_IMPORTS:
            raise Unreadable("the imports")
        return tuple(self._name(self._field(at, 0)) for at in elements)

    def _array(self, root: int, field: int) -> list[int]:
        """Where the elements are of an array that the root has as a field."""
        tag, fields = self._head(root)
        if tag != 0 or not 5 <= fields <= 8:
            raise Unreadable("the root")
        array = self._field(root, field)
        count = self._word(array + 8)
        if self._head(array)[0] != ARRAY or array + 24 + 8 * count > len(self.data):
            raise Unreadable("an array")
        return [self._word(array + 24 + 8 * place) - self.base for place in range(count)]

    def _name(self, at: int, numbered: bool = False) -> str:
        """The name there; those with a numbered component (`foo._proof_1`, `_private.M.0.foo`) only if `numbered`."""
        parts = list[str]()
        while len(parts) < MAX_PARTS:
            tag, fields = self._head(at)
            if fields != 2 or tag not in ((1, 2) if numbered else (1,)):  # Name.str, Name.num
                raise Unreadable("a name")
            parts.append(self._text(self._field(at, 1)) if tag == 1 else str(self._word(at + 16) >> 1))
            before = self._word(at + 8)
            if before == 1:  # Name.anonymous, boxed
                return ".".join(reversed(parts))
            at = before - self.base
        raise Unreadable("a name")

    def _text(self, at: int) -> str:
        length = self._word(at + 8)  # with its final zero
        if self._head(at)[0] != STRING or not 0 < length <= 4096:
            raise Unreadable("a string")
        return self.data[at + 32 : at + 32 + length - 1].decode()

    def _head(self, at: int) -> tuple[int, int]:
        """(tag, number of fields) of an object."""
        if not self.size <= at <= len(self.data) - 8:
            raise Unreadable("a pointer")
        return self.data[at + 7], self.data[at + 6]

    def _field(self, at: int, number: int) -> int:
        """Where the object is that a constructor has there."""
        tag, fields = self._head(at)
        if tag > CONSTRUCTORS or number >= fields:
            raise Unreadable("a field")
        return self._word(at + 8 + 8 * number) - self.base

    def _word(self, at: int) -> int:
        if not 0 <= at <= len(self.data) - 8:
            raise Unreadable("a pointer")
        return int(struct.unpack_from("<Q", self.data, at)[0])
