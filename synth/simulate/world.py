"""A simulated run: the real driver, rounds, stream, shards, clients and schedules, among simulated samplers, pools and trainer.

What is put in the place of something else is listed in `World.substitutes`; all else is the code that a real run executes.
The result is a run directory like any other.
"""

from __future__ import annotations

import asyncio
import io
import logging
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import ray
from rich.console import Console

import synth.run.actors
import synth.run.driver
import synth.run.learn
import synth.run.roles
import synth.run.rounds
import synth.run.stream
import synth.run.timeline
import synth.run.watch
import verify_workers.pool.node
from synth.benchmark import Benchmark
from synth.config import RunConfig
from synth.llm.config import ROLES, SamplerConfig
from synth.llm.types import Weights
from synth.records import Problem, content_id
from synth.run.cluster import engines
from synth.run.driver import _work
from synth.run.inputs import Inputs
from synth.run.roles import answering, role_prompts, used_prompts
from synth.run.state import Run
from synth.run.told import with_timeline
from synth.services import Services
from synth.show.progress import Progress
from synth.simulate.actors import SimulatedPool, SimulatedSampler
from synth.simulate.clock import SimulatedLoop, simulate
from synth.simulate.cores import ACTOR, PLENTY, Cores, work
from synth.simulate.drawing import Drawing
from synth.simulate.engine import Batch
from synth.simulate.handles import HANDLES, Handle
from synth.simulate.measured import Measured
from synth.simulate.setting import Setting
from synth.simulate.shard import SimulatedShard, SimulatedShardActor
from synth.simulate.training import SimulatedTrainer, SimulatedWorkers, checkpoint
from synth.statements.text import given
from synth.store.rundir import RunDir
from train.tracking import Tracker
from verify_workers.config import PoolConfig

GPUS_PER_NODE = 8


