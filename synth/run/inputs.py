"""Everything a run reads before it starts: problems, the held-out benchmark, the seed set of the small model.

The order matters: the benchmark comes first, and neither the problems nor the seed set may contain a statement of it.
References (the generator's intended formal statements) are carried apart from the problems: they measure
faithfulness afterwards, and no stage sees them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from synth.benchmark import Benchmark, load_benchmark
from synth.config import RunConfig
from synth.problems.generate import generate
from synth.problems.readers import ProblemsConfig, Rejection, read_problems
from synth.problems.seeds import SeedSet, seed_set
from synth.records import Problem, content_id
from synth.run.roles import check_roles, check_training, used_prompts
from synth.search.loop import require_strategies
from synth.statements.benchmarks import read_benchmarks
from synth.statements.faithfulness import canonical
from synth.statements.judge_error import read_calibration
from synth.statements.text import under_header
from synth.store.rundir import RunDir
from verify_workers.errors import UserError
from verify_workers.text.statement import negate


@dataclass(frozen=True)
class Inputs:
    problems: list[Problem]
    rejected: list[Rejection]
    references: dict[str, str]
    benchmark: Benchmark
    seeds: SeedSet | None
    notes: list[str]  # how the files were read: for the user, before anything runs
    barred: list[Problem] = field(default_factory=list)  # rows of `filters.benchmarks`


def load_inputs(config: RunConfig) -> Inputs:
    """Read or generate all inputs.  Raises UserError for what a user can mend."""
    require_strategies(config.search)
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
            others=bootstrap.seed_others,
        )
        seeds = seeds.model_copy(update={"proofs": _without(seeds.proofs, benchmark)})
    check_roles(config, used_prompts(config, problems))
    read_calibration(config)
    barred = under_header(read_benchmarks(config.filters.benchmarks), config.header) if config.filters.decontaminate else []
    return Inputs(under_header(problems, config.header), rejected, references, benchmark, seeds, notes, barred)


def _without(proofs: list[tuple[str, str]], benchmark: Benchmark) -> list[tuple[str, str]]:
    """The seed proofs without those of a held-out statement or its negation under other names of variables."""
    held = {canonical(text) for reference in benchmark.references for text in (reference, negate(reference))}
    return [(statement, proof) for statement, proof in proofs if canonical(statement) not in held]


def inputs_of_run(config: RunConfig, store: RunDir) -> Inputs:
    """What the run in `store` works on: read now if it is new, else what it began with, whatever the files say by now.

    Raises UserError for what a user can mend, and for a held-out benchmark that is not the one of the earlier rounds.
    """
    if not store.done("problems", "all"):
        return load_inputs(config)
    problems = list(store.read("problems", Problem))
    try:
        inputs = load_inputs(config)
        changed = list(dict.fromkeys(p.id for p in inputs.problems)) != [p.id for p in problems]
        news = f"now gives {len(inputs.problems):,} problems, not the {len(problems):,} of this run" if changed else ""
    except UserError as error:
        inputs = load_inputs(config.model_copy(update={"problems": ProblemsConfig(count=1)}))  # whatever else is wrong is said again
        news = f"cannot be read any more ({error})"
    notes = [f"problems.path {news}; this run goes on with those it began with (others need another --run-dir)"] if news else []
    if (before := store.read_json("heldout.json")) not in (None, benchmark_id(inputs.benchmark)):
        raise UserError(
            f"{store.path}: the held-out benchmark has changed since this run began (was {before['statements']:,} statements, now "
            f"{len(inputs.benchmark.statements):,}); restore heldout.path, or give another --run-dir"
        )
    rejected = [Rejection.model_validate(row) for row in store.read_json("rejected.json", [])]
    return replace(
        inputs, problems=problems, references=store.read_json("references.json", {}), rejected=rejected, notes=[*inputs.notes, *notes]
    )


def keep_inputs(inputs: Inputs, store: RunDir) -> Inputs:
    """Write down what a run begins with, once; the inputs as any continuation will find them."""
    if not store.done("problems", "all"):
        store.write_json("rejected.json", [rejection.model_dump() for rejection in inputs.rejected])
        store.write_json("references.json", inputs.references)
        store.write_json("heldout.json", benchmark_id(inputs.benchmark))
        store.write("problems", inputs.problems, "all")  # last: it says that all of this is there
    return replace(inputs, problems=list(store.read("problems", Problem)))


def benchmark_id(benchmark: Benchmark) -> dict[str, Any]:
    """What tells one benchmark from another: its statements, and what may not be trained on."""
    return {
        "statements": len(benchmark.statements),
        "hash": content_id("heldout", [s.id for s in benchmark.statements], sorted(benchmark.excluded)),
    }
