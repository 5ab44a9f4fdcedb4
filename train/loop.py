"""What each Ray Train worker runs: load, train, checkpoint, export.

State lives in the round's folder (shared by the workers of a cluster): `checkpoints/` with `latest.json` naming
the newest complete one, `metrics.jsonl` growing as it trains, and at the end `model/` and `manifest.json`.  A
worker that starts finds the newest checkpoint there, whoever it was that died: a worker, a node or the driver.
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

from train.config import TrainConfig
from train.engine import destroy, gather, make_engine
from train.inbox import UP, Job, done_name, next_job, write_json
from train.schedule import learning_rate, planned_steps
from verify_workers.errors import UserError

if TYPE_CHECKING:
    import torch

    from train.data import Batch, Tokens


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
    """This worker's share of the data, tokenized, with model and optimizer in place; and the tokenizer."""
    config = TrainConfig.model_validate(job.config)
    import torch

    from train.data import tokenize

    if not config.gpu:
        torch.set_num_threads(config.threads)
    torch.manual_seed(job.seed)
    rank, world = torch.distributed.get_rank(), torch.distributed.get_world_size()
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if config.gpu else torch.device("cpu")
    tokenizer = _quiet_transformers().from_pretrained(job.init)
    files = [Path(file) for file in job.examples]
    data = tokenize(files, tokenizer, config.max_length, rank, world)
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    return TrainingLoop(job, config, data, pad, device, rank, world), tokenizer


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
        self.checkpoints = self.out / "checkpoints"
        self.micro_tokens = config.micro_batch_tokens or config.batch_tokens // config.workers
        self._plan()
        self.engine, self.model = make_engine(job.init, config, device)
        self.step, self.tokens, self.seconds = 0, 0, 0.0
        self.stopped = ""

    def _plan(self) -> None:
        """Agree with the other workers on the number of steps."""
        from train.data import epoch_batches

        epochs = range(max(1, math.ceil(self.config.epochs)))
        micro = [len(epoch_batches(self.data.lengths, self.micro_tokens, self._seed, epoch, self.config.packing)) for epoch in epochs]
        least = -self._reduce([-float(len(self.data))], "max")[0]
        sums = self._reduce([len(self.data), int(self.data.starts[-1]), self.data.skipped])
        self.examples, epoch_tokens, self.skipped = (int(value) for value in sums)
        if least < 1:
            raise UserError(
                f"{self.job.examples[0]}: {self.examples} usable training examples ({self.skipped} longer than train.max_length = "
                f"{self.config.max_length} tokens) for {self.world} workers; give more or shorter examples, or raise train.max_length"
            )
        micro = [int(count) for count in self._reduce([float(count) for count in micro], "max")]
        self.total = planned_steps(micro, self.config.accumulation, epoch_tokens, self.config)
        self.epoch_steps = micro[0] / self.config.accumulation

    @property
    def _seed(self) -> int:
        return self.job.seed * 1_000_003 + self.rank

    def _reduce(self, values: list[float], how: str = "sum") -> list[float]:
        """`values` summed (or their maximum) over the workers."""
        if self.world == 1:
            return values
        import torch
        from torch import distributed

        tensor = torch.tensor(values, dtype=torch.float64, device=self.device)
        distributed.all_reduce(tensor, op=distributed.ReduceOp.SUM if how == "sum" else distributed.ReduceOp.MAX)
        return [float(value) for value in tensor]

    def resume(self) -> None:
        """Load the newest complete checkpoint, if there is one, and drop what was logged after it."""
        latest = self.checkpoints / "latest.json"
        if latest.exists():
            tag = json.loads(latest.read_text())["tag"]
            _, state = self.engine.load_checkpoint(str(self.checkpoints), tag=tag)
            self.step, self.tokens, self.seconds = state["step"], state["tokens"], state["seconds"]
        if self.rank == 0:
            log = self.out / "metrics.jsonl"
            lines = [line for line in log.read_text().splitlines() if _step_of(line) <= self.step] if log.exists() else []
            partial = log.with_suffix(".tmp")
            partial.write_text("".join(line + "\n" for line in lines))
            partial.replace(log)

    def save(self) -> None:
        from torch import distributed

        tag = f"step-{self.step:08d}-{self.job.attempt}"
        state = {"step": self.step, "tokens": self.tokens, "seconds": self.seconds}
        self.engine.save_checkpoint(str(self.checkpoints), tag=tag, client_state=state, save_latest=False)
        distributed.barrier()
        if self.rank == 0:
            write_json(self.checkpoints / "latest.json", {"tag": tag, "step": self.step})
            for old in self.checkpoints.iterdir():
                if old.is_dir() and old.name != tag:
                    shutil.rmtree(old, ignore_errors=True)

    def train(self) -> None:
        from train.data import collate, micro_batches

        config, log_path = self.config, self.out / "metrics.jsonl"
        skip = self.step * config.accumulation
        stream = micro_batches(self.data.lengths, self.micro_tokens, self._seed, skip, config.packing)
        self.engine.train()
        begin = time.monotonic() - self.seconds
        loss_sum: Any = 0.0  # a tensor on the device: read out only where it is logged
        weight_sum = 0.0
        tokens_logged, last = self.tokens, time.monotonic()
        while self.step < self.total:
            parts = [next(stream) for _ in range(config.accumulation)]
            batches = [collate(self.data, part, self.pad, config.prompt_loss_weight, config.packing) for part in parts]
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
            loss_sum += self._step(batches, sums[0])
            weight_sum += sums[0]
            self.tokens += int(sums[1])
            self.step += 1
            self.seconds = time.monotonic() - begin
            if self.step % config.log_steps == 0 or self.step == self.total:
                loss = self._reduce([float(loss_sum)])[0] / max(weight_sum, 1e-9)
                if not math.isfinite(loss):  # of all workers together, so that all of them end here
                    hint = f"lower train.lr (now {config.lr}) or raise train.warmup"
                    raise UserError(f"{self.out}: the loss became {loss} by step {self.step}; {hint}")
                if self.rank == 0:
                    now = time.monotonic()
                    row = {
                        "step": self.step,
                        "steps": self.total,
                        "epoch": round(self.step / self.epoch_steps, 4),
                        "loss": loss,
                        "lr": learning_rate(self.step - 1, self.total, config),
                        "tokens": self.tokens,
                        "tokens_per_second": round((self.tokens - tokens_logged) / max(1e-9, now - last), 1),
                        "seconds": round(self.seconds, 3),
                    }
                    with log_path.open("a") as log:
                        log.write(json.dumps(row) + "\n")
                loss_sum = weight_sum = 0.0
                tokens_logged, last = self.tokens, time.monotonic()
            if self.step % config.checkpoint_steps == 0 and self.step < self.total:
                self.save()
        if self.stopped == "interrupted" and self.step:
            self.save()

    def _step(self, batches: list[Batch], weight: float) -> torch.Tensor | float:
        """One optimizer step; returns this worker's Σ weight · loss, still on the device."""
        rate = learning_rate(self.step, self.total, self.config)
        for group in self.engine.optimizer.param_groups:
            group["lr"] = rate * group.get("lr_ratio", 1.0)
        # DeepSpeed divides by the number of micro-batches and averages over the workers: undo both, divide by the true weight.
        scale = self.world * len(batches) / max(weight, 1e-9)
        total: torch.Tensor | float = 0.0
        for batch in batches:
            loss = self.engine(*batch.inputs(self.device))
            total = total + loss.detach()
            self.engine.backward(loss * scale)
            self.engine.step()
        return total

    def export(self, tokenizer: Any) -> None:
        """Write `model/` in Hugging Face format and, last of all, `manifest.json`; then drop the checkpoints."""
        from torch import distributed

        from train.model import checkpoint_hash, replace_directory
        from train.probe import write_probe

        state = gather(self.model, self.config.zero_stage, self.rank)
        if self.rank == 0:
            partial = self.out / ".model.tmp"
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            self.model.save_pretrained(partial, state_dict=state)
            tokenizer.save_pretrained(str(partial))
            write_probe(partial, self.job.served or self.config.dtype)
            replace_directory(partial, self.out / "model")
            log = (self.out / "metrics.jsonl").read_text().splitlines()
            manifest = {
                "key": self.job.key,
                "model": "model",
                "hash": checkpoint_hash(self.out / "model"),
                "init": self.job.init,
                "examples_files": list(self.job.examples),
                "seed": self.job.seed,
                "config": self.job.config,
                "steps": self.step,
                "planned_steps": self.total,
                "stopped": self.stopped,
                "examples": self.examples,
                "skipped": self.skipped,
                "tokens": self.tokens,
                "train_seconds": round(self.seconds, 3),
                "history": [json.loads(line) for line in log],
                "versions": _versions(),
            }
            write_json(self.out / "manifest.json", manifest)
            shutil.rmtree(self.checkpoints, ignore_errors=True)
        distributed.barrier()


def _step_of(line: str) -> float:
    """The step of a line of metrics.jsonl; infinite for a line torn by a crash."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return math.inf


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("torch", "deepspeed", "transformers", "ray")}
