"""One round of training: examples + a checkpoint → a new checkpoint, by DeepSpeed under Ray Train.

The same call bootstraps a fresh tiny model on two cores and fine-tunes a 7B model on a cluster; only the
configuration differs.  It may be killed at any moment and called again with the same arguments: it goes on from
the last checkpoint, or returns at once what is already finished.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from train.config import DIVISION, TrainConfig
from train.data import Example, example_files, files_hash, write_examples
from train.group import WorkerGroup
from train.inbox import NOTICE, Job, write_json
from train.lora import adapter_hash
from train.model import checkpoint_hash
from verify_workers.errors import UserError

log = logging.getLogger(__name__)
_POLL_SECONDS = 0.3


class TrainingStopped(Exception):
    """`should_stop` said so; a checkpoint was saved, and the same call goes on from it."""


class WorkersGone(RuntimeError):
    """What looks after the workers died, and they with it; others can go on from the last checkpoint."""


@dataclass(frozen=True)
class TrainResult:
    """A finished round of training."""

    dir: Path
    """The new checkpoint, in Hugging Face format; the adapter, where that was not to be merged."""
    hash: str
    """`train.model.checkpoint_hash` of it, or `train.lora.adapter_hash`."""
    adapter: Path | None
    """The adapter, in PEFT's format, of the model that the round started from; None without LoRA."""
    history: list[dict[str, float]]
    """Rows of metrics.jsonl: step, steps, epoch, loss and grad_norm (means since the row before), lr, tokens, tokens_per_second,
    seconds."""
    steps: int
    tokens: int
    """Tokens trained on, without padding."""
    examples: int
    skipped: int
    """Examples longer than `max_length`, left out."""
    seconds: float
    """Seconds of this call, start-up included."""
    train_seconds: float
    """Seconds of stepping alone, over all attempts."""
    stopped: str
    """'' = all planned steps; 'max_seconds' = the safety stop."""


