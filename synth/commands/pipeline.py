"""The main job: `run`, `demo`."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import yaml
from rich.console import Console

from synth.commands.options import DryRunOption, RunDirOption, SetOption
from verify_workers.errors import all_of

if TYPE_CHECKING:
    from synth.config import RunConfig


def run(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="a YAML configuration; the built-in ones are in cluster/configs/")],
    run_dir: RunDirOption = "",
    overrides: SetOption = [],  # noqa: B006  # typer reads it only
    dry_run: DryRunOption = False,
) -> None:
    """The main job: all rounds.  Continues where a run directory of the same configuration left off."""
    from synth.config import load_config

    _run(load_config(config, overrides), run_dir, dry_run)


def demo(run_dir: RunDirOption = "", overrides: SetOption = [], dry_run: DryRunOption = False) -> None:  # noqa: B006
    """The main job on this machine alone, with the built-in configuration: no GPU and no download."""
    from synth.config import load_config

    with as_file(files("cluster") / "configs" / "embedded.yaml") as path:
        _run(load_config(path, overrides), run_dir, dry_run)


def default_run_dir(config: RunConfig) -> str:
    """runs/NAME-HASH: the same configuration gets the same directory, so that the same command continues."""
    text = json.dumps(config.model_dump(mode="json"), sort_keys=True)
    return f"runs/{config.name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _run(config: RunConfig, run_dir: str, dry_run: bool) -> None:
    directory = run_dir or default_run_dir(config)
    if dry_run:
        _dry_run(config, directory)
        return
    from synth.run.driver import run as run_pipeline
    from synth.show.progress import Progress

    errors = Console(stderr=True)
    errors.print(f"run directory: {directory}", highlight=False, markup=False, soft_wrap=True)
    with Progress(errors, resumable=True) as progress:
        done = str(run_pipeline(config, directory, progress))
    print(f"pairs:  {done}/pairs")
    print(f"report: {done}/report.html")
    print(done)


def _dry_run(config: RunConfig, directory: str) -> None:
    from synth.doctor import diagnose, table
    from synth.run.begin import rehearsed

    errors = Console(stderr=True)
    notes, wrong = rehearsed(config, directory)  # a missing file, a bad row or no model is said now
    for note in notes:
        errors.print(note, highlight=False, markup=False, soft_wrap=True)
    if not wrong:
        print(yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True), end="")
    project = config.verify.project
    rows = diagnose(directory, bool(wrong) and project is None, project, config.verify.repl, config)
    if not wrong:
        errors.print(table(rows))
    told = f"verify.project: {project}: "
    failed = [row for row in rows if row.status == "fail" and f"{told}{row.what}: {row.detail}; {row.remedy}" not in wrong]
    wrong += [f"{row.what}: {row.detail}: {row.remedy}" for row in failed]  # but what has been told of a lake project
    if wrong:
        raise all_of(wrong)
    print(directory)
