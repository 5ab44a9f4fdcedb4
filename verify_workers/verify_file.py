"""`synth verify`: a file of checks in, a file of verdicts out, one row per row and in the same order.

The whole input is read once before any Lean starts, so that a mistake in its last row costs seconds, not
hours; then rows stream through the pool in a bounded window.  The output appears under its name only when it
is complete.  (What an interrupted run already found is in the verdict cache when one is configured.)

What a row is: `check_rows`.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import glob
import hashlib
import json
import os
import shutil
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, Field

from verify_workers.check_rows import count_checks, read_checks
from verify_workers.config import VerifyConfig
from verify_workers.errors import UserError
from verify_workers.kernels.panel import closure_name, require_kernels
from verify_workers.lean.advisories import faults, ids
from verify_workers.pool.local import LocalPool
from verify_workers.records import Check, Verdict
from verify_workers.row_files import JSONL_ENDINGS, PARQUET_ENDINGS, files

Write = Callable[[Verdict], None]
WRITE_ROWS = 4096  # rows per Parquet row group
MESSAGE_FIELDS = {"severity", "line", "column", "text"}  # where a message ends is for the HTTP service's clients
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("outcome", pa.string()),
        ("reason", pa.string()),
        ("messages", pa.list_(pa.struct([("severity", pa.string()), ("line", pa.int64()), ("column", pa.int64()), ("text", pa.string())]))),
        ("axioms", pa.list_(pa.string())),
        ("audit", pa.string()),
        ("seconds", pa.float64()),
        ("lean", pa.string()),
        ("library", pa.string()),
        ("advisories", pa.list_(pa.string())),  # known faults of that Lean's kernel, by their issues
        ("kernels", pa.list_(pa.string())),
    ]
)


class Summary(BaseModel):
    """What a run of `verify_file` did so far; the last one is its result."""

    rows: int = Field(0, description="rows of the input")
    written: int = Field(0, description="verdicts written")
    outcomes: dict[str, int] = Field({}, description="verdicts by outcome")
    seconds: float = Field(0.0, description="wall seconds since the first row went to the pool")
    backend: str = ""
    lean: str = ""
    library: str = ""
    pool: dict[str, Any] = Field({}, description="`LocalPool.stats()`")


def verify_file(
    in_path: str | Path,
    out_path: str | Path,
    config: VerifyConfig,
    progress: Callable[[Summary], None] | None = None,
    note: Callable[[str], None] | None = None,
    pool: LocalPool | None = None,
) -> Summary:
    """Check every row of `in_path` and write its verdict to `out_path`.

    The verdicts are JSONL or Parquet by the ending.  Raises `UserError`, naming file, row and field of the first faults, before any
    Lean starts when a row is not a check.  `progress` is called about once a second from this thread, `note` before the first row for
    what the user may have meant otherwise.  `pool` is used (and left open) instead of one made from `config.pool`.
    """
    source, target = Path(in_path), Path(out_path)
    require_kernels(config.pool.kernels, config.pool.kernels_quorum, config.pool.project)
    rows = _validated(source, target, config, note)
    own = LocalPool(config.pool) if pool is None else pool
    try:
        with _writer(target) as write:
            return _run(own, read_checks(source, config.timeout, number=config.number_rows), write, rows, config, progress)
    except BaseException:
        if pool is None:
            own.close(0.5)
        raise
    finally:
        if pool is None:
            own.close()


def _validated(source: Path, target: Path, config: VerifyConfig, note: Callable[[str], None] | None) -> int:
    """Rows of `source`, all of them well-formed; `UserError` for anything that would fail later."""
    if target.is_dir():
        raise UserError(f"{target}: a folder; --out must name a file")
    _kind(target)
    files(source)
    if target.exists() and os.path.samefile(source, target):
        raise UserError(f"{target}: input and output are the same file; choose another --out")
    try:
        rows = count_checks(source, config.timeout, note, config.number_rows)
    except OSError as error:
        raise UserError(f"{source}: cannot be read ({error.strerror or error})") from error
    if not rows:
        raise UserError(f"{source}: holds no rows")
    return rows


def _kind(path: Path) -> str:
    """The format of an output by its ending."""
    ending = path.suffix.lower()
    if ending in JSONL_ENDINGS:
        return "jsonl"
    if ending in PARQUET_ENDINGS:
        return "parquet"
    raise UserError(f"{path}: unknown ending {ending!r}; use {', '.join(JSONL_ENDINGS + PARQUET_ENDINGS)}")


# ---- through the pool


def _run(
    pool: LocalPool,
    checks: Iterator[Check],
    write: Write,
    rows: int,
    config: VerifyConfig,
    progress: Callable[[Summary], None] | None,
) -> Summary:
    """Keep a window of rows in the pool and write its front as soon as it is answered."""
    summary = Summary(rows=rows)
    outcomes: Counter[str] = Counter()
    window: deque[_Row] = deque()
    arrived = threading.Event()
    held, more = 0, True
    closures = None if config.pool.closures is None else _Closures(config.pool.closures)
    begun = told = time.monotonic()

    def tell() -> None:
        stats = pool.stats()
        summary.outcomes, summary.seconds, summary.pool = dict(outcomes), time.monotonic() - begun, stats
        summary.backend, summary.lean, summary.library = stats["backend"], stats["lean"], stats["library"]
        if progress is not None:
            progress(summary.model_copy())

    while more or window:
        while more and (not window or (window[0].verdict is None and len(window) < config.window and held < config.window_mb * 1e6)):
            check = next(checks, None)
            if check is None:
                more = False
                break
            size = len(check.statement) + len(check.header) + len(check.preamble) + len(check.proof or "") + len(check.code or "")
            entry = _Row(size, arrived, closure_name(check) if closures is not None else "")
            window.append(entry)
            held += entry.size
            pool.submit(check, entry.put)
        arrived.clear()
        if window and window[0].verdict is None:
            arrived.wait(0.5)
        while window and (verdict := window[0].verdict) is not None:
            row = window.popleft()
            held -= row.size
            if closures is not None and verdict.accepted:
                closures.name(row.closure, verdict.id)
            outcomes[verdict.outcome.value] += 1
            summary.written += 1
            write(verdict)
        pool.raise_fatal()
        if time.monotonic() - told >= 1.0:
            told = time.monotonic()
            tell()
    if closures is not None:
        closures.close()
    tell()
    return summary


@dataclass(slots=True)
class _Row:
    """A row in the window: characters of its text, and its verdict once there is one."""

    size: int
    arrived: threading.Event
    closure: str = ""  # name of the file that its closure is written to
    verdict: Verdict | None = None

    def put(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.arrived.set()


NAME_BYTES = 200  # of a row's id in the name of its closure


class _Closures:
    """Closures, written under names of their own, under the names of the rows that they are of."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._given: set[str] = set()

    def name(self, written: str, row: str) -> None:
        plain = "".join(c if c.isalnum() or c in "-_." else "_" for c in row).encode()[:NAME_BYTES].decode(errors="ignore")
        if plain != row or plain.startswith("."):
            plain = f"{plain.lstrip('.')}-{hashlib.sha256(row.encode('utf-8', 'replace')).hexdigest()[:8]}"
        shutil.copyfile(self._folder / written, self._folder / f"{plain}.ndjson")
        self._given.add(written)

    def close(self) -> None:
        for written in self._given:
            (self._folder / written).unlink(missing_ok=True)


