"""Ray Train workers that wait for rounds to train."""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

from train import inbox, loop
from train.config import TrainConfig
from train.engine import environment
from train.inbox import Job
from verify_workers.errors import UserError
from verify_workers.working_directory import enter_again

log = logging.getLogger(__name__)
_POLL_SECONDS = 0.3
_TELL_SECONDS = 5.0  # of waiting for what is held by others, before it is told
_START_SECONDS = 900.0  # for processes to start and import: slow disks


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
        if missing := _missing(ray.cluster_resources(), config):
            name, wanted, found = missing
            raise UserError(
                f"training wants {wanted:g} {name}s in Ray ({config.workers} workers) and the cluster has {found:g}; {_remedy(name)}"
            )
        self.inbox = folder.resolve() / f"workers-{uuid.uuid4().hex[:8]}"
        self.inbox.mkdir(parents=True)
        self._closing = threading.Event()
        self._since = time.monotonic()
        # Not in the main thread, where Ray Train would replace the Ctrl-C handler for good.
        self._thread = threading.Thread(target=self._serve, name="train-workers", daemon=True)
        self._thread.start()

    failure: BaseException | None
    """Why the workers ended, if they failed."""

    @property
    def gone(self) -> bool:
        """Whether what looks after the workers has died (its node has, say): Ray Train replaces workers, but not that."""
        from ray.exceptions import RayActorError

        return isinstance(self.failure, RayActorError)

    def fits(self, config: TrainConfig) -> bool:
        """Whether a round of `config` can be trained by these workers."""
        return all(
            getattr(config, name) == getattr(self.config, name)
            for name in ("workers", "threads", "cpus_per_worker", "gpu", "gpus_per_worker")
        )

    def post(self, job: Job) -> None:
        """Give the workers a round; they must have finished the one before."""
        inbox.post(job, self.inbox)

    def finished(self, job: Job, seconds: float) -> bool:
        """Wait up to `seconds`; True once the workers have ended `job`, or have died."""
        self._thread.join(seconds)
        return not self._thread.is_alive() or (self.inbox / inbox.done_name(job)).exists()

    @property
    def up(self) -> bool:
        """Whether the workers have started, so that a round that is stopped has something to save."""
        return (self.inbox / inbox.UP).exists()

    def check_start(self) -> None:
        """UserError where the workers should have started long ago."""
        limit = self.config.wait_seconds + _START_SECONDS
        if not self.up and time.monotonic() - self._since > limit:
            raise UserError(f"the training workers did not start within {limit:.0f} s; what Ray does with them: `ray status`, and its logs")

    def close(self) -> None:
        """Let the workers end, and wait for it; not for workers that are still starting: they will see it, and end."""
        self._closing.set()
        inbox.close(self.inbox)
        if self.up or not self._thread.is_alive():
            self._thread.join()
            shutil.rmtree(self.inbox, ignore_errors=True)

    def __enter__(self) -> WorkerGroup:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _serve(self) -> None:
        try:
            self._wait_for_room()
            if not self._closing.is_set():
                _trainer(self.inbox, self.config).fit()
        except BaseException as error:  # for the thread that waits
            self.failure = error
        if self._closing.is_set():
            shutil.rmtree(self.inbox, ignore_errors=True)

    def _wait_for_room(self) -> None:
        """Return when what the workers want is free; UserError after `wait_seconds`: Ray itself would wait for ever, in silence."""
        import ray

        limit, told = self.config.wait_seconds, False
        while missing := _missing(ray.available_resources(), self.config):
            name, wanted, found = missing
            text = f"training wants {wanted:g} {name}s and {found:g} are free in Ray; others are held by {_holders()}"
            waited = time.monotonic() - self._since
            if waited > limit:
                raise UserError(f"{text}; waited {limit:g} s; {_remedy(name)}, or end what holds them")
            if not told and waited > _TELL_SECONDS:
                log.warning("%s; waiting up to %g s", text, limit)
                told = True
            if self._closing.wait(_POLL_SECONDS):
                return


def _missing(have: dict[str, float], config: TrainConfig) -> tuple[str, float, float] | None:
    """The resource of which `have` has less than the workers want: its name, how much is wanted and how much there is."""
    wanted = {"CPU": config.workers * config.cpus_per_worker, "GPU": config.gpus}
    return next(((name, amount, have.get(name, 0.0)) for name, amount in wanted.items() if have.get(name, 0.0) < amount - 1e-6), None)


def _remedy(name: str) -> str:
    if name == "CPU":
        return "lower train.workers or train.cpus_per_worker"
    give_back = "let samplers give theirs back with sampler.release_while_training=true (and train.keep_workers=false)"
    return f"lower train.workers, {give_back}, or share GPUs with train.gpus_per_worker and sampler.gpus below 1"


def _holders() -> str:
    """The classes of the actors that live in this Ray, most frequent first."""
    try:
        from ray._private.state import actors

        alive = Counter(str(actor["ActorClassName"]) for actor in actors(actor_state_name="ALIVE").values())
    except Exception:  # not a public interface: a missing name must not hide what is being told
        alive = Counter()
    return ", ".join(f"{count} {name}" for name, count in alive.most_common(5)) or "other tasks"


def _trainer(folder: Path, config: TrainConfig) -> Any:
    """Ray Train's trainer for workers that serve the inbox `folder`."""
    import ray

    os.environ.setdefault("RAY_TRAIN_V2_ENABLED", "1")
    os.environ.setdefault("RAY_TRAIN_HEALTH_CHECK_INTERVAL_S", "0.5")
    if len(ray.nodes()) == 1:  # nothing to be preempted away from; saves a process
        os.environ.setdefault("RAY_TRAIN_ENABLE_PREEMPTION_WATCHER", "0")
    enter_again()  # what follows loads PyTorch
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer
    from ray.train.v2.api.config import LoggingConfig

    class PlainTorchTrainer(TorchTrainer):  # type: ignore[misc]
        """Without the placement-group cleaner, a detached actor that polls the dashboard and outlives a run that has none, and without
        Ray Data, which costs an actor and an import in each worker: our workers read their examples themselves.
        """

        def _create_default_callbacks(self) -> list[Any]:
            callbacks: list[Any] = super()._create_default_callbacks()
            left_out = ("PlacementGroupCleanerCallback", "DatasetsCallback")
            return [callback for callback in callbacks if type(callback).__name__ not in left_out]

    resources: dict[str, float] = {"CPU": config.cpus_per_worker} | ({"GPU": config.gpus_per_worker} if config.gpu else {})
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
