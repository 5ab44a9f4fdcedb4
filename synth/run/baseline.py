"""What Lean says before the first round: which seed proofs it accepts, and what cheap tactics prove of the benchmark."""

from __future__ import annotations

from synth.benchmark import portfolio_baseline
from synth.run.state import Run
from verify_workers.records import Check


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
        job.store.write_json(name, [int(v.id) for v in await job.services().verify(checks) if v.accepted])
    return list(job.store.read_json(name))


async def easily_proved(job: Run) -> frozenset[str]:
    """Held-out statements that the one-line portfolio proves; computed once per run."""
    name = "rounds/000/baseline.json"
    if not job.store.exists(name):
        statements = job.inputs.benchmark.statements
        job.progress.stage("baseline", len(statements))
        solved, unsupported = await portfolio_baseline(
            statements, job.config.heldout.portfolio, job.services().verify, job.config.search.timeout
        )
        job.progress.advance("baseline", len(statements), unproved=len(statements) - len(solved))
        job.store.write_json(name, {"solved": solved, "unsupported": sorted(unsupported)})
    return frozenset(job.store.read_json(name)["solved"])
