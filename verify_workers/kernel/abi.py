"""What we know about the memory and the symbols of one LeanLibrary build; nothing else in the project may know it.

LeanLibrary objects are plain integers here: an odd one is a boxed scalar, an even one the address of an object with an
8-byte header (int32 reference count, uint16 size, uint8 number of fields, uint8 tag).  A reference count of 0 means
"never counted, never freed", which is right for everything made in a child that ends by `_exit`.

The layouts hold for the exact builds in `GITHASHES` (LeanLibrary 4.35.0: src/include/lean/lean.h, src/LeanLibrary/Expr.lean,
src/LeanLibrary/Declaration.lean, src/kernel/declaration.h); `load` refuses every other build.
"""

from __future__ import annotations

import contextlib
import ctypes as C
import struct
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

GITHASHES = {"eb6cafb7290e8bd5f2937522d8d804f58f02bafc": "4.35.0"}

Key = tuple[str | int, ...]  # a LeanLibrary name by its components; () is the anonymous name
Function = Callable[..., int]

AXIOM, DEFINITION, THEOREM, OPAQUE, QUOT, INDUCTIVE, CONSTRUCTOR, RECURSOR = range(8)  # tags of ConstantInfo
SAFE = 1  # DefinitionSafety: unsafe 0, safe 1, partial 2
BVAR, FVAR, MVAR, SORT, CONST, APP, LAMBDA, FORALL, LET, LITERAL, MDATA, PROJ = range(12)  # tags of Expr
L_ZERO, L_SUCC, L_MAX, L_IMAX, L_PARAM, L_MVAR = range(6)  # tags of Level
KERNEL_ERRORS = (  # tags of LeanLibrary.Kernel.Exception
    "unknown constant", "already declared", "type mismatch in declaration", "metavariable", "free variable", "function expected",
    "type expected", "type mismatch in let", "type mismatch", "type mismatch in application", "invalid projection",
    "type of the theorem is not a proposition", "refused", "deterministic time-out", "excessive memory", "deep recursion", "interrupted",
)  # fmt: skip


class AbiMismatch(Exception):
    """The library is not a build whose layouts are known here."""


class LeanError(Exception):
    """An IO action of LeanLibrary failed; the text is LeanLibrary's own."""


# ---- reading objects ---------------------------------------------------------------------------------------------


def box(n: int) -> int:
    return n << 1 | 1


def word(address: int) -> int:
    return C.c_size_t.from_address(address).value


def byte(address: int) -> int:
    return C.c_uint8.from_address(address).value


def field(o: int, i: int) -> int:
    """Object field `i` of a constructor object."""
    return C.c_size_t.from_address(o + 8 + 8 * i).value


def fields(o: int, n: int) -> tuple[int, ...]:
    """The first `n` object fields of a constructor object."""
    return struct.unpack(f"<{n}Q", C.string_at(o + 8, 8 * n))


def scalar(o: int, objects: int, offset: int = 0) -> int:
    """Byte `offset` of the scalar area, which starts behind the object fields."""
    return C.c_uint8.from_address(o + 8 + 8 * objects + offset).value


def tag(o: int) -> int:
    return o >> 1 if o & 1 else C.c_uint8.from_address(o + 7).value


def share(o: int) -> int:
    """Count one more reference, for a call that takes ownership.  Only one thread may run."""
    if not o & 1:
        count = C.c_int32.from_address(o)
        if count.value > 0:
            count.value += 1
        elif count.value < 0:
            count.value -= 1
    return o


def immortal(o: int) -> int:
    if not o & 1:
        C.c_int32.from_address(o).value = 0
    return o


def string(o: int) -> bytes:
    return C.string_at(o + 32, word(o + 8) - 1)


def text(o: int) -> str:
    return string(o).decode("utf-8", "surrogateescape")


def array(o: int) -> list[int]:
    n = word(o + 8)
    return list(struct.unpack(f"<{n}Q", C.string_at(o + 24, 8 * n)))


def items(o: int) -> list[int]:
    """The elements of a LeanLibrary `List`."""
    out = []
    while not o & 1:
        out.append(field(o, 0))
        o = field(o, 1)
    return out