def train_round(
    init_dir: Path,
    examples: Path | Sequence[Path] | Sequence[Example],
    out_dir: Path,
    config: TrainConfig,
    seed: int,
    on_progress: Callable[[dict[str, float]], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    group: WorkerGroup | None = None,
    served: str = "",
    adapter: Path | None = None,
    merged: bool = True,
) -> TrainResult:
    """Fine-tune the checkpoint at `init_dir` on `examples` (records, or Parquet files) into `out_dir/model`.

    On a cluster `init_dir`, the files and `out_dir` must be on a file system that every node sees.  `group` are the
    workers that train it, if they are of this configuration's shape and live; else some are started for this round alone, on
    the Ray that is connected or a local one.  `on_progress` gets each row of metrics.jsonl as it appears, in the
    calling thread.  `served` is the number format in which the result will be sampled from (for its `probe.json`; '' =
    `config.dtype`).  Under LoRA `adapter` is one of `init_dir` to go on with, and without `merged` the round leaves only its
    adapter (`out_dir/adapter`, with a probe).

    Ctrl-C (or `should_stop`) ends with a checkpoint saved, as KeyboardInterrupt (TrainingStopped).

    Raises UserError for unfit examples or checkpoint, too small a cluster, a diverging loss, or an `out_dir` that
    belongs to another round; RuntimeError when workers died more than `config.max_failures` times.
    """
    started = time.monotonic()
    init, out = Path(init_dir).resolve(), Path(out_dir).resolve()
    init_hash = checkpoint_hash(init)
    out.mkdir(parents=True, exist_ok=True)
    files = [file.resolve() for file in _files(examples, out)]
    data = files_hash(files)
    if config.lora is None and (adapter or not merged):
        raise ValueError("adapters are LoRA's: config.lora is None")
    before = adapter.resolve() if adapter else None
    begins = adapter_hash(init_hash, before) if before is not None else init_hash
    if not merged:
        begins = f"{begins} adapter"
    key = _key(begins, data, config, seed)
    _claim(out, key, _key(begins, data, config, seed, DIVISION - {"workers", "gpu"}), config.workers)
    if not (out / "manifest.json").exists():
        settings = config.model_dump(mode="json")
        job = Job(
            *(str(init), tuple(map(str, files)), str(out), settings, seed, key, uuid.uuid4().hex[:8], served, data),
            *(str(before or ""), init_hash, merged),
        )
        if group is not None and group.fits(config) and not group.gone:
            with suppress(WorkersGone):
                _launch(job, group, on_progress, should_stop)
        if not (out / "manifest.json").exists():
            with WorkerGroup(config, out) as workers:
                _launch(job, workers, on_progress, should_stop)
    return _result(init_hash, out, time.monotonic() - started)


def _files(examples: Path | Sequence[Path] | Sequence[Example], out: Path) -> list[Path]:
    if isinstance(examples, Path):
        return example_files(examples)
    if not len(examples) or isinstance(next(iter(examples)), Path):
        return example_files([path for path in examples if isinstance(path, Path)])
    path = out / "examples.parquet"
    write_examples((example for example in examples if isinstance(example, Example)), path)
    return [path]


def _key(init_hash: str, data_hash: str, config: TrainConfig, seed: int, without: frozenset[str] = DIVISION) -> str:
    """Hash of what the weights depend on; not of what only divides, bounds or reports the work (the settings `without`)."""
    settings = config.model_dump(mode="json", exclude={**dict.fromkeys(without, True), "lora": {"serve"}})
    text = json.dumps([init_hash, data_hash, settings, seed], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _claim(out: Path, key: str, old_key: str, workers: int) -> None:
    """Mark `out` as the folder of this round; UserError if it is another's.

    `old_key` is the round's in versions that put the number of `workers` into it, and whose steps depended on it.
    """
    mark = out / "round.json"
    known = json.loads(mark.read_text())["key"] if mark.exists() else key
    if known not in (key, old_key):
        raise UserError(f"{out}: holds a round with another model, examples, configuration or seed; give a new folder or remove it")
    if known != key and workers > 1 and not (out / "manifest.json").exists() and (out / "checkpoints").exists():
        log.warning("%s: an earlier version began this round, with %d workers and another order of the data: it begins anew", out, workers)
        shutil.rmtree(out / "checkpoints")
    write_json(mark, {"key": key})
    for name in ("stop", "error.json", NOTICE):
        (out / name).unlink(missing_ok=True)


def _launch(
    job: Job,
    group: WorkerGroup,
    on_progress: Callable[[dict[str, float]], None] | None,
    should_stop: Callable[[], bool] | None,
) -> None:
    """Have `group` do `job`, and wait for it."""
    out = Path(job.out)
    group.post(job)
    tail = _Tail(out / "metrics.jsonl", on_progress)
    stopping = False
    try:
        while not group.finished(job, _POLL_SECONDS):
            tail.read()
            _tell(out / NOTICE)
            group.check_start()
            if not stopping and should_stop is not None and should_stop():
                if not group.up:
                    raise TrainingStopped(f"{out}: training was stopped before it started")
                stopping = True
                (out / "stop").touch()
    except KeyboardInterrupt:
        (out / "stop").touch()
        while group.up and not group.finished(job, _POLL_SECONDS):  # until the workers have saved; a second Ctrl-C gets through at once
            pass
        raise
    tail.read()
    if (out / "error.json").exists():
        raise UserError(json.loads((out / "error.json").read_text())["error"])
    if not (out / "manifest.json").exists():
        if stopping:
            raise TrainingStopped(f"{out}: training stopped; call again to go on")
        cause = group.failure
        if isinstance(cause, UserError):
            raise cause
        failed = WorkersGone if group.gone else RuntimeError
        raise failed(f"training in {out} failed: {cause or 'the workers ended without a result'}") from cause


def _tell(notice: Path) -> None:
    """Log what the workers have to say, once."""
    if notice.exists():
        log.warning("%s: %s", notice.parent, json.loads(notice.read_text())["notice"])
        notice.unlink()


class _Tail:
    """Reads whole new lines of a growing JSONL file and hands each to `each`."""

    def __init__(self, path: Path, each: Callable[[dict[str, float]], None] | None) -> None:
        self.path, self.each, self.seen = path, each, 0

    def read(self) -> None:
        if self.each is None or not self.path.exists():
            return
        rows = [line for line in self.path.read_text().split("\n")[:-1] if line]
        for line in rows[self.seen :]:
            self.each(json.loads(line))
        self.seen = len(rows)  # a restarted worker drops rows after its checkpoint, and they come again


def _result(init_hash: str, out: Path, seconds: float) -> TrainResult:
    manifest = json.loads((out / "manifest.json").read_text())
    model = out / (manifest["model"] or manifest["adapter"])
    found = checkpoint_hash(model) if manifest["model"] else adapter_hash(init_hash, model)
    if found != manifest["hash"]:
        raise UserError(f"{model}: differs from what its manifest.json says; remove {out} and train again")
    return TrainResult(
        dir=model,
        hash=manifest["hash"],
        adapter=out / manifest["adapter"] if manifest.get("adapter") else None,  # rounds of older versions do not say
        history=manifest["history"],
        steps=manifest["steps"],
        tokens=manifest["tokens"],
        examples=manifest["examples"],
        skipped=manifest["skipped"],
        seconds=round(seconds, 3),
        train_seconds=manifest["train_seconds"],
        stopped=manifest["stopped"],
    )
