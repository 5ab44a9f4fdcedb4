"""Ray Train workers that wait for rounds to train."""

from __future__ import annotations

import os
import shutil
import threading
import uuid
from pathlib import Path
from typing import Any

from train import inbox, loop
from train.config import TrainConfig
from train.engine import environment
from train.inbox import Job
from verify_workers.errors import UserError


class WorkerGroup:
    """Ray Train workers: processes that have loaded PyTorch and DeepSpeed and wait for rounds to train.

    Starting them takes longer than a short round does.  They hold their CPUs or GPUs until `close`.
    """

    def __init__(self, config: TrainConfig, folder: Path) -> None:
        """Start workers for rounds of `config`'s shape, with their mail in a new folder inside `folder` (which all nodes see).

        Uses the Ray that is connected, or starts a local one.  Raises UserError for too small a cluster.
        """
        import ray

        self.config, self.failure = config, None
        if not ray.is_initialized():
            ray.init(num_cpus=None if os.environ.get("RAY_ADDRESS") else max(os.cpu_count() or 1, config.workers), include_dashboard=False)
        _enough_resources(ray.cluster_resources(), config)
        self.inbox = folder.resolve() / f"workers-{uuid.uuid4().hex[:8]}"
        self.inbox.mkdir(parents=True)
        # Not in the main thread, where Ray Train would replace the Ctrl-C handler for good.
        self._thread = threading.Thread(target=self._serve, name="train-workers", daemon=True)
        self._thread.start()

    failure: BaseException | None
    """Why the workers ended, if they failed."""

    def fits(self, config: TrainConfig) -> bool:
        """Whether a round of `config` can be trained by these workers."""
        return all(getattr(config, name) == getattr(self.config, name) for name in ("workers", "threads", "cpus_per_worker", "gpu"))

    def post(self, job: Job) -> None:
        """Give the workers a round; they must have finished the one before."""
        inbox.post(job, self.inbox)

    def finished(self, job: Job, seconds: float) -> bool:
        """Wait up to `seconds`; True once the workers have ended `job`, or have died."""
        self._thread.join(seconds)
        return not self._thread.is_alive() or (self.inbox / inbox.done_name(job)).exists()

    def close(self) -> None:
        """Let the workers end, and wait for it."""
        inbox.close(self.inbox)
        self._thread.join()
        shutil.rmtree(self.inbox, ignore_errors=True)

    def __enter__(self) -> WorkerGroup:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _serve(self) -> None:
        try:
            _trainer(self.inbox, self.config).fit()
        except BaseException as error:  # for the thread that waits
            self.failure = error


def _enough_resources(have: dict[str, float], config: TrainConfig) -> None:
    """UserError rather than an endless wait for a worker that can never be placed."""
    wanted = {"CPU": config.workers * config.cpus_per_worker} | ({"GPU": float(config.workers)} if config.gpu else {})
    for name, amount in wanted.items():
        if have.get(name, 0.0) < amount:
            remedy = "lower train.workers or train.cpus_per_worker" if name == "CPU" else "lower train.workers or set train.gpu=false"
            found = have.get(name, 0.0)
            raise UserError(f"training wants {amount:g} {name}s in Ray ({config.workers} workers) and the cluster has {found:g}; {remedy}")


def _trainer(folder: Path, config: TrainConfig) -> Any:
    """Ray Train's trainer for workers that serve the inbox `folder`."""
    import ray

    os.environ.setdefault("RAY_TRAIN_V2_ENABLED", "1")
    os.environ.setdefault("RAY_TRAIN_HEALTH_CHECK_INTERVAL_S", "0.5")
    if len(ray.nodes()) == 1:  # nothing to be preempted away from; saves a process
        os.environ.setdefault("RAY_TRAIN_ENABLE_PREEMPTION_WATCHER", "0")
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer
    from ray.train.v2.api.config import LoggingConfig

    class PlainTorchTrainer(TorchTrainer):  # type: ignore[misc]
        """Without the placement-group cleaner, a detached actor that polls the dashboard and outlives a run that has none."""

        def _create_default_callbacks(self) -> list[Any]:
            callbacks: list[Any] = super()._create_default_callbacks()
            return [callback for callback in callbacks if type(callback).__name__ != "PlacementGroupCleanerCallback"]

    resources: dict[str, float] = {"CPU": config.cpus_per_worker} | ({"GPU": 1.0} if config.gpu else {})
    return PlainTorchTrainer(
        loop.serve,
        train_loop_config=str(folder),
        scaling_config=ScalingConfig(num_workers=config.workers, use_gpu=config.gpu, resources_per_worker=resources),
        torch_config=TorchConfig(backend="nccl" if config.gpu else "gloo"),
        run_config=RunConfig(
            name=folder.name,
            storage_path=str(folder / "ray"),
            failure_config=FailureConfig(max_failures=config.max_failures),
            logging_config=LoggingConfig(log_level="ERROR"),
            worker_runtime_env={"env_vars": environment(config)},
        ),
    )
