"""What Lean says before the first round: which seed proofs it accepts, and what cheap tactics prove of the benchmark."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from synth.benchmark import cheap_tactics, portfolio_baseline
from synth.config import RunConfig
from synth.records import Statement
from synth.run.state import Run
from synth.services import Verify
from verify_workers.records import Check


@dataclass(frozen=True)
class Baseline:
    """What needs no model: the first tactic that proves a statement, and Lean's error on those that it cannot state."""

    solved: dict[str, str]
    unsupported: dict[str, str]


async def verified_seeds(job: Run) -> list[int]:
    """Which proofs of the noisy seed set Lean accepts (their places in it); computed once per run."""
    if job.inputs.seeds is None:
        return []
    name = "rounds/000/seeds.json"
    if not job.store.exists(name):
        header = job.config.header if job.config.header != "keep" else ""
        checks = [
            Check(id=str(i), statement=statement, header=header, proof=proof, timeout=job.config.search.timeout)
            for i, (statement, proof) in enumerate(job.inputs.seeds.proofs)
        ]
        job.store.write_json(name, [int(v.id) for v in await job.asking("seeds", 0)(checks) if v.accepted])
    return list(job.store.read_json(name))


async def easily_proved(job: Run) -> Baseline:
    """What cheap tactics prove of the held-out statements, and what cannot be stated; computed once per run."""
    name = "rounds/000/baseline.json"
    if not job.store.exists(name):
        statements = job.inputs.benchmark.statements
        job.progress.stage("baseline", len(statements))
        found = await baseline(statements, job.config, job.asking("baseline", 0))
        job.progress.advance("baseline", len(statements), unproved=len(statements) - len(found.solved))
        job.store.write_json(name, asdict(found))
    kept = job.store.read_json(name)
    unsupported = kept["unsupported"]  # a list of ids in runs that began before errors were kept
    return Baseline(kept["solved"], unsupported if isinstance(unsupported, dict) else dict.fromkeys(unsupported, ""))


async def baseline(statements: list[Statement], config: RunConfig, verify: Verify) -> Baseline:
    return Baseline(*await portfolio_baseline(statements, cheap_tactics(config.heldout), verify, config.search.timeout))