def adapted(config: RunConfig, setting: Setting, folder: Path) -> RunConfig:
    """The configuration of a run, for its simulation: weights that are only names, what is searched with, `grain` attempts as one."""
    grain, search = setting.grain, config.search
    given_path = str(checkpoint(folder / "checkpoints" / "given", "given"))
    strategies = tuple(name for name in search.strategies if name == "whole_proof") or ("whole_proof",)
    tree = config.model_dump()
    for role in ROLES:
        own = tree["models"][role]
        apart = bool(own["path"] or own["endpoint"])
        path = given_path if role == "prover" else str(checkpoint(folder / "checkpoints" / role, role)) if apart else ""
        own.update(path=path, endpoint="", name="", api_key_env="", preset="base")
        own["sampler"] = getattr(config.models, role).sampler.model_dump(exclude_unset=True)
    if setting.engine.gpus:
        tree["sampler"] = config.sampler.model_copy(update={"gpus": setting.engine.gpus, "cpus": 0}).model_dump()
    samples = max(1, config.eval.samples // grain)
    tree["search"].update(
        strategies=("portfolio", *strategies) if "portfolio" in search.strategies else strategies,
        attempts=max(1, search.attempts // grain),
        wave=max(1, search.wave // grain),
    )
    tree["eval"].update(samples=samples, ks=tuple(k for k in config.eval.ks if k <= samples) or (1,))
    tree["tracking"].update(mode="disabled", every=setting.look or config.tracking.every)
    tree["formalize"].update(refine=0, also=())
    tree["conjectures"]["enabled"] = tree["answers"]["enabled"] = False
    tree["verify"]["cache"]["path"] = None
    tree["verify"]["nodes"] = {}
    tree["models"].update(pairs=())
    tree.update(checkpoints=str(folder / "checkpoints"), header="")
    return RunConfig.model_validate(tree)


class World:
    """Everything that is simulated in one run."""

    def __init__(self, config: RunConfig, setting: Setting, measured: Measured, seed: int, loop: SimulatedLoop) -> None:
        self.config, self.setting, self.measured, self.loop = config, setting, measured, loop
        own = [draw.tokens for draw in measured.attempts]
        seconds = [draw.seconds for draw in measured.attempts if draw.seconds]
        tokens = setting.tokens_per_attempt * len(own) / max(1, sum(own)) if setting.tokens_per_attempt else 1.0
        mean = sum(seconds) / max(1, len(seconds)) + measured.pool_seconds
        lean = setting.pools.check_seconds / mean if setting.pools.check_seconds and mean else 1.0
        self.drawing = Drawing(measured, tokens, lean, setting.grain, seed)
        beside = measured.beside if setting.cores_beside is None else setting.cores_beside
        self.cores = Cores(setting.machine_cores, beside) if setting.one_machine else Cores(PLENTY)
        self.trainer = SimulatedTrainer(setting.trainer, measured, self.cores)
        self.nodes: dict[str, Handle | None] = {f"node{n:05d}": None for n in range(setting.pools.nodes)}
        self.lost = 0
        self._named = setting.pools.nodes
        self._random = random.Random(f"{seed}-preemption")

    # what stands where Ray's actors stand

    def sampler(self, weights: Weights, config: SamplerConfig, seed: int = 0, lora: Any = None) -> Handle:
        setting = self.setting.engine
        curve = self.setting.curve(self.measured.curve)
        batch = Batch(curve, config.max_num_seqs, self.cores, float(config.threads))
        swap = self.measured.swap_seconds if setting.swap_seconds is None else setting.swap_seconds
        start = self.measured.start_seconds if setting.start_seconds is None else setting.start_seconds
        prompt = setting.prompt_tokens
        return self._handle(SimulatedSampler(weights, batch, self.drawing, swap, prompt, self.loop.time() + start, config.swap == "keep"))

    def pool(self, config: PoolConfig, node: str) -> Handle:
        pools = self.setting.pools
        workers = pools.workers or config.workers or pools.cores
        handle = self._handle(SimulatedPool(config, workers, self.cores, self.drawing, pools.import_seconds))
        self.nodes[node] = handle
        return handle

    def shard(self, config: RunConfig, url: str, handles: bytes) -> Handle:
        groups, pools, *_ = ray.cloudpickle.loads(handles)
        shard = SimulatedShard(config, RunDir(url), Services(groups, pools), self.drawing, self.setting.shard_seconds)
        start = self.measured.shard_start if self.setting.shard_start_seconds is None else self.setting.shard_start_seconds
        return self._handle(SimulatedShardActor(shard, work(self.cores, start, ACTOR)))

    def _handle(self, actor: Any) -> Handle:
        return Handle(actor, self.setting.call_seconds)

    # what Ray says of the cluster

    def listed(self) -> list[dict[str, Any]]:
        """`ray.nodes()`."""
        cores = self.setting.machine_cores if self.setting.one_machine else self.setting.pools.cores
        lean = [{"Alive": True, "NodeID": node, "Resources": {"CPU": float(cores)}} for node in self.nodes]
        gpus = sum(sampler.replicas * sampler.gpus for sampler in engines(self.config, ROLES)) + self.config.train.gpus
        count = -(-int(gpus) // GPUS_PER_NODE)
        with_gpus = [{"Alive": True, "NodeID": f"gpu{n}", "Resources": {"GPU": float(GPUS_PER_NODE)}} for n in range(count)]
        return [*lean, *with_gpus]

    async def preempted(self) -> None:
        """Nodes go and come, until cancelled."""
        pools = self.setting.pools
        while pools.preempted_per_hour:
            rate = pools.preempted_per_hour * max(1, len(self.nodes)) / 3600
            await asyncio.sleep(self._random.expovariate(rate))
            if self.nodes:
                node = self._random.choice(sorted(self.nodes))
                handle = self.nodes.pop(node)
                if handle is not None:
                    handle.kill()
                self.lost += 1
                self.loop.call_later(pools.back_after, self._joins)

    def _joins(self) -> None:
        self.nodes[f"node{self._named:05d}"] = None
        self._named += 1

    @contextmanager
    def substitutes(self) -> Iterator[None]:
        """Everything that a simulated run does not do itself."""
        shards = mock.Mock()
        shards.options.return_value.remote = self.shard
        look = self.setting.look

        async def nothing(*_: object) -> None:
            return None

        parts: list[tuple[Any, Mapping[str, Any]]] = [
            (ray, {"kill": lambda actor, **_: actor.kill(), "put": lambda value: None, "nodes": self.listed}),
            (ray, {"is_initialized": lambda: False, "available_resources": dict}),
            (synth.run.actors, {"SearchShard": shards, "WorkerGroup": SimulatedWorkers, "_probe": nothing, "_send": nothing}),
            (synth.run.roles, {"sampler_actor": self.sampler}),
            (synth.run.driver, {"merge_newest": nothing}),
            (synth.run.learn, {"train_round": self.trainer.round, "in_thread": self.trainer.begun}),
            (synth.run.rounds, {"write_report": lambda store: None}),
            (verify_workers.pool.node, {"node_pool": self.pool}),
            (synth.run.timeline, {"machine_seconds": lambda: self.cores.used(self.loop.time())}),
        ]
        if look:
            parts += [(synth.run.watch, {"POLL": look}), (synth.run.stream, {"LOOK": min(look, 5.0)})]
        HANDLES.clear()
        pools = logging.getLogger("verify_workers.pool")  # what it warns of did not happen
        level = pools.level
        pools.setLevel(logging.ERROR)
        patches = [mock.patch.object(target, name, value) for target, names in parts for name, value in names.items()]
        for patch in patches:
            patch.start()
        try:
            yield
        finally:
            for patch in patches:
                patch.stop()
            pools.setLevel(level)
            HANDLES.clear()


def inputs(problems: int, worded: bool, heldout: int) -> Inputs:
    """Problems that are only numbers; `worded`: they have to be formalized."""
    listed = [
        Problem(id=f"sim_{n}", text=f"Problem {n}.") if worded else Problem(id=f"sim_{n}", statement=f"theorem sim_{n} : {n} = 0")
        for n in range(problems)
    ]
    held = [given(Problem(id=f"held_{n}", statement=f"theorem held_{n} : {n} = 1"), 0) for n in range(heldout)]
    return Inputs(listed, [], {}, Benchmark(held, {s.id: "" for s in held}, frozenset()), None, [])


def simulated_run(config: RunConfig, setting: Setting, measured: Measured, given_inputs: Inputs, folder: Path, seed: int) -> World:
    """Run all rounds in simulated time, into the run directory `folder`, which must be new."""
    config = adapted(config, setting, folder)

    random.seed(seed)  # lots are drawn by it

    async def run(loop: SimulatedLoop) -> World:
        world = World(config, setting, measured, seed, loop)
        progress = Progress(Console(file=io.StringIO()), plain=True)
        with world.substitutes(), RunDir.open(folder, config) as store:
            store.write_json("screened.json", {"benchmarks": content_id("benchmarks", []), "forms": {}, "passed": {}})
            tracker = Tracker(config.tracking, folder, "simulated", {})
            roles = answering(used_prompts(config, given_inputs.problems))
            job = Run(config, store, given_inputs, role_prompts(config), progress, tracker, roles=roles)
            going = asyncio.create_task(world.preempted())
            try:
                await with_timeline(job, _work(job))
            finally:
                going.cancel()
        return world

    return simulate(run)
