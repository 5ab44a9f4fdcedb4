"""Round 0: our own small model, which of its seed proofs Lean accepts, and what cheap tactics prove of the benchmark."""

from __future__ import annotations

from synth.benchmark import portfolio_baseline
from synth.examples import proof_examples, seed_examples
from synth.run.learn import fit
from synth.run.state import Run
from train.model import create_checkpoint
from train.tokenizer import train_tokenizer
from verify_workers.records import Check


async def bootstrap(job: Run) -> None:
    """Our own small model: a fresh Llama trained on the seed set for all three roles."""
    config, seeds = job.config.model.bootstrap, job.inputs.seeds
    assert seeds is not None
    proofs = proof_examples(seeds.proofs, job.prompts)
    examples = seed_examples(seeds, job.prompts) + config.proof_repeats * proofs
    initial = job.training(0).parent / "initial"
    if not (initial / "config.json").exists():
        texts = [example.prompt + example.completion for example in examples]
        tokenizer = train_tokenizer(texts, config.architecture.vocab_size, config.architecture.max_length)
        create_checkpoint(initial, config.architecture, tokenizer, job.config.seed)
    await fit(job, 0, initial, examples, config.train)


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
