"""A round's model as an ordinary checkpoint, for whoever takes one: as the round left it, or made of the adapter that it left.

Where adapters are served (`train.lora.serve`) no round needs the merged model; a run makes that of its newest weights when it ends,
and what asks for another round's has it made then.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import ray

from synth.config import RunConfig
from synth.run.roles import checkpoint
from synth.run.state import Run, served_lora
from train.export import merged_checkpoint
from verify_workers.working_directory import enter_again


def model_of_round(config: RunConfig, rounds: Path, trained: int) -> Path:
    """The checkpoint that round `trained` left in `rounds`, the folder of a run's weights; made of its adapter, if there is only that.

    There may be neither; the folder that is given then does not exist.
    """
    training = rounds / f"{trained:03d}" / "training"
    if trained and not (training / "model" / "config.json").exists() and (training / "adapter").exists():
        base = rounds / "000" / "training" / "model" if config.models.bootstrapped else checkpoint(config, "prover")
        enter_again()  # before PyTorch is loaded
        merged_checkpoint(str(base), str(training), config.models.of("prover").sampler.dtype)
    return training / "model"


async def merge_newest(job: Run) -> None:
    """At the end of a run that serves adapters: its newest model as `training/model`, for `--model RUN` and for other programs."""
    rounds = job.store.rounds()
    if not served_lora(job.config) or not rounds:
        return
    weights = job.weights(int(rounds[-1]["round"]))
    training = Path(weights.path).parent
    if weights.base and not (training / "model" / "config.json").exists():
        dtype = job.config.models.of("prover").sampler.dtype
        await asyncio.wrap_future(ray.remote(num_cpus=0)(merged_checkpoint).remote(weights.base, str(training), dtype).future())
        job.progress.note(f"the adapter of round {weights.version}, merged into the model: {training / 'model'}")
