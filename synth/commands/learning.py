"""Training and evaluation alone: `train`, `eval`."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from synth.commands.options import ConfigOption, ModelOption, SetOption, stage_settings


class TrainRole(StrEnum):
    """Roles that `synth train` trains."""

    prover = "prover"
    formalizer = "formalizer"


def train(
    source: Annotated[
        str, typer.Argument(metavar="IN", help="verified pairs: JSONL or Parquet, or an export; for the formalizer: what informalize wrote")
    ],
    out: Annotated[Path, typer.Option("--out", help="a folder; the new checkpoint is its model/")],
    role: Annotated[TrainRole, typer.Option("--role", help="what is trained: to prove, or to formalize")] = TrainRole.prover,
    model: ModelOption = None,
    config: ConfigOption = None,
    overrides: SetOption = [],  # noqa: B006
) -> None:
    """Train alone: one DeepSpeed round on verified pairs, or on the pairs of plain language and Lean of `synth informalize`.

    The same command goes on from its last checkpoint after an end.
    """
    from synth.run.train_stage import train_file
    from synth.show.progress import Progress

    settings = stage_settings(config, model, overrides, role.value)
    with Progress(resumable=True) as progress:
        result = train_file(settings, source, str(out), progress, role.value)
    print(f"{result.examples:,} examples, {result.tokens:,} tokens, {result.seconds:.0f} s", file=sys.stderr)
    print(result.dir)


def evaluate(
    model: ModelOption = None,
    config: ConfigOption = None,
    overrides: SetOption = [],  # noqa: B006
    out: Annotated[str, typer.Option("--out", help="the accepted proofs, which training refuses: JSONL or Parquet by its ending")] = "",
) -> None:
    """Evaluate alone: pass@k on the held-out benchmark (`--set heldout.path=FILE` for one of your own), as JSON.

    Beside it: what cheap tactics prove, what the model proves, what only the model proves, and what could not be judged. With --out the
    same command goes on after an end, and asks nothing twice; how each sample ended is beside it.
    """
    from synth.run.stages import eval_file
    from synth.show.progress import Progress

    settings = stage_settings(config, model, overrides, "prover")
    with Progress(resumable=bool(out)) as progress:
        figures = eval_file(settings, progress, out)
    print(json.dumps(figures, indent=2, ensure_ascii=False))
