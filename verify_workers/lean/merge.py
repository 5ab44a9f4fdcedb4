"""Several compiled modules on the same imports as one .olean file, so that one import serves the replay of all.

The objects of each file are copied as they are, with their pointers moved; only the two arrays of constants and the module's data
that holds them are new.  Each file was compiled by itself, and nothing of one can point into another: a pointer that does not lead to an
object further up in its own file is refused.  What is refused is not wrong: it is replayed by itself.  (`lean.olean` has the sources for
the format.)
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from verify_workers.lean.olean import ARRAY, HEADERS, STRING, Constant, Unreadable, constants_of, imports_of

SCALARS, NUMBER, THUNK = 248, 250, 251  # tags beside those of `olean`: array of scalars, large number, thunk
CONSTRUCTORS = 243
GMP = 1  # in the header's flags: how large numbers are written
NAMES, CONSTANTS = 1, 2  # fields of a module's data
MAX_BYTES = 256 << 20


@dataclass(frozen=True)
class Candidate:
    """A compiled module with what it imports and declares, and all names that this speaks of."""

    path: Path
    imports: tuple[str, ...]
    constants: dict[str, Constant]
    mentioned: frozenset[str]


def read(path: Path) -> Candidate:
    """The compiled module in `path`; OSError or Unreadable."""
    constants = constants_of(path)
    part = _Part(path.read_bytes())
    if len(part.elements(part.pointer(part.root, CONSTANTS))) != len(constants):  # `a.b` of two parts, and of one
        raise Unreadable("names that look alike")
    if len(part.elements(part.pointer(part.root, NAMES))) != len(constants):  # Lean reads both side by side: the next file's would shift
        raise Unreadable("the names")
    mentioned = frozenset[str]().union(*(constant.type | constant.value for constant in constants.values()))
    return Candidate(path, imports_of(path), constants, mentioned)


def groups(candidates: Mapping[int, Candidate]) -> list[list[int]]:
    """Keys of `candidates` in groups in which all have the same imports, no two declare the same name and none speaks of another's.

    So what holds for one in a group's module holds for it alone: a name that it lacks is lacking there too.
    """
    found: list[tuple[list[int], tuple[str, ...], set[str], set[str]]] = []  # keys, imports, declared, mentioned
    for key, candidate in candidates.items():
        own = candidate.constants.keys()
        for members, imports, declared, mentioned in found:
            apart = declared.isdisjoint(own) and declared.isdisjoint(candidate.mentioned) and mentioned.isdisjoint(own)
            if imports == candidate.imports and apart:
                members.append(key)
                declared.update(own)
                mentioned.update(candidate.mentioned)
                break
        else:
            found.append(([key], candidate.imports, set(own), set(candidate.mentioned)))
    return [members for members, _, _, _ in found]


def merge(candidates: Sequence[Candidate], target: Path) -> None:
    """Write one module with the imports of the first and the constants of all to `target`; OSError or Unreadable.

    What was written is read again and compared with what it was made from.
    """
    parts = [_Part(candidate.path.read_bytes()) for candidate in candidates]
    first = parts[0]
    if sum(len(part.data) for part in parts) > MAX_BYTES:
        raise Unreadable("so many bytes")
    if any((part.head, part.root_first, part.imports) != (first.head, first.root_first, first.imports) for part in parts):
        raise Unreadable("modules of different Leans or imports")
    out = bytearray(first.head + struct.pack("<Q", first.base))
    if first.root_first:
        out += bytes(8)
    fields: dict[int, list[int]] = {NAMES: [], CONSTANTS: []}
    for part in parts:
        moved = first.base + len(out) - (part.base + part.start)
        for field, elements in fields.items():
            elements += [pointer + moved for pointer in part.elements(part.pointer(part.root, field))]
        if part is first:
            root = bytearray(part.object(part.root))
            _move(root, [at - part.root for at in part.pointers[part.root]], moved)
            empty = [field for field in range(CONSTANTS + 1, part.fields(part.root)) if part.is_array(part.pointer(part.root, field))]
        out += part.moved(moved)
    for field, elements in [*fields.items(), *((field, []) for field in empty)]:
        struct.pack_into("<Q", root, 8 + 8 * field, first.base + len(out))
        out += struct.pack("<IHBBQQ", 0, 1, 0, ARRAY, len(elements), len(elements)) + struct.pack(f"<{len(elements)}Q", *elements)
    place = first.base + len(out)
    out += root
    if first.root_first:
        struct.pack_into("<Q", out, len(first.head) + 8, place)
    else:
        out += first.data[-16:-8] + struct.pack("<Q", place)
    target.write_bytes(out)
    wanted = {name: constant for candidate in candidates for name, constant in candidate.constants.items()}
    if len(wanted) != sum(len(candidate.constants) for candidate in candidates) or constants_of(target) != wanted:
        raise Unreadable("what was merged")


def _move(data: bytearray, places: Sequence[int], by: int) -> None:
    for at in places:
        struct.pack_into("<Q", data, at, struct.unpack_from("<Q", data, at)[0] + by)


class _Part:
    """One file, taken apart into its objects."""

    def __init__(self, data: bytes) -> None:
        size = HEADERS.get(data[5]) if len(data) > 128 and data[:5] == b"olean" else None
        if size is None:
            raise Unreadable("the header")
        self.data, self.head = data, data[: size - 8]
        self.base = self._word(size - 8)
        for self.root_first, self.start, self.end in ((True, size + 8, len(data)), (False, size, len(data) - 16)):
            self.root = self._word(size if self.root_first else len(data) - 8) - self.base
            self.sizes, self.pointers = dict[int, int](), dict[int, list[int]]()
            try:
                self._walk()
                if self.root in self.sizes and self.data[self.root + 7] == 0 and self.fields(self.root) > CONSTANTS:
                    self.imports = self._imports()
                    return
            except (Unreadable, struct.error):
                continue
        raise Unreadable("the objects")

    def fields(self, at: int) -> int:
        return self.data[at + 6]

    def pointer(self, at: int, field: int) -> int:
        return self._word(at + 8 + 8 * field)

    def object(self, at: int) -> bytes:
        return self.data[at : at + self.sizes[at]]

    def is_array(self, pointer: int) -> bool:
        return not pointer & 1 and self.data[pointer - self.base + 7] == ARRAY

    def elements(self, pointer: int) -> list[int]:
        """The pointers in an array."""
        if not self.is_array(pointer):
            raise Unreadable("an array")
        at = pointer - self.base
        return list(struct.unpack_from(f"<{self._word(at + 8)}Q", self.data, at + 24))

    def moved(self, by: int) -> bytes:
        """All objects, for a place that is `by` bytes further on."""
        out = bytearray(self.data[self.start : self.end])
        for places in self.pointers.values():
            _move(out, [at - self.start for at in places], by)
        return bytes(out)

    def _walk(self) -> None:
        """Find the objects, and where in them the pointers are: each to an object before it, so that nothing goes round."""
        at = self.start
        while at < self.end:
            size, pointers = self._measured(at)
            size += -size % 8
            if at + size > self.end:
                raise Unreadable("an object")
            self.sizes[at] = size
            self.pointers[at] = [place for place in pointers if not self._word(place) & 1]
            for place in self.pointers[at]:
                inside = self._word(place) - self.base
                own = self.data[at + 7] == NUMBER and inside == at + 24  # its digits stand behind it
                if not own and (inside >= at or inside not in self.sizes):
                    raise Unreadable("a pointer")
            at += size

    def _measured(self, at: int) -> tuple[int, list[int]]:
        """(bytes, places of pointers) of the object there."""
        count, size, other, tag = struct.unpack_from("<IHBB", self.data, at)
        if count:  # of references: objects in a file have none
            raise Unreadable("an object")
        if tag <= CONSTRUCTORS and size >= 8 + 8 * other:
            return size, [at + 8 + 8 * field for field in range(other)]
        if tag == ARRAY and self._word(at + 8) <= self._word(at + 16) <= len(self.data):
            return 24 + 8 * self._word(at + 16), [at + 24 + 8 * place for place in range(self._word(at + 8))]
        if tag == SCALARS and self._word(at + 8) <= self._word(at + 16) <= len(self.data):
            return 24 + other * self._word(at + 16), []
        if tag == STRING and self._word(at + 8) <= self._word(at + 16) <= len(self.data):
            return 32 + self._word(at + 16), []
        if tag == NUMBER and self.data[6] & GMP:
            return 24 + 8 * abs(struct.unpack_from("<i", self.data, at + 12)[0]), [at + 16]
        if tag == THUNK and not self._word(at + 16):
            return 24, [at + 8]
        raise Unreadable("an object")

    def _imports(self) -> tuple[bytes, ...]:
        """The objects of the imports, with what they point to, in a form that can be compared."""
        return tuple(self._text(pointer - self.base) for pointer in self.elements(self.pointer(self.root, 0)))

    def _text(self, at: int) -> bytes:
        own = bytearray(self.object(at))
        below = []
        for place in self.pointers[at]:
            below.append(self._text(self._word(place) - self.base))
            struct.pack_into("<Q", own, place - at, 0)
        return bytes(own) + b"".join(b"(" + text + b")" for text in below)

    def _word(self, at: int) -> int:
        if not 0 <= at <= len(self.data) - 8:
            raise Unreadable("a pointer")
        return int(struct.unpack_from("<Q", self.data, at)[0])
