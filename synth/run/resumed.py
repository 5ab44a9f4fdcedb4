"""What a command that asks about many things has made, kept as it comes: the same command goes on after an end, and asks nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic

from pydantic import BaseModel, Field, ValidationError

from synth.config import RunConfig
from synth.llm.config import ModelRole
from synth.prompts import Role
from synth.records import Record, content_id
from synth.run.roles import answering, given_weights, role_prompts, who
from synth.store.arrow import R
from synth.store.journal import Journal
from synth.store.units import KINDS
from verify_workers.config import PoolConfig
from verify_workers.pool.revision import judges, verifier_revision

CHECKING = {
    "project", "repl", "backend", "audit", "auditor", "allow_unsound_lean", "allow_old_kernel", "kernels", "kernels_quorum",
    "kernels_sample", "closures", "timeout_last", "memory_mb",
}  # fmt: skip
"""The settings of Lean's workers that decide about a verdict and what an acceptance is worth."""
DECIDING = {"seed", "header", "answers", "formalize", "filters", "search", "budgets", "heldout", "generator"}
"""The sections of a configuration, beside models and prompts, that decide what is asked and what becomes of it."""
Note = Callable[[str], None]
Records = Mapping[str, Sequence[Record]]
"""By kind, as a run directory has them."""


class Kept(BaseModel):
    """A row of the journal: what was asked, as a hash, and what came of it."""

    key: str = Field(pattern="^([0-9a-f]{2})+$")
    row: dict[str, Any]
    deciding: str = ""
    """What decided about it beside the question; '' in journals of earlier versions."""
    settled: bool = True
    """Whether a later call has it too, and does not ask again."""
    made: dict[str, list[dict[str, Any]]] = {}
    """Records of what was tried for it, by kind (`synth.run.beside`)."""
    figures: dict[str, Any] = {}
    """Of what was tried."""


class Resumed(Generic[R]):
    """The rows that an interrupted call has left in a journal beside `out` (`.NAME.journal`), and those that this one makes.

    `deciding`: an id of all that decides about a row but the question itself; what was made otherwise is asked again.  `note` gets a
    line where a journal is there.  In memory is only where each row stands.
    """

    def __init__(self, out: str | Path, model: type[R], deciding: str, note: Note = lambda line: None) -> None:
        self._out, self._model, self._deciding = Path(out), model, deciding
        self._journal = Journal(self._out, Kept)
        self._places: dict[bytes, int] = {}
        others = 0
        for place, kept in self._journal.places():
            if not kept.settled:
                continue
            if kept.deciding in ("", deciding):
                self._places[_short(kept.key)] = place
            else:
                others += 1
        if self._places:
            note(f"{out}: going on; an interrupted call has left {len(self._places):,} results, none of which is made again")
        if others:
            note(f"{out}: {others:,} results of an interrupted call with other models or settings, or another Lean, are not used")

    def known(self, *asked: Any) -> R | None:
        """The row that was made of this question; None where there is none.  `asked` is JSON-able."""
        kept = self._found(asked)
        try:
            return None if kept is None else self._model.model_validate(kept.row)
        except ValidationError:  # of another version
            return None

    def keep(self, row: R, *asked: Any, made: Records | None = None, figures: Mapping[str, Any] | None = None, settled: bool = True) -> R:
        """Write `row` down as what came of this question, before anything else is done with it.

        `made` and `figures`: records of what was tried for it, for `tried`.  One that is not `settled` a later call asks again.
        """
        plain = {kind: [record.model_dump(mode="json") for record in some] for kind, some in (made or {}).items() if some}
        own = {"key": self._key(asked), "row": row.model_dump(mode="json"), "deciding": self._deciding, "settled": settled}
        kept = Kept.model_validate({**own, "made": plain, "figures": dict(figures or {})})
        self._places[_short(kept.key)] = self._journal.write(kept)
        return row

    def tried(self, *asked: Any) -> tuple[dict[str, list[Record]], dict[str, Any]]:
        """Records of what was tried for this question, by kind, and their figures; nothing where nothing was kept."""
        kept = self._found(asked)
        if kept is None:
            return {}, {}
        try:
            return {kind: [KINDS[kind].model_validate(row) for row in some] for kind, some in kept.made.items()}, kept.figures
        except (KeyError, ValidationError):  # of another version
            return {}, {}

    def finish(self) -> None:
        """When the file is written, and nothing is left to go on with."""
        self._journal.remove()

    def _found(self, asked: Sequence[Any]) -> Kept | None:
        """What was kept of this question, and of no other: a place may be wrong by now, where another process writes to the file."""
        key = self._key(asked)
        place = self._places.get(_short(key))
        kept = None if place is None else self._journal.at(place)
        return kept if kept is not None and kept.key == key else None

    def _key(self, asked: Sequence[Any]) -> str:
        return content_id("asked", self._deciding, *asked)


def _short(key: str) -> bytes:
    """A key in few bytes: of a large file there are millions."""
    return bytes.fromhex(key)


def deciding(config: RunConfig, asked: Sequence[Role]) -> str:
    """An id of the settings, prompts and weights with which the prompts `asked` are answered, and of the Lean and the checker."""
    prompts = role_prompts(config)
    hashes = {role: prompts[who(role)].hash(role.partition(":")[0]) for role in asked}
    settings = config.model_dump(mode="json", include=DECIDING)
    for section, name in (("search", "in_flight"), ("answers", "at_once")):  # how much at a time
        settings[section].pop(name, None)
    return content_id("deciding", hashes, weights(config, asked), checking(config.verify), settings)


def weights(config: RunConfig, asked: Sequence[Role]) -> dict[ModelRole, str]:
    """Hashes of what answers the prompts `asked`, by role."""
    return {role: given_weights(config, role).hash for role in answering(asked)}


def checking(pool: PoolConfig) -> dict[str, Any]:
    """What decides about a verdict beside the question."""
    return pool.model_dump(mode="json", include=CHECKING) | {"checker": verifier_revision(), "judges": judges(pool)}