def natural(o: int) -> int:
    """A `Nat`: boxed, or a GMP integer (limb count at +12, limbs behind the pointer at +16)."""
    if o & 1:
        return o >> 1
    return int.from_bytes(C.string_at(word(o + 16), 8 * C.c_int32.from_address(o + 12).value), "little")


_keys: dict[int, Key] = {1: ()}


def key(o: int) -> Key:
    """The components of a `Name`.  Remembered by address, so only for names that this process never frees."""
    k = _keys.get(o)
    if k is None:
        last = field(o, 1)
        k = _keys[o] = (*key(field(o, 0)), text(last) if tag(o) == 1 else natural(last))
    return k


def show(k: Key) -> str:
    return ".".join(map(str, k)) or "[anonymous]"


# ---- constants of a kernel environment ---------------------------------------------------------------------------
# ConstantInfo.<kind>(val); every val starts with ConstantVal(name, levelParams, type).


def value(info: int) -> int:
    return field(info, 0)


def constant(info: int) -> tuple[int, list[int], int]:
    """Name, universe parameters (names) and type of a ConstantInfo."""
    cv = field(field(info, 0), 0)
    return field(cv, 0), items(field(cv, 1)), field(cv, 2)


def body(info: int) -> int:
    """Value of a definition, theorem or opaque constant."""
    return field(field(info, 0), 1)


def is_unsafe(info: int) -> bool:
    """Unsafe or partial; DefinitionVal has 4 object fields before the safety byte, OpaqueVal 3, InductiveVal 6 (isRec, isUnsafe)."""
    kind, v = tag(info), value(info)
    if kind == DEFINITION:
        return scalar(v, 4) != SAFE
    if kind == OPAQUE:
        return scalar(v, 3) != 0
    return kind == INDUCTIVE and scalar(v, 6, 1) != 0


def hint(info: int) -> int:
    """Reducibility of a definition: -1 opaque, -2 abbreviation, else its height."""
    h = field(value(info), 2)
    return -1 - (h >> 1) if h & 1 else C.c_uint32.from_address(h + 8).value


def family(info: int) -> list[int]:
    """InductiveVal: names of all types declared together."""
    return items(field(value(info), 3))


def constructors(info: int) -> list[int]:
    return items(field(value(info), 4))


def parameters(info: int) -> int:
    """InductiveVal: number of parameters."""
    return natural(field(value(info), 1))


# ---- making objects ----------------------------------------------------------------------------------------------
_kept: list[Any] = []


def make(kind: int, fields: Sequence[int], scalars: bytes = b"") -> int:
    """A constructor object in memory of our own, immortal."""
    raw = struct.pack(f"<iHBB{len(fields)}Q", 0, 8 + 8 * len(fields) + len(scalars), len(fields), kind, *fields) + scalars
    buffer = C.create_string_buffer(raw, len(raw) + 16)
    address = C.addressof(buffer)
    if address & 7:
        raise MemoryError("unaligned buffer")
    _kept.append(buffer)
    return address


def make_list(xs: Iterable[int]) -> int:
    out = box(0)
    for x in reversed(list(xs)):
        out = make(1, [x, out])
    return out


def make_constant(name: int, params: Iterable[int], type_: int) -> int:
    return make(0, [name, make_list(params), type_])


def theorem(cv: int, proof: int, name: int) -> int:
    return make(THEOREM, [make(0, [cv, proof, make_list([name])])])


def opaque(cv: int, val: int, name: int) -> int:
    return make(OPAQUE, [make(0, [cv, val, make_list([name])], bytes(8))])


def definition(cv: int, val: int, height: int, name: int) -> int:
    hints = box(-1 - height) if height < 0 else make(2, [], struct.pack("<Q", height & 0xFFFFFFFF))
    return make(DEFINITION, [make(0, [cv, val, hints, make_list([name])], bytes([SAFE]) + bytes(7))])


def inductive(params: Iterable[int], nparams: int, types: Iterable[tuple[int, int, list[tuple[int, int]]]]) -> int:
    """Declaration.inductDecl; `types` are (name, type, constructors as (name, type))."""
    rows = [make(0, [n, t, make_list(make(0, [c, ct]) for c, ct in cs)]) for n, t, cs in types]
    return make(6, [make_list(params), nparams, make_list(rows)], bytes(8))


# ---- the library -------------------------------------------------------------------------------------------------


