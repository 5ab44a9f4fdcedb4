"""What each Ray Train worker runs: load, train, checkpoint, export.

State lives in the round's folder (shared by the workers of a cluster): `tokens-…/` with the examples as tokens,
`checkpoints/` with `latest.json` naming the newest complete one, `metrics.jsonl` growing as it trains, and at the end
`model/` and `manifest.json`, when tokens and checkpoints go.  A worker that starts finds the newest checkpoint there,
whoever it was that died (a worker, a node or the driver) and however many workers wrote it.
"""

from __future__ import annotations

import gc
import json
import math
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from train.average import NAME as AVERAGE
from train.average import Average, averaged
from train.checkpoints import Checkpoints
from train.config import TrainConfig
from train.dataset import shared_tokens, token_folder
from train.engine import clip, destroy, gather, make_engine, reduced, shard
from train.inbox import NOTICE, UP, Job, done_name, next_job, write_json
from train.memory import check_memory, estimate, shape
from train.reshard import load
from train.schedule import learning_rate, planned_micro_batches, planned_steps
from train.sequence import sliced
from verify_workers.errors import UserError

if TYPE_CHECKING:
    import torch

    from train.data import Batch
    from train.tokens import Tokens


def serve(inbox: str) -> None:
    """The Ray Train loop function: does the jobs put into the folder `inbox`, one after another, until it is closed.

    A job is marked as done by a file of its own, so workers that start again after a failure begin with the one
    that was interrupted.
    """
    _imports()
    folder = Path(inbox)
    if folder.is_dir():
        (folder / UP).touch()
    seen: set[str] = set()
    while (job := next_job(folder, seen)) is not None:
        seen.add(job.attempt)
        run(job)
        _free()
        if _rank() == 0:
            (folder / done_name(job)).touch()


def run(job: Job) -> None:
    """One job.  A UserError is written to `error.json` rather than raised: trying again cannot mend it."""
    try:
        loop, tokenizer = prepare(job)
        try:
            loop.resume()
            loop.train()
            if loop.stopped != "interrupted":
                loop.export(tokenizer)
        finally:
            destroy(loop.engine)
    except UserError as error:
        write_json(Path(job.out) / "error.json", {"error": str(error)})


def _imports() -> None:
    """What a job needs, loaded while there is none yet."""
    import deepspeed  # noqa: F401
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: F401


def _free() -> None:
    """Give back what the last job used: the samplers may want the memory."""
    import torch

    gc.collect()  # engine and optimizer hold each other
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _rank() -> int:
    from torch import distributed

    return int(distributed.get_rank())


def prepare(job: Job) -> tuple[TrainingLoop, Any]:
    """The data, tokenized, with model and optimizer in place; and the tokenizer."""
    config = TrainConfig.model_validate(job.config)
    import torch

    if not config.gpu:
        torch.set_num_threads(config.threads)
    rank, world = torch.distributed.get_rank(), torch.distributed.get_world_size()
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if config.gpu else torch.device("cpu")
    if config.gpu:
        card = torch.cuda.get_device_properties(device)
        _weigh(job, config, card.total_memory, card.name, rank)
    torch.manual_seed(job.seed)
    tokenizer = _quiet_transformers().from_pretrained(job.init)
    data = shared_tokens(job, config, tokenizer, device, rank, world)
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    return TrainingLoop(job, config, data, pad, device, rank, world), tokenizer


def _weigh(job: Job, config: TrainConfig, there: float, card: str, rank: int) -> None:
    """UserError where the round cannot fit into the `there` bytes of a card; where it may not, a notice for the driver."""
    try:
        needed = estimate(shape(Path(job.init), config), config)
    except UserError:  # no estimate; what is wrong with the model is said when it is loaded
        return
    if (warning := check_memory(needed, there, card)) and rank == 0:
        write_json(Path(job.out) / NOTICE, {"notice": warning})


