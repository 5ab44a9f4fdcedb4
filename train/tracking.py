"""Weights & Biases, thin: offline unless the user is logged in, and never a reason for a run to fail."""

from __future__ import annotations

import netrc
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlparse

from train.config import TrackingConfig

Mode = Literal["online", "offline", "disabled"]
# Offline nothing but a busy machine delays the start, and giving up would lose the whole record.  W&B has limits of its own
# (30 s for a step inside `init` and inside `log`), so a time-out is no reason to give up either.
START_SECONDS = {"online": 60.0, "offline": 600.0}
STARTS = 5


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
        if self.mode == "disabled":
            return
        self._try("start", lambda: self._start_patiently(config, folder, run_id, settings))

    def _start_patiently(self, *given: Any) -> None:
        for left in reversed(range(STARTS)):
            try:
                return self._start(*given)
            except TimeoutError:
                if not left:
                    raise

    def _start(self, config: TrackingConfig, folder: Path, run_id: str, settings: Mapping[str, Any]) -> None:
        import wandb

        folder.mkdir(parents=True, exist_ok=True)
        self._run = wandb.init(
            project=config.project,
            entity=config.entity,
            id=run_id,
            name=run_id,
            dir=str(folder),
            mode=self.mode,
            resume="allow" if self.mode == "online" else None,
            config=dict(settings),
            settings=wandb.Settings(silent=True, console="off", init_timeout=START_SECONDS[self.mode]),
        )

    @property
    def url(self) -> str:
        """Address of the run; '' when it is not online."""
        return str(getattr(self._run, "url", None) or "")

    def log(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Log `metrics` at `step` (W&B wants steps that do not fall)."""
        self._try("log", lambda: self._run.log(dict(metrics), step=step))

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

    def _try(self, what: str, step: Callable[[], Any]) -> None:
        if self._run is None and what != "start":
            return
        try:
            step()
        except TimeoutError as error:  # the machine is busy: the next rows may get through
            self._warn(f"W&B: {what} timed out ({error})")
        except Exception as error:  # whatever W&B raises, the run goes on
            self._run = None
            reason = (str(error) or type(error).__name__).splitlines()[0]
            self._warn(f"W&B: {what} failed ({reason}); nothing more is tracked in this run")