class LeanLibrary:
    """The functions of one loaded libleanshared.so, and of what stands beside it.  Arguments are owned unless said otherwise."""

    def __init__(self, libraries: Sequence[str]) -> None:
        self._libraries = [C.CDLL(library, mode=C.RTLD_GLOBAL) for library in libraries]
        f, nothing = self._function, None
        self.initialize = f("lean_initialize", 0, result=nothing)
        self.mark_end_initialization = f("lean_io_mark_end_initialization", 0, result=nothing)
        self.init_search_path = f("lean_init_search_path", 0)
        self.enable_initializer_execution = f("lean_enable_initializer_execution", 0)
        self.start_tasks = self._function("lean_init_task_manager_using", C.c_uint, result=nothing)
        self.end_tasks = f("lean_finalize_task_manager", 0, result=nothing)
        self.mark_persistent = f("lean_mark_persistent", 1, result=nothing)
        self._string = self._function("lean_mk_string_from_bytes", C.c_char_p, C.c_size_t)
        self._error = f("lean_io_error_to_string", 1)
        self.natural_of = self._function("lean_cstr_to_nat", C.c_char_p)
        self.name_string = f("lean_name_mk_string", 2)
        self.name_number = f("lean_name_mk_numeral", 2)
        self.empty_options = f("lean_options_get_empty", 1)
        self.set_option = self._function("lean_options_update_bool", C.c_void_p, C.c_void_p, C.c_uint8)
        # levels and expressions
        self.level_succ, self.level_param = f("lean_level_mk_succ", 1), f("lean_level_mk_param", 1)
        self.level_max, self.level_imax = f("lean_level_mk_max", 2), f("lean_level_mk_imax", 2)
        self.bvar, self.sort, self.literal = f("lean_expr_mk_bvar", 1), f("lean_expr_mk_sort", 1), f("lean_expr_mk_lit", 1)
        self.const, self.app, self.proj = f("lean_expr_mk_const", 2), f("lean_expr_mk_app", 2), f("lean_expr_mk_proj", 3)
        self.lambda_, self.forall = f("lean_expr_mk_lambda", 3, C.c_uint8), f("lean_expr_mk_forall", 3, C.c_uint8)
        self.let = f("l_Lean_Expr_letE___override", 4, C.c_uint8)
        self.alpha_equal = f("lean_expr_eqv", 2, result=C.c_uint8)  # borrows
        self._used = f("l_Lean_Expr_getUsedConstants", 1)
        # environments
        self._find = f("lean_environment_find", 2)
        self.kernel_environment = f("lean_elab_environment_to_kernel_env", 1)  # waits for asynchronous bodies
        self._add = self._function("lean_add_decl", C.c_void_p, C.c_size_t, C.c_size_t, C.c_void_p, C.c_void_p)
        self.parse_imports = f("l_Lean_Elab_parseImports", 2)
        self.import_modules = self._function(
            "l_Lean_importModules", C.c_void_p, C.c_void_p, C.c_uint32, C.c_void_p, C.c_uint8, C.c_uint8, C.c_uint8, C.c_void_p
        )
        self.make_array = f("lean_mk_array", 2)
        self.set_main_module = f("l_Lean_Environment_setMainModule", 2)
        # the frontend
        self.input_context = self._function("l_Lean_Parser_mkInputContext___redArg", C.c_void_p, C.c_void_p, C.c_uint8, C.c_void_p)
        self.parse_header = f("l_Lean_Parser_parseHeader", 1)
        self.command_state = f("l_Lean_Elab_Command_mkState", 3)
        self.parse_command = f("l_Lean_Parser_parseCommand", 4)
        self.elaborate_command = f("l_Lean_Elab_Frontend_elabCommandAtFrontend", 3)
        self.is_last = f("l_Lean_Parser_isTerminalCommand", 1, result=C.c_uint8)
        self.reference, self.dereference = f("lean_st_mk_ref", 1), f("lean_st_ref_get", 1)  # the latter borrows
        self.message_array, self.message_json = f("l_Lean_MessageLog_toArray", 1), f("l_Lean_Message_toJson", 1)
        self.json_text = f("l_Lean_Json_compress", 1)
        self._names: dict[Key, int] = {}

    def _function(self, symbol: str, *arguments: Any, result: Any = C.c_void_p) -> Function:
        function = next((found for library in self._libraries if (found := getattr(library, symbol, None)) is not None), None)
        if function is None:
            raise AbiMismatch(f"{symbol} is missing from this LeanLibrary library")
        first, *rest = arguments
        function.argtypes = [C.c_void_p] * first + rest if isinstance(first, int) else list(arguments)
        function.restype = result
        return function  # type: ignore[no-any-return]

    def githash(self) -> str:
        """The build, after `initialize`."""
        for library in self._libraries:
            with contextlib.suppress(ValueError):
                return text(C.c_void_p.in_dll(library, "l_Lean_githash").value or 0)
        raise AbiMismatch("l_Lean_githash is missing from this LeanLibrary library")

    def io(self, result: int) -> int:
        """Payload of an IO result (no world token in 4.35: tag 0 is ok, tag 1 an error)."""
        if tag(result):
            raise LeanError(text(self._error(field(result, 0))))
        return field(result, 0)

    def string(self, data: bytes) -> int:
        return self._string(data, len(data))

    def natural(self, n: int) -> int:
        """`n` as a Nat object; n ≥ 0."""
        return box(n) if n < 1 << 62 else immortal(self.natural_of(str(n).encode()))

    def name(self, k: Key) -> int:
        o = self._names.get(k)
        if o is None:
            if not k:
                return box(0)
            last = k[-1]
            if isinstance(last, str):
                o = self.name_string(self.name(k[:-1]), immortal(self.string(last.encode("utf-8", "surrogateescape"))))
            else:
                o = self.name_number(self.name(k[:-1]), self.natural(last))
            self._names[k] = immortal(o)
        return o

    def find(self, kernel_env: int, k: Key) -> int | None:
        """The ConstantInfo of a constant, or None."""
        return self.find_object(kernel_env, self.name(k))

    def find_object(self, kernel_env: int, name: int) -> int | None:
        o = self._find(share(kernel_env), share(name))
        return None if o & 1 else field(o, 0)

    def used(self, expression: int) -> list[int]:
        """Names (objects) of the constants in an expression."""
        return array(self._used(share(expression)))

    def add(self, kernel_env: int, declaration: int) -> int:
        """The environment with one more declaration, checked by the kernel without a heartbeat limit; LeanError if it refuses."""
        result = self._add(share(kernel_env), 0, 1 << 20, declaration, box(0))
        if tag(result) == 0:
            error = tag(field(result, 0))
            raise LeanError(KERNEL_ERRORS[error] if error < len(KERNEL_ERRORS) else f"error {error}")
        return immortal(field(result, 0))

    def imported_constants(self, kernel_env: int) -> list[int]:
        """Names of the imported constants (the first stage of the constant map: buckets of association lists)."""
        names: list[int] = []
        for bucket in array(field(field(field(kernel_env, 0), 0), 1)):
            while not bucket & 1:
                names.append(field(bucket, 0))
                bucket = field(bucket, 2)
        return names

    def new_constants(self, kernel_env: int) -> list[int]:
        """Names of the constants added since the import (the second stage of the constant map: the root of a PersistentHashMap)."""
        names: list[int] = []
        todo = [field(field(kernel_env, 0), 1)]
        while todo:
            node = todo.pop()
            if node & 1:
                continue
            if tag(node) == 1:  # collision: keys, values
                names += array(field(node, 0))
                continue
            for entry in array(field(node, 0)):
                if entry & 1:
                    continue
                if tag(entry) == 0:
                    names.append(field(entry, 0))
                else:
                    todo.append(field(entry, 0))
        return names


def load(libraries: Sequence[str], accepted: Iterable[str] = GITHASHES) -> LeanLibrary:
    """Load and initialise a Lean, libleanshared.so first; AbiMismatch unless its commit begins with one that is `accepted`."""
    sys.set_int_max_str_digits(0)
    lean = LeanLibrary(libraries)
    lean.initialize()
    if not any(commit and lean.githash().startswith(commit) for commit in accepted):
        known = ", ".join(sorted(GITHASHES.values()))
        raise AbiMismatch(f"Lean build {lean.githash()[:12]} is not known to the kernel audit (known: {known})")
    return lean
