"""What a shard costs where model and Lean cost nothing: attempts proposed, verdicts taken, all of it written to a run directory.

    python docs/benchmarks/coordinator.py [--attempts 100000] [--statements 500]

A real `Shard` and a real run directory on this machine's disk, in one process.  The model answers at once, with a proof that no
other attempt has, and so does the checker, which accepts one in a thousand.  Printed: verdicts a second, and private memory.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).parents[2]))

from synth.config import RunConfig
from synth.llm.config import ROLES, ModelRole
from synth.llm.types import Completion, Sampling, Weights
from synth.prompts import Prompt, PromptSet
from synth.records import Problem
from synth.run.shard import Shard, ShardTask
from synth.services import RoleModel, Tools
from synth.statements.text import given
from synth.store.rundir import RunDir
from verify_workers.records import Check, Outcome, Reason, Verdict

ACCEPTED = 1000  # one of so many
WEIGHTS = Weights("null", 1, "null")


class Null:
    """A model and a checker that answer at once."""

    def __init__(self) -> None:
        self.proofs, self.verdicts = itertools.count(), 0

    def tools(self, prompts: Mapping[ModelRole, PromptSet], weights: Mapping[ModelRole, Weights], round: int, seed: int) -> Tools:
        return Tools({role: RoleModel(prompts[role], self.sample) for role in ROLES}, self.verify, round, seed)

    async def sample(self, prompts: list[Prompt], sampling: Sampling) -> list[list[Completion] | str]:
        return [[Completion(f"exact h {next(self.proofs)}", 5, True, WEIGHTS) for _ in range(sampling.n)] for _ in prompts]

    async def verify(self, checks: list[Check]) -> list[Verdict]:
        self.verdicts += len(checks)
        return [self._verdict(check) for check in checks]

    def _verdict(self, check: Check) -> Verdict:
        if int((check.proof or "0").split()[-1]) % ACCEPTED == 1:
            return Verdict(id=check.id, outcome=Outcome.ACCEPTED, backend="null", audit="kernel")
        return Verdict(id=check.id, outcome=Outcome.REJECTED, reason=Reason.ELABORATION, backend="null")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attempts", type=int, default=100_000)
    parser.add_argument("--statements", type=int, default=500, help="of one shard")
    arguments = parser.parse_args()
    config = RunConfig.model_validate(
        {"models": {"prover": {"path": "null"}}, "search": {"attempts": 16, "wave": 16, "portfolio": "never"}}
    )
    each = 2 * config.search.attempts
    shards = max(1, arguments.attempts // (each * arguments.statements))
    with tempfile.TemporaryDirectory(prefix="coordinator-") as folder:
        services: Any = Null()
        store = RunDir(folder)
        shard = Shard(config, store, services, frozenset())
        started = time.monotonic()
        for number in range(shards):
            texts = (f"theorem t{number}_{n} (n : Nat) : n + {n} = {n} + n" for n in range(arguments.statements))
            statements = tuple(given(Problem(id=f"p{number}-{n}", statement=text), 0) for n, text in enumerate(texts))
            asyncio.run(shard.run(ShardTask(1, number, (), statements, dict.fromkeys(ROLES, WEIGHTS))))
            if (number + 1) % max(1, shards // 10) == 0 or number + 1 == shards:
                seconds, memory = time.monotonic() - started, psutil.Process().memory_full_info().uss / 2**20
                rate = services.verdicts / seconds
                print(f"{services.verdicts:,} verdicts, {rate:,.0f} a second, {memory:.0f} MiB private memory", flush=True)
        print(f"{store.count('attempts'):,} attempts and {store.count('verdicts'):,} verdicts in {len(store.parts('verdicts'))} parts")


if __name__ == "__main__":
    main()
