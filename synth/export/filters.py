"""What of a run goes into a corpus, by columns of its pairs, and of its failed attempts where a form has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synth.records import GRADES, Grade
from verify_workers.errors import UserError

STRICT = ("kernel", "leanchecker")
"""Audits in which kernel objects decided, in a clean process."""


@dataclass(frozen=True)
class Filters:
    """What is left out; all of it is counted by its first reason."""

    min_grade: Grade | None = None
    """Statements that the judge graded lower, or never graded unless they were given, are left out."""
    audit: Literal["any", "strict"] = "any"
    negations: bool = True
    max_tokens: int | None = None
    """Of statement and proof, as `tokenizer` counts them."""
    tokenizer: str = ""
    strategies: tuple[str, ...] = ()
    rounds: tuple[int, ...] = ()
    _counted: list[Any] = field(default_factory=list, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.max_tokens is not None:
            self._counted.append(_tokenizer(self.tokenizer))

    def apply(self, table: pa.Table, counts: Counter[str], without: tuple[str, ...] = ()) -> pa.Table:
        """The rows that stay; `counts` gets `left_out: REASON`.  Reasons in `without` are no reasons for these rows.

        `table` has the columns `grade`, `origin`, `audit`, `negated`, `strategy`, `round`, and with `max_tokens` the texts.
        """
        for reason, stays in self._tests():
            if not table.num_rows:
                break
            if reason in without:
                continue
            kept = table.filter(stays(table))
            if left := table.num_rows - kept.num_rows:
                counts[f"left_out: {reason}"] += left
            table = kept
        return table

    def told(self) -> dict[str, Any]:
        """The filters that are on, in plain data."""
        given = {
            "min_grade": self.min_grade,
            "audit": "strict" if self.audit == "strict" else None,
            "negations": None if self.negations else False,
            "max_tokens": self.max_tokens,
            "tokenizer": self.tokenizer if self.max_tokens is not None else None,
            "strategies": list(self.strategies),
            "rounds": list(self.rounds),
        }
        return {name: value for name, value in given.items() if value not in (None, [])}

    def _tests(self) -> Iterator[tuple[str, Callable[[pa.Table], pa.ChunkedArray]]]:
        if self.rounds:
            yield "round", lambda table: pc.is_in(table["round"], pa.array(self.rounds, pa.int64()))
        if self.strategies:
            yield "strategy", lambda table: pc.is_in(table["strategy"], pa.array(self.strategies))
        if not self.negations:
            yield "negation", lambda table: pc.invert(table["negated"])
        if self.audit == "strict":
            yield "audit", lambda table: pc.is_in(table["audit"], pa.array(STRICT))
        if self.min_grade:
            good = pa.array(GRADES[: GRADES.index(self.min_grade) + 1])
            yield "ungraded", lambda table: pc.or_(pc.not_equal(table["grade"], ""), pc.equal(table["origin"], "given"))
            yield "grade", lambda table: pc.or_(pc.is_in(table["grade"], good), pc.equal(table["grade"], ""))
        if self.max_tokens is not None:
            yield "tokens", self._short

    def _short(self, table: pa.Table) -> pa.Array:
        texts = pc.binary_join_element_wise(table["header"], table["preamble"], table["statement"], table["proof"], "\n")
        encoded = self._counted[0].encode_batch(texts.to_pylist(), add_special_tokens=False)
        return pa.array(np.array([len(one.ids) for one in encoded]) <= (self.max_tokens or 0))


def _tokenizer(path: str) -> Any:
    if not path:
        raise UserError("--max-tokens counts with a model's tokenizer; give its checkpoint to --tokenizer (a folder, or a tokenizer.json)")
    from pathlib import Path

    from tokenizers import Tokenizer

    file = Path(path) / "tokenizer.json" if Path(path).is_dir() else Path(path)
    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:  # the library raises nothing narrower
        raise UserError(f"--tokenizer {file}: cannot be read ({error}); give a folder with a tokenizer.json") from None
