"""`synth ablate`: DeepSeek-Prover's tables (arXiv 2405.14333) on our own runs: arms that differ in one thing, measured alike.

    source    a run in `mode: sync` (and one in `mode: async`): given ones, or made here on one first model
    searches  the first model's, of low-graded statements and of theorems alone; made once
    arms      trained from the first model on as many tokens, or models of the run; each with every seed

All that is finished is a file under OUT: the same command goes on, and more seeds or tables add to it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from synth.config import RunConfig
from synth.run.ablation import OTHER, STAGE, Ablation, Asked, write_text
from synth.run.arms import Source, check_other, source
from synth.run.driver import run as run_pipeline
from synth.run.inputs import benchmark_id
from synth.run.rounds import complete
from synth.run.stages import run_stage
from synth.show.paper import tables
from synth.show.progress import Progress
from synth.store.config_diff import config_differences
from synth.store.rundir import RunDir
from verify_workers.errors import UserError


def ablate(runs: Sequence[str], config: RunConfig, asked: Asked, progress: Progress) -> str:
    """Make what is missing, and return the tables as Markdown; they are in OUT/tables.md and OUT/results.json too.

    `config`: of the runs that are made, where none are given.  UserError for what the user can mend.
    """
    known = tables(1, "sync", None)
    if unknown := [name for name in asked.only if name not in known]:
        raise UserError(f"--only {unknown[0]}: no such table; there are {', '.join(known)}")
    if len(runs) > 2:
        raise UserError(f"--run: {len(runs)} runs are given; one is enough, and a second is for the other mode")
    modes = not asked.only or "mode" in asked.only
    sources = [source(run) for run in (runs or own_runs(config, asked.out, modes, progress))]
    first, other = sources[0], sources[1] if len(sources) > 1 else None
    if other is not None:
        check_other(first, other)
    if asked.only == ("mode",) and other is None:
        raise UserError("--only mode: give two runs, one of each mode (--run SYNC --run ASYNC), or none, for both to be made here")
    listed = tables(first.rounds, first.config.mode, other.rounds if other else None)
    chosen = [table for name, table in listed.items() if (name in asked.only or not asked.only) and (name != "mode" or other)]
    tokens = asked.tokens or first.config.train.max_tokens
    if tokens is None:
        raise UserError("the run's train.max_tokens is not set: say with --tokens on how many tokens each arm is trained")
    agree(asked, tokens, sources)
    work = Ablation(asked, tokens, first, other, chosen, progress)
    if listed.keys() - {table.name for table in chosen} == {"mode"}:
        progress.note("mode: left out, it takes two runs (--run SYNC --run ASYNC)")
    try:
        if work.missing():
            run_stage(work.run(), resumable=True)
    finally:  # of what is there, also where an interruption came
        text = work.write()
    return text


def own_runs(config: RunConfig, out: Path, both: bool, progress: Progress) -> list[str]:
    """Runs of `config` in both modes (or in turn alone), of one first model."""
    made: list[str] = []
    for mode in ("sync", "async") if both else ("sync",):
        place, settings = str(out / f"run-{mode}"), config.model_copy(update={"mode": mode})
        if made and config.models.bootstrapped and not config.checkpoints:
            copy_whole(Path(made[0], "rounds", "000"), Path(place, "rounds", "000"), out / ".round-000")
        if not complete(RunDir(place), config.rounds):
            progress.note(f"{STAGE}: the run {place}")
            progress.stages.clear()  # the other run's have the same names
            run_pipeline(settings, place, progress)
        made.append(place)
    return made


def copy_whole(folder: Path, to: Path, through: Path) -> None:
    """Copy a folder so that it is there whole or not at all; `through`: a name on the same disk."""
    if not to.exists():
        shutil.rmtree(through, ignore_errors=True)
        shutil.copytree(folder, through)
        to.parent.mkdir(parents=True, exist_ok=True)
        through.rename(to)


def agree(asked: Asked, tokens: int, sources: Sequence[Source]) -> None:
    """Write down what the results in OUT are of; UserError where those that are there are of something else."""
    first = sources[0]
    evaluated = first.config.eval.model_dump(mode="json", include={"samples"}) | {"temperature": first.config.heldout.temperature}
    settings: dict[str, Any] = {
        "tokens": tokens,
        "statements": asked.statements,
        "run": first.store.id,
        "model": first.weights(0).hash,
        "heldout": benchmark_id(first.inputs.benchmark)["hash"],
        "eval": evaluated,
        "train": first.config.train.model_dump(mode="json"),
    }
    for other in sources[1:]:
        settings[OTHER] = other.store.id
    file = asked.out / "ablation.json"
    before = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    settings = {OTHER: before.get(OTHER), **settings}
    if different := [one for one in config_differences(before, settings) if before and one[1] is not None]:
        key, was, now = different[0]
        raise UserError(f"{asked.out}: holds an ablation with another {key} ({was!r}, now {now!r}); give another --out")
    write_text(file, json.dumps(settings, indent=2) + "\n")
