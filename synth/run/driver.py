"""The main job: rounds of formalize → filter → search → verify → train → evaluate, on Ray, restartable anywhere.

The driver schedules; it never holds proofs.  Here a run is begun and ended; what goes on in between is in `rounds.py` (one
round after the other) and `stream.py` (neighbouring rounds at the same time).
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import ray
from ray.exceptions import RayTaskError

from synth.config import RunConfig
from synth.llm.sampler import end_sampler
from synth.run.begin import begin
from synth.run.cluster import engines, enough, plain
from synth.run.inputs import keep_inputs
from synth.run.interrupt import Interrupts
from synth.run.joining import Joining
from synth.run.merged import merge_newest
from synth.run.places import everywhere
from synth.run.roles import answering, role_prompts, used_prompts
from synth.run.rounds import rounds_in_turn
from synth.run.state import Run
from synth.run.stream import rounds_in_stream
from synth.run.told import with_timeline
from synth.show.progress import Progress
from synth.show.report import write_report
from synth.store.compact import keep_compact
from synth.store.rundir import RunDir
from train.tracking import Tracker, tracked_id
from verify_workers.errors import UserError
from verify_workers.pool.node import follow, node_pools
from verify_workers.ray_session import ray_session


def run(config: RunConfig, run_dir: str, progress: Progress) -> str:
    """Run (or continue) the whole job in `run_dir` and return it.  Raises UserError for what the user can mend.

    An interruption (Ctrl-C, SIGTERM) ends all that was started and is raised as KeyboardInterrupt.
    """
    begun = begin(config, run_dir)
    config, inputs = begun.config, begun.inputs
    roles = answering(used_prompts(config, inputs.problems))
    for note in inputs.notes:
        progress.note(note)
    with Interrupts() as interrupts, RunDir.open(run_dir, config) as store:
        inputs = keep_inputs(inputs, store)
        with tracked(config, store, progress) as tracker, ray_session():
            job = Run(everywhere(config), store, inputs, role_prompts(config), progress, tracker, roles=roles)
            try:
                interrupts.run(with_timeline(job, _work(job)))
            except RayTaskError as error:
                raise plain(error) from error
            finally:
                _close(job, in_order=not interrupts.received)
        write_report(store)
    return run_dir


@contextlib.contextmanager
def tracked(config: RunConfig, store: RunDir, progress: Progress) -> Iterator[Tracker]:
    """The run's W&B tracker.  Its folder is inside a local run directory; elsewhere a temporary one, copied there at the end."""
    folder = store.local_path("wandb") if store.local else Path(tempfile.mkdtemp(prefix="synth-wandb-"))
    tracker = Tracker(config.tracking, folder, tracked_id(config.name, store.id), config.model_dump(mode="json"), progress.note)
    try:
        yield tracker
    finally:
        tracker.finish()
        if not store.local:
            try:
                store.put_folder("wandb", folder)
            except UserError as error:
                progress.note(f"W&B's files stay in {folder}: {error}")
            else:
                shutil.rmtree(folder, ignore_errors=True)


def _close(job: Run, in_order: bool) -> None:
    """End the actors that the run started.

    After an interruption nothing is waited for: what is worth keeping is kept, and they end with Ray's session.  Killed one by one,
    each that is at work would be a line of Ray's for the user ("There are infinite retries remaining …").
    """
    if not in_order:
        if job.trainers is not None:
            shutil.rmtree(job.trainers.inbox, ignore_errors=True)
        return
    if job.trainers is not None:
        job.trainers.close()
    for actor in (*job.samplers, *(actor for group in job.groups for actor in group.starting)):
        end_sampler(actor)
    for actor in [*job.shards, *job.measuring, *(job.index.shards if job.index else ()), *job.pools.values()]:
        ray.kill(actor)


async def _work(job: Run) -> None:
    """All rounds that are not yet complete."""
    await enough(job.config, job.roles, job.progress)
    verify = job.config.verify
    if verify.kernels and verify.kernels_keep is None and job.store.local:
        verify = verify.model_copy(update={"kernels_keep": job.store.local_path("disputed").absolute()})
    job.pools = node_pools(verify)
    beside = [asyncio.create_task(follow(job.pools, verify, job.members)), asyncio.create_task(keep_compact(job.store))]
    if ray.is_initialized() and any(sampler.grows for sampler in engines(job.config, job.roles)):
        beside.append(asyncio.create_task(Joining(job).follow()))
    try:
        await (rounds_in_turn(job) if job.config.mode == "sync" else rounds_in_stream(job))
        await merge_newest(job)
    finally:
        for task in beside:
            task.cancel()
