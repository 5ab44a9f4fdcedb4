"""Rows of a command that asks about many things, kept as each is made: the same command goes on after an end, and asks nothing twice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Generic

from pydantic import BaseModel

from synth.config import RunConfig
from synth.prompts import Role
from synth.records import content_id
from synth.run.roles import answering, given_weights, role_prompts, who
from synth.store.arrow import R
from synth.store.files import write_records
from synth.store.journal import Journal
from verify_workers.pool.revision import verifier_revision

CHECKING = {
    "project", "backend", "audit", "auditor", "allow_unsound_lean", "allow_old_kernel", "kernels", "kernels_quorum", "kernels_sample",
}  # fmt: skip
"""The settings of Lean's workers that decide what an acceptance is worth."""
DECIDING = {"seed", "header", "answers", "formalize", "filters", "search", "budgets", "heldout", "generator"}
"""The sections of a configuration, beside models and prompts, that decide what is asked and what becomes of it."""


class Kept(BaseModel):
    """A row of the journal: what was asked, as a hash, and what came of it."""

    key: str
    row: dict[str, Any]


class Resumed(Generic[R]):
    """The rows that an interrupted call has left in a journal beside `out` (`.NAME.journal`), and those that this one makes.

    `deciding`: an id of all that decides about a row but the question itself; what was made otherwise is asked again.
    """

    def __init__(self, out: str, model: type[R], deciding: str) -> None:
        self._out, self._model, self._deciding = out, model, deciding
        self._journal = Journal(Path(out), Kept)
        self._known = {kept.key: kept.row for kept in self._journal.read()}

    def known(self, *asked: Any) -> R | None:
        """The row that was made of this question; None where there is none.  `asked` is JSON-able."""
        row = self._known.get(self._key(asked))
        return None if row is None else self._model.model_validate(row)

    def keep(self, row: R, *asked: Any) -> R:
        """Write `row` down as what came of this question, before anything else is done with it."""
        self._journal.write(Kept(key=self._key(asked), row=row.model_dump(mode="json")))
        return row

    def write(self, rows: Sequence[R], whole: bool = True) -> None:
        """Write the file; where it is `whole`, nothing is left to go on with."""
        write_records(self._out, rows, self._model)
        if whole:
            self.finish()

    def finish(self) -> None:
        """When the file is written, and nothing is left to go on with."""
        self._journal.remove()

    def _key(self, asked: Sequence[Any]) -> str:
        return content_id("asked", self._deciding, *asked)


def deciding(config: RunConfig, asked: Sequence[Role]) -> str:
    """An id of the settings, prompts and weights with which the prompts `asked` are answered, and of the Lean and the checker."""
    prompts = role_prompts(config)
    hashes = {role: prompts[who(role)].hash(role) for role in asked}
    weights: dict[str, str] = {role: given_weights(config, role).hash for role in answering(asked)}
    lean = config.verify.model_dump(mode="json", include=CHECKING) | {"checker": verifier_revision()}
    settings = config.model_dump(mode="json", include=DECIDING)
    for section, name in (("search", "in_flight"), ("answers", "at_once")):  # how much at a time
        settings[section].pop(name, None)
    return content_id("deciding", hashes, weights, lean, settings)