def _quiet_transformers() -> Any:
    from transformers import AutoTokenizer
    from transformers.utils import logging as hf_logging

    hf_logging.set_verbosity_error()
    hf_logging.disable_progress_bar()
    return AutoTokenizer


class TrainingLoop:
    """One worker's part of a round."""

    def __init__(self, job: Job, config: TrainConfig, data: Tokens, pad: int, device: torch.device, rank: int, world: int) -> None:
        self.job, self.config, self.data, self.pad, self.device, self.rank, self.world = job, config, data, pad, device, rank, world
        self.out = Path(job.out)
        self.checkpoints = Checkpoints(self.out / "checkpoints")
        self.micro_tokens = config.micro_batch_tokens or config.batch_tokens
        self._seed = job.seed * 1_000_003
        self._plan()
        self.engine, self.model = make_engine(job.init, config, device, job.adapter)
        self.trained = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        self.step, self.tokens, self.seconds = 0, 0, 0.0
        self.average = Average()  # on rank 0
        self.stopped = ""

    def _plan(self) -> None:
        """How many steps and micro-batches there are; all workers find the same."""
        from train.data import epoch_batches

        config = self.config
        self.examples, self.skipped = len(self.data), self.data.skipped
        if not self.examples:
            raise UserError(
                f"{self.job.examples[0]}: no usable training examples ({self.skipped} longer than train.max_length = "
                f"{config.max_length} tokens); give more or shorter examples, or raise train.max_length"
            )
        epochs = range(max(1, math.ceil(config.epochs)))
        counts = [len(epoch_batches(self.data.lengths, self.micro_tokens, self._seed, epoch, config.packing)) for epoch in epochs]
        self.micro = planned_micro_batches(counts, config.epochs)
        self.total = planned_steps(counts, int(self.data.starts[-1]), config)
        self.epoch_steps = counts[0] / config.step_micro_batches

    def _reduce(self, values: list[float], how: str = "sum") -> list[float]:
        return reduced(values, self.device, self.world, how)

    def resume(self) -> None:
        """Load the newest complete checkpoint, if there is one, and drop what was logged after it."""
        newest, folder = self.checkpoints.newest(), self.checkpoints.folder
        if newest is not None:
            state = load(self.engine, folder / newest["tag"], self.rank, self.world, whole=self.config.lora is None)
            self.step, self.tokens, self.seconds = state["step"], state["tokens"], state["seconds"]
            if self.rank == 0 and (folder / newest["tag"] / AVERAGE).exists():
                self.average.load(folder / newest["tag"] / AVERAGE)
        if self.rank == 0:
            log = self.out / "metrics.jsonl"
            lines = [line for line in log.read_text().splitlines() if _step_of(line) <= self.step] if log.exists() else []
            partial = log.with_suffix(".tmp")
            partial.write_text("".join(line + "\n" for line in lines))
            partial.replace(log)

    def save(self) -> None:
        """Write a checkpoint of weights that `_look` has found to be finite."""
        from torch import distributed

        tag, folder = f"step-{self.step:08d}-{self.job.attempt}", self.checkpoints.folder
        state = {"step": self.step, "tokens": self.tokens, "seconds": self.seconds}
        frozen = {"exclude_frozen_parameters": self.config.lora is not None}
        self.engine.save_checkpoint(str(folder), tag=tag, client_state=state, save_latest=False, **frozen)
        if self.rank == 0 and self.average.count:
            self.average.save(folder / tag / AVERAGE)
        distributed.barrier()
        if self.rank == 0:
            self.checkpoints.add(tag, self.step)

    def train(self) -> None:
        from train.data import collate, deal, micro_batches

        config, lengths = self.config, self.data.lengths
        per_step = config.step_micro_batches
        stream = micro_batches(lengths, self.micro_tokens, self._seed, self.step * per_step, config.packing)
        self.engine.train()
        begin = time.monotonic() - self.seconds
        since = _Since(self.tokens)
        while self.step < self.total:
            step = [next(stream) for _ in range(min(per_step, self.micro - self.step * per_step))]
            shared = config.sequence_parallel
            parts = deal(step, lengths, self.rank // shared, self.world // shared, config.accumulation)
            batches = [collate(self.data, part, self.pad, config.prompt_loss_weight, config.packing) for part in parts]
            if shared > 1:
                batches = [sliced(batch, self.rank % shared, shared, self.pad) for batch in batches]
            late = config.max_seconds is not None and time.monotonic() - begin > config.max_seconds
            sums = self._reduce(
                [
                    sum(float(batch.weights.sum()) for batch in batches),
                    float(sum(batch.tokens for batch in batches)),
                    float(late),
                    float(self.rank == 0 and (self.out / "stop").exists()),
                ]
            )
            if sums[2] or sums[3]:
                self.stopped = "interrupted" if sums[3] else "max_seconds"
                break
            since.add(*self._step(batches, sums[0]), sums[0])
            self.tokens += int(sums[1])
            self.step += 1
            self.seconds = time.monotonic() - begin
            if averaged(self.step, self.total, config):
                self._count_in()
            logged = self.step % config.log_steps == 0 or self.step == self.total
            kept = self.step % config.checkpoint_steps == 0 and self.step < self.total
            if logged or kept:
                row = self._look(since, whole=kept)
            if logged:
                self._log(row)
                since = _Since(self.tokens)
            if kept:
                self.save()
        if self.stopped == "interrupted" and self.step:
            self._look(since, whole=True)
            self.save()

    def _look(self, since: _Since, whole: bool) -> dict[str, float]:
        """A row of metrics.jsonl for the steps `since` the last one; UserError where something in them was not finite.

        `whole`: look at every weight too.  All workers find the same, so that all of them end here.
        """
        import torch

        broken = sum((~torch.isfinite(shard(p, self.rank))).any().float() for p in self.trained) if whole else 0.0
        loss_sum, norm_sum, bad = self._reduce([float(since.loss), float(since.norm) / self.world, float(broken)])
        loss, norm = loss_sum / max(since.weight, 1e-9), norm_sum / max(since.steps, 1)
        if not math.isfinite(loss):
            raise self._diverged(f"the loss became {loss}")
        if self.rank == 0:
            self.checkpoints.confirm(self.step)
        if not math.isfinite(norm):
            raise self._diverged(f"the gradient became {norm}, with a loss of {loss:.4g},")
        if bad:
            raise self._diverged("weights became infinite or no numbers")
        return {
            "step": self.step,
            "steps": self.total,
            "epoch": round(self.step / self.epoch_steps, 4),
            "loss": loss,
            "grad_norm": norm,
            "lr": learning_rate(self.step - 1, self.total, self.config),
            "tokens": self.tokens,
            "tokens_per_second": round((self.tokens - since.tokens) / max(1e-9, time.monotonic() - since.begin), 1),
            "seconds": round(self.seconds, 3),
        }

    def _log(self, row: dict[str, float]) -> None:
        if self.rank == 0:
            with (self.out / "metrics.jsonl").open("a") as log:
                log.write(json.dumps(row) + "\n")

    def _diverged(self, what: str) -> UserError:
        """The end of the round; the last good checkpoint stays, and is named."""
        from torch import distributed

        if self.rank == 0:
            self.checkpoints.fall_back()
        distributed.barrier()
        good = self.checkpoints.newest()
        kept = f"the last good checkpoint, of step {good['step']}, is in checkpoints/{good['tag']}" if good else "no checkpoint was good"
        hint = f"lower train.lr (now {self.config.lr:g}) or raise train.warmup, in a new folder"
        return UserError(f"{self.out}: {what} by step {self.step}; {kept}; {hint}")

    def _count_in(self) -> None:
        """Let the weights as they are now count in the round's mean."""
        state = gather(self.model, self.config.zero_stage, self.rank, ".lora_" if self.config.lora else "")
        if state is not None:
            self.average.add(state)

    def _step(self, batches: list[Batch], weight: float) -> tuple[Any, Any]:
        """One optimizer step; returns this worker's Σ weight · loss, still on the device, and the norm of the whole gradient."""
        import torch

        rate = learning_rate(self.step, self.total, self.config)
        for group in self.engine.optimizer.param_groups:
            group["lr"] = rate * group.get("lr_ratio", 1.0)
        # DeepSpeed divides by the number of micro-batches and averages over the workers: undo both, divide by the true weight.
        scale = self.world * len(batches) / max(weight, 1e-9)
        total: Any = 0.0
        plain = self.engine.optimizer is self.engine.basic_optimizer
        norm: Any = 0.0
        for number, batch in enumerate(batches, 1):
            # Dropout, where there is some, is that of this micro-batch, whoever computes it and wherever he began.
            place = (number - 1) * self.world + self.rank
            torch.manual_seed(((self._seed + self.step) * 1_000_003 + place) % 2**63)
            loss = self.engine(*batch.inputs(self.device))
            total = total + loss.detach()
            self.engine.backward(loss * scale)
            if plain and number == len(batches):
                norm = clip(self.trained, self.config.clip)
            self.engine.step()
        if not plain and (known := self.engine.get_global_grad_norm()) is not None:
            norm = known
        if self.config.dtype == "float16" and not self.engine.was_step_applied():
            if float(self.engine.optimizer.loss_scale) <= 1:
                raise self._diverged("gradients overflow float16 although the loss is not scaled any more,")
            norm = 0.0  # the loss was scaled by too much: this step is skipped, and the next one scaled by less
        return total, norm

    def export(self, tokenizer: Any) -> None:
        """Write what the round leaves (`train.export`), and drop the checkpoints. UserError rather than weights that are not finite."""
        from torch import distributed

        from train import export

        state = gather(self.model, self.config.zero_stage, self.rank, "" if self.job.merged else ".lora_")
        broken = ""
        if state is not None:
            try:
                whole, adapter = export.finished(self.model, self.average.mean(state), self.config.lora is not None, self.job.merged)
            except FloatingPointError as error:
                broken = str(error)
        if self._reduce([float(bool(broken))])[0]:
            raise self._diverged(f"weights became infinite or no numbers{broken and f' ({broken})'}")
        if self.rank == 0:
            figures = {
                "steps": self.step,
                "planned_steps": self.total,
                "averaged": max(1, self.average.count),
                "stopped": self.stopped,
                "examples": self.examples,
                "skipped": self.skipped,
                "tokens": self.tokens,
                "train_seconds": round(self.seconds, 3),
            }
            export.write(self.model, tokenizer, whole, adapter, self.job, self.job.served or self.config.dtype, figures)
            for scratch in (self.checkpoints.folder, token_folder(self.job, self.config)):
                shutil.rmtree(scratch, ignore_errors=True)
        distributed.barrier()


class _Since:
    """What happened since the last row of metrics.jsonl. Sums of tensors stay on the device, and are read out for a row only."""

    def __init__(self, tokens: int) -> None:
        self.tokens, self.begin = tokens, time.monotonic()
        self.loss: Any = 0.0
        self.norm: Any = 0.0
        self.weight, self.steps = 0.0, 0

    def add(self, loss: Any, norm: Any, weight: float) -> None:
        """One step: this worker's Σ weight · loss, the norm of the gradient, and the weight of all workers."""
        self.loss, self.norm, self.weight, self.steps = self.loss + loss, self.norm + norm, self.weight + weight, self.steps + 1


def _step_of(line: str) -> float:
    """The step of a line of metrics.jsonl; infinite for a line torn by a crash."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return math.inf
