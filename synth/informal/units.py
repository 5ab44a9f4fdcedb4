"""What is annotated: statements with their proofs, from records or from a lake project."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from synth.prompts import NAME
from synth.records import Pair, Statement
from verify_workers.text.statement import StatementError, parse_theorem, renamed

CUT = 1500  # characters of a definition that are shown


@dataclass(frozen=True)
class Unit:
    """Something to annotate.

    lean        a theorem's statement (under the name X), or the text of another declaration
    source      as `Annotation.source`
    proof, form what follows `:=` (or, with form `code`, a whole file); '' = there is none
    name        of the declaration; '' = it says nothing (records)
    signature   as Lean prints it: `NAME (n : ℕ) : …`
    doc         its docstring
    stated      the names of what its statement uses; `used` of what its proof uses besides.  All are units that stand before it
    neighbours  what is declared near it, a line each
    unstated    why Lean did not take the printed statement for the declaration; '' = it did
    """

    source: str
    lean: str
    header: str = ""
    preamble: str = ""
    kind: Literal["statement", "definition"] = "statement"
    proof: str = ""
    form: Literal["proof", "code"] = "proof"
    name: str = ""
    module: str = ""
    signature: str = ""
    doc: str = ""
    stated: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    neighbours: str = ""
    unstated: str = ""
    round: int = 0

    @property
    def key(self) -> str:
        """What others name it by."""
        return self.name or self.source


def of_records(pairs: Iterable[Pair], statements: Iterable[Statement]) -> tuple[list[Unit], list[str]]:
    """Accepted statements as units, each once, with the shortest of their proofs; and remarks on what was left out.

    A pair's statement is what its proof proves, so the negation where that was proved.  Proofs of held-out statements are left out.
    """
    found: dict[tuple[str, str, str], Unit] = {}
    heldout = broken = 0
    for pair in pairs:
        if pair.kind == "heldout":
            heldout += 1
            continue
        lean = _lean(pair.statement)
        broken += not lean
        key = (pair.header, pair.preamble, lean)
        if lean and (key not in found or len(pair.proof) < len(found[key].proof)):
            found[key] = Unit(f"pair {pair.id}", lean, *key[:2], proof=pair.proof, form=pair.form, round=pair.round)
    for statement in statements:
        if not statement.kept:
            continue
        lean = _lean(statement.text)
        broken += not lean
        key = (statement.header, statement.preamble, lean)
        if lean and key not in found:
            found[key] = Unit(f"statement {statement.id}", lean, *key[:2], round=statement.round)
    notes = [f"{heldout:,} proofs of held-out statements are left out"] if heldout else []
    notes += [f"{broken:,} rows have no theorem that can be read, and are left out"] if broken else []
    return list(found.values()), notes


def _lean(text: str) -> str:
    """The statement under the one name that carries no information; '' where it is none."""
    try:
        return renamed(parse_theorem(text), NAME)
    except StatementError:
        return ""
