"""Looking at a run, and at this machine: `report`, `trace`, `stats`, `status`, `dashboard`, `doctor`."""

from __future__ import annotations

import json
import sys
import time
from typing import Annotated

import typer
from rich.console import Console

from synth.commands.options import JsonOption, ProjectOption, ReplOption, RunArgument
from verify_workers.errors import UserError


def report(run: RunArgument) -> None:
    """Write RUN/report.html: curves, rejects, and verified pairs with their lineage, in one page."""
    from synth.show.report import write_report

    print(write_report(run))


def trace(
    run: RunArgument,
    pair: Annotated[str, typer.Argument(metavar="PAIR", help="a pair's id, or the beginning of it")],
    as_json: JsonOption = False,
) -> None:
    """The whole ancestry of a pair: problem, prompts, weights, sampling, what it repairs, verdict, and a Lean file that re-verifies."""
    from synth.show import trace as show
    from synth.store.rundir import RunDir

    found = show.trace(RunDir.existing(run), pair)
    print(json.dumps(found, indent=2, ensure_ascii=False) if as_json else show.text(found), end="\n" if as_json else "")


def stats(
    run: RunArgument,
    as_json: JsonOption = False,
    overrides: Annotated[list[str], typer.Option("--set", metavar="KEY=VALUE", help="another price, such as prices.core_hour=0.05")] = [],  # noqa: B006
) -> None:
    """The funnel of a run, round by round: how many came how far, why the others did not, and what it cost, by strategy too."""
    from synth.show import stats as show
    from synth.store.rundir import RunDir

    store = RunDir.existing(run)
    found = show.stats(store, show.prices(store, overrides))
    if as_json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return
    console = Console(width=None if sys.stdout.isatty() else 180)
    for table in show.tables(found):
        console.print(table)
        console.print()


def dashboard(run: RunArgument) -> None:
    """Make the W&B workspace of a run and print its address; needs wandb-workspaces and a W&B login (docs/monitoring.md).

    The same panels for Grafana: cluster/dashboards/proof-synth.json.
    """
    from synth.show.dashboard import save_workspace
    from synth.store.rundir import RunDir

    print(save_workspace(RunDir.existing(run)))


def status(
    run: RunArgument,
    watch: Annotated[float, typer.Option(min=0, help="seconds between looks, as long as the run is at work; 0: look once")] = 0.0,
    as_json: JsonOption = False,
) -> None:
    """How far a run is, wherever its directory is: rounds, records so far, and what it is doing now.  --json: a line at each look."""
    from synth.show.progress import Progress
    from synth.show.status import look

    console, shown = Console(), -1
    while True:
        found = look(run)
        if as_json:
            print(json.dumps(found.as_json(), ensure_ascii=False), flush=True)
        else:
            if len(found.rounds) > shown:  # the table again when a round is finished
                shown = len(found.rounds)
                progress = Progress(console, plain=True)
                progress.round_table(found.rounds)
                progress.print_table()
            console.print(found.line(), highlight=False, markup=False, soft_wrap=True)
        if not watch or not found.at_work:
            return
        time.sleep(watch)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="print the findings as JSON")] = False,
    project: ProjectOption = None,
    repl: ReplOption = None,
    qualify: Annotated[
        bool, typer.Option("--qualify", help="with --project: find out whether its Lean is fit for the kernel audit, and record that")
    ] = False,
) -> None:
    """What works on this machine, and what to do about what does not.  Exit status 1 if something needed does not.

    With --project it walks from nothing to a lake project whose Lean, Mathlib and REPL work, one step at a time.

    With --qualify too, a Lean that this version does not know is examined for the fork backend: the layouts of its memory, the whole
    adversarial suite, and 300 rows that the process backend must answer alike (5 to 15 minutes).  What passes is recorded for this user.
    """
    from synth.doctor import diagnose, qualification, table

    if qualify and project is None:
        raise UserError("--qualify examines a lake project's Lean: name its folder with --project")
    rows = qualification(project) if qualify and project is not None else diagnose(project=project, repl=repl)
    if as_json:
        print(json.dumps([vars(row) for row in rows], indent=2))
    else:
        Console(width=None if sys.stdout.isatty() else 160).print(table(rows))
    if any(row.status == "fail" for row in rows):
        raise typer.Exit(1)
