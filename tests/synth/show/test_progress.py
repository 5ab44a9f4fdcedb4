"""The progress display, drawn into a string: on a terminal and without one."""

from __future__ import annotations

import io
import threading
from typing import Any

from rich.console import Console

from synth.show.progress import Progress, clock_text, columns, gauge_text, round_cells

FIRST = {"round": 0, "problems": 0, "statements_kept": 0, "attempts": 0, "pairs": 0, "seconds": 61.4, "pass@1": 17.0, "baseline": 30.0}
SECOND: dict[str, Any] = {
    "round": 1,
    "problems": 300,
    "statements_kept": 210,
    "attempts": 1234,
    "pairs": 96,
    "proved_by_tactics": 30,
    "proved_by_model": 61,
    "model_only_share": 48.3,
    "seconds": 130.0,
    "pass@1": 38.12,
}
SECOND |= {"beyond_pass@8": 25.7, "stages": {"search": 61.2, "train": 40.0}, "tokens_per_pair": 1510.4, "core_seconds_per_pair": 2.71}
ROUNDS: list[dict[str, Any]] = [FIRST, SECOND]


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def make(terminal: bool = False, **options: Any) -> tuple[Progress, Clock, io.StringIO]:
    out, clock = io.StringIO(), Clock()
    console = Console(file=out, force_terminal=terminal, width=160, color_system=None)
    return Progress(console, clock=clock, **options), clock, out


def test_rates_and_time_left() -> None:
    progress, clock, _ = make()
    stage = progress.stage("prove", 300)
    assert stage.eta(clock()) is None
    for _ in range(4):
        clock.now += 5
        progress.advance(stage, 15, tokens=1000)
    assert progress.line() == "prove 60/300 (3.0/s, 1:20 left, tokens 4,000)"
    clock.now += 5
    progress.set("prove", 300)
    clock.now += 1000
    assert progress.line() == "prove 300/300 (12.0/s, tokens 4,000)", "the clock of a finished stage stands still"


def test_the_rate_is_the_present_one() -> None:
    progress, clock, _ = make()
    stage = progress.stage("search", 10_000)
    for step in range(100):
        clock.now += 1
        progress.advance(stage, 1 if step < 50 else 10)
    assert 9.5 < stage.rate(clock()) <= 10.5


def test_the_line_shows_work_utilisation_and_rejects() -> None:
    progress, clock, _ = make()
    assert progress.line() == "starting"
    done = progress.stage("formalize", 10)
    clock.now += 1
    progress.advance(done, 10)
    train = progress.stage("train")
    clock.now += 2
    progress.update(train, 50, 200, loss=1.234)
    progress.gauge("pool busy", 0.836)
    progress.gauge("tokens/s", 3210.4)
    for reason, count in (("elaboration", 12), ("poor", 0), ("trivial", 30)):
        progress.rejected(reason, count)
    assert progress.line() == (
        "train 50/200 (25.0/s, 0:06 left, loss 1.2) · pool busy 84 % · tokens/s 3,210 · rejected: trivial 30, elaboration 12"
    )
    assert progress.stage("formalize") is done


def test_without_a_terminal_lines_are_printed_and_the_table_comes_last() -> None:
    progress, _, out = make(interval=0.01)
    assert progress.plain
    with progress:
        progress.stage("prove", 10)
        while "prove 0/10" not in out.getvalue():
            threading.Event().wait(0.01)
        progress.round_table(ROUNDS[:1])
        progress.round_table(ROUNDS)
        progress.advance("prove", 10)
    lines = out.getvalue().splitlines()
    assert sum("round 0, problems 0" in line for line in lines) == 1
    round_1 = "round 1, problems 300, kept 210, sampled 1,234, verified 96, tactics 30, model 61, only model 48, pass@1 38.1"
    assert sum(round_1 in line for line in lines) == 1
    end = "\n".join(lines[-12:])
    assert "prove 10/10" in "\n".join(lines)
    assert "Rounds" in end and "search 61 · train 40" in end and "cheap tactics prove 30.0 %" in end
    assert "\x1b" not in out.getvalue()
    assert not any(thread.name == "progress" for thread in threading.enumerate())


def test_on_a_terminal_the_display_shows_all_of_it() -> None:
    progress, clock, out = make(terminal=True, resumable=True)
    assert not progress.plain
    with progress:
        for number in range(8):
            progress.stage(f"stage {number}", 100)
        clock.now += 10
        progress.advance("stage 7", 20)
        progress.gauge("sampler busy", 0.5)
        progress.rejected("poor", 3)
        progress.round_table(ROUNDS)
        progress.rejected("poor", 4)
        progress.console.print(progress.render())
    text = out.getvalue()
    for piece in (
        "stage 7",
        "20/100",
        "2.0/s",
        "0:40 left",
        "sampler busy 50 %",
        "rejected: poor 4",
        "Ctrl-C",
        "38.1",
        "1,510",
        "beyond@8",
    ):
        assert piece in text, piece
    assert "stage 0" not in text, "only the latest stages are shown"


def test_a_narrow_terminal_gets_the_columns_that_fit() -> None:
    out = io.StringIO()
    progress = Progress(Console(file=out, force_terminal=True, width=80, color_system=None))
    progress.round_table(ROUNDS)
    progress.print_table()
    lines = out.getvalue().splitlines()
    assert any("38.1" in line and "25.7" in line and "96" in line for line in lines) and "…" not in out.getvalue()
    assert max(map(len, lines)) <= 80


def test_it_stops_when_the_run_fails() -> None:
    progress, _, out = make(interval=60)
    try:
        with progress:
            progress.stage("x", 1)
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert "x 0/1" in out.getvalue()


def test_many_threads() -> None:
    progress, _, _ = make()
    threads = [threading.Thread(target=lambda: [progress.advance("s", 1) for _ in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert progress.stage("s").done == 4000 and len(progress.stages) == 1


def test_small_texts() -> None:
    assert [clock_text(s) for s in (0, 59.6, 3599, 3661)] == ["0:00", "1:00", "59:59", "1:01:01"]
    assert gauge_text("pool idle", 0.004) == "pool idle 0 %"
    assert gauge_text("checks/s", 171.9) == "checks/s 172"
    row = {"round": 2, "pass@1": None, "attempts": 5.0}
    assert round_cells(row, columns([row]))[:4] == ["2", "–", "–", "5"]


def test_the_table_shows_the_k_that_were_measured() -> None:
    rounds = [
        {"round": 0, "pass@1": 1.0, "pass@4": 2.0, "pass@32": 3.0, "pass@32_interval": [1, 2], "beyond_pass@32": 4.0, "pass@1_of_all": 0.5}
    ]
    shown = columns(rounds)
    assert [c.heading for c in shown if "@" in c.heading] == ["pass@1", "pass@4", "pass@32", "beyond@32"]
    assert [c.heading for c in shown if "@" in c.heading and c.narrow] == ["pass@1", "pass@32", "beyond@32"]
    assert not [c for c in columns([{"round": 0}]) if "@" in c.heading]
