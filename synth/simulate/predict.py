"""`synth simulate`: a prediction from a run's records, on the machine that it ran on or on a cluster."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from synth.config import RunConfig, load_config
from synth.llm.config import ROLES
from synth.overrides import apply_overrides
from synth.run.cluster import engines
from synth.run.inputs import Inputs
from synth.run.roles import answering, used_prompts
from synth.simulate.measured import Measured, changeable_config, measured
from synth.simulate.outlook import compared, cost, outlook
from synth.simulate.setting import PoolSetting, Setting
from synth.simulate.world import inputs, simulated_run
from synth.store.rundir import RunDir
from verify_workers.config import usable_cores
from verify_workers.errors import UserError

TURNS = 3  # simulations of the recorded run by which shared cores are taken out of its service times


def changed(config: RunConfig, overrides: Iterable[str]) -> RunConfig:
    """A recorded configuration with `--set`.  UserError for a key or a value that is none."""
    tree = config.model_dump(mode="json", exclude_unset=True)
    return apply_overrides(RunConfig, tree, list(overrides))


def own_setting(config: RunConfig, cores: int) -> Setting:
    """The machine that a run had to itself; without GPUs all of it shares its cores."""
    gpus = sum(engine.gpus * engine.replicas for engine in engines(config, ROLES))
    return Setting(one_machine=not gpus, machine_cores=cores, pools=PoolSetting(cores=cores))


def own_inputs(store: RunDir, count: int = 0) -> Inputs:
    """Problems and held-out statements, as many as a run had (or `count` problems), to be formalized if they were."""
    rounds = store.rounds()
    worded = any(figures.get("tokens_formalizer") for figures in rounds)
    count = count or store.count("problems") or sum(figures.get("problems", 0) for figures in rounds)  # a simulated run keeps none
    return inputs(count, worded, next((f["heldout"] for f in rounds if f.get("heldout")), 8))


def calibrated(found: Measured, config: RunConfig, setting: Setting, given: Inputs, seed: int) -> Measured:
    """Service times as they would be on cores of one's own: those with which a simulation of the recorded run takes as long as it did.

    On a shared machine a check's recorded seconds hold those in which others had its core.
    """
    for _ in range(TURNS):
        with tempfile.TemporaryDirectory(prefix="synth-simulate-") as folder:
            simulated_run(config, setting, found, given, Path(folder) / "run", seed)
            store = RunDir.existing(Path(folder) / "run")
            there = measured(store, changeable_config(store))
        # A check's recorded mean over the simulated one; of the search with the pool's own time.
        lean = {stage: found.seconds[stage] / there.seconds[stage] for stage in found.seconds if there.seconds.get(stage)}
        lean["search"] = found.busy_per_check / there.busy_per_check if there.busy_per_check else 1.0
        found = found.scaled(
            lean,
            engine=there.busy_per_token / found.busy_per_token if there.busy_per_token else 1.0,
            trainer=found.train_rate / there.train_rate,
            start=found.shard_start / there.shard_start if there.shard_start else 1.0,
        )
    return found


def predict(
    run: str,
    config: Path | None,
    overrides: Iterable[str],
    setting: Setting | None,
    out: Path | None,
    seed: int,
    cores: int,
    real: str,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """What `config` (None: that of the run) with `overrides` would come to on `setting` (None: the run's machine, of `cores` cores).

    `real`: a run directory of what was simulated, to compare with; '' = none.
    """
    store = RunDir.existing(run)
    recorded = changeable_config(store)
    wanted = changed(load_config(config) if config else recorded, overrides)
    found = measured(store, recorded)
    own = own_setting(recorded, cores or usable_cores())
    told = setting is not None and setting.pools.check_seconds is not None and setting.engine.tokens_per_second is not None
    if own.one_machine and not told:
        say(f"calibrating on {run} ({TURNS} simulations of it)")
        found = calibrated(found, recorded, own, own_inputs(store), seed)
    setting = setting or own_setting(wanted, own.machine_cores)
    given = own_inputs(store, setting.problems)
    if out is not None and out.exists() and any(out.iterdir()):
        raise UserError(f"--out {out}: there is something already; give a new folder")
    with tempfile.TemporaryDirectory(prefix="synth-simulate-") as folder:
        target = out or Path(folder) / "run"
        say(f"simulating {len(given.problems):,} problems in {wanted.rounds} rounds, mode {wanted.mode}: {setting.name}")
        world = simulated_run(wanted, setting, found, given, target, seed)
        result = outlook(RunDir.existing(target), setting.grain)
    gpus = _gpus(wanted, setting, given)
    figures = {"cluster": setting.name, "mode": wanted.mode, **result.figures(), "gpus": gpus, "nodes_lost": world.lost}
    if setting.prices.gpu_hour or setting.prices.core_hour:
        total = cost(result, setting, gpus)
        figures |= {"cost": round(total, 2), "cost_per_proved": round(total / max(1, result.proved), 4)}
    if real:
        figures["against"] = compared(result, outlook(RunDir.existing(real)))
    return figures


def _gpus(config: RunConfig, setting: Setting, given: Inputs) -> float:
    held = engines(config, answering(used_prompts(config, given.problems)))
    return sum(engine.replicas * (setting.engine.gpus or engine.gpus) for engine in held) + setting.trainer.gpus


def table(figures: dict[str, Any]) -> list[str]:
    """The figures as lines."""
    idle = ", ".join(f"{kind} {100 * share:.0f} %" for kind, share in figures["idle"].items())
    queues = ", ".join(f"{name} {depth['mean']:,.0f} (at most {depth['most']:,})" for name, depth in figures["waiting"].items())
    stages = ", ".join(f"{name} {seconds:,.0f}" for name, seconds in figures["stages"].items())
    rates = (
        f"{figures['pairs_per_hour']:,.0f} pairs/h, {figures['proved_per_hour']:,.0f} proved/h, "
        f"{figures['checks_per_second']:,.1f} checks/s, {figures['tokens_per_second']:,.0f} tokens/s"
    )
    lines = [
        f"cluster      {figures['cluster']}, mode {figures['mode']}",
        f"time         {figures['seconds']:,.0f} s for all rounds; stages, s: {stages}",
        f"made         {figures['attempts']:,} samples, {figures['proved']:,} statements proved, {figures['pairs']:,} pairs",
        f"rates        {rates}",
        f"idle         {idle}",
        f"open         {queues}",
        f"bottleneck   {figures['bottleneck']}",
    ]
    if figures["nodes_lost"]:
        lines.append(f"preempted    {figures['nodes_lost']:,} nodes")
    if "cost" in figures:
        lines.append(f"cost         {figures['cost']:,.2f} in all, {figures['cost_per_proved']:,.4f} for each statement proved")
    for name, row in figures.get("against", {}).items():
        lines.append(f"against      {name}: predicted {row['predicted']:,}, was {row['real']:,} ({row['error_percent']:+.1f} %)")
    return lines
