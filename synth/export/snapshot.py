"""A run as it was at one moment, while it may go on: what its manifest listed then, and the figures of the rounds finished by then."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synth.store.manifest import FILE, Entry
from synth.store.rundir import RunDir
from synth.store.units import KINDS
from verify_workers.errors import UserError

SHOWN = 3  # missing files that are named


class Snapshot(RunDir):
    """A reader of a run for which no unit exists that was not finished when it was made: parts never change, so that this suffices."""

    figures: list[dict[str, Any]]
    """Of the finished rounds; read before the units, so that these are all there."""
    contamination: dict[str, Any] | None
    """What repeats a benchmark or a held-out statement, as the last of them reported it."""
    running: bool
    """Whether a driver was at work here."""
    listed: frozenset[str] | None = None
    """The keys of the units that there are."""

    @classmethod
    def take(cls, url: str | Path) -> Snapshot:
        """Of a run that must be there, whole and readable; UserError where it is not."""
        place = Path(url)
        if place.is_dir() and not os.access(place, os.R_OK | os.X_OK):
            raise UserError(f"{place}: no permission to read it; ask its owner for it (chmod -R a+rX), or run this as its owner")
        found = cls(url)
        found.running = found.locked()
        cls.existing(url)
        found.figures = found.rounds()
        found.contamination = found.read_json("contamination.json")
        before: dict[str, Any] = {}
        with contextlib.suppress(UserError):  # it is only a copy, which a run writes anew where it is torn
            before = found.read_json(FILE, {})
        found.listed = frozenset(found.keys())
        found._whole(before)
        return found

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        for entry in super().entries(prefix):
            if self.listed is None or entry["key"] in self.listed:
                yield entry

    def count(self, kind: str, prefix: str = "") -> int:
        return sum(part["rows"] for _, part in self._parts(kind, prefix))

    def _whole(self, before: dict[str, Any]) -> None:
        """UserError where units or parts are missing that were there once: of a copy that is not complete.

        `before` is what manifest.json held before the units were listed.
        """
        known = self.listed or frozenset()
        lost = [f"manifest entry {entry['key']}" for entry in before.get("entries", ()) if entry["key"] not in known]
        there = {path.rsplit("/", 1)[-1].partition(".")[0] for path in self.list_files("manifest/segments")}
        lost += [f"manifest/segments/{name}.parquet" for name in before.get("segments", ()) if name not in there]
        if not known and not lost:
            lost += [f"{kind}: parts, but no manifest" for kind in KINDS if self.list_files(kind)]
        lost += self._lost_parts()
        if lost:
            more = f" and {len(lost) - SHOWN:,} more" if len(lost) > SHOWN else ""
            raise UserError(
                f"{self.path}: not a whole run directory: {', '.join(lost[:SHOWN])}{more} missing; copy it again to the end, "
                "or give the run itself"
            )

    def _lost_parts(self) -> list[str]:
        for _ in range(2):  # parts that are put together with others meanwhile have another name when the manifest is read again
            there = {f"{kind}/{path.rsplit('/', 1)[-1]}" for kind in KINDS for path in self.list_files(kind)}
            named = dict.fromkeys(part["path"] for entry in self.entries() for part in entry["parts"])
            if not (lost := [path for path in named if path not in there]):
                break
        return lost
