"""Expressions of export tables compared by what they say: up to names of bound variables and of definitions made on the way.

Two elaborations of one statement agree but for such names: a `match` in it becomes `goal.match_1` in one and, where an earlier
lemma of the file had the same `match`, `helper.match_1` in the other.  So a constant that a table itself defines stands for its
definition, and one that it proves for what it states.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verify_workers.kernel.abi import Key
from verify_workers.kernel.replay import keys

ZERO = -1  # the level zero


class Shapes:
    """Numbers for expressions, the same for the same shape in every table that this one has seen."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], int] = {}

    def of(self, rows: Sequence[Sequence[Any]], declarations: Sequence[Sequence[Any]], expression: int, universes: Sequence[int]) -> int:
        """The number of row `expression` of a table; LookupError or TypeError for what is no table (see `kernel.export`).

        `universes` are the rows of the names of its universe parameters, which count by their places.
        """
        names = keys(rows)
        places = {names[row]: place for place, row in enumerate(universes)}
        numbers: dict[int, int] = {ZERO: ZERO}
        definitions: dict[Key, int] = {}
        reached = 0

        def read(last: int) -> int:
            nonlocal reached
            for i in range(reached, last + 1):
                kind, *parts = rows[i]
                if kind == "P":
                    numbers[i] = self._of(kind, places.get(names[parts[0]], names[parts[0]]))
                elif kind != "n":
                    numbers[i] = self._number(kind, parts, names, numbers, definitions)
            reached = max(reached, last + 1)
            return numbers[last]

        for declaration in declarations:
            if declaration[0] != "I":
                kind, name, params, type_, value, _ = declaration
                parts = (read(type_), 0 if kind == "T" else read(value), *(places.get(names[p], names[p]) for p in params))
                definitions[names[name]] = self._of("definition", *parts)
        return read(expression)

    def negation(self, number: int) -> int:
        """The number of `¬ e`, e being the expression of `number`."""
        return self._of("a", self._of("c", ("Not",)), number)

    def _number(self, kind: str, parts: list[Any], names: dict[int, Key], numbers: dict[int, int], definitions: dict[Key, int]) -> int:
        match kind:
            case "c":
                name, *levels = parts
                head = definitions.get(names[name])
                of = (names[name],) if head is None else (head,)
                return self._of(kind, *of, *(numbers[level] for level in levels))
            case "b" | "N" | "T":
                return self._of(kind, parts[0])
            case "j":
                return self._of(kind, names[parts[0]], parts[1], numbers[parts[2]])
            case "l" | "p":  # neither the variable's name nor how it is bound
                return self._of(kind, numbers[parts[1]], numbers[parts[2]])
            case "e":
                return self._of(kind, *(numbers[part] for part in parts[1:4]))
            case _:
                return self._of(kind, *(numbers[part] for part in parts))

    def _of(self, *shape: Any) -> int:
        return self._known.setdefault(shape, len(self._known))