# ---- files out


@contextlib.contextmanager
def _writer(path: Path) -> Iterator[Write]:
    """Write verdicts to a temporary file beside `path`, which takes its place when the block ends well."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(path)
        file = part.open("wb")
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror or error})") from error
    with contextlib.suppress(OSError):  # where the file system has locks: says to whoever sees the folder that somebody writes this
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    try:
        with file:
            with _jsonl_writer(file) if _kind(path) == "jsonl" else _parquet_writer(file) as write:
                yield write
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException as error:
        part.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in NO_SPACE:
            raise UserError(f"{path}: {os.strerror(error.errno).lower()}; free some space, or choose another --out") from error
        raise


def _remove_stale(path: Path) -> None:
    """Remove the temporary files for `path` whose writers, processes of this user, were killed."""
    for part in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        owner = part.name.removesuffix(".part").rpartition(".")[2]
        with contextlib.suppress(OSError):
            if owner.isdecimal() and part.stat().st_uid == os.getuid() and not _lives(int(owner)):
                with part.open("rb") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    part.unlink()


def _lives(process: int) -> bool:
    """Whether there is a process of that number here, anyone's."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True


def row(verdict: Verdict) -> dict[str, Any]:
    """The output columns of one verdict."""
    fields = verdict.model_dump(mode="json", include={**dict.fromkeys(SCHEMA.names, True), "messages": {"__all__": MESSAGE_FIELDS}})
    fields["advisories"] = ids(faults(verdict.lean))
    return {name: _unicode(fields[name]) for name in SCHEMA.names}


def _unicode(value: Any) -> Any:
    """`value` with what has no UTF-8 form replaced (Lean may echo half a character of a broken text)."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_unicode(entry) for entry in value]
    return {name: _unicode(entry) for name, entry in value.items()} if isinstance(value, dict) else value


@contextlib.contextmanager
def _jsonl_writer(file: BinaryIO) -> Iterator[Write]:
    def write(verdict: Verdict) -> None:
        file.write(json.dumps(row(verdict), ensure_ascii=False).encode() + b"\n")

    yield write


@contextlib.contextmanager
def _parquet_writer(file: BinaryIO) -> Iterator[Write]:
    rows: list[dict[str, Any]] = []

    def flush() -> None:
        writer.write_table(pa.Table.from_pylist(rows, schema=SCHEMA))
        rows.clear()

    def write(verdict: Verdict) -> None:
        rows.append(row(verdict))
        if len(rows) >= WRITE_ROWS:
            flush()

    with pq.ParquetWriter(file, SCHEMA, compression="zstd") as writer:
        yield write
        if rows:
            flush()
