"""The main job: rounds of formalize → filter → search → verify → train → evaluate, on Ray, restartable anywhere.

The driver schedules; it never holds proofs.  It cuts a round into shards and hands them to shard actors, asks for
training and evaluation, swaps the new weights into the samplers, and writes the round's figures last: a round whose
`metrics.json` exists is complete, everything before that is done again only where its part is missing.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import ray

from synth.benchmark import portfolio_baseline
from synth.config import RunConfig
from synth.examples import pair_examples, proof_examples, rehearsed, repeated, seed_examples
from synth.faithfulness import faithful
from synth.formalize import Lineage
from synth.inputs import Inputs, load_inputs
from synth.models import sampler_actor
from synth.progress import Progress
from synth.prompts import PromptSet, load_prompts
from synth.records import Pair, Problem, Statement, VerdictRow, content_id
from synth.report import write_report
from synth.services import Services
from synth.shard import SearchShard, ShardTask
from synth.store import RunDir
from train.config import EvalConfig, TrainConfig
from train.data import Example
from train.evaluate import Tally, by_group, estimate
from train.model import checkpoint_hash, create_checkpoint
from train.replay import select
from train.rounds import WorkerGroup, train_round
from train.tokenizer import train_tokenizer
from train.tracking import Tracker
from verify_workers.pool.node import node_pools
from verify_workers.ray_session import ray_session
from verify_workers.records import Check

log = logging.getLogger(__name__)
POLL = 0.5  # seconds between looks at the actors' counts
T = TypeVar("T")


@dataclass
class Run:
    """What the steps of a run share; `clock` holds the seconds of each stage of the current round."""

    config: RunConfig
    store: RunDir
    inputs: Inputs
    prompts: PromptSet
    progress: Progress
    tracker: Tracker
    pools: list[Any] = field(default_factory=list)
    samplers: list[Any] = field(default_factory=list)
    shards: list[Any] = field(default_factory=list)
    trainers: WorkerGroup | None = None  # under `train.keep_workers`
    clock: dict[str, float] = field(default_factory=dict)
    model: Path = Path()  # the checkpoint that answers now

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        finally:
            self.clock[stage] = self.clock.get(stage, 0.0) + time.monotonic() - started

    @property
    def weights(self) -> Path:
        """A folder that every node can see, for all rounds' weights."""
        return Path(self.config.checkpoints).absolute() if self.config.checkpoints else self.store.local_path("rounds")

    def training(self, round: int) -> Path:
        """Where round `round` trains."""
        return self.weights / f"{round:03d}" / "training"

    def checkpoint(self, round: int) -> Path:
        """The weights after round `round`; a round that found no pair keeps those of an earlier one (`weights.json`)."""
        trained = int(self.store.read_json(f"rounds/{round:03d}/weights.json")["round"])
        if trained == 0 and self.config.model.path:
            return Path(self.config.model.path).absolute()
        return self.training(trained) / "model"

    def trained(self, round: int) -> bool:
        return self.store.exists(f"rounds/{round:03d}/weights.json")

    def services(self) -> Services:
        return Services(self.samplers, self.pools, str(self.model))


def run(config: RunConfig, run_dir: str, progress: Progress) -> str:
    """Run (or continue) the whole job in `run_dir` and return it.  Raises UserError for what the user can mend."""
    prompts = load_prompts(config.model.prompts)
    inputs = load_inputs(config)
    with RunDir.open(run_dir, config) as store:
        store.write("problems", inputs.problems, "all")
        store.write_json("rejected.json", [rejection.model_dump() for rejection in inputs.rejected])
        store.write_json("references.json", inputs.references)
        settings = config.model_dump(mode="json")
        tracker = Tracker(config.tracking, store.local_path("wandb"), content_id("wandb", settings), settings, progress.note)
        with ray_session():
            job = Run(config, store, inputs, prompts, progress, tracker)
            try:
                asyncio.run(_rounds(job))
            finally:
                if job.trainers is not None:
                    job.trainers.close()
                for actor in [*job.shards, *job.samplers, *job.pools]:
                    ray.kill(actor)
                tracker.finish()
        write_report(store)
    return run_dir


