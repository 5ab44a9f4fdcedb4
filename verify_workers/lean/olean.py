"""What a compiled module imports, read from its .olean file without Lean.

The file is a header (marker, version, base address) and objects as Lean has them in memory, with pointers that count from the
base address.  Its root is the module's data, whose first field is the array of imports (`include/lean/lean.h`, `src/library/module.cpp`
and `src/Lean/Environment.lean` of Lean 4; the layout has been the same since 4.0, but for the header and where the root is named).
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HEADERS = {1: 56, 2: 88}  # bytes before the objects by version; the last eight of them are the base address
ARRAY, STRING, CONSTRUCTORS = 246, 249, 244  # tags of objects; constructors have smaller ones
MAX_IMPORTS, MAX_PARTS = 100_000, 64


class Unreadable(Exception):
    """Not an .olean file of a known form."""


def imports_of(path: Path) -> tuple[str, ...]:
    """The modules that a compiled module imports, in its order; OSError, or Unreadable for another form of file."""
    with _opened(path) as objects:
        return objects.imports()


def names_of(path: Path) -> list[str]:
    """The names that a compiled module declares (those with a numbered component left out), in no order; errors as above."""
    with _opened(path) as objects:
        return objects.names()


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
        for root in self._roots():
            try:
                return self._imports(root)
            except (Unreadable, struct.error):
                continue
        raise Unreadable("no module data")

    def names(self) -> list[str]:
        """The second field of the module's data: the names of its constants."""
        for root in self._roots():
            try:
                self._imports(root)
            except (Unreadable, struct.error):
                continue
            return list(self._names(self._array(root, 1)))
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

    def _name(self, at: int) -> str:
        parts = list[str]()
        while len(parts) < MAX_PARTS:
            tag, fields = self._head(at)
            if tag != 1 or fields != 2:  # Name.str
                raise Unreadable("a name")
            parts.append(self._text(self._field(at, 1)))
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
