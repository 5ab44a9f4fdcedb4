"""Weights & Biases, thin: offline unless the user is logged in, and never a reason for a run to fail."""

from __future__ import annotations

import json
import netrc
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlparse

from train.config import TrackingConfig

Mode = Literal["online", "offline", "disabled"]
# Offline nothing but a busy machine delays the start, and giving up would lose the whole record.  W&B has limits of its own
# (30 s for a step inside `init` and inside `log`), so a time-out is no reason to give up either.
START_SECONDS = {"online": 60.0, "offline": 600.0}
FINISH_SECONDS = 120.0  # that an upload may take at the end; `wandb sync` sends what is left
STARTS = 5


@dataclass(frozen=True)
class Artifact:
    """Something with a history: its `metadata` is put into it as well, and tells one version from another."""

    name: str
    type: str
    metadata: Mapping[str, Any]
    reference: str = ""
    """Address of what it is; nothing there is read or uploaded."""
    folder: Path | None = None
    """What is uploaded."""
    aliases: list[str] = field(default_factory=list)


def resolve_mode(config: TrackingConfig, environment: Mapping[str, str], home: Path) -> Mode:
    """`config.mode`; for `auto` WANDB_MODE, else online if a key is found (WANDB_API_KEY or ~/.netrc), else offline."""
    if config.mode != "auto":
        return config.mode
    wanted = environment.get("WANDB_MODE", "")
    if wanted in ("online", "offline", "disabled"):
        return wanted  # type: ignore[return-value]
    if environment.get("WANDB_DISABLED", "").lower() in ("true", "1"):
        return "disabled"
    host = urlparse(environment.get("WANDB_BASE_URL", "https://api.wandb.ai")).hostname or "api.wandb.ai"
    return "online" if environment.get("WANDB_API_KEY") or _has_login(Path(environment.get("NETRC", home / ".netrc")), host) else "offline"


def _has_login(path: Path, host: str) -> bool:
    """Whether the user has logged in to `host`; the key itself is not read out."""
    try:
        return netrc.netrc(path).authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False


def tracked_id(name: str, run: str) -> str:
    """The id, and the name, of a run at W&B."""
    return f"{name}-{run}"


class Tracker:
    """One W&B run.  The first failure is told once through `warn`, and then nothing more is logged.

    `folder` gets W&B's own files (`folder/wandb/…`).  A run of the same `run_id` is continued where W&B can.
    """

    def __init__(
        self, config: TrackingConfig, folder: Path, run_id: str, settings: Mapping[str, Any], warn: Callable[[str], None] = print
    ) -> None:
        self.mode: Mode = resolve_mode(config, os.environ, Path.home())
        self._warn = warn
        self._run: Any = None
        self._told = False
        self._step: int | None = None  # of the latest row
        self._order = threading.Lock()  # W&B drops a row that comes after one of a later step
        if self.mode == "disabled":
            return
        self._config, self._folder, self._id = config, folder, run_id
        self._try("start", lambda: self._start_patiently(settings))

    def _start_patiently(self, settings: Mapping[str, Any]) -> None:
        if self.mode == "online":
            try:
                return self._start(settings)
            except Exception as error:  # no server, no network, a key that is refused: the record is worth keeping all the same
                import wandb

                self.mode = "offline"
                wandb.teardown()  # else the run that could not start is still there
                self._warn(f"W&B: {_reason(error)}; tracked offline: `wandb sync {self._folder}/wandb/offline-run-*` sends it later")
        for left in reversed(range(STARTS)):
            try:
                return self._start(settings)
            except TimeoutError:
                if not left:
                    raise

    def _start(self, settings: Mapping[str, Any]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._run = self._init(self._id, config=dict(settings))
        self._run.define_metric("time", hidden=True)
        self._run.define_metric("*", step_metric="time")

    def _init(self, run_id: str, **more: Any) -> Any:
        import wandb

        return wandb.init(
            project=self._config.project,
            entity=self._config.entity,
            group=self._id,
            id=run_id,
            name=run_id,
            dir=str(self._folder),
            mode=self.mode,
            resume="allow" if self.mode == "online" else None,
            settings=wandb.Settings(
                silent=True,
                console="off",
                init_timeout=START_SECONDS[self.mode],
                finish_timeout=FINISH_SECONDS if self.mode == "online" else 0,
            ),
            **more,
        )

    @property
    def active(self) -> bool:
        """Whether anything is still tracked."""
        return self._run is not None

    @property
    def url(self) -> str:
        """Address of the run; '' when it is not online."""
        return str(getattr(self._run, "url", None) or "")

    def log(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Log `metrics` at `step` (W&B wants steps that do not fall)."""
        with self._order:
            self._step = step
            self._try("log", lambda: self._run.log(dict(metrics), step=step))

    def table(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Log a small table, with the latest row.  Not for an event loop: without its server W&B takes 20 s to give up."""
        import wandb

        data = [list(row) for row in rows]
        with self._order:
            self._try("table", lambda: self._run.log({name: wandb.Table(columns=list(columns), data=data)}, step=self._step), final=False)

    def work(self, name: str, kind: str, used: Sequence[Artifact], made: Sequence[Artifact]) -> None:
        """Log a piece of the run's work with what it used and made: a W&B run of its own in the group of this one.

        W&B's lineage graph has a node for each run; all of it in one run would be a circle.
        """

        def put() -> None:
            with self._init(f"{self._id}-{name}", job_type=kind, reinit="create_new") as run:
                for artifact in used:
                    # `use_artifact` would wait for the server, and refuses offline; what it does otherwise is this.
                    run._log_artifact(_wandb_artifact(artifact), is_user_created=True, use_after_commit=True)
                for artifact in made:
                    run.log_artifact(_wandb_artifact(artifact), aliases=artifact.aliases or None)

        self._try(f"lineage of {name}", put, final=False)

    def finish(self) -> None:
        """Close the run and wait for what is still being written."""
        self._try("finish", self._finish)
        self._run = None

    def _finish(self) -> None:
        import wandb

        self._run.finish()
        if self.mode == "offline":
            # W&B's service still writes the last rows when `finish` returns: whoever copies the folder then copies a torn file.
            wandb.teardown()  # waits for the service to end

    def _try(self, what: str, step: Callable[[], Any], final: bool = True) -> None:
        """`final`: where it fails, nothing more is tracked."""
        if self._run is None and what != "start":
            return
        try:
            step()
        except TimeoutError as error:  # the machine is busy: the next rows may get through
            self._warn(f"W&B: {what} timed out ({error})")
        except Exception as error:  # whatever W&B raises, the run goes on
            if final:
                self._run = None
                self._warn(f"W&B: {what} failed ({_reason(error)}); nothing more is tracked in this run")
            elif not self._told:
                self._told = True
                self._warn(f"W&B: {what} failed ({_reason(error)}); the other figures go on")


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _wandb_artifact(artifact: Artifact) -> Any:
    import wandb

    made = wandb.Artifact(artifact.name, artifact.type, metadata=dict(artifact.metadata))
    with made.new_file("about.json", mode="w") as file:
        json.dump(dict(artifact.metadata), file, indent=2, sort_keys=True)
    if artifact.folder is not None:
        made.add_dir(str(artifact.folder))
    elif artifact.reference:
        made.add_reference(artifact.reference, name="where", checksum=False)
    return made