async def _rounds(job: Run) -> None:
    """All rounds that are not yet complete."""
    job.pools = node_pools(job.config.verify)
    rounds: list[dict[str, Any]] = []
    for number in range(job.config.rounds + 1):
        name = f"rounds/{number:03d}/metrics.json"
        if not job.store.exists(name):
            job.clock, started = {}, time.monotonic()
            _start_trainers(job, number)
            figures = await (_first_round(job) if number == 0 else _round(job, number))
            figures |= {"seconds": round(time.monotonic() - started, 1), "stages": {k: round(v, 1) for k, v in job.clock.items()}}
            figures |= _costs(figures) | {"pools": await asyncio.gather(*(pool.stats.remote() for pool in job.pools))}
            job.store.write_json(name, figures)
            job.tracker.log({k: v for k, v in figures.items() if isinstance(v, int | float)}, step=number)
            write_report(job.store)
        rounds.append(job.store.read_json(name))
        job.progress.round_table(rounds)
        if number > 1 and job.config.plateau >= 0 and rounds[-1]["pass@8"] - rounds[-2]["pass@8"] < job.config.plateau:
            log.warning("pass@8 rose by less than %g points: no more rounds", job.config.plateau)
            break


# ---- round 0: the model before any proof was found ---------------------------------------------------------------


async def _first_round(job: Run) -> dict[str, Any]:
    """The given or bootstrapped model, the portfolio baseline, and the first evaluation."""
    if not job.trained(0):
        if not job.config.model.path:
            with job.timed("bootstrap"):
                await _bootstrap(job)
        job.store.write_json("rounds/000/weights.json", {"round": 0})
    job.model = job.checkpoint(0)
    samplers = asyncio.create_task(_start_samplers(job))
    with job.timed("baseline"):
        baseline = await _baseline(job)
        await _verified_seeds(job)
    await samplers
    figures = await _evaluate(job, 0, baseline)
    return {"round": 0, "model": checkpoint_hash(job.model), "problems": 0, "statements_kept": 0, "attempts": 0, "pairs": 0, **figures}


async def _bootstrap(job: Run) -> None:
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
    await _fit(job, 0, initial, examples, config.train)


async def _verified_seeds(job: Run) -> list[int]:
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


async def _baseline(job: Run) -> frozenset[str]:
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


# ---- a round ------------------------------------------------------------------------------------------------------


async def _round(job: Run, number: int) -> dict[str, Any]:
    """Search with the last round's model, train on what was verified, evaluate, swap the weights."""
    job.model = previous = job.checkpoint(number - 1)
    if not job.trained(number):
        await _start_samplers(job)
        with job.timed("search"):
            await _search(job, number, previous)
        if job.config.sampler.release_while_training:
            _stop_samplers(job)
        with job.timed("train"):
            trained = await _train(job, number, previous)
        earlier = job.store.read_json(f"rounds/{number - 1:03d}/weights.json")
        job.store.write_json(f"rounds/{number:03d}/weights.json", {"round": number} if trained else earlier)
    job.model = checkpoint = job.checkpoint(number)
    with job.timed("swap"):
        await _start_samplers(job)
        swaps = await asyncio.gather(*(sampler.load.remote(str(checkpoint)) for sampler in job.samplers))
    baseline = await _baseline(job)
    figures = await _evaluate(job, number, baseline)
    swap = {f"swap_{key}": max(s[key] for s in swaps) for key in ("before", "after", "seconds")}
    return {"round": number, "model": checkpoint_hash(checkpoint), **_tally(job, number), **swap, **figures}


