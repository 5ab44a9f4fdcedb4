"""How the driver hands rounds to its workers: a folder that all of them see.

`job.json` holds the round to train (null: the inbox is closed), `ATTEMPT.done` says that one has ended, `up` that workers
have started.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

UP = "up"  # the file that says that workers serve the inbox
NOTICE = "notice.json"  # in a round's folder: what its workers have to tell before they start
_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Job:
    """One round, as handed to every worker; all paths are absolute and seen by all workers."""

    init: str
    examples: tuple[str, ...]
    out: str
    config: dict[str, Any]
    seed: int
    key: str
    """Hash of everything the result depends on; goes into the manifest."""
    attempt: str
    """Unique per driver, so that a dying worker of an older driver cannot write into a newer one's checkpoint."""
    served: str = ""
    """Number format in which the result will be served; '' = the one it is trained in."""
    data: str = ""
    """`train.data.files_hash` of `examples`; '' = not known."""
    adapter: str = ""
    """An adapter of `init` that the round trains on; '' = fresh ones, under LoRA."""
    init_hash: str = ""
    """`train.model.checkpoint_hash` of `init`, which an adapter's hash begins with; '' = not known."""
    merged: bool = True
    """Whether adapters are merged into the model at the end; else they are what the round leaves."""


def write_text(path: Path, text: str) -> None:
    """Write `text` at `path`, whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def write_json(path: Path, value: Any) -> None:
    """The same of a value."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def done_name(job: Job) -> str:
    """The file in the inbox that says this job has ended, one way or another."""
    return f"{job.attempt}.done"


def post(job: Job, inbox: Path) -> None:
    """Hand `job` to the workers of `inbox`, who have ended the one before."""
    write_json(inbox / "job.json", asdict(job))


def close(inbox: Path) -> None:
    """Let the workers of `inbox` end; where it is gone, they have."""
    with suppress(FileNotFoundError):
        write_json(inbox / "job.json", None)


def next_job(inbox: Path, seen: set[str]) -> Job | None:
    """Wait for a job that is not done yet; None once the inbox is closed or gone."""
    while inbox.is_dir():
        try:
            job = json.loads((inbox / "job.json").read_text())
        except FileNotFoundError:
            pass
        else:
            if job is None:
                return None
            if job["attempt"] not in seen and not (inbox / f"{job['attempt']}.done").exists():
                return Job(**job | {"examples": tuple(job["examples"])})
        time.sleep(_POLL_SECONDS)
    return None
