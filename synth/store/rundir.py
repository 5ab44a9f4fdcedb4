"""The run directory: where a run keeps everything it made, on any fsspec filesystem.

Layout::

    config.yaml                  the resolved config of the run
    run.json                     the run's own random id, given when it began
    problems/ statements/ attempts/ verdicts/ pairs/ searches/     Parquet parts
    claims/ texts/               the same of the index: which statements and problems the run has (`synth/index`)
    manifest/HASH.json           one entry per finished unit of work: its key, its parts and their rows
    manifest/segments/…parquet   many such entries in one file (`synth/store/compact.py`), which their small parts share too
    manifest.json                the single entries in one file, and sums (derived; rebuilt whenever it is missing, torn or old)
    rounds/NNN/metrics.json ...  written by the pipeline through `write_json`
    rounds/NNN/service/          how long Lean took for what the driver asked (`synth/store/service.py`), and each sample of
    rounds/NNN/eval_samples.parquet     the round's evaluation: what the simulator draws from
    timeline/NNNN.jsonl          what the run did, against its seconds at work
    .tmp/                        files being written

Work is at-least-once and the corpus exactly-once.  A unit of work (a shard of a round, say) commits all that it
made, of every kind, under one key: first the parts under names of their own, then the manifest entry that names
them.  Moving that entry into place is the commit.  A part that no entry names does not exist for a reader, so a
writer may be killed at any moment; doing the unit again gives new parts and one entry; a key that has an entry is
never written again.  Once many entries are there, they are put into a segment, their parts' rows into larger parts,
and then removed.  Nothing is appended to or changed in place, which object stores could not do; there a file is put
whole by one request, elsewhere it is written under `.tmp/` and moved into place.
"""

from __future__ import annotations

import contextlib
import fcntl
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from synth.store.config_diff import MAY_CHANGE, config_differences
from synth.store.lease import Lease
from synth.store.units import KINDS, Units
from verify_workers.errors import UserError

__all__ = ["KINDS", "RunDir"]


def _as_yaml(config: BaseModel | Mapping[str, Any]) -> str:
    plain = config.model_dump(mode="json") if isinstance(config, BaseModel) else dict(config)
    return str(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True))


def _completed(old: dict[str, Any], config: BaseModel | Mapping[str, Any]) -> dict[str, Any]:
    """A recorded configuration with the defaults of keys that a later version added; as it is where it does not load."""
    if isinstance(config, BaseModel):
        with contextlib.suppress(ValidationError, UserError):
            return type(config).model_validate(old).model_dump(mode="json")
    return old


class RunDir(Units):
    """One run's directory.  `open` is for the driver, the class itself for its workers (nothing is locked, checked or cleaned),
    `existing` for readers of finished runs.

    `path` is where it is, as the user wrote it; `url` says the same in any process, whatever its working directory.
    Cheap to make, and safe to send to another process.
    """

    @classmethod
    def open(cls, url: str | Path, config: BaseModel | Mapping[str, Any] | None = None) -> RunDir:
        """Open a directory for a run as its only driver: make it, or continue what it holds.

        `config` is the resolved config.  It is written down on first use and must agree with what is there
        afterwards, but for what only divides the work of training.  Leftovers of a killed writer are removed.
        Raises UserError for another config, another driver at work, or a place that cannot be written.
        """
        run = cls(url)
        with run._writing(run.root):
            if not run._object_store:
                run.fs.makedirs(run.root, exist_ok=True)
            run._take_lock()
        try:
            if not run.exists("run.json"):
                run.write_json("run.json", {"id": uuid.uuid4().hex[:16]})
            if config is not None and (run.agree(config) or not run.exists("config.yaml")):
                run.write_text("config.yaml", _as_yaml(config))
            run._sweep()
            run.save_manifest()
        except BaseException:
            run.close()
            raise
        return run

    @classmethod
    def existing(cls, url: str | Path) -> RunDir:
        """A run that must be there already (for reports and exports); UserError where it is not."""
        run = cls(url)
        if not (run.exists("config.yaml") or run.exists("manifest") or run.exists("manifest.json")):
            raise UserError(
                f"{run.path}: not a run directory (no config.yaml or manifest.json); give the directory that `synth run` printed"
            )
        return run

    def close(self) -> None:
        """Let another driver in."""
        if isinstance(self._lock, Lease):
            self._lock.release()
        elif self._lock is not None:
            self._lock.close()
        self._lock = None

    def __enter__(self) -> RunDir:
        return self

    def __exit__(self, *exception: object) -> None:
        try:
            if exception[0] is None:
                self.save_manifest()
        finally:
            self.close()

    @property
    def id(self) -> str:
        """The run's own random id, given when it began: two runs of one configuration differ in it."""
        return str((self.read_json("run.json") or {}).get("id", ""))

    # opening

    def _take_lock(self) -> None:
        """One driver per run directory: by a lock where the filesystem is this machine's own, elsewhere by a lease."""
        if not self.local:
            lease = Lease(self.fs, self.file(".driver.json"), self.path)
            lease.take()
            self._lock = lease
            return
        with self._writing(self.root):
            file = Path(self.file(".lock")).open("ab")  # noqa: SIM115  # held until `close`
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise UserError(
                f"{self.path}: another `synth run` is using this run directory; wait for it, or give another --run-dir"
            ) from None
        self._lock = file

    def locked(self) -> bool:
        """Whether a driver is at work here."""
        if not self.local:
            return Lease(self.fs, self.file(".driver.json"), self.path).held()
        try:
            with Path(self.file(".lock")).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def agree(self, config: BaseModel | Mapping[str, Any]) -> bool:
        """UserError where a run of another config is here; nothing is written. True where it is one with other `MAY_CHANGE` keys."""
        text = _as_yaml(config)
        if not self.exists("config.yaml"):
            if self.keys():
                raise UserError(f"{self.path}: holds results but no config.yaml; give another --run-dir")
            return False
        try:
            old = yaml.safe_load(self.read_bytes("config.yaml"))
        except yaml.YAMLError:
            old = None
        if not isinstance(old, dict):
            raise UserError(f"{self.file('config.yaml')}: damaged; give another --run-dir")
        changed = config_differences(_completed(old, config), yaml.safe_load(text))
        different = [change for change in changed if change[0] not in MAY_CHANGE]
        if different:
            shown = ", ".join(f"{key} is {was!r} there and {now!r} here" for key, was, now in different[:3])
            more = f" (and {len(different) - 3} more)" if len(different) > 3 else ""
            raise UserError(f"{self.path}: holds a run of another config: {shown}{more}; use that config, or give another --run-dir")
        return bool(changed)

    def _sweep(self) -> None:
        """Remove what killed writers left: temporary files, and parts that no manifest entry names."""
        if self.exists(".tmp"):
            self.fs.rm(self.file(".tmp"), recursive=True)
        self.manifest.clear()
        named = {part["path"] for entry in self.entries() for part in entry["parts"]}
        for kind in KINDS:
            for path in self.list_files(kind):
                if path.endswith(".parquet") and f"{kind}/{path.rsplit('/', 1)[-1]}" not in named:
                    self.fs.rm_file(path)

    # rounds

    def rounds(self) -> list[dict[str, Any]]:
        """The metrics of all finished rounds, in order."""
        found = [self.read_json(f"rounds/{path.rsplit('/', 1)[-1]}/metrics.json") for path in self.list_files("rounds")]
        return [metrics for metrics in found if metrics is not None]
