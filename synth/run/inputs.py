"""Everything a run reads before it starts: problems, the held-out benchmark, the seed set of the small model.

The order matters: the benchmark comes first, and neither the problems nor the seed set may contain a statement of it.
References (the generator's intended formal statements) are carried apart from the problems: they measure
faithfulness afterwards, and no stage sees them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import zip_longest
from typing import Any

from synth.benchmark import Benchmark, load_benchmark
from synth.config import RunConfig
from synth.keys import Keys, hashes
from synth.problems.files import locate
from synth.problems.generate import generate
from synth.problems.readers import ProblemsConfig, Reading, Rejection, problems_in
from synth.problems.seeds import SeedSet, seed_set
from synth.records import Problem, content_id
from synth.run.roles import check_roles, check_training, used_prompts
from synth.run.steps import Steps
from synth.run.stored import Listed, Stored, stored
from synth.search.loop import require_strategies
from synth.spool import Spool
from synth.statements.benchmarks import read_benchmarks
from synth.statements.faithfulness import canonical
from synth.statements.judge_error import read_calibration
from synth.statements.text import headed, under_header
from synth.store.rundir import RunDir
from verify_workers.errors import UserError
from verify_workers.text.statement import negate


@dataclass(frozen=True)
class Inputs:
    problems: Sequence[Problem]
    rejected: Sequence[Rejection]
    references: dict[str, str]
    benchmark: Benchmark
    seeds: SeedSet | None
    notes: list[str]  # how the files were read: for the user, before anything runs
    barred: list[Problem] = field(default_factory=list)  # rows of `filters.benchmarks`
    source: Source | None = None  # where the problems are from, if they were read


@dataclass(frozen=True)
class Source:
    """Files of problems as they were when they were read, and what there was to say of them."""

    files: dict[str, str]
    notes: list[str]


@dataclass(frozen=True)
class Given:
    """Problems, read or generated, and what belongs to them."""

    problems: Sequence[Problem]
    rejected: Sequence[Rejection] = ()
    references: dict[str, str] = field(default_factory=dict)
    source: Source | None = None


def load_inputs(config: RunConfig, given: Given | None = None) -> Inputs:
    """Read or generate all inputs (`given`: but for the problems).  Raises UserError for what a user can mend."""
    inputs = inputs_in(Steps(), config, given)
    assert inputs is not None
    return inputs


def inputs_in(steps: Steps, config: RunConfig, given: Given | None = None) -> Inputs | None:
    """The same in `steps`; None where they have found something wrong."""
    steps.take(partial(require_strategies, config.search))
    steps.take(partial(check_training, config))
    benchmark = steps.take(lambda: load_benchmark(config.heldout, config.header, config.generator.choice()))
    given = given or steps.take(lambda: given_problems(config, benchmark.references if benchmark else frozenset()))
    notes = [*(given.source.notes if given and given.source else ()), *(benchmark.notes if benchmark else ())]
    steps.notes += notes
    seeds = steps.take(lambda: _seeds(config, benchmark)) if benchmark else None
    for prompt in used_prompts(config, given.problems if given else None):
        steps.take(partial(check_roles, config, [prompt]))
    steps.take(partial(read_calibration, config))
    rows = steps.take(partial(barred, config))
    if benchmark is None or given is None or rows is None or steps.wrong:
        return None
    return Inputs(given.problems, given.rejected, given.references, benchmark, seeds, notes, rows, given.source)


def _seeds(config: RunConfig, benchmark: Benchmark) -> SeedSet | None:
    """What our own small model learns from first, without the benchmark; None where another model begins."""
    if not config.models.bootstrapped:
        return None
    bootstrap = config.models.bootstrap
    seeds = seed_set(
        bootstrap.seed,
        bootstrap.seed_formalizations,
        exclude=benchmark.references,
        proofs=bootstrap.seed_proofs,
        choice=config.generator.choice(),
        grades=bootstrap.seed_grades,
        others=bootstrap.seed_others,
    )
    return seeds.model_copy(update={"proofs": _without(seeds.proofs, benchmark)})


def barred(config: RunConfig) -> list[Problem]:
    """The rows of `filters.benchmarks`."""
    return under_header(read_benchmarks(config.filters.benchmarks), config.header) if config.filters.decontaminate else []


def given_problems(config: RunConfig, exclude: frozenset[str]) -> Given:
    """The problems of `problems.path`, else generated ones, without those of which `exclude` has the intended statement."""
    if config.problems.path:
        problems = Spool(Problem)
        try:
            files, reading = _states(config.problems), Reading(config.problems.path)
            for problem in problems_in(config.problems, reading):
                problems.append(headed(problem, config.header))
        except UserError as error:
            raise UserError(f"problems.path: {str(error).removeprefix('problems.path: ')}") from None
        return Given(Listed(problems, reading.stated < reading.count), reading.rejected, source=Source(files, reading.notes()))
    generated = generate(config.problems.seed, config.problems.count, exclude=exclude, choice=config.generator.choice())
    made = [item.problem() for item in generated]
    references = {problem.id: item.reference for problem, item in zip(made, generated, strict=True)}
    return Given(under_header(made, config.header), references=references)


def _states(config: ProblemsConfig) -> dict[str, str]:
    """A sign of the state of each file of problems, which changes when it does; {} where there is none to be had."""
    files = locate(config.path, config.format, config.split) if config.format != "datasets" else None
    if files is None:
        return {}
    files.fs.invalidate_cache()
    return {name: str(files.fs.ukey(name)) for name in files.chosen}


def _without(proofs: list[tuple[str, str]], benchmark: Benchmark) -> list[tuple[str, str]]:
    """The seed proofs without those of a held-out statement or its negation under other names of variables."""
    held = {canonical(text) for reference in benchmark.references for text in (reference, negate(reference))}
    return [(statement, proof) for statement, proof in proofs if canonical(statement) not in held]


def inputs_of_run(config: RunConfig, store: RunDir) -> Inputs:
    """What the run in `store` works on: read now if it is new, else what it began with, whatever the files say by now.

    Files that are as they were are not read again.  Raises UserError for what a user can mend, and for a held-out benchmark that is
    not the one of the earlier rounds.
    """
    inputs = inputs_of_run_in(Steps(), config, store)
    assert inputs is not None
    return inputs


def inputs_of_run_in(steps: Steps, config: RunConfig, store: RunDir) -> Inputs | None:
    """The same in `steps`; None where they have found something wrong."""
    if not store.done("problems", "all"):
        return inputs_in(steps, config)
    given = _begun_with(store)
    notes = []
    inputs: Inputs | None
    if given.source and given.source.files and given.source.files == _states_now(config.problems):
        inputs = inputs_in(steps, config, given)
    else:
        try:
            inputs = load_inputs(config)
            changed = any(a != b for a, b in zip_longest(_ids(inputs.problems), _ids(given.problems)))
            news = f"now gives {len(inputs.problems):,} problems, not the {len(given.problems):,} of this run" if changed else ""
        except UserError as error:
            one = config.model_copy(update={"problems": ProblemsConfig(count=1)})
            inputs = inputs_in(steps, one)  # whatever else is wrong is said again
            news = f"cannot be read any more ({error})"
        notes = [f"problems.path {news}; this run goes on with those it began with (others need another --run-dir)"] if news else []
    if inputs is None:
        return None
    if steps.take(partial(_same_benchmark, store, inputs.benchmark)) is None:
        return None
    return replace(
        inputs, problems=given.problems, references=given.references, rejected=given.rejected, notes=[*inputs.notes, *notes], source=None
    )


def _same_benchmark(store: RunDir, benchmark: Benchmark) -> bool:
    """UserError where the held-out benchmark is not the one that the run in `store` began with."""
    if (before := store.read_json("heldout.json")) not in (None, benchmark_id(benchmark)):
        raise UserError(
            f"{store.path}: the held-out benchmark has changed since this run began (was {before['statements']:,} statements, now "
            f"{len(benchmark.statements):,}); restore heldout.path, or give another --run-dir"
        )
    return True


def _begun_with(store: RunDir) -> Given:
    """What the run began with."""
    told = store.read_json("reading.json")
    source = Source(told["files"], told["notes"]) if told else None
    return Given(Stored(store), (), store.read_json("references.json", {}), source)


def _states_now(config: ProblemsConfig) -> dict[str, str]:
    try:
        return _states(config)
    except UserError:
        return {}


def _ids(problems: Sequence[Problem]) -> Iterator[str]:
    """The ids of problems, each once."""
    seen = Keys()
    for ids in stored(problems).ids():
        yield from (id for id, fresh in zip(ids, seen.fresh(hashes(ids)), strict=True) if fresh)


def keep_inputs(inputs: Inputs, store: RunDir) -> Inputs:
    """Write down what a run begins with, once; the inputs as any continuation will find them."""
    if not store.done("problems", "all"):
        store.write_chunks("rejected.json", _as_json(rejection.model_dump() for rejection in inputs.rejected))
        store.write_json("references.json", inputs.references)
        store.write_json("heldout.json", benchmark_id(inputs.benchmark))
        if inputs.source:
            store.write_json("reading.json", asdict(inputs.source))
        about = {"unstated": stored(inputs.problems).unstated, **({"distinct": True} if inputs.source else {})}
        store.commit("problems:all", {"problems": inputs.problems}, about)  # last: it says that all of this is there
    return replace(inputs, problems=Stored(store), rejected=())


def _as_json(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """The text of a list, in pieces."""
    before = "[\n"
    for row in rows:
        yield (before + json.dumps(row, ensure_ascii=False)).encode("utf-8", "replace")
        before = ",\n"
    yield b"[]\n" if before == "[\n" else b"\n]\n"


def benchmark_id(benchmark: Benchmark) -> dict[str, Any]:
    """What tells one benchmark from another: its statements, and what may not be trained on."""
    return {
        "statements": len(benchmark.statements),
        "hash": content_id("heldout", [s.id for s in benchmark.statements], sorted(benchmark.excluded)),
    }
