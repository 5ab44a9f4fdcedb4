"""What Lean says of the wrong proofs in the seed rows for `repair`, asked once per run."""

from __future__ import annotations

from collections.abc import Sequence

from synth.problems.seed_roles import SeedRow
from synth.problems.seeds import SeedSet
from synth.prompts.repair import first_message
from synth.run.state import Run
from synth.search.outcome import kept_errors
from synth.search.repair import TOO_SLOW
from synth.services import Verify
from verify_workers.records import Check, Outcome, Verdict

REPAIR = "repair"


async def seeds_with_messages(job: Run) -> SeedSet:
    """The seed set in which each wrong proof has Lean's message."""
    seeds = job.inputs.seeds
    assert seeds is not None
    if not seeds.others.get(REPAIR):
        return seeds
    name = "rounds/000/seed_repairs.json"
    if not job.store.exists(name):
        header = job.config.header if job.config.header != "keep" else ""
        rows = await with_messages(seeds.others[REPAIR], job.asking("seed messages", 0), header, job.config.search.timeout)
        job.store.write_json(name, rows)
    rows = [(dict(shown), str(answer)) for shown, answer in job.store.read_json(name)]
    return seeds.model_copy(update={"others": {**seeds.others, REPAIR: rows}})


async def with_messages(rows: Sequence[SeedRow], verify: Verify, header: str, timeout: float) -> list[SeedRow]:
    """The rows whose proof Lean refuses, with its first message; rows that it accepts, or says nothing about, are left out."""
    checks = [
        Check(id=str(place), statement=f"theorem X {shown['goal']}", header=header, proof=f"by {shown['proof']}", timeout=timeout)
        for place, (shown, _) in enumerate(rows)
    ]
    verdicts = await verify(checks)
    said = [_message(verdict) for verdict in verdicts]
    return [({**shown, "message": message}, answer) for (shown, answer), message in zip(rows, said, strict=True) if message]


def _message(verdict: Verdict) -> str:
    if verdict.outcome is Outcome.TIMEOUT:
        return TOO_SLOW
    return first_message(kept_errors(verdict.messages)) if verdict.outcome in (Outcome.REJECTED, Outcome.POLICY) else ""
