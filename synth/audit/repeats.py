"""Which row has a statement already: by normal form where Lean gives one, by the text in its setting elsewhere.

Twelve bytes a row and kind of key (`synth/keys.py`), and four for the row's number.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from synth.audit.labels import Audited
from synth.keys import NOWHERE, Keys, hashes


class Repeats:
    """Statements of earlier rows.  Only rows against which nothing was found count as the first."""

    def __init__(self) -> None:
        self._known = {"form": _Known(), "key": _Known()}
        self._proofs = Keys()

    def look_up(self, rows: Sequence[Audited]) -> list[int | None]:
        """Of each row, the earlier row (of those taken in) with its statement."""
        forms = self._known["form"].find([row.form for row in rows])
        texts = self._known["key"].find([row.key for row in rows])
        return [form if form is not None else text for form, text in zip(forms, texts, strict=True)]

    def take(self, rows: Sequence[Audited]) -> None:
        """These rows are there from now on, the first of equal ones."""
        for name, known in self._known.items():
            known.add([(getattr(row, name), row.row) for row in rows if getattr(row, name)])
        self._proofs.add(hashes(same(row) for row in rows))

    def has_proof(self, row: Audited) -> bool:
        """Whether an earlier row has the same proof of the same statement."""
        return same(row) in self._proofs


class _Known:
    def __init__(self) -> None:
        self._keys, self._rows = Keys(), array("I")

    def find(self, texts: Sequence[str]) -> list[int | None]:
        found = self._keys.find(hashes(texts))
        return [self._rows[int(at)] if at != NOWHERE and text else None for at, text in zip(found, texts, strict=True)]

    def add(self, items: Sequence[tuple[str, int]]) -> None:
        _, fresh = self._keys.numbered(hashes(text for text, _ in items))
        self._rows.extend(row for (_, row), new in zip(items, fresh, strict=True) if new)


def same(row: Audited) -> str:
    """What two rows have in common that have one proof of one statement."""
    return f"{row.form or row.key}\n{row.proof_key}"
