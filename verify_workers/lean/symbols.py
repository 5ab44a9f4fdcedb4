"""Reading libleanshared.so: its exported symbols, and the Lean objects that its initialisers made.

Loading the library starts Lean's runtime in this process: do it in a process of its own (`generate.py` is one).
Object layouts are those of Lean 4.35 on a 64-bit little-endian machine.
"""

from __future__ import annotations

import ctypes
import struct
from pathlib import Path

ELF_DYNSYM, ELF_FUNCTION, ELF_OBJECT = 11, 2, 1
LEAN_NAME_STR, LEAN_NAME_NUM, NAME_FIELDS = 1, 2, 2
HEADER = 8  # bytes of a Lean object's header; byte 6 counts its fields, byte 7 is its constructor
STRING_SIZE, STRING_BYTES = 8, 32  # offsets in a Lean string: byte length with the final zero, and the bytes

Name = list[str | int]  # the components of a Lean.Name


def dynamic_symbols(path: Path) -> tuple[list[str], list[str]]:
    """(functions, objects): the names that the library exports, each sorted.  ValueError if it is not such a file."""
    kinds: dict[int, list[str]] = {ELF_FUNCTION: [], ELF_OBJECT: []}
    with path.open("rb") as file:
        head = file.read(64)
        if head[:6] != b"\x7fELF\x02\x01":
            raise ValueError(f"{path} is not a 64-bit little-endian ELF file")
        (table,) = struct.unpack_from("<Q", head, 0x28)
        size, count = struct.unpack_from("<HH", head, 0x3A)
        file.seek(table)
        raw = file.read(size * count)
        sections = [struct.unpack_from("<IIQQQQIIQQ", raw, index * size) for index in range(count)]
        symbols = next(section for section in sections if section[1] == ELF_DYNSYM)
        strings = sections[symbols[6]]
        file.seek(strings[4])
        text = file.read(strings[5])
        file.seek(symbols[4])
        for name, info, _, section, _, _ in struct.iter_unpack("<IBBHQQ", file.read(symbols[5])):
            if section and info & 15 in kinds:
                kinds[info & 15].append(text[name : text.index(b"\0", name)].decode())
    return sorted(kinds[ELF_FUNCTION]), sorted(kinds[ELF_OBJECT])


class Runtime:
    """The loaded library: demangles symbol names and reads the constants that it initialised."""

    def __init__(self, path: Path) -> None:
        self.library = ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
        self.library.lean_initialize.restype = None
        self.library.lean_initialize()
        self.library.lean_mk_string.restype = ctypes.c_void_p
        self.library.lean_mk_string.argtypes = [ctypes.c_char_p]
        self.demangler = self.library.l_Lean_Name_demangle
        self.demangler.restype = ctypes.c_void_p
        self.demangler.argtypes = [ctypes.c_void_p]
        self.memory = open("/proc/self/mem", "rb", 0)  # noqa: SIM115 (as long-lived as the library)

    def read(self, address: int, size: int) -> bytes:
        """`size` bytes at `address`; OSError, never a crash, where nothing is mapped."""
        self.memory.seek(address)
        data = self.memory.read(size)
        if len(data) != size:
            raise OSError("short read")
        return data

    def word(self, address: int) -> int:
        return int.from_bytes(self.read(address, 8), "little")

    def shape(self, pointer: int) -> tuple[int, int]:
        """(constructor, number of fields) of the object at `pointer`."""
        header = self.read(pointer, HEADER)
        return header[7], header[6]

    def field(self, pointer: int, index: int) -> int:
        return self.word(pointer + HEADER + 8 * index)

    def name(self, pointer: int) -> Name:
        """The components of the Lean.Name at `pointer`."""
        if pointer & 1:
            return []
        constructor, fields = self.shape(pointer)
        if fields != NAME_FIELDS or constructor not in (LEAN_NAME_STR, LEAN_NAME_NUM):
            raise ValueError("not a Name")
        prefix, last = self.name(self.field(pointer, 0)), self.field(pointer, 1)
        if constructor == LEAN_NAME_NUM:
            return [*prefix, last >> 1]
        length = self.word(last + STRING_SIZE) - 1
        return [*prefix, self.read(last + STRING_BYTES, length).decode()]

    def demangle(self, symbol: str) -> Name:
        """The components of the Lean name that the symbol `l_...` stands for."""
        return self.name(self.demangler(self.library.lean_mk_string(symbol[2:].encode())))

    def constant(self, symbol: str) -> int:
        """Address of the object that the exported variable `symbol` points to (0 or odd: no object)."""
        return self.word(ctypes.addressof(ctypes.c_uint64.in_dll(self.library, symbol)))
