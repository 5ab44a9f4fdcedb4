"""Useful tokens per second of forward and backward passes: packed rows, and batches padded to their longest example.

    python docs/benchmarks/packing.py RUN/rounds/000/training --budget 1024 4096 --rounds 5

The folder is one of a run's trainings: its `model` and `examples.parquet` are taken.  Padded batches are cut in two ways:
examples of like length together (`train.packing: false`), and as a shuffle leaves them (most simple trainers).  The ways
take turns, each on the same number of micro-batches; seconds are of the processor (`--wall`: of the clock), medians
over `--rounds`.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from train.data import collate, epoch_batches
from train.engine import make_loss
from train.packing import use_packing
from train.tokens import Tokens, tokenize


def shuffled(lengths: Any, budget: int, seed: int) -> list[Any]:
    """Batches of examples in the order of a shuffle, as many as fit when padded to the longest."""
    batches, part = list[Any](), list[int]()
    for i in np.random.default_rng(seed).permutation(len(lengths)):
        if part and (len(part) + 1) * max(int(lengths[j]) for j in [*part, i]) > budget:
            batches.append(np.array(part))
            part = []
        part.append(int(i))
    return [*batches, np.array(part)]


def rate(loss: Any, data: Tokens, batches: list[Any], packed: bool, wall: bool) -> float:
    """Tokens without padding per second."""
    clock = time.perf_counter if wall else time.process_time
    tokens, begin = 0, clock()
    for index in batches:
        batch = collate(data, index, 0, 0.0, packed)
        loss(*batch.inputs(torch.device("cpu"))).backward()
        loss.zero_grad(set_to_none=True)
        tokens += batch.tokens
    return tokens / (clock() - begin)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("training", type=Path)
    parser.add_argument("--budget", type=int, nargs="+", default=[1024, 4096], help="tokens of a micro-batch")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batches", type=int, default=20, help="micro-batches of each way in a round")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--wall", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model = args.training / "model"
    data = tokenize([args.training / "examples.parquet"], AutoTokenizer.from_pretrained(model), 512)
    q = np.quantile(data.lengths, [0, 0.1, 0.5, 0.9, 1]).astype(int).tolist()
    print(f"{len(data)} examples, {int(data.starts[-1])} tokens; lengths: least, 10 %, median, 90 %, longest {q}")
    padded, packed = (AutoModelForCausalLM.from_pretrained(model) for _ in range(2))
    use_packing(packed, 512)
    losses = {"packed": make_loss(packed), "sorted": make_loss(padded), "shuffled": make_loss(padded)}
    for budget in args.budget:
        cut = {
            "packed": epoch_batches(data.lengths, budget, 0, 0, packed=True),
            "sorted": epoch_batches(data.lengths, budget, 0, 0),
            "shuffled": shuffled(data.lengths, budget, 0),
        }
        rates: dict[str, list[float]] = {name: [] for name in cut}
        for round_ in range(args.rounds + 1):
            for name, batches in cut.items():
                part = [batches[(round_ * args.batches + i) % len(batches)] for i in range(args.batches)]
                measured = rate(losses[name], data, part, name == "packed", args.wall)
                if round_:  # the first warms up
                    rates[name].append(measured)
        for name, batches in cut.items():
            computed = sum(data.lengths[b].sum() if name == "packed" else data.lengths[b].max() * len(b) for b in batches)
            ratio = statistics.median(p / r for p, r in zip(rates["packed"], rates[name], strict=True))
            full, waste = data.starts[-1] / len(batches) / budget, 1 - data.starts[-1] / computed
            print(f"budget {budget}, {name}: {len(batches)} micro-batches, {full:.1%} filled, {waste:.1%} of it padding;", end=" ")
            print(f"{statistics.median(rates[name]):,.0f} useful tokens/s; packed is {ratio:.2f} times as fast")


if __name__ == "__main__":
    main()
