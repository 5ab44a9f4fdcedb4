"""The run directory: where a run keeps everything it made, on any fsspec filesystem.

Layout::

    config.yaml                  the resolved config of the run
    run.json                     the run's own random id, given when it began
    problems/ statements/ attempts/ verdicts/ pairs/ searches/     Parquet parts
    manifest/HASH.json           one entry per finished unit of work: its key, its parts and their rows
    manifest.json                all entries in one file (derived; rebuilt whenever it is missing, torn or old)
    rounds/NNN/metrics.json ...  written by the pipeline through `write_json`
    timeline/NNNN.jsonl          what the run did, against its seconds at work
    .tmp/                        files being written

Work is at-least-once and the corpus exactly-once.  A unit of work (a shard of a round, say) commits all that it
made, of every kind, under one key: first the parts under names of their own, then the manifest entry that names
them.  Moving that entry into place is the commit.  A part that no entry names does not exist for a reader, so a
writer may be killed at any moment; doing the unit again gives new parts and one entry; a key that has an entry is
never written again.  Nothing is appended to or changed in place, which object stores could not do; there a file is put
whole by one request, elsewhere it is written under `.tmp/` and moved into place.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import fsspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml
from fsspec.implementations.local import LocalFileSystem
from pydantic import BaseModel, ValidationError

from synth.records import SCHEMA_VERSION, Attempt, Pair, Problem, Record, SearchRow, Statement, VerdictRow
from synth.store.arrow import R, from_table, part_bytes
from synth.store.config_diff import MAY_CHANGE, config_differences
from synth.store.lease import Lease
from verify_workers.errors import UserError

KINDS: dict[str, type[Record]] = {
    "problems": Problem,
    "statements": Statement,
    "attempts": Attempt,
    "verdicts": VerdictRow,
    "pairs": Pair,
    "searches": SearchRow,
}

PROVISIONAL = {"statements": ("reason", ("undecided",)), "verdicts": ("outcome", ("infra", "unchecked"))}
"""Field and values that say of a record: asked, but not answered."""
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

# Protocols whose files appear whole with the request that puts them.
_OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oss"})

_NO_PLACE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENOENT, errno.ENAMETOOLONG}


def _as_yaml(config: BaseModel | Mapping[str, Any]) -> str:
    plain = config.model_dump(mode="json") if isinstance(config, BaseModel) else dict(config)
    return str(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True))


def _completed(old: dict[str, Any], config: BaseModel | Mapping[str, Any]) -> dict[str, Any]:
    """A recorded configuration with the defaults of keys that a later version added; as it is where it does not load."""
    if isinstance(config, BaseModel):
        with contextlib.suppress(ValidationError, UserError):
            return type(config).model_validate(old).model_dump(mode="json")
    return old


class RunDir:
    """One run's directory.  `open` is for the driver, the class itself for its workers (nothing is locked, checked or cleaned),
    `existing` for readers of finished runs.

    `path` is where it is, as the user wrote it; `url` says the same in any process, whatever its working directory.
    Cheap to make, and safe to send to another process.
    """

    def __init__(self, url: str | Path) -> None:
        self.path = str(url)
        try:
            self.fs, self.root = fsspec.url_to_fs(self.path)
        except (ImportError, ValueError) as error:
            raise UserError(f"{self.path}: cannot be opened ({error}); give a folder, or install the fsspec driver for it") from None
        self.local = isinstance(self.fs, LocalFileSystem)
        self.url = self.path if "::" in self.path else str(self.fs.unstrip_protocol(self.root))
        self._entries: dict[str, dict[str, Any]] = {}
        self._lock: IO[bytes] | Lease | None = None

    def __reduce__(self) -> tuple[type[RunDir], tuple[str]]:
        return RunDir, (self.url,)

    def __repr__(self) -> str:
        return f"RunDir({self.path!r})"

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

    # files

    def address(self, name: str) -> str:
        """Where a file of this run is, for people: a path, or a whole URL on another filesystem."""
        return self.file(name) if self.local else f"{self.url.rstrip('/')}/{name}"

    @property
    def _object_store(self) -> bool:
        protocols = (self.fs.protocol,) if isinstance(self.fs.protocol, str) else self.fs.protocol
        return bool(_OBJECT_STORES & set(protocols))

    def file(self, name: str) -> str:
        """The path of a file of this run, as its filesystem knows it."""
        return f"{self.root}/{name}"

    def local_path(self, name: str = "") -> Path:
        """A file or folder of this run as a local path, for tools that need one (checkpoints); UserError on a remote filesystem."""
        if not self.local:
            raise UserError(f"{self.path}: this step needs a local run directory")
        return Path(self.root, name)

    def exists(self, name: str) -> bool:
        self.fs.invalidate_cache()
        with self._reading():
            return bool(self.fs.exists(self.file(name)))

    def read_bytes(self, name: str) -> bytes:
        with self._reading():
            data: bytes = self.fs.cat_file(self.file(name))
        return data

    def write_bytes(self, name: str, data: bytes) -> None:
        """Write a whole file so that it appears complete or not at all."""
        if isinstance(self._lock, Lease) and self._lock.lost:
            raise UserError(f"{self.path}: another `synth run` has taken this run directory over; let it go on, or give another --run-dir")
        target, temporary = self.file(name), self.file(f".tmp/{uuid.uuid4().hex}")
        with self._writing(target):
            if self._object_store:
                self.fs.pipe_file(target, data)
                return
            try:
                for path in (temporary, target):
                    self.fs.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
                with self.fs.open(temporary, "wb") as file:
                    file.write(data)
                    file.flush()
                    if self.local:
                        os.fsync(file.fileno())
                if self.local:
                    os.replace(temporary, target)
                else:
                    self.fs.mv(temporary, target)
            except BaseException:
                with contextlib.suppress(OSError):
                    self.fs.rm_file(temporary)
                raise

    def write_text(self, name: str, text: str) -> None:
        self.write_bytes(name, text.encode("utf-8", "replace"))

    def write_json(self, name: str, value: Any) -> None:
        self.write_text(name, json.dumps(value, indent=2, ensure_ascii=False) + "\n")

    def read_json(self, name: str, default: Any = None) -> Any:
        """The JSON file's value, or `default` where there is no such file; UserError where it is damaged."""
        try:
            return json.loads(self.read_bytes(name))
        except FileNotFoundError:
            return default
        except ValueError as error:
            raise UserError(f"{self.file(name)}: damaged JSON ({error}); remove the file and run the same command again") from None

    @contextlib.contextmanager
    def _writing(self, place: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in _NO_SPACE:
                raise UserError(
                    f"{place}: {os.strerror(error.errno).lower()}; free some space and run the same command to continue"
                ) from error
            if error.errno in _NO_PLACE:
                reason = os.strerror(error.errno).lower()
                raise UserError(f"{place}: cannot be written ({reason}); choose another run directory with --run-dir") from error
            self._unreachable(error)
            raise
        except UserError:
            raise
        except Exception as error:
            self._unreachable(error)
            raise

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, ValueError, UserError):
            raise
        except Exception as error:
            self._unreachable(error)
            raise

    def _unreachable(self, error: Exception) -> None:
        """UserError for whatever a remote filesystem's driver raises: it means the address, the network or the credentials."""
        if not self.local:
            reason = (" ".join(str(error).split()) or type(error).__name__)[:300].rstrip(".")
            raise UserError(
                f"{self.path}: not reachable ({reason}); check the address and your credentials, and run the same command to continue"
            ) from error

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
        named = {part["path"] for entry in self.entries() for part in entry["parts"]}
        for kind in KINDS:
            for path in self._list(kind):
                if path.endswith(".parquet") and f"{kind}/{path.rsplit('/', 1)[-1]}" not in named:
                    self.fs.rm_file(path)

    def _list(self, folder: str) -> list[str]:
        self.fs.invalidate_cache()
        try:
            with self._reading():
                return sorted(self.fs.ls(self.file(folder), detail=False))
        except FileNotFoundError:
            return []

    # units of work

    @staticmethod
    def _entry(key: str) -> str:
        return f"manifest/{hashlib.sha256(key.encode()).hexdigest()[:24]}.json"

    def commit(self, key: str, parts: Mapping[str, Iterable[BaseModel]], info: Mapping[str, Any] | None = None) -> bool:
        """Keep all records that the unit of work `key` made, of every kind in `parts`, or (when killed) none of them.

        `info` is small plain data about the unit (counts, seconds).  Returns False, and keeps nothing new, where the unit
        was finished before.  A kind with no records gets no part.
        """
        entry = self._entry(key)
        if self.exists(entry):
            return False
        attempt = uuid.uuid4().hex[:8]
        listed = []
        for kind, records in parts.items():
            data, rows = part_bytes(records, KINDS[kind], key)
            if rows:
                path = f"{kind}/{entry[9:-5]}-{attempt}.parquet"
                self.write_bytes(path, data)
                listed.append({"kind": kind, "path": path, "rows": rows, "bytes": len(data)})
        if self.exists(entry):  # another worker was given the same unit and was faster
            for part in listed:
                self.fs.rm_file(self.file(str(part["path"])))
            return False
        self.write_json(entry, {"key": key, "schema_version": SCHEMA_VERSION, "parts": listed, "info": dict(info or {})})
        return True

    def put_folder(self, name: str, folder: Path) -> None:
        """Copy what lies in the local `folder` into this run's folder `name`."""
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                self.write_bytes(f"{name}/{path.relative_to(folder)}", path.read_bytes())

    def write(self, kind: str, records: Iterable[BaseModel], key: str) -> bool:
        """`commit` for a unit that makes records of one kind; the same key written twice gives one part."""
        return self.commit(f"{kind}:{key}", {kind: records})

    def done(self, kind: str, key: str) -> bool:
        """Whether the unit `key` is finished as far as `kind` goes: by `write` of that kind, or by `commit`."""
        return self.exists(self._entry(f"{kind}:{key}")) or self.exists(self._entry(key))

    def entries(self) -> list[dict[str, Any]]:
        """All manifest entries, by key: the same order whichever worker finished first."""
        if not self._entries:
            self._load_manifest()
        listed = {path.rsplit("/", 1)[-1].removesuffix(".json"): path for path in self._list("manifest")}
        for name in self._entries.keys() - listed.keys():
            del self._entries[name]
        for name in sorted(listed.keys() - self._entries.keys()):
            self._entries[name] = self._entry_at(listed[name])
        return sorted(self._entries.values(), key=lambda entry: str(entry["key"]))

    def _entry_at(self, path: str) -> dict[str, Any]:
        try:
            with self._reading():
                entry: dict[str, Any] = json.loads(self.fs.cat_file(path))
            if all(name in entry for name in ("key", "parts", "info")):
                return entry
        except (ValueError, TypeError):
            pass
        raise UserError(f"{path}: damaged entry of the manifest; restore it, or remove it to do its work again")

    def _load_manifest(self) -> None:
        """Take what manifest.json holds, to spare reading the entries one by one; it is only a copy, so damage costs nothing."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            for entry in json.loads(self.read_bytes("manifest.json"))["entries"]:
                self._entries[self._entry(entry["key"])[9:-5]] = entry

    def repeated(self) -> set[str]:
        """Ids of statements that turned out to repeat another one of their round: their pairs count no more."""
        return {str(name) for entry in self.entries() for name in entry["info"].get("repeated", [])}

    def save_manifest(self) -> None:
        """Write manifest.json: every entry, and the rows of each kind."""
        entries = self.entries()
        rows = {kind: sum(part["rows"] for entry in entries for part in entry["parts"] if part["kind"] == kind) for kind in KINDS}
        self.write_json("manifest.json", {"schema_version": SCHEMA_VERSION, "rows": rows, "entries": entries})

    def keys(self, prefix: str = "") -> list[str]:
        """The keys of finished units."""
        return [entry["key"] for entry in self.entries() if entry["key"].startswith(prefix)]

    def parts(self, kind: str, prefix: str = "", keys: Collection[str] | None = None) -> list[str]:
        """Paths of the finished parts of a kind, in the order of the keys of their units: with `prefix`, in `keys`."""
        return [self.file(part["path"]) for _, part in self._parts(kind, prefix, keys)]

    def _parts(self, kind: str, prefix: str, keys: Collection[str] | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each finished part of a kind with the key of its unit."""
        for entry in self.entries():
            key = str(entry["key"])
            if key.removeprefix(f"{kind}:").startswith(prefix) and (keys is None or key in keys):
                yield from ((key, part) for part in entry["parts"] if part["kind"] == kind)

    def units(self, kind: str, prefix: str = "") -> dict[str, int]:
        """The keys of the finished units that made anything of a kind, in their order, with its rows as listed."""
        rows: dict[str, int] = {}
        for key, part in self._parts(kind, prefix):
            rows[key] = rows.get(key, 0) + int(part["rows"])
        return rows

    def count(self, kind: str, prefix: str = "") -> int:
        """Rows of a kind as listed, before `read` drops repeated ids."""
        return sum(self.units(kind, prefix).values())

    def read(self, kind: str, model: type[R], prefix: str = "", keys: Collection[str] | None = None) -> Iterator[R]:
        """The records of a kind (see `parts`), each id once, in the order of the keys.  UserError for a damaged part.

        Of several records of one id the first counts, but one that says "not known" (see `PROVISIONAL`) only until another
        says what it is.
        """
        seen = set()
        field, unknown = PROVISIONAL.get(kind, ("", ()))
        settled: set[str] | None = None
        for path in self.parts(kind, prefix, keys):
            for record in self._read_part(path, model):
                identity = getattr(record, "id", None)
                if field and getattr(record, field) in unknown:
                    settled = self._settled(kind, prefix) if settled is None else settled
                    if identity in settled:
                        continue
                if identity is None or identity not in seen:
                    seen.add(identity)
                    yield record

    def find(self, kind: str, model: type[R], ids: Collection[str]) -> dict[str, R]:
        """The records of `ids`, by id, as `read` would give them; only their rows are read."""
        field, unknown = PROVISIONAL.get(kind, ("", ()))
        found: dict[str, R] = {}
        for path in self.parts(kind) if ids else ():
            for record in self._read_part(path, model, [("id", "in", list(ids))]):
                before = found.get(getattr(record, "id"))  # noqa: B009
                if before is None or (field and getattr(before, field) in unknown):
                    found[getattr(record, "id")] = record  # noqa: B009
        return found

    def _settled(self, kind: str, prefix: str) -> set[str]:
        """Ids of which some record of `kind` says what they are."""
        field, unknown = PROVISIONAL[kind]
        found: set[str] = set()
        for path in self.parts(kind, prefix):
            with self.fs.open(path, "rb") as file:
                table = pq.read_table(file, columns=["id", field])
            found.update(table.filter(pc.invert(pc.is_in(table[field], pa.array(unknown))))["id"].to_pylist())
        return found

    def _read_part(self, path: str, model: type[R], filters: list[tuple[str, str, Any]] | None = None) -> Iterator[R]:
        try:
            with self.fs.open(path, "rb") as file:
                table = pq.read_table(file, filters=filters)
            version = int((table.schema.metadata or {}).get(b"schema_version", b"0"))
            if version > SCHEMA_VERSION:
                raise UserError(f"{path}: written by a newer proof-synth (records {version}, known here {SCHEMA_VERSION}); upgrade it")
            yield from from_table(table, model)
        except (pa.ArrowInvalid, FileNotFoundError, ValidationError) as error:
            first = str(error).splitlines()[0]
            raise UserError(
                f"{path}: unreadable part ({first}); the file was damaged after it was written: restore or start anew"
            ) from error

    # rounds

    def rounds(self) -> list[dict[str, Any]]:
        """The metrics of all finished rounds, in order."""
        found = [self.read_json(f"rounds/{path.rsplit('/', 1)[-1]}/metrics.json") for path in self._list("rounds")]
        return [metrics for metrics in found if metrics is not None]
