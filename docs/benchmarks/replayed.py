"""A real run whose parts take their recorded time and compute nothing, so that a busy machine does not matter.

    python docs/benchmarks/replayed.py SOURCE OUT [--set KEY=VALUE ...] [--nodes 1] [--statements 90] [--rounds 2] [--scale 8]

SOURCE is a run directory of `synth run`.  What is real: driver, rounds in turn or in the stream, Ray with one node or several, shard
actors with their filters, searches and index, node pools with their threads and schedule, run directory, timeline.  What stands in
(nothing here was verified, and nothing is to be trained on):

- an engine: answers with the recorded completions of a statement; they share the measured curve, on the real clock;
- Lean: a backend that sleeps as long as the recorded check took, and says what it said;
- the trainer: sleeps for its tokens at the measured rate.

All times are SOURCE's by `--scale`, so that what a loaded machine adds to a call is small beside them.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy
from rich.console import Console

sys.path.insert(0, str(Path(__file__).parents[2]))

import synth.run.actors
import synth.run.learn
import synth.run.roles
import verify_workers.pool.node
from synth.llm.config import SamplerConfig
from synth.llm.types import Completion, Sampling, Weights
from synth.overrides import apply_overrides
from synth.prompts import Prompt
from synth.run.driver import run
from synth.show.progress import Progress
from synth.simulate.actors import SimulatedSampler
from synth.simulate.cores import Cores
from synth.simulate.drawing import NAME, PROOF, Drawing
from synth.simulate.engine import Batch, Curve
from synth.simulate.measured import Draw, Measured, Template, changeable_config, measured
from synth.simulate.setting import Setting
from synth.simulate.training import SimulatedWorkers, checkpoint
from synth.simulate.world import adapted
from synth.store.rundir import RunDir
from tests.nodes import free_ports
from train.config import TrainConfig
from verify_workers.config import PoolConfig
from verify_workers.records import Check, Outcome, Verdict

HELD = 24  # held-out statements
STEPS = 10  # of a training
START_SECONDS = 120.0  # that a Ray node may take to start
AGENTS = ("dashboard_agent_listen_port", "metrics_agent_port", "runtime_env_agent_port", "metrics_export_port")
"""Of a node; given, they are not waited for, which on a busy machine ends it."""


class Transcript(Drawing):
    """What was recorded, found again by the number of a statement in every process: nothing is remembered from one to the other."""

    def __init__(self, found: Measured, seed: int) -> None:
        super().__init__(found, 1.0, 1.0, 1, seed)
        firsts = [template for (_, again), some in sorted(found.templates.items()) if not again for template in some]
        self.firsts = sorted(firsts, key=lambda template: hashlib.sha256(repr((seed, template)).encode()).digest())
        held = [draw for some in found.held.values() for draws in some for draw in draws]
        for draw in dict.fromkeys([*self._everything, *held]):
            self._text([draw])
        self._times: Counter[tuple[str, bool, int]] = Counter()

    def _template(self, name: str) -> Template:
        return self.firsts[int(name.split("_")[1]) % len(self.firsts)]

    def _next(self, name: str, negated: bool, version: int) -> tuple[Draw, str]:
        held = name.startswith("held_")
        key = name, negated, version if held else 0
        place, self._times[key] = self._times[key], self._times[key] + 1
        draws = self._held(name, version) if held else self._template(name).attempts[negated]
        if place < len(draws):
            return draws[place], f" v{version}" if held else ""
        failed = [draw for draw in draws or self._everything if draw.outcome != "accepted"] or self._everything
        return failed[(place * 7919) % len(failed)], f" p{place}"

    def judged(self, check: Check) -> Draw:
        name = NAME.search(check.statement)
        searched = name and name[0].startswith("sim_") and check.proof and not PROOF.search(check.proof)
        tactic = self._template(name[0]).tactics[check.negated].get(check.proof or "") if name and searched else None
        return tactic or super().judged(check)


class Asleep:
    """A backend that takes its time and verifies nothing."""

    name, lean, library = "replayed", "none", "none"
    processes: list[int] = []

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript

    def check(self, check: Check) -> Verdict:
        draw = self._transcript.judged(check)
        seconds = min(draw.seconds, check.timeout)
        time.sleep(seconds)
        outcome = Outcome.TIMEOUT if draw.seconds > check.timeout else Outcome(draw.outcome)
        form = hashlib.sha256(check.statement.encode()).hexdigest()
        who = {"lean": self.lean, "library": self.library, "backend": self.name, "audit": "text" if outcome is Outcome.ACCEPTED else "none"}
        reason = draw.reason if outcome is not Outcome.TIMEOUT else ""
        return Verdict(id=check.id, outcome=outcome, reason=reason, seconds=seconds, form=form, negated_form=form[::-1], **who)

    def close(self) -> None:
        return None


@ray.remote(num_cpus=0, max_concurrency=1000)
class Engine:
    """`llm.sampler.Sampler` without a model."""

    def __init__(self, weights: Weights, config: SamplerConfig, transcript: Transcript, curve: Curve, swap: float) -> None:
        self._parts = weights, config, transcript, curve, swap
        self._made: SimulatedSampler | None = None

    def _own(self) -> SimulatedSampler:
        if self._made is None:  # on the actor's event loop
            weights, config, transcript, curve, swap = self._parts
            batch = Batch(curve, config.max_num_seqs, Cores(), 1.0)
            self._made = SimulatedSampler(weights, batch, transcript, swap, 0.0, asyncio.get_running_loop().time())
        return self._made

    async def sample(self, prompts: list[Prompt], sampling: Sampling, weights: Weights) -> list[list[Completion] | str]:
        return await self._own().sample(prompts, sampling, weights)

    async def load(self, weights: Weights, probe: object = None) -> dict[str, float]:
        return await self._own().load(weights)

    async def stats(self) -> dict[str, float]:
        return await self._own().stats()


def train_round(
    found: Measured, initial: Path, examples: Sequence[Any], out: Path, config: TrainConfig, seed: int, report: Any, *_: Any
) -> None:
    """Sleep as long as the steps of this round would take, and leave a checkpoint that is only a name."""
    tokens = min(len(examples) * found.train_tokens * config.epochs, config.max_tokens or 1e18)
    out.mkdir(parents=True, exist_ok=True)
    time.sleep(found.train_aside / 2)
    rows, started = [], time.monotonic()
    for step in range(1, STEPS + 1):
        time.sleep(tokens / found.train_rate / STEPS)
        done, seconds = tokens * step / STEPS, time.monotonic() - started
        row = {"step": step, "steps": STEPS, "loss": 0.0, "tokens": done, "tokens_per_second": done / seconds, "seconds": seconds}
        rows.append(row)
        report(row)
    time.sleep(found.train_aside / 2)
    (out / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    pq.write_table(pa.table({"example": range(max(1, round(tokens / found.train_tokens)))}), out / "examples.parquet")
    checkpoint(out / "model", str(out))


@contextlib.contextmanager
def standing_in(found: Measured, transcript: Transcript) -> Iterator[None]:
    """Engines, Lean and trainer of a run that is started meanwhile in this process."""
    node_pool: Any = verify_workers.pool.node.NodePool

    def pool(config: PoolConfig, node: str) -> Any:
        place = NodeAffinitySchedulingStrategy(node, soft=False)
        return node_pool.options(num_cpus=0, scheduling_strategy=place).remote(config, partial(Asleep, transcript))

    def engine(weights: Weights, config: SamplerConfig, seed: int = 0) -> Any:
        made: Any = Engine
        return made.remote(weights, config, transcript, found.curve, found.swap_seconds)

    async def no_probe(*_: object) -> None:
        return None

    parts = [
        (synth.run.roles, "sampler_actor", engine),
        (synth.run.actors, "WorkerGroup", SimulatedWorkers),
        (synth.run.actors, "_probe", no_probe),
        (synth.run.learn, "train_round", partial(train_round, found)),
        (verify_workers.pool.node, "node_pool", pool),
    ]
    with contextlib.ExitStack() as patches:
        for target, name, value in parts:
            patches.enter_context(mock.patch.object(target, name, value))
        yield


def problem_files(folder: Path, statements: int) -> dict[str, Any]:
    """Statements and held-out ones that are only numbers, and the settings that name them."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds = {"sim": (statements, "0"), "held": (HELD, "1")}
    for kind, (count, right) in kinds.items():
        rows = [{"id": f"{kind}_{n}", "statement": f"theorem {kind}_{n} : {n} = {right}"} for n in range(count)]
        (folder / f"{kind}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    heldout = {"path": str(folder / "held.jsonl"), "portfolio": ["decide", "omega"]}
    return {"problems": {"path": str(folder / "sim.jsonl")}, "heldout": heldout}


def replay(source: Path, out: Path, overrides: Sequence[str], statements: int, rounds: int, scale: float) -> None:
    """Run it, or what is left of it."""
    store = RunDir.existing(str(source))
    recorded = changeable_config(store)
    found = measured(store, recorded)
    found = found.scaled({"search": scale}, 1 / scale)
    share = statements / rounds / max(1, store.count("problems") / recorded.rounds)  # of a round, and so of its training
    found = Measured(**{**vars(found), "train_rate": found.train_rate / scale, "train_aside": found.train_aside * scale * share})
    files = problem_files(out.with_name(out.name + "-inputs"), statements)
    config = adapted(recorded, Setting(), out)
    own = [
        *(f"rounds={rounds}", "plateau=-1"),
        *(
            f"examples_per_round={round(recorded.examples_per_round * share)}",
            f"train.max_tokens={round((recorded.train.max_tokens or 0) * share) or 'null'}",
        ),
        *("sampler.cpus=0", "verify.audit=fast", "train.cpus_per_worker=0.001", "train.gpu=false"),
        *(f"search.timeout={recorded.search.timeout * scale}", f"verify.timeout_first={recorded.verify.timeout_first * scale}"),
        *(f"verify.timeout_last={recorded.verify.timeout_last * scale}", f"name={out.name}"),
    ]
    tree = {**config.model_dump(mode="json", exclude_unset=True), **files}
    config = apply_overrides(type(config), tree, [*own, *overrides])
    with standing_in(found, Transcript(found, 0)):
        run(config, str(out), Progress(Console(stderr=True), plain=True))


def patient(get_node: Callable[..., Any]) -> Callable[..., Any]:
    """Ray's question whether a node is up, of which it takes no for an answer after half a minute: on a busy machine it takes longer."""

    def asked(*args: Any) -> Any:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                return get_node(*args)
            except RuntimeError:
                if time.monotonic() > until:
                    raise
                time.sleep(1.0)

    return asked


@contextlib.contextmanager
def local_cluster(nodes: int) -> Iterator[None]:
    """A Ray cluster of so many nodes on this machine, for `run`."""
    from ray.cluster_utils import Cluster

    cluster = Cluster()
    services: Any = ray._private.services
    try:
        with mock.patch.object(services, "get_node", patient(services.get_node)):
            for _ in range(nodes):
                ports = dict(zip(AGENTS, free_ports(len(AGENTS)), strict=True))
                head = {} if cluster.head_node else {"include_dashboard": False}
                cluster.add_node(num_cpus=2 if nodes == 1 else 1, object_store_memory=100_000_000, **ports, **head)
            cluster.wait_for_nodes(START_SECONDS)
            with mock.patch.dict("os.environ", {"RAY_ADDRESS": cluster.address}):
                yield
    finally:
        cluster.shutdown()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--nodes", type=int, default=1, help="Ray nodes on this machine")
    parser.add_argument("--statements", type=int, default=90)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--scale", type=float, default=8.0, help="by which all recorded times are multiplied")
    asked = parser.parse_args()
    out = asked.out.resolve()
    os.environ.setdefault("RAY_worker_niceness", "0")  # else everything else on the machine goes first, and sleeping costs nobody anything
    with local_cluster(asked.nodes):
        replay(asked.source, out, asked.set, asked.statements, asked.rounds, asked.scale)


if __name__ == "__main__":
    main()
