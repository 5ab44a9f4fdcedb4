"""Experiments: a strategy at equal budget, the paper's ablations, what a cluster would do."""

from __future__ import annotations

import json
import sys
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer

from synth.commands.options import ConfigOption, JsonOption, ModelOption, SetOption, stage_settings
from verify_workers.errors import UserError


def compare(
    strategy: Annotated[
        str, typer.Argument(metavar="STRATEGY", help="what is set beside whole proofs: a strategy such as sketch, or negation")
    ],
    model: ModelOption = None,
    config: ConfigOption = None,
    overrides: SetOption = [],  # noqa: B006
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="how often it is done, each time with another seed")] = 3,
    most: Annotated[int, typer.Option("--most", min=1, help="attempts that whole proofs alone may take at most")] = 64,
    family: Annotated[str, typer.Option("--family", metavar="NAME", help="only the held-out statements of this family")] = "",
) -> None:
    """A strategy at equal budget, as JSON: whole proofs and STRATEGY against whole proofs alone, on held-out statements.

    Whole proofs alone get as many attempts as make them spend at least as many tokens, and as many core-seconds of Lean. Give the
    configuration of the run that made the model: its held-out statements are the ones that nothing was trained on.

    `negation`: how many proofs are sampled for each statement that is decided, where negations are searched too and where they are not;
    one statement in four is false, and both may sample as many.
    """
    from synth.run.compare import compare_file
    from synth.run.sides import NEGATION, negation_file
    from synth.show.progress import Progress

    settings = stage_settings(config, model, overrides, "prover")
    with Progress() as progress:
        if strategy == NEGATION:
            figures = negation_file(settings, seeds, progress)
        else:
            figures = compare_file(settings, strategy, seeds, most, progress, family)
    print(json.dumps(figures, indent=2, ensure_ascii=False))


def ablate(
    out: Annotated[Path, typer.Option("--out", help="a folder: results, tables.md, results.json, and the runs that are made")],
    runs: Annotated[
        list[str] | None,
        typer.Option("--run", metavar="RUN", help="take this finished run; a second one is for the other mode; default: both are made"),
    ] = None,
    only: Annotated[list[str] | None, typer.Option("--only", metavar="TABLE", help="only this table; may be given several times")] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="how often each arm is trained and evaluated")] = 2,
    tokens: Annotated[int, typer.Option(min=0, help="that each arm is trained on; 0: as a round of the run")] = 0,
    statements: Annotated[int, typer.Option(min=1, help="that each of the ablation's own searches is given at most")] = 150,
    model: ModelOption = None,
    config: Annotated[Path | None, typer.Option("--config", help="of the runs that are made; default: cluster/configs/ablate.yaml")] = None,
    overrides: SetOption = [],  # noqa: B006
) -> None:
    """DeepSeek-Prover's ablations on our own runs, with intervals, and in a word what of them reproduces.

    Tables: data, grade, iterations, pairs, negations, mode (docs/ablations.md). The same command goes on after an end; more seeds or
    tables add to what is there.
    """
    from synth.run.ablate import ablate as work
    from synth.run.ablation import Asked
    from synth.show.progress import Progress

    if runs and (model or config or overrides):
        raise UserError("--run: a given run has its own model and settings; leave out --model, --config and --set")
    with as_file(files("cluster") / "configs" / "ablate.yaml") as path:
        settings = stage_settings(config or path, model, overrides, "prover", generated=True)
    with Progress(resumable=True) as progress:
        text = work(runs or [], settings, Asked(out, seeds, tuple(only or ()), tokens, statements), progress)
    print(text)
    print(out)


def simulate(
    run: Annotated[str, typer.Argument(metavar="RUN", help="a run directory: what things take is read from its records")],
    config: Annotated[Path | None, typer.Option("--config", metavar="CONFIG", help="simulate this configuration, not that of RUN")] = None,
    overrides: SetOption = [],  # noqa: B006  # typer reads it only
    cluster: Annotated[
        Path | None,
        typer.Option(
            "--cluster",
            metavar="FILE",
            help="a YAML file that says what there is and how fast it is (docs/capacity.md; examples in cluster/capacity/); "
            "default: the machine that RUN had",
        ),
    ] = None,
    cores: Annotated[int, typer.Option("--cores", help="cores of the machine that RUN had; 0 = as many as here")] = 0,
    against: Annotated[str, typer.Option("--against", metavar="RUN", help="a real run of what is simulated: how far off is it?")] = "",
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="keep the simulated run directory (`synth stats DIR`)")] = None,
    seed: Annotated[int, typer.Option("--seed", help="another draw of the same")] = 0,
    as_json: JsonOption = False,
) -> None:
    """What would a cluster do?  Throughput, idle shares, queues and cost, predicted from a run's records; nothing is started.

    The run's own driver, rounds, shards, search and pool schedule are executed on a simulated clock; engines, Lean and training only take
    their time, as recorded in RUN, or as --cluster says.  First try what you can check: predict a run that you also make.

    synth simulate runs/mine --set verify.workers=1                      one Lean worker fewer

    synth simulate runs/mine --set mode=async --against runs/async       and was it so?

    synth simulate runs/mine --config cluster/configs/cluster.yaml --cluster cluster/capacity/gpus_32.yaml
    """
    from synth.simulate.predict import predict, table
    from synth.simulate.setting import read_setting

    setting = read_setting(cluster) if cluster else None
    figures = predict(run, config, overrides, setting, out, seed, cores, against, lambda line: print(f"synth: {line}", file=sys.stderr))
    if as_json:
        print(json.dumps(figures, indent=2, ensure_ascii=False))
        return
    for line in table(figures):
        print(line)
