"""What a call of a sampler actor costs: prompts asked one by one, as the commands of single stages do, and many to a call.

    python docs/benchmarks/sampler_calls.py [--prompts 20000] [--sizes 1 64] [--samples 4] [--in-flight 0] [--rounds 3]

A real `Sampler` actor on a Ray of our own, whose engine answers at once (an answer is a text of 1,500 characters, a prompt one of 2,000),
asked through `Services` by this process: all prompts at once, or `--in-flight` calls of them at a time.  `kept`: through the journal of
`synth.run.remembered` besides, which asks one by one.  Sizes by turns, a first turn not counted.  Printed, medians: prompts a second, and
microseconds of processor time a prompt of this process and of the actor.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import ray

sys.path.insert(0, str(Path(__file__).parents[2]))

from synth.llm.sampler import Sampler
from synth.llm.types import Completion, Sampling, Weights
from synth.prompts import Prompt
from synth.run.remembered import memory_of_checks, remembered
from synth.services import Group, RoleModel, Services, Tools
from verify_workers.config import PoolConfig
from verify_workers.ray_session import ray_session

WEIGHTS = Weights("null", 0, "null")
PROMPT, ANSWER = "Prove that n + 0 = n. " * 91, "exact h " * 187


class NullEngine:
    """Answers at once."""

    weights, busy_seconds, generated, outstanding = WEIGHTS, 0.0, 0, 0

    async def sample(self, prompt: Prompt, sampling: Sampling) -> list[Completion]:
        return [Completion(ANSWER, 500, True, WEIGHTS) for _ in range(sampling.n)]


class NullSampler(Sampler.__ray_metadata__.modified_class):  # type: ignore[misc,attr-defined]
    """A sampler without an engine behind it."""

    def __init__(self) -> None:
        self.engine, self.looked, self.swap = NullEngine(), (time.monotonic(), 0.0, 0), {}

    async def processor_seconds(self) -> float:
        return time.process_time()


async def asked(sample: Any, prompts: list[Prompt], sampling: Sampling, size: int, in_flight: int) -> None:
    gate = asyncio.Semaphore(in_flight or len(prompts))

    async def part(some: list[Prompt]) -> None:
        async with gate:
            answers = await sample(some, sampling)
            assert [len(answer) for answer in answers] == [sampling.n] * len(some)

    await asyncio.gather(*(part(prompts[at : at + size]) for at in range(0, len(prompts), size)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=int, default=20_000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 64])
    parser.add_argument("--samples", type=int, default=4)
    parser.add_argument("--in-flight", type=int, default=0, help="calls at a time; 0: all")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    sampling, numbers = Sampling(n=arguments.samples), itertools.count()
    with ray_session(), tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        actor: Any = ray.remote(NullSampler).options(num_cpus=0, max_concurrency=1000).remote()  # type: ignore[arg-type]
        services = Services([Group(("prover",), [actor])], {})
        kept = memory_of_checks(Path(folder) / "out.jsonl", PoolConfig(), print)
        bare: Any = services._sample("prover", {"prover": WEIGHTS})
        journal = remembered(Tools({"prover": RoleModel(None, bare)}, services.verify), kept)  # type: ignore[arg-type]
        turns = {f"{size} a call": partial(asked, bare, size=size) for size in arguments.sizes}
        turns["1 a call, kept"] = partial(asked, journal.models["prover"].sample, size=1)
        found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in turns}
        for _ in range(arguments.rounds + 1):
            for name, turn in turns.items():
                prompts = [Prompt("prove", f"{next(numbers)}: {PROMPT}") for _ in range(arguments.prompts)]
                begun, mine, its = time.monotonic(), time.process_time(), ray.get(actor.processor_seconds.remote())
                runner.run(turn(prompts=prompts, sampling=sampling, in_flight=arguments.in_flight))
                seconds, mine = time.monotonic() - begun, time.process_time() - mine
                found[name].append((seconds, mine, ray.get(actor.processor_seconds.remote()) - its))
        for name, rows in found.items():
            seconds, mine, its = (statistics.median(row[part] for row in rows[1:]) for part in range(3))
            each = 1e6 / arguments.prompts
            print(f"{name}: {arguments.prompts / seconds:,.0f} prompts/s; here {mine * each:,.0f} µs, actor {its * each:,.0f} µs a prompt")


if __name__ == "__main__":
    main()
