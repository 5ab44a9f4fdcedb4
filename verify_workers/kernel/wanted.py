"""Child B: what was asked, rebuilt from child S's export: the statement's type, and the declarations that it rests on.

Those are of two sorts.  The preamble's keep their names: where the candidate's environment has them too, these are the ones that
count.  What elaborating the statement made (`goal.match_1`, `goal._proof_1`) gets names that no candidate has, since the
candidate's own theorem makes others, of the same meaning as a rule, under just those names.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from verify_workers.kernel.abi import Key, make_list
from verify_workers.kernel.elaborate import World
from verify_workers.kernel.replay import MalformedExport, Terms, add_declarations, declared, keys
from verify_workers.kernel.shapes import Shapes

PIN: Key = ("_verify_workers_pin",)


class Wanted:
    """The statement `data` (see `export.statement`), or with `negated` its negation.

    `kernel` is the pristine environment with its declarations, which were checked; `given` are the names of the preamble's.
    With `same_text` a proof must state it in the same words up to names, not only up to computation.
    """

    def __init__(self, world: World, data: bytes, *, negated: bool = False, same_text: bool = True) -> None:
        self._world, self._negated, self.same_text = world, negated, same_text
        self._rows, self._parameters, self._type, self._declarations, made = json.loads(data)
        self.kernel, self.given, self._renamed = world.kernel, frozenset[Key](), dict[int, int]()
        if self._declarations:
            self._declare(frozenset(made))

    def _declare(self, made: frozenset[int]) -> None:
        """Add its declarations; those at the places `made` under names of our own."""
        lean, names = self._world.lean, keys(self._rows)
        new = [{names[n] for n in declared(declaration)} for declaration in self._declarations]
        own = {k for place in made for k in new[place]}
        self.given = frozenset(k for family in new for k in family) - own
        self._renamed = {i: lean.name(PIN + k) for i, k in names.items() if k in own}
        terms = Terms(lean, self._rows, renamed=self._renamed)
        self.kernel = add_declarations(lean, self._world.kernel, terms, self._declarations)

    def type_over(self, params: Sequence[int]) -> int | None:
        """The wanted type over the universe parameters `params` (names) in place of its own; None if it has more or fewer.

        Every constant in it must be the header's own or one of its own declarations.
        """
        lean = self._world.lean
        if len(self._parameters) != len(params):
            return None
        terms = Terms(lean, self._rows, dict(zip(self._parameters, params, strict=True)), self._renamed)
        for row in self._rows:
            if row[0] == "c" and lean.find_object(self.kernel, terms.names[row[1]]) is None:
                raise MalformedExport("the statement names a constant that nobody declared")
        type_ = terms.expressions[self._type]
        return lean.app(lean.const(lean.name(("Not",)), make_list(())), type_) if self._negated else type_

    def same_shape(self, rows: list[list[Any]], declarations: list[list[Any]], root: Key) -> bool:
        """Whether the candidate's theorem `root` says this too, but for the names of what elaborating it made."""
        shapes = Shapes()
        ours = shapes.of(self._rows, self._declarations, self._type, self._parameters)
        if self._negated:
            ours = shapes.negation(ours)
        names = keys(rows)
        stated = [declaration for declaration in declarations if declaration[0] in ("T", "D") and names[declaration[1]] == root]
        return len(stated) == 1 and shapes.of(rows, declarations, stated[0][3], stated[0][2]) == ours