async def _search(job: Run, number: int, model: Path) -> None:
    """Cut the round into shards and keep the shard actors busy with them."""
    lineage = Lineage(number, checkpoint_hash(model), job.config.seed)
    retry = _unsolved(job, number) if job.config.retry == "unsolved" else []
    problems = _problems_of(job, number)
    size = job.config.shards.problems
    pieces = max(1, -(-len(problems) // size), -(-len(retry) // (4 * size)))
    tasks = [ShardTask(number, i, tuple(problems[i::pieces]), tuple(retry[i::pieces]), lineage, str(model)) for i in range(pieces)]
    _start_shards(job)
    free: asyncio.Queue[Any] = asyncio.Queue()
    for actor in job.shards:
        free.put_nowait(actor)

    async def one(task: ShardTask) -> None:
        actor = await free.get()
        try:
            await actor.run.remote(task)
        finally:
            free.put_nowait(actor)

    stages = {"problems": f"round {number}: formalize", "searched": f"round {number}: prove"}
    job.progress.stage(stages["problems"], len(problems))
    job.progress.stage(stages["searched"], len(retry))
    await _watched(job, asyncio.gather(*(one(task) for task in tasks)), stages)


def _problems_of(job: Run, number: int) -> list[Problem]:
    """The new problems of round `number`; the last round takes what is left."""
    problems, rounds = job.inputs.problems, job.config.rounds
    size = job.config.problems_per_round or -(-len(problems) // rounds)
    end = len(problems) if number == rounds and not job.config.problems_per_round else number * size
    return problems[(number - 1) * size : end]


def _unsolved(job: Run, number: int) -> list[Statement]:
    """Kept statements of earlier rounds that neither side was proved of."""
    solved = {pair.statement_id for pair in job.store.read("pairs", Pair) if pair.round < number}
    return [s for s in job.store.read("statements", Statement) if s.kept and s.round < number and s.id not in solved]


async def _train(job: Run, number: int, previous: Path) -> bool:
    """Fine-tune on the replay buffer of all verified pairs.

    Our own small model also goes over the seed proofs that Lean accepted and over its two other roles again.

    False where there is no pair to train on yet: the weights stay as they are.
    """
    pairs = [pair for pair in job.store.read("pairs", Pair) if pair.round <= number]
    if not pairs:
        job.progress.note(f"round {number}: no verified pair yet, so nothing to train on; the weights stay as they are")
        return False
    proofs = pair_examples(select(pairs, job.config.replay, job.config.seed), job.prompts)
    if job.inputs.seeds is not None:
        seeds = [job.inputs.seeds.proofs[i] for i in await _verified_seeds(job)]
        proofs += proof_examples(seeds, job.prompts)
    examples = repeated(proofs, job.config.examples_per_round)
    if job.inputs.seeds is not None:
        others = seed_examples(job.inputs.seeds, job.prompts)
        examples = rehearsed(examples, others, job.config.model.bootstrap.rehearse, job.config.seed + number)
    await _fit(job, number, previous, examples, job.config.train)
    return True


async def _fit(job: Run, number: int, initial: Path, examples: list[Example], config: TrainConfig) -> None:
    """One DeepSpeed round in rounds/NNN/training; an interruption leaves a checkpoint from which it goes on."""
    stage = f"round {number}: train" if number else "bootstrap: train"
    job.progress.stage(stage, 0)
    stop = threading.Event()

    def report(row: dict[str, float]) -> None:
        job.progress.update(stage, int(row["step"]), int(row["steps"]), loss=row["loss"])
        job.progress.gauge("trained tokens/s", row["tokens_per_second"])

    try:
        await asyncio.to_thread(
            train_round, initial, examples, job.training(number), config, job.config.seed + number, report, stop.is_set, job.trainers
        )
    except asyncio.CancelledError:
        stop.set()
        raise


async def _evaluate(job: Run, number: int, baseline: frozenset[str]) -> dict[str, Any]:
    """pass@k of the current weights on the benchmark: overall, beyond the portfolio, and the portfolio's own share."""
    statements, config = job.inputs.benchmark.statements, job.config.eval
    _start_shards(job)
    stage = f"round {number}: evaluate"
    job.progress.stage(stage, len(statements))
    with job.timed("evaluate"):
        parts = [statements[i :: len(job.shards)] for i in range(len(job.shards))]
        work = asyncio.gather(
            *(
                actor.evaluate.remote(part, config.samples, job.config.heldout.temperature, job.config.seed, str(job.model))
                for actor, part in zip(job.shards, parts, strict=True)
            )
        )
        results = [row for part in await _watched(job, work, {"evaluated": stage}) for row in part]
    group = job.inputs.benchmark.group
    tallies = [Tally(i, n, c, group[i], i in baseline) for i, n, c in sorted(results)]
    job.store.write_json(f"rounds/{number:03d}/eval.json", [asdict(tally) for tally in tallies])
    return scores(tallies, config, job.config.seed)


def scores(tallies: list[Tally], config: EvalConfig, seed: int) -> dict[str, Any]:
    """pass@k in percent with its confidence interval: of all, of what the portfolio cannot prove (`beyond_`), by family."""
    result: dict[str, Any] = {
        "baseline": round(100 * sum(t.baseline for t in tallies) / max(1, len(tallies)), 2),
    }
    for prefix, members in (("", tallies), ("beyond_", [t for t in tallies if not t.baseline])):
        result["heldout_beyond" if prefix else "heldout"] = len(members)
        for k in config.ks:
            if members:
                figure = estimate(members, k, config, seed)
                result |= {
                    f"{prefix}pass@{k}": round(figure.value, 2),
                    f"{prefix}pass@{k}_interval": [round(figure.low, 2), round(figure.high, 2)],
                }
    families = {k: by_group(tallies, k, config, seed) for k in config.ks}
    result["families"] = {g: {f"pass@{k}": round(families[k][g].value, 1) for k in config.ks} for g in families[config.ks[0]] if g}
    return result


def _tally(job: Run, number: int) -> dict[str, Any]:
    """Counts of a round, from what is on disk: the same after any number of interruptions."""
    prefix = f"r{number:03d}-"
    statements = list(job.store.read("statements", Statement, prefix=prefix))
    pairs = list(job.store.read("pairs", Pair, prefix=prefix))
    verdicts = Counter(
        v.outcome if v.outcome != "rejected" else f"rejected: {v.reason}" for v in job.store.read("verdicts", VerdictRow, prefix=prefix)
    )
    units: Counter[str] = Counter()
    for entry in job.store.entries():
        if entry["key"].startswith(prefix):
            units.update(entry["info"])
    same, measured = faithful((s for s in statements if s.kept), job.inputs.references)
    return {
        "problems": units["problems"],
        "statements": len(statements),
        "statements_kept": sum(s.kept for s in statements),
        "statements_rejected": dict(Counter(s.reason for s in statements if not s.kept).most_common()),
        "faithful": round(100 * same / measured, 1) if measured else None,
        "searched": units["searched"],
        "attempts": units["samples"],
        "checks": sum(verdicts.values()),
        "verdicts": dict(verdicts.most_common()),
        "pairs": len(pairs),
        "pairs_negated": sum(p.negated for p in pairs),
        "proved": units["proved"],
        "tokens": units["tokens"],
    }


def _costs(figures: dict[str, Any]) -> dict[str, float]:
    """What one verified pair cost: generated tokens and core-seconds (all cores of the cluster, for the whole round)."""
    pairs = figures["pairs"]
    if not pairs:
        return {}
    cores = (
        sum(node["Resources"].get("CPU", 0) for node in ray.nodes() if node["Alive"])
        if "RAY_ADDRESS" in os.environ
        else os.cpu_count() or 1
    )
    return {"tokens_per_pair": round(figures["tokens"] / pairs, 1), "core_seconds_per_pair": round(figures["seconds"] * cores / pairs, 2)}


# ---- actors ---------------------------------------------------------------------------------------------------------


def _start_trainers(job: Run, number: int) -> None:
    """The workers that will train this round and later ones, if they are to be kept: they load while something else goes on."""
    own = number > 0 or not job.config.model.path
    if job.config.train.keep_workers and job.trainers is None and own and not job.trained(number):
        job.trainers = WorkerGroup(job.config.train, job.weights)


async def _start_samplers(job: Run) -> None:
    """Samplers on the current weights, if none are up; returns when they answer."""
    if not job.samplers:
        config = job.config.sampler
        job.samplers = [sampler_actor(job.model, config, job.config.seed + i) for i in range(config.replicas)]
        with job.timed("start samplers"):
            await asyncio.gather(*(sampler.stats.remote() for sampler in job.samplers))


def _stop_samplers(job: Run) -> None:
    """End the samplers, and the shard actors that hold handles to them."""
    for actor in [*job.shards, *job.samplers]:
        ray.kill(actor)
    job.shards, job.samplers = [], []


def _start_shards(job: Run) -> None:
    if not job.shards:
        heldout = job.inputs.benchmark.excluded
        actor: Any = SearchShard
        options = {"num_cpus": 0, "max_concurrency": 100, "max_restarts": -1, "max_task_retries": -1}
        job.shards = [
            actor.options(**options).remote(job.config, str(job.store.path), job.samplers, job.pools, heldout)
            for _ in range(job.config.shards.actors)
        ]


async def _watched(job: Run, work: Awaitable[T], stages: dict[str, str]) -> T:
    """Await `work` while the shard actors' counts feed the display; `stages` names a stage for each count."""
    future = asyncio.ensure_future(work)
    base = await _counts(job)
    while True:
        finished, _ = await asyncio.wait([future], timeout=POLL)
        now = await _counts(job)
        for key, stage in stages.items():
            job.progress.set(stage, now[key] - base[key], now["to_search"] - base["to_search"] if key == "searched" else None)
        for key in now:
            if key.startswith("reject: ") and now[key] > base[key]:
                job.progress.rejected(key.removeprefix("reject: "), now[key] - base[key])
        await _gauges(job)
        if finished:
            return future.result()


async def _counts(job: Run) -> Counter[str]:
    total: Counter[str] = Counter()
    for done, rejects in await asyncio.gather(*(actor.counts.remote() for actor in job.shards)):
        total.update(done)
        total.update({f"reject: {reason}": count for reason, count in rejects.items()})
    return total


async def _gauges(job: Run) -> None:
    """What the samplers and pools are doing."""
    for stats in await asyncio.gather(*(sampler.stats.remote() for sampler in job.samplers)):
        job.progress.gauge("sampler busy", stats["busy_share"])
        job.progress.gauge("sampled tokens/s", stats["tokens_per_second"])
    for stats in await asyncio.gather(*(pool.stats.remote() for pool in job.pools)):
        job.progress.gauge("pool busy", stats["busy_share"])
        job.progress.gauge("checks/s", stats["checks_per_second"])
