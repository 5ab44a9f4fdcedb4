"""What the user sees while a run works: stages, rates, rejects, utilisation, and a table of the rounds.

On a terminal a live display is drawn in place; elsewhere (a pipe, CI, a batch job) one line is printed every ten
seconds.  Everything goes to standard error, so that standard output holds results only.  Methods may be called
from any thread and are cheap.  Nothing of the pipeline is known here.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

SHOWN_STAGES = 6
RATE_WINDOW = 30.0  # seconds over which a stage's rate is taken

WIDE = 160  # characters for all figures
WIDEST = 190  # characters for the seconds of each stage beside them

_PASS = re.compile(r"(?:beyond_)?pass@(\d+)")


@dataclass(frozen=True)
class Column:
    """A column of the table of rounds; `key` is one of rounds/NNN/metrics.json, `form` a number format."""

    heading: str
    key: str
    form: str
    narrow: bool = False  # shown where there are 80 characters only


def measured_ks(rounds: Iterable[Mapping[str, Any]]) -> list[int]:
    """The k of every pass@k that a round measured, smallest first."""
    return sorted({int(match[1]) for metrics in rounds for key in metrics if (match := _PASS.fullmatch(key))})


def columns(rounds: Sequence[Mapping[str, Any]]) -> list[Column]:
    """The columns of a table of these rounds."""
    ks = measured_ks(rounds)
    return [
        Column("round", "round", "d", narrow=True),
        Column("problems", "problems", ",d"),
        Column("kept", "statements_kept", ",d", narrow=True),
        Column("sampled", "attempts", ",d"),
        Column("verified", "pairs", ",d", narrow=True),
        Column("tactics", "proved_by_tactics", ",d"),
        Column("model", "proved_by_model", ",d", narrow=True),
        Column("only model", "model_only_share", ".0f"),
        *(Column(f"pass@{k}", f"pass@{k}", ".1f", narrow=k in (ks[0], ks[-1])) for k in ks),
        *(Column(f"beyond@{k}", f"beyond_pass@{k}", ".1f", narrow=True) for k in ks[-1:]),
        Column("faithful", "faithful", ".1f"),
        Column("seconds", "seconds", ",.0f", narrow=True),
        Column("tokens/pair", "tokens_per_pair", ",.0f"),
        Column("core-s/pair", "core_seconds_per_pair", ",.1f"),
    ]


@dataclass
class Stage:
    """One step of the work.  `total` 0: not known."""

    name: str
    total: int
    started: float
    done: int = 0
    ended: float | None = None
    figures: dict[str, float] = field(default_factory=dict)
    marks: deque[tuple[float, int]] = field(default_factory=deque)

    def move(self, done: int, now: float) -> None:
        self.done = done
        self.marks.append((now, done))
        while len(self.marks) > 2 and now - self.marks[0][0] > RATE_WINDOW:
            self.marks.popleft()
        if self.total and done >= self.total:
            self.ended = self.ended or now
        else:
            self.ended = None

    def rate(self, now: float) -> float:
        """Items per second: lately, or over the whole stage once it ended."""
        since, before = (self.started, 0) if self.ended or len(self.marks) < 2 else self.marks[0]
        return (self.done - before) / max(1e-6, (self.ended or now) - since)

    def eta(self, now: float) -> float | None:
        """Seconds left, or None where it cannot be told."""
        rate = self.rate(now)
        return (self.total - self.done) / rate if self.total and self.done and rate > 0 and self.ended is None else None


def clock_text(seconds: float) -> str:
    """Seconds as m:ss or h:mm:ss."""
    minutes, rest = divmod(int(seconds + 0.5), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"


def number_text(value: float) -> str:
    """A number as short as it can be read."""
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.3g}"


def percent_text(share: float | None) -> str:
    """A share 0..1 in percent; `–` where there is none."""
    return "–" if share is None else f"{100 * share:.0f}"


def gauge_text(name: str, value: float) -> str:
    share = name.endswith(("busy", "share", "idle")) and 0 <= value <= 1.001
    return f"{name} {100 * value:.0f} %" if share else f"{name} {number_text(value)}"


def round_cells(metrics: Mapping[str, Any], columns: Iterable[Column]) -> list[str]:
    """One round's row of the table; `–` for what was not measured."""
    return [_cell(metrics.get(column.key), column.form) for column in columns]


