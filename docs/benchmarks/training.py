"""What training costs: our rounds against a bare PyTorch loop over the same model and batches.

    python docs/benchmarks/training.py compare  [--model small|1b] [--gpu] [--stages 2 3] [--steps 12] [--set train.packing=true]
    python docs/benchmarks/training.py leak     [--model small|200m] [--gpu] [--stages 0 2 3] [--rounds 5]

`compare` prints tokens a second (without padding; the first steps left out), the share of the accelerator's peak that they
are (6 FLOPs a parameter and token, no attention counted) and peak memory.  The bare loop holds the weights in the format of
training and steps with fused AdamW; ours keeps DeepSpeed's fp32 copies.
`leak` trains round after round in the same processes and prints what they hold between rounds.
Model, examples and lengths are made from a seed; `--lengths` is `full` (each example as long as allowed) or `mixed` (log-normal).
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from train.config import ModelConfig, TrainConfig
from train.data import Example
from train.model import build_model
from train.rounds import train_round
from train.tokenizer import train_tokenizer
from train.tokens import tokenize
from verify_workers.ray_session import ray_session

PEAK = 989e12  # dense bf16 FLOP/s of an H100 SXM or H200, the datasheet's
SHAPES = {
    "small": ModelConfig(d_model=128, ffn=384, layers=4, heads=4, vocab_size=768),
    "200m": ModelConfig(d_model=1024, ffn=2816, layers=14, heads=16, vocab_size=8192),
    "1b": ModelConfig(d_model=2048, ffn=5632, layers=24, heads=16, vocab_size=32000),
}
WARM = 4  # steps left out of the speed


@dataclass
class Speed:
    """What a loop did after its first steps."""

    tokens: float
    """Tokens a second, padding left out."""
    memory: float
    """Most memory in use, GiB: of the GPU, or of the process where there is none (nan where it is not seen)."""
    loss: float
    note: str = ""


def make_model(folder: Path, shape: str, length: int, dtype: str, gpu: bool) -> int:
    """A random Llama with our tokenizer; returns its number of parameters."""
    import torch

    tokenizer = train_tokenizer(["theorem X (n : Nat) : n + 0 = n := by simp", "0123456789 " * 4], 512)
    config = SHAPES[shape].model_copy(update={"max_length": length, "init_std": 0.02})
    with torch.device("cuda" if gpu else "cpu"):
        model = build_model(config, config.vocab_size, tokenizer.pad_token_id, tokenizer.eos_token_id, seed=0).to(getattr(torch, dtype))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(str(folder))
    return int(sum(p.numel() for p in model.parameters()))


def make_examples(count: int, length: int, lengths: str, seed: int = 0) -> list[Example]:
    """Examples of digits (a token each): all of `length` tokens, or log-normal with a median of an eighth of it."""
    draw = np.random.default_rng(seed)
    sizes = [length] * count if lengths == "full" else np.minimum(length, draw.lognormal(math.log(length / 8), 0.7, count)).astype(int)
    texts = ["".join(map(str, draw.integers(0, 10, max(16, int(size)) - 9))) for size in sizes]
    return [Example(prompt=text[:8], completion=text[8:]) for text in texts]


def bare(model: Path, examples: Path, config: TrainConfig, steps: int, seed: int) -> Speed:
    """A plain loop: the batches of ours, the model as transformers has it, its own loss, AdamW."""
    import torch
    from torch.nn import functional
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from train.data import collate, micro_batches

    device = torch.device("cuda" if config.gpu else "cpu")
    if not config.gpu:
        torch.set_num_threads(config.threads)
    tokenizer = AutoTokenizer.from_pretrained(model)
    data = tokenize([examples], tokenizer, config.max_length)
    net = AutoModelForCausalLM.from_pretrained(model, dtype=getattr(torch, config.dtype), attn_implementation="sdpa").to(device)
    optimizer = torch.optim.AdamW(net.parameters(), lr=config.lr, betas=config.betas, weight_decay=config.weight_decay, fused=True)
    stream = micro_batches(data.lengths, config.micro_batch_tokens or config.batch_tokens, seed)
    tokens, begin, value = 0, 0.0, torch.zeros((), device=device)
    for step in range(steps):
        if step == WARM:
            _synchronize(config.gpu)
            tokens, begin = 0, time.monotonic()
        for _ in range(config.accumulation):
            batch = collate(data, next(stream), tokenizer.pad_token_id, config.prompt_loss_weight)
            ids, weights = batch.ids.to(device, non_blocking=True), batch.weights.to(device, non_blocking=True)
            logits = net(input_ids=ids, use_cache=False).logits[:, :-1]
            losses = functional.cross_entropy(logits.flatten(0, 1).float(), ids[:, 1:].flatten(), reduction="none")
            value = (losses * weights.flatten()).sum() / weights.sum() / config.accumulation
            value.backward()
            tokens += batch.tokens
        torch.nn.utils.clip_grad_norm_(net.parameters(), config.clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    _synchronize(config.gpu)
    seconds = time.monotonic() - begin
    memory = torch.cuda.max_memory_reserved() / 2**30 if config.gpu else math.nan
    return Speed(tokens / seconds, memory, float(value) * config.accumulation)


def _synchronize(gpu: bool) -> None:
    if gpu:
        import torch

        torch.cuda.synchronize()


def ours(model: Path, examples: Path, config: TrainConfig, folder: Path, seed: int) -> Speed:
    """A round of ours, through Ray Train, on a process of its own."""
    with Peak(config.gpu) as peak:
        result = train_round(model, examples, folder, config, seed)
    rows = result.history
    first, last = rows[WARM - 1], rows[-1]
    speed = (last["tokens"] - first["tokens"]) / (last["seconds"] - first["seconds"])
    shutil.rmtree(folder)
    return Speed(speed, peak.most, rows[-1]["loss"], f"{result.seconds - result.train_seconds:.0f} s beside the steps")


class Peak:
    """The most memory that the GPU had in use, GiB, looked at five times a second."""

    def __init__(self, gpu: bool) -> None:
        self.most, self._gpu, self._ended = (0.0 if gpu else math.nan), gpu, threading.Event()

    def __enter__(self) -> Peak:
        self._thread = threading.Thread(target=self._look, daemon=True)
        if self._gpu:
            self._thread.start()
        return self

    def _look(self) -> None:
        while not self._ended.wait(0.2):
            self.most = max(self.most, gpu_memory())

    def __exit__(self, *_: object) -> None:
        self._ended.set()


def gpu_memory() -> float:
    """GiB of the first GPU in use, by all processes."""
    query = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits", "--id=0"]
    return float(subprocess.run(query, capture_output=True, text=True, check=True).stdout) / 1024


def worker_memory(gpu: bool) -> float:
    """GiB that the training workers of this process hold now: of the GPU, or resident where they train on CPUs."""
    import psutil

    own = [p for p in psutil.Process().children(recursive=True) if "RayTrainWorker" in " ".join(_command(p))]
    if gpu:
        query = ["nvidia-smi", "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits"]
        lines = subprocess.run(query, capture_output=True, text=True, check=True).stdout.splitlines()
        held = {int(pid): float(mib) for pid, mib in (line.split(",") for line in lines)}
        return sum(held.get(p.pid, 0.0) for p in own) / 1024
    return float(sum(p.memory_info().rss for p in own)) / 2**30


def _command(process: Any) -> list[str]:
    """What a process was started with; [] if it has ended."""
    import psutil

    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def settings(arguments: argparse.Namespace, stage: int, steps: int) -> TrainConfig:
    """How a round is trained here, with the changes of --set."""
    length = arguments.length
    values: dict[str, Any] = {
        "max_steps": steps,
        "batch_tokens": length * arguments.rows * arguments.accumulation,
        "micro_batch_tokens": length * arguments.rows,
        "max_length": length,
        "epochs": 1000,
        "lr": 1e-4,
        "zero_stage": stage,
        "gpu": arguments.gpu,
        "dtype": "bfloat16" if arguments.gpu else "float32",
        "log_steps": 1,
        "threads": arguments.threads,
    }
    for change in arguments.set:
        name, _, value = change.partition("=")
        values[name.removeprefix("train.")] = json.loads(value)
    return TrainConfig.model_validate(values)


def compare(arguments: argparse.Namespace, folder: Path) -> None:
    from train.data import write_examples

    dtype = settings(arguments, 0, 1).dtype
    size = make_model(folder / "model", arguments.model, arguments.length, dtype, arguments.gpu)
    per_step = arguments.rows * arguments.accumulation * (1 if arguments.lengths == "full" else 8)
    write_examples(make_examples(per_step * 16, arguments.length, arguments.lengths), folder / "examples.parquet")
    print(
        f"{size / 1e9:.3g} B parameters, {arguments.rows} x {arguments.length} tokens x {arguments.accumulation}, {arguments.lengths}",
        flush=True,
    )
    _free(arguments.gpu)
    rows: list[tuple[str, Speed]] = []

    def tell(name: str, speed: Speed) -> None:
        rows.append((name, speed))
        share = f", {speed.tokens * 6 * size / PEAK:.1%} of peak" if arguments.gpu else ""
        against = f", {speed.tokens / rows[0][1].tokens:.3f} of {rows[0][0]}" if len(rows) > 1 else ""
        memory = "" if math.isnan(speed.memory) else f", {speed.memory:.1f} GiB"
        print(f"{name}: {speed.tokens:,.0f} tokens/s{share}{against}{memory}, loss {speed.loss:.4f}; {speed.note}", flush=True)

    if not arguments.no_bare:
        tell("bare", bare(folder / "model", folder / "examples.parquet", settings(arguments, 0, arguments.steps), arguments.steps, 0))
        _free(arguments.gpu)
    for stage in arguments.stages:
        config = settings(arguments, stage, arguments.steps)
        name = " ".join([f"stage {stage}", *arguments.set])
        try:
            tell(name, ours(folder / "model", folder / "examples.parquet", config, folder / f"round-{stage}", 0))
        except Exception as error:  # one that fails must not take the others' figures along
            print(f"{name}: failed: {type(error).__name__}: {error}", flush=True)


def _free(gpu: bool) -> None:
    import gc

    gc.collect()
    if gpu:
        import torch

        torch.cuda.empty_cache()


def leak(arguments: argparse.Namespace, folder: Path) -> None:
    from train.data import write_examples
    from train.group import WorkerGroup

    dtype = settings(arguments, 0, 1).dtype
    size = make_model(folder / "model", arguments.model, arguments.length, dtype, arguments.gpu)
    write_examples(make_examples(64, arguments.length, "full"), folder / "examples.parquet")
    _free(arguments.gpu)
    for stage in arguments.stages:
        config = settings(arguments, stage, 3)
        held: list[float] = []
        with WorkerGroup(config, folder) as group:
            for number in range(arguments.rounds):
                out = folder / f"leak-{stage}-{number}"
                train_round(folder / "model", folder / "examples.parquet", out, config, number, group=group)
                time.sleep(1)
                held.append(worker_memory(arguments.gpu))
                print(f"{size / 1e9:.3g} B, stage {stage}: {held[-1]:.3f} GiB held after round {number + 1}", flush=True)
                shutil.rmtree(out)
        growth = statistics.mean(b - a for a, b in itertools.pairwise(held[1:])) if len(held) > 2 else math.nan
        print(f"{size / 1e9:.3g} B, stage {stage}: {growth * 1024:+.1f} MiB a round after the second", flush=True)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["compare", "leak"])
    parser.add_argument("--model", choices=list(SHAPES), default="small")
    parser.add_argument("--gpu", action="store_true")
    parser.add_argument("--stages", type=int, nargs="*", default=[0])
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--length", type=int, default=512)
    parser.add_argument("--rows", type=int, default=4, help="sequences of full length in a micro-batch")
    parser.add_argument("--accumulation", type=int, default=4, help="micro-batches of an optimizer step")
    parser.add_argument("--lengths", choices=["full", "mixed"], default="full")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--no-bare", action="store_true")
    parser.add_argument("--set", action="append", default=[], metavar="train.KEY=VALUE")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=os.environ.get("BENCH_DIR")) as name, ray_session():
        (compare if arguments.what == "compare" else leak)(arguments, Path(name))


if __name__ == "__main__":
    main()
