"""What the searches of a single stage tried, as a run directory beside its output: `FILE.run`.

There are the statements, kept and dropped, every attempt with its verdict, what each search came to, and the pairs again, in the form
that a run keeps them: `synth export FILE.run --format rejects`, `synth trace FILE.run PAIR` and `synth stats FILE.run` read it.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from synth.config import RunConfig
from synth.records import Record, Statement
from synth.run.resumed import Records
from synth.run.searches import Searched, counted, figures, records
from synth.store.rundir import RunDir
from verify_workers.errors import UserError

UNIT = 256  # searches that are one unit of the run directory
ROUND = "r000"
MARK = "stage.json"  # says that a run directory is one of these, which may be written anew


def beside(out: str | Path) -> Path:
    """Where the run directory of the output `out` is."""
    return Path(out).with_name(f"{Path(out).name}.run")


def check_beside(out: str | Path) -> None:
    """UserError where something else has that name already, or what is there cannot be replaced: said before the work."""
    place = beside(out)
    if os.path.lexists(place) and not _ours(place):
        raise UserError(f"{place}: stands where what is tried for {out} would be kept; move it, or give another --out")


def _ours(place: Path) -> bool:
    """Whether it is a folder, no link, that says of itself to be a stage's run directory."""
    try:
        told = json.loads((place / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return not place.is_symlink() and isinstance(told, dict) and {"stage", "out"} <= told.keys()


def tried(searches: Sequence[Searched], statements: Sequence[Statement] = ()) -> tuple[dict[str, list[Record]], dict[str, Any]]:
    """What searches made, by kind (their own statements are not among it), with `statements` beside it; and their figures."""
    made = [*statements, *(statement for one in searches for statement in one.found.made())]
    return {"statements": made, **records(searches, 0)}, figures(searches)


def write_beside(
    out: str | Path, config: RunConfig, stage: str, given: Records, searches: Iterable[tuple[Records, Mapping[str, Any]]]
) -> None:
    """Write the run directory: what was `given`, then what the `searches` made, with their figures.  It appears whole or not at all."""
    place = beside(out)
    work, old = (place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}{end}") for end in ("", ".old"))
    try:
        with RunDir.open(work, config) as store:
            store.write_json(MARK, {"stage": stage, "out": Path(out).name})
            statements = [record for record in given.get("statements", ()) if isinstance(record, Statement)]
            store.commit(f"{ROUND}-given", given, {"problems": len(given.get("problems", ())), **counted(statements)})
            left, number = iter(searches), 0
            while some := list(islice(left, UNIT)):
                store.commit(f"{ROUND}-c{number:05d}", _joined(made for made, _ in some), _added(told for _, told in some))
                number += 1
        check_beside(out)  # again: hours may have passed
        if place.exists():  # of an earlier call
            os.replace(place, old)
        os.replace(work, place)
    except OSError as error:
        raise UserError(f"{place}: cannot be written ({os.strerror(error.errno or 0).lower()})") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _joined(several: Iterator[Records]) -> dict[str, list[Any]]:
    whole: dict[str, list[Any]] = {}
    for one in several:
        for kind, made in one.items():
            whole.setdefault(kind, []).extend(made)
    return whole


def _added(several: Iterator[Mapping[str, Any]]) -> dict[str, Any]:
    """Figures of units as those of one: numbers, counts by name and lists are added."""
    whole: dict[str, Any] = {}
    for one in several:
        for name, value in one.items():
            before = whole.get(name)
            if before is None:
                whole[name] = dict(value) if isinstance(value, Mapping) else value
            elif isinstance(value, Mapping):
                whole[name] = dict(Counter(before) + Counter(value))
            else:
                whole[name] = before + value
    return whole