def _cell(value: Any, form: str) -> str:
    return "–" if not isinstance(value, int | float) else format(int(value) if form.endswith("d") else value, form)


def stage_seconds(metrics: Mapping[str, Any]) -> str:
    """`search 61 · train 40 · …` of a round, seconds."""
    stages = metrics.get("stages")
    return " · ".join(f"{name} {seconds:.0f}" for name, seconds in stages.items()) if isinstance(stages, Mapping) else ""


class Progress:
    """Progress of one run; a context manager.

    `plain`: lines instead of a live display (None: where there is no terminal); `interval`: seconds between the lines;
    `resumable`: whether the same command continues after Ctrl-C.
    """

    def __init__(
        self,
        console: Console | None = None,
        plain: bool | None = None,
        interval: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
        resumable: bool = False,
    ) -> None:
        self.console = console or Console(stderr=True)
        self.plain = not self.console.is_terminal if plain is None else plain
        self.interval, self.clock, self.resumable = interval, clock, resumable
        self.began = clock()
        self.stages: list[Stage] = []
        self.gauges: dict[str, float] = {}
        self.rejects: Counter[str] = Counter()
        self.rounds: list[dict[str, Any]] = []
        self._lock = threading.RLock()
        self._live: Live | None = None
        self._stop = threading.Event()
        self._printer: threading.Thread | None = None

    # what the run says

    def stage(self, name: str, total: int = 0) -> Stage:
        """Begin a stage (or return the one of this name) and say how many items it has; 0: not known."""
        with self._lock:
            known = next((stage for stage in self.stages if stage.name == name), None)
            if known is None:
                known = Stage(name, total, self.clock())
                self.stages.append(known)
            elif total:
                known.total = total
            return known

    def advance(self, stage: Stage | str, n: int = 1, **figures: float) -> None:
        """`n` more items are done; `figures` are added up and shown beside the stage."""
        with self._lock:
            known = self._known(stage)
            for name, value in figures.items():
                known.figures[name] = known.figures.get(name, 0) + value
            known.move(known.done + n, self.clock())

    def set(self, stage: Stage | str, done: int, total: int | None = None) -> None:
        """So many items are done by now."""
        with self._lock:
            known = self._known(stage)
            known.total = known.total if total is None else total
            known.move(done, self.clock())

    def update(self, stage: Stage | str, done: int, total: int, **figures: float) -> None:
        """`set`, with the latest figures (loss, speed) beside it."""
        with self._lock:
            self._known(stage).figures.update(figures)
            self.set(stage, done, total)

    def finish(self, stage: Stage | str) -> None:
        """The stage is over, whatever its total said."""
        with self._lock:
            known = self._known(stage)
            known.ended = known.ended or self.clock()

    def gauge(self, name: str, value: float) -> None:
        """The present value of something; names ending in busy, idle or share are shares and shown in percent."""
        with self._lock:
            self.gauges[name] = value

    def rejected(self, reason: str, count: int) -> None:
        """How many were rejected for this reason in the present step."""
        with self._lock:
            self.rejects[reason] = count

    def round_table(self, rounds: Sequence[Mapping[str, Any]]) -> None:
        """The metrics of all rounds so far; printed as a table at the end, and shown until then."""
        with self._lock:
            new = rounds[len(self.rounds) :]
            self.rounds = [dict(metrics) for metrics in rounds]
            self.rejects.clear()
            if self.plain and self._printer:
                for metrics in new:
                    shown = columns([metrics])
                    cells = zip(shown, round_cells(metrics, shown), strict=True)
                    self._print(", ".join(f"{column.heading} {cell}" for column, cell in cells if cell != "–"))

    def note(self, text: str) -> None:
        """A line that stays."""
        self.console.print(text, highlight=False, markup=False)

    def _known(self, stage: Stage | str) -> Stage:
        return stage if isinstance(stage, Stage) else self.stage(stage)

    # what the user sees

    def __enter__(self) -> Progress:
        if self.plain:
            self._printer = threading.Thread(target=self._print_lines, name="progress", daemon=True)
            self._printer.start()
        else:
            self._live = Live(get_renderable=self.render, console=self.console, refresh_per_second=2, transient=True)
            self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        if self._live:
            self._live.stop()
        if self._printer:
            self._printer.join()
            self._printer = None
            if self.stages:  # else nothing began, and an error message says why
                self._print(self.line())
        self.print_table()

    def print_table(self) -> None:
        """Print the table of rounds, if there are any; wide where no terminal sets a limit."""
        if self.rounds:
            console = self.console if self.console.is_terminal else Console(file=self.console.file, width=WIDEST)
            console.print(self.table(console.width))

    def _print_lines(self) -> None:
        while not self._stop.wait(self.interval):
            self._print(self.line())

    def _print(self, text: str) -> None:
        self.console.print(f"[{clock_text(self.clock() - self.began)}] {text}", highlight=False, markup=False, soft_wrap=True)

    def line(self) -> str:
        """The present state in one line: what is at work, utilisation, rejects."""
        with self._lock:
            now = self.clock()
            working = [stage for stage in self.stages if stage.ended is None and (stage.done or stage is self.stages[-1])]
            parts = [self._stage_text(stage, now) for stage in (working or self.stages[-1:])[-3:]]
            parts += [gauge_text(name, value) for name, value in self.gauges.items()]
            rejects = self._rejects_text()
            return " · ".join([*(parts or ["starting"]), *([rejects] if rejects else [])])

    def _stage_text(self, stage: Stage, now: float) -> str:
        total = f"/{stage.total:,}" if stage.total else ""
        eta = stage.eta(now)
        left = f", {clock_text(eta)} left" if eta is not None else ""
        figures = "".join(f", {name} {number_text(value)}" for name, value in stage.figures.items())
        return f"{stage.name} {stage.done:,}{total} ({number_text(stage.rate(now))}/s{left}{figures})"

    def _rejects_text(self) -> str:
        top = [f"{reason} {count:,}" for reason, count in self.rejects.most_common(5) if count]
        return f"rejected: {', '.join(top)}" if top else ""

    def render(self) -> RenderableType:
        """The live display."""
        with self._lock:
            now = self.clock()
            stages = Table.grid(padding=(0, 2))
            for stage in self.stages[-SHOWN_STAGES:]:
                eta = stage.eta(now)
                stages.add_row(
                    Text(stage.name, style="dim" if stage.ended else "bold"),
                    ProgressBar(total=stage.total or None, completed=stage.done, width=24, pulse=not stage.total and stage.ended is None),
                    Text(f"{stage.done:,}" + (f"/{stage.total:,}" if stage.total else ""), justify="right"),
                    Text(f"{number_text(stage.rate(now))}/s"),
                    Text(clock_text((stage.ended or now) - stage.started)),
                    Text(f"{clock_text(eta)} left" if eta is not None else "", style="cyan"),
                    Text(" ".join(f"{name} {number_text(value)}" for name, value in stage.figures.items()), style="dim"),
                )
            parts: list[RenderableType] = [self.table()] if self.rounds else []
            parts.append(stages)
            if self.gauges:
                parts.append(Text(" · ".join(gauge_text(name, value) for name, value in self.gauges.items())))
            if rejects := self._rejects_text():
                parts.append(Text(rejects, style="yellow"))
            hint = "; Ctrl-C leaves a run that the same command continues" if self.resumable else ""
            parts.append(Text(f"{clock_text(now - self.began)} since the start{hint}", style="dim"))
            return Group(*parts)

    def table(self, width: int = 0) -> Table:
        """The table of rounds, with fewer columns where `width` (characters) is small."""
        width = width or self.console.width
        wide, widest = width >= WIDE, width >= WIDEST
        baseline = next((m["baseline"] for m in self.rounds if isinstance(m.get("baseline"), int | float)), None)
        caption = "pass@k on held-out statements, percent; beyond: on those that no cheap tactic proves"
        if baseline is not None:
            caption += f" (cheap tactics prove {baseline:.1f} %)"
        caption += (
            "; tactics, model: statements that each proved in the search (where cheap tactics are tried, they come first); "
            "only model: percent of the latter that no cheap tactic proves"
        )
        table = Table(title="Rounds", caption=caption, title_justify="left", caption_justify="left")
        shown = [column for column in columns(self.rounds) if wide or column.narrow]
        for column in shown:
            table.add_column(column.heading, justify="right", no_wrap=True)
        if widest:
            table.add_column("seconds per stage", overflow="fold")
        for metrics in self.rounds:
            table.add_row(*round_cells(metrics, shown), *([stage_seconds(metrics)] if widest else []))
        return table
