"""What stands before a program that is run in the jail: what its types mean, and the calls of its functions.  Standard library only.

`compared.py` sends this file's text with the program; it is imported by nothing.
"""

import ast
import contextlib
import io
import json
import sys
import typing
from collections.abc import Callable
from typing import Any


class Nat(int):
    """A natural number of the small language: 2 - 3 is 0, n // 0 is 0, n % 0 is n."""

    def __add__(self, other: int) -> int:
        return _natural(int(self) + int(other))

    def __sub__(self, other: int) -> int:
        return Nat(max(0, int(self) - int(other)))

    def __rsub__(self, other: int) -> int:
        return Nat(max(0, int(other) - int(self)))

    def __mul__(self, other: int) -> int:
        return _natural(int(self) * int(other))

    def __floordiv__(self, other: int) -> int:
        return _natural(int(self) // int(other)) if other else Nat(0)

    def __mod__(self, other: int) -> int:
        return _natural(int(self) % int(other)) if other else self

    def __pow__(self, other: int, modulo: Any = None) -> Any:
        return _natural(pow(int(self), int(other), modulo))

    __radd__, __rmul__ = __add__, __mul__


def _natural(number: int) -> int:
    return Nat(number) if number >= 0 else number


def implies(hypothesis: Any, conclusion: Any) -> bool:
    return not hypothesis or bool(conclusion)


def run(program: str, asked: str) -> None:
    """Call the program's functions, a line `@value NUMBER LITERAL` for each call that gives a value; Lean's literals."""
    names: dict[str, Any] = {"__name__": "program", "Nat": Nat, "nat": Nat, "Int": int, "implies": implies, "List": typing.List}  # noqa: UP006
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(program, "program.py", "exec", dont_inherit=True), names)
    for number, (name, arguments) in enumerate(json.loads(asked)):
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                value = _literal(_called(names[name], arguments))
        except Exception:
            continue
        if value:
            sys.stdout.write(f"@value {number} {value}\n")
            sys.stdout.flush()


def _called(function: Callable[..., Any], arguments: list[str]) -> Any:
    kinds = [*function.__annotations__.values()] if function.__annotations__ else []
    values = [ast.literal_eval(one.replace("true", "True").replace("false", "False")) for one in arguments]
    return function(*(_given(value, kinds[n] if n < len(kinds) else None) for n, value in enumerate(values)))


def _given(value: Any, kind: Any) -> Any:
    """The value as the annotation says: a Nat where it is one, in lists too."""
    if isinstance(value, list):
        return [_given(one, next(iter(typing.get_args(kind)), None)) for one in value]
    return Nat(value) if kind is Nat and not isinstance(value, bool) else value


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(int(value))
    parts = [_literal(one) for one in value] if isinstance(value, list | tuple) else [""]
    return f"[{', '.join(parts)}]" if all(parts) and isinstance(value, list) else ""
