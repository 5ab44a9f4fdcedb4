"""How new weights reach the engines of one machine: each reads the checkpoint, or all get it through Ray's object store.

    python docs/benchmarks/transfer.py                     # 0.36 B parameters in float32, two engines on a CPU
    python docs/benchmarks/transfer.py --layers 4 --turns 5

Prints for each way the seconds that an engine pauses (`load`, which ends with a check of what it computes), those until the weights are
at the engines, while these sample on (`send`).  One machine has no network, and
what is read again comes from memory: a cluster's shared disk is what the store saves, and that is not seen here.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import ray

from synth.llm.buckets import buckets
from synth.llm.config import SamplerConfig
from synth.llm.sampler import sampler_actor
from synth.llm.types import Weights
from train.config import ModelConfig
from train.model import create_checkpoint
from train.probe import write_probe
from train.tokenizer import train_tokenizer


def send(engines: list[Any], weights: Weights) -> float:
    """Bring the weights to all engines; seconds."""
    begin = time.monotonic()
    pieces = list(ray.remote(num_cpus=0)(buckets).remote(weights.path))
    ray.get([engine.receive.remote(weights, pieces) for engine in engines])
    return time.monotonic() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=28)
    parser.add_argument("--engines", type=int, default=2)
    parser.add_argument("--turns", type=int, default=3)
    asked = parser.parse_args()
    ray.init(num_cpus=2, include_dashboard=False, object_store_memory=6 * 10**9)
    config = ModelConfig(vocab_size=300, d_model=1024, layers=asked.layers, heads=16, ffn=2816, max_length=128)
    with tempfile.TemporaryDirectory(prefix="transfer-") as folder:
        paths = [Path(folder) / name for name in ("one", "two")]
        tokenizer = train_tokenizer(["theorem add_zero (n : Nat) : n + 0 = n := by rfl"] * 4, config.vocab_size, config.max_length)
        for seed, path in enumerate(paths):
            create_checkpoint(path, config, tokenizer, seed)
            write_probe(path, "float32")
        size = sum(file.stat().st_size for file in paths[0].glob("*.safetensors"))
        print(f"{size / 4e9:.2f} B parameters, {size / 2**30:.2f} GiB, {asked.engines} engines")
        sampler = SamplerConfig(max_model_len=96, process=True, transfer="store")
        engines = [sampler_actor(Weights(str(paths[0]), 0, "0"), sampler) for _ in range(asked.engines)]
        ray.get([engine.stats.remote() for engine in engines])
        version = 0
        for way in ("checkpoint", "store"):
            sent, pauses = [], []
            for _ in range(asked.turns):
                version += 1
                weights = Weights(str(paths[version % 2]), version, str(version))
                if way == "store":
                    sent.append(send(engines, weights))
                swaps = [ray.get(engine.load.remote(weights)) for engine in engines]  # in turn, as two would want the same cores
                assert all(swap["after"] < 1e-3 < swap["before"] for swap in swaps), swaps
                pauses += [swap["seconds"] for swap in swaps]
            before = f"send {statistics.median(sent):.2f} s, " if sent else ""
            print(f"{way}: {before}pause {statistics.median(pauses):.2f} s ({min(pauses):.2f} to {max(pauses):.2f})", flush=True)


if __name__ == "__main__":
    main()
