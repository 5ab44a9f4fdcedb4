"""Everything a run reads before it starts: problems, the held-out benchmark, the seed set of the small model.

The order matters: the benchmark comes first, and neither the problems nor the seed set may contain a statement of it.
References (the generator's intended formal statements) are carried apart from the problems: they measure
faithfulness afterwards, and no stage sees them.
"""

from __future__ import annotations

from dataclasses import dataclass

from synth.benchmark import Benchmark, load_benchmark
from synth.config import RunConfig
from synth.problems.generate import generate
from synth.problems.readers import Rejection, read_problems
from synth.problems.seeds import SeedSet, seed_set
from synth.records import Problem
from synth.run.roles import check_roles, check_training, used_roles
from synth.statements.text import under_header


@dataclass(frozen=True)
class Inputs:
    problems: list[Problem]
    rejected: list[Rejection]
    references: dict[str, str]
    benchmark: Benchmark
    seeds: SeedSet | None
    notes: list[str]  # how the files were read: for the user, before anything runs


def load_inputs(config: RunConfig) -> Inputs:
    """Read or generate all inputs.  Raises UserError for what a user can mend."""
    check_training(config)
    choice = config.generator.choice()
    benchmark = load_benchmark(config.heldout, config.header, choice)
    references: dict[str, str] = {}
    rejected: list[Rejection] = []
    notes = list(benchmark.notes)
    if config.problems.path:
        reading = read_problems(config.problems)
        problems, rejected, notes = reading.problems, reading.rejected, [*reading.notes(), *notes]
    else:
        generated = generate(config.problems.seed, config.problems.count, exclude=benchmark.references, choice=choice)
        problems = [item.problem() for item in generated]
        references = {problem.id: item.reference for problem, item in zip(problems, generated, strict=True)}
    seeds = None
    if config.models.bootstrapped:
        bootstrap = config.models.bootstrap
        seeds = seed_set(
            bootstrap.seed,
            bootstrap.seed_formalizations,
            exclude=benchmark.references,
            proofs=bootstrap.seed_proofs,
            choice=choice,
            grades=bootstrap.seed_grades,
        )
    check_roles(config, used_roles(config, problems))
    return Inputs(under_header(problems, config.header), rejected, references, benchmark, seeds, notes)
