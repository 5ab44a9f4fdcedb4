"""What a run did, against its seconds at work: `timeline/NNNN.jsonl` in the run directory, a row every few seconds.

Of bounded size: where there are too many rows, old ones are put together, so that a row of a long run spans more seconds.
Nothing is appended in place, which object stores could not do: the last part is written again with each row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ValidationError

from synth.store.rundir import RunDir

PART = 256  # rows
MOST = 4096  # rows
KINDS = ("samplers", "pools", "trainer")


class Row(BaseModel):
    """One stretch of a run.  A missing name in `counts`, `made` and so on is 0."""

    time: float
    """Seconds of the run at work at its end; those between two commands do not count."""
    span: float
    """Its seconds."""
    rounds: list[int] = []
    """Rounds that were worked on."""
    stages: dict[str, float] = {}
    """Seconds of each stage; several may be under way at once."""
    counts: dict[str, int] = {}
    """The funnel since the run began."""
    dropped: dict[str, int] = {}
    """What was dropped or rejected since the run began, by reason."""
    made: dict[str, float] = {}
    """`pairs`, `tokens` and `checks` of this stretch."""
    busy: dict[str, float] = {}
    """Busy seconds: of engines stepping, of Lean workers with a check, of the trainer in optimizer steps."""
    cores: dict[str, float] = {}
    """Processor seconds: of engines, of pools with their Lean, and of all that the driver's `machine` did; those of a run without
    engines of its own, or by an earlier version, are not known."""
    actors: dict[str, float] = {}
    """Engines (endpoints), Lean workers and trainers that there were."""
    waiting: dict[str, int] = {}
    """Statements that are to be searched, and requests and checks that are not answered."""
    training: dict[str, float] = {}
    """The last row of the training's metrics.jsonl, while one is under way."""
    other: dict[str, float] = {}
    """What else there was to tell, under the names that it is shown by."""


class TimelineLog:
    """The rows of the run in `store`, in order.  For one writer."""

    def __init__(self, store: RunDir) -> None:
        self.store = store
        self.rows, whole = _read(store)
        if not whole:  # a writer was killed while it put rows together
            self._write_all()

    def append(self, row: Row) -> None:
        """Keep a row.  Raises UserError where the place cannot be written."""
        self.rows.append(row)
        if len(self.rows) > MOST:
            self.rows = thinned(self.rows, MOST // 2)
            self._write_all()
        else:
            self._write((len(self.rows) - 1) // PART)

    def _write(self, part: int) -> None:
        lines = (row.model_dump_json(exclude_defaults=True) for row in self.rows[part * PART : (part + 1) * PART])
        self.store.write_text(_name(part), "\n".join(lines) + "\n")

    def _write_all(self) -> None:
        """Write every part, in order: what a kill leaves behind them is older than their last row, and is passed over."""
        parts = -(-len(self.rows) // PART)
        for part in range(parts):
            self._write(part)
        while self.store.exists(_name(parts)):
            self.store.fs.rm_file(self.store.file(_name(parts)))
            parts += 1


def read_timeline(store: RunDir) -> list[Row]:
    """The rows of a run, also of one at work; [] of one that has none."""
    return _read(store)[0]


def _read(store: RunDir) -> tuple[list[Row], bool]:
    """The rows, and whether the parts hold just these."""
    rows: list[Row] = []
    sizes: list[int] = []
    passed_over = 0
    while True:
        try:
            lines = store.read_bytes(_name(len(sizes))).splitlines()
        except FileNotFoundError:
            return rows, not passed_over and all(size == PART for size in sizes[:-1])
        sizes.append(len(lines))
        for line in lines:
            row = _row(line)
            if row is None or (rows and row.time <= rows[-1].time):
                passed_over += 1
            else:
                rows.append(row)


def _row(line: bytes) -> Row | None:
    """A row; None where the line is damaged."""
    try:
        return Row.model_validate_json(line)
    except ValidationError:
        return None


def _name(part: int) -> str:
    return f"timeline/{part:04d}.jsonl"


def thinned(rows: Sequence[Row], most: int) -> list[Row]:
    """At most about `most` rows that say the same: neighbours of a round put together where both are short."""
    target = 2 * sum(row.span for row in rows) / most
    found: list[Row] = []
    for row in rows:
        if found and found[-1].rounds == row.rounds and found[-1].span + row.span <= target:
            found[-1] = joined(found[-1], row)
        else:
            found.append(row)
    return found


def joined(first: Row, second: Row) -> Row:
    """Two neighbouring rows as one."""

    def added(name: str) -> dict[str, float]:
        return dict(Counter(getattr(first, name)) + Counter(getattr(second, name)))

    return second.model_copy(
        update={
            "span": first.span + second.span,
            "rounds": sorted({*first.rounds, *second.rounds}),
            **{name: added(name) for name in ("stages", "made", "busy", "cores")},
            "actors": {**first.actors, **{kind: max(count, first.actors.get(kind, 0)) for kind, count in second.actors.items()}},
            "training": second.training or first.training,
        }
    )


def idle(rows: Iterable[Row]) -> dict[str, float]:
    """1 - busy seconds / (seconds x actors) over these rows, by kind; a kind of which there never was one is not in it.

    A kind of which nothing is there for a while (engines that start, or that gave their GPU to the trainer; a trainer that waits
    for pairs) is idle as a whole, so that runs that work in turns compare with those that work side by side.
    """
    rows = list(rows)
    shares = {}
    for kind in KINDS:
        most = max((row.actors.get(kind, 0.0) for row in rows), default=0.0)
        there = sum(row.span * (row.actors.get(kind, 0.0) or most) for row in rows)
        if there > 0:
            shares[kind] = round(1 - min(1.0, sum(row.busy.get(kind, 0.0) for row in rows) / there), 4)
    return shares


def idle_of_round(rows: Iterable[Row], number: int) -> dict[str, float]:
    """The idle shares while round `number` was under way."""
    return idle(row for row in rows if number in row.rounds)
