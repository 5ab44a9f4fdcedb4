"""How far a run is, from its directory alone: wherever that is, and whoever works there."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from synth.show.recorded import recorded_config
from synth.show.series import series
from synth.store.rundir import KINDS, RunDir
from synth.store.timeline import read_timeline
from synth.store.units import INDEX

NOW = {
    "rate/pairs_per_minute": "{:.1f} pairs a minute",
    "rate/checks_per_second": "{:.0f} checks a second",
    "rate/tokens_per_second": "{:,.0f} tokens a second",
    "waiting/statements": "{:,.0f} statements to search",
    "train/loss": "loss {:.3g}",
}
"""What of the timeline's last row is said, where it is there."""


@dataclass
class Status:
    """A run as its directory has it at one moment."""

    run: str
    at_work: bool
    """Whether a driver is at work there now."""
    counts: dict[str, int]
    """Rows of each kind of record."""
    rounds: list[dict[str, Any]]
    """The figures of each finished round (metrics.json)."""
    planned: int = 0
    """Rounds that its configuration asks for, beside round 0; 0: not known."""
    seconds: float = 0.0
    """Seconds of the run at work, by its timeline."""
    stages: list[str] = field(default_factory=list)
    """What it did last."""
    figures: dict[str, float] = field(default_factory=dict)
    """The last row of its timeline, by the names of docs/monitoring.md."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def line(self) -> str:
        """All but the rounds' figures, for a person."""
        counts = ", ".join(f"{count:,} {kind}" for kind, count in self.counts.items())
        parts = [f"{self.run}: {len(self.rounds)} rounds finished", counts]
        if self.at_work:
            doing = ["at work" + (f" ({', '.join(self.stages)})" if self.stages else "")]
            parts.append(", ".join(doing + [text.format(self.figures[name]) for name, text in NOW.items() if self.figures.get(name)]))
        elif self.planned and self.rounds and self.rounds[-1]["round"] >= self.planned:
            parts.append("complete")
        else:
            parts.append("not running; the same `synth run` continues it")
        return "; ".join(parts)


def look(run: str) -> Status:
    """The run at that address as it is now.  UserError where there is none."""
    store = RunDir.existing(run)
    rows, config = read_timeline(store), recorded_config(store)
    return Status(
        run=run,
        at_work=store.locked(),
        counts={kind: store.count(kind) for kind in KINDS if kind not in INDEX},
        rounds=store.rounds(),
        planned=config.rounds if config else 0,
        seconds=rows[-1].time if rows else 0.0,
        stages=list(rows[-1].stages) if rows else [],
        figures=series(rows[-1]) if rows else {},
    )
