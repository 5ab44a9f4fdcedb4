"""`synth train`: one round of training alone, on a file of verified pairs or of annotations."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from synth.annotations import Annotation
from synth.config import RunConfig
from synth.examples import annotation_examples, pair_examples
from synth.export.read import read_pairs
from synth.prompts import PromptSet
from synth.run.roles import checkpoint, role_prompts
from synth.run.stages import require_models
from synth.show.progress import Progress
from synth.store.files import read_records
from train.data import Example
from train.replay import select
from train.rounds import TrainResult, train_round
from verify_workers.errors import UserError
from verify_workers.ray_session import ray_session


def train_file(
    config: RunConfig, source: str, out: str, progress: Progress, role: Literal["prover", "formalizer"] = "prover"
) -> TrainResult:
    """One DeepSpeed round on a file of verified pairs (prover) or of annotations (formalizer); the new checkpoint is `out/model`."""
    if config.models.of(role).endpoint:
        raise UserError(f"models.{role} is an endpoint, whose weights are not ours to train: give --model FOLDER")
    require_models(config, "prove" if role == "prover" else "formalize")
    model = checkpoint(config, role)
    assert model is not None
    prompts = role_prompts(config)[role]
    examples = (
        _proofs(config, source, prompts, progress) if role == "prover" else annotation_examples(read_records(source, Annotation), prompts)
    )
    if not examples:
        raise UserError(f"{source}: no {'verified pairs' if role == 'prover' else 'kept pairs of statements'}; nothing to train on")
    progress.stage("train", 0)
    with ray_session():
        return train_round(
            model,
            examples,
            Path(out),
            config.train,
            config.seed,
            lambda row: progress.update("train", int(row["step"]), int(row["steps"]), loss=row["loss"]),
        )


def _proofs(config: RunConfig, source: str, prompts: PromptSet, progress: Progress) -> list[Example]:
    """The prover's examples of a file of verified pairs."""
    verified = list(read_pairs(source))
    if any(pair.kind == "heldout" for pair in verified):
        raise UserError(f"{source}: holds proofs of held-out statements, which nothing may be trained on; give the pairs of a run")
    examples, left_out = pair_examples(select(verified, config.replay, config.seed), prompts)
    if left_out:
        progress.note(f"{source}: {left_out} pairs are whole files, for which this preset's answers have no place: not trained on")
    return examples
