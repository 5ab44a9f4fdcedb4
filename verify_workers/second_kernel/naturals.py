"""Arithmetic on literals.

Computing `Nat.add 2 3` to `5` is only right while `Nat.add` means addition, so a function is computed from when its
definition has been checked to satisfy the equations that define it (`EQUATIONS`), for all numbers; where the library's
definition satisfies them only by a proof (`SAMPLED`), it is unfolded on small numbers and compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from verify_workers.second_kernel.terms import Expr, apply, const, natural

MAX_BITS = 1 << 24  # of a result; what is larger is left to the rules
MAX_EXPONENT = 1 << 24

_BINARY: dict[str, Callable[[int, int], int | bool]] = {
    "Nat.add": lambda a, b: a + b,
    "Nat.sub": lambda a, b: max(0, a - b),
    "Nat.mul": lambda a, b: a * b,
    "Nat.div": lambda a, b: a // b if b else 0,
    "Nat.mod": lambda a, b: a % b if b else a,
    "Nat.gcd": math.gcd,
    "Nat.beq": lambda a, b: a == b,
    "Nat.ble": lambda a, b: a <= b,
    "Nat.land": lambda a, b: a & b,
    "Nat.lor": lambda a, b: a | b,
    "Nat.xor": lambda a, b: a ^ b,
    "Nat.pow": lambda a, b: a**b,
    "Nat.shiftLeft": lambda a, b: a << b,
    "Nat.shiftRight": lambda a, b: a >> b,
}
_UNARY: dict[str, Callable[[int], int]] = {"Nat.succ": lambda a: a + 1, "Nat.log2": lambda a: max(0, a.bit_length() - 1)}
FUNCTIONS = frozenset(_BINARY) | frozenset(_UNARY)
SAMPLED = ("Nat.div", "Nat.mod", "Nat.gcd", "Nat.land", "Nat.lor", "Nat.xor", "Nat.log2")
SAMPLES = (0, 1, 2, 3, 5, 6, 12)


def arity(name: str) -> int:
    return 1 if name in _UNARY else 2


def value(x: int | bool) -> Expr:
    return const("Bool.true" if x else "Bool.false") if isinstance(x, bool) else natural(x)


def compute(name: str, numbers: list[int]) -> Expr | None:
    """The function's value; None where it would be too large to write down."""
    if name in _UNARY:
        return value(_UNARY[name](numbers[0]))
    a, b = numbers
    if name == "Nat.pow" and (b > MAX_EXPONENT or a.bit_length() * b > MAX_BITS):
        return None
    if name == "Nat.shiftLeft" and b + a.bit_length() > MAX_BITS:
        return None
    if name == "Nat.mul" and a.bit_length() + b.bit_length() > MAX_BITS:
        return None
    return value(_BINARY[name](a, b))


def equations(name: str, x: Expr, y: Expr) -> Iterator[tuple[Expr, Expr]]:
    """Pairs that must be equal by computation for `name` to be that function; `x`, `y` are any numbers."""
    if name in SAMPLED:
        for a in SAMPLES:
            for b in SAMPLES if arity(name) == 2 else (0,):
                args = (a, b)[: arity(name)]
                expected = _UNARY[name](a) if name in _UNARY else _BINARY[name](a, b)
                yield apply(const(name), [natural(n) for n in args]), value(expected)
        return
    nil, succ = const("Nat.zero"), const("Nat.succ")

    def f(a: Expr, b: Expr, of: str = name) -> Expr:
        return apply(const(of), (a, b))

    def next_(a: Expr) -> Expr:
        return apply(succ, (a,))

    two = next_(next_(nil))
    true, false = const("Bool.true"), const("Bool.false")
    if name == "Nat.add":
        yield f(x, nil), x
        yield f(x, next_(y)), next_(f(x, y))
    elif name == "Nat.sub":
        yield f(x, nil), x
        pred = const("Nat.pred")
        yield f(x, next_(y)), apply(pred, (f(x, y),))
        yield apply(pred, (nil,)), nil
        yield apply(pred, (next_(x),)), x
    elif name == "Nat.mul":
        yield f(x, nil), nil
        yield f(x, next_(y)), f(f(x, y), x, "Nat.add")
    elif name == "Nat.pow":
        yield f(x, nil), next_(nil)
        yield f(x, next_(y)), f(f(x, y), x, "Nat.mul")
    elif name in ("Nat.beq", "Nat.ble"):
        yield f(nil, nil), true
        yield f(nil, next_(y)), true if name == "Nat.ble" else false
        yield f(next_(x), nil), false
        yield f(next_(x), next_(y)), f(x, y)
    elif name == "Nat.shiftLeft":
        yield f(x, nil), x
        yield f(x, next_(y)), f(f(two, x, "Nat.mul"), y)
    elif name == "Nat.shiftRight":
        yield f(x, nil), x
        yield f(x, next_(y)), f(f(x, y), two, "Nat.div")
