"""`synth verify`: a file of checks in, a file of verdicts out, one row per row and in the same order.

The whole input is read once before any Lean starts, so that a mistake in its last row costs seconds, not
hours; then rows stream through the pool in a bounded window.  The output appears under its name only when it
is complete.  (What an interrupted run already found is in the verdict cache when one is configured.)

A row is a check (`id`, `statement`, `header`, `preamble`, `proof` or `code`), or a pair of `synth prove` or `synth export`: `form`
says whether its `proof` is a whole file; the prover form has `formal_statement` and `formal_proof` in their places.  A folder is
its files of rows.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import glob
import hashlib
import json
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, Field

from verify_workers.config import VerifyConfig
from verify_workers.errors import UserError
from verify_workers.pool.local import LocalPool
from verify_workers.records import Check, Verdict

JSONL_ENDINGS = (".jsonl", ".ndjson")
PARQUET_ENDINGS = (".parquet", ".pq")
Write = Callable[[Verdict], None]
ROW_BYTES = 64 * 2**20  # longest line of JSONL
READ_ROWS = 256  # rows of Parquet decoded at a time
WRITE_ROWS = 4096  # rows per Parquet row group
MESSAGE_FIELDS = {"severity", "line", "column", "text"}  # where a message ends is for the HTTP service's clients
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
ARROW_ENDINGS = (".arrow",)  # what `datasets` saves, in folders
TEXT_FIELDS = ("id", "statement", "header", "preamble", "proof", "code")
EXPORTED = {"statement": "formal_statement", "proof": "formal_proof"}  # the names in published prover corpora
PAIR = "attempt_id"  # a row with it is a pair that `synth export` wrote: its `negated` says that its statement is a negation already
COLUMNS = (*TEXT_FIELDS, "form", "negated", PAIR, *EXPORTED.values())
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
    pool: LocalPool | None = None,
) -> Summary:
    """Check every row of `in_path` and write its verdict to `out_path`.

    Both are JSONL or Parquet by their endings.  Raises `UserError`, naming file, row and field, before any Lean
    starts when a row is not a check.  `progress` is called about once a second from this thread.  `pool` is
    used (and left open) instead of one made from `config.pool`.
    """
    source, target = Path(in_path), Path(out_path)
    rows = _validated(source, target, config.timeout)
    own = LocalPool(config.pool) if pool is None else pool
    try:
        with _writer(target) as write:
            return _run(own, read_checks(source, config.timeout), write, rows, config, progress)
    except BaseException:
        if pool is None:
            own.close(0.5)
        raise
    finally:
        if pool is None:
            own.close()


def read_checks(path: Path, timeout: float) -> Iterator[Check]:
    """The checks of a file or folder, one row at a time, each with `timeout` seconds; `UserError` at the first bad row."""
    rows = chain.from_iterable(_rows(file) for file in _files(path))
    seen: set[bytes] = set()  # digests: a set of long ids would not fit for millions of rows
    for place, row in rows:
        check = _check(place, row, timeout)
        digest = hashlib.blake2b(check.id.encode(), digest_size=12).digest()
        if digest in seen:
            raise UserError(f"{place}: field `id`: {_short(check.id)} occurs twice; ids must be unique")
        seen.add(digest)
        yield check


# ---- one row


def _check(place: str, row: object, timeout: float) -> Check:
    if not isinstance(row, dict):
        raise UserError(f"{place}: a row must be an object with `id`, `statement` and `proof` or `code`, not {_kind_of(row)}")
    texts: dict[str, str] = {}
    for name, value in _fields(place, row).items():
        if value is None:
            continue
        if not isinstance(value, str):
            raise UserError(f"{place}: field `{name}` must be text, not {_kind_of(value)} ({_short(value)})")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            at = f"U+{ord(value[error.start]):04X} at character {error.start + 1}"
            raise UserError(f"{place}: field `{name}` holds a lone surrogate ({at}), which is no Unicode text") from None
        texts[name] = value
    for name in ("id", "statement"):
        if name not in texts:
            raise UserError(f"{place}: field `{name}` is missing")
        if not texts[name].strip():
            raise UserError(f"{place}: field `{name}` is empty")
    if "proof" in texts and "code" in texts:
        raise UserError(f"{place}: give exactly one of the fields `proof` and `code`, not both (use null for the other)")
    if "proof" not in texts and "code" not in texts:
        raise UserError(f"{place}: field `proof` (what follows `:=`) or `code` (a whole file) is missing")
    return Check(timeout=timeout, negated=_negated(place, row), **texts)


def _negated(place: str, row: dict[str, Any]) -> bool:
    """Whether the row asks for a proof that its statement is false."""
    value = row.get("negated")
    if value is not None and not isinstance(value, bool):
        raise UserError(f"{place}: field `negated` must be a truth value, not {_kind_of(value)} ({_short(value)})")
    return bool(value) and row.get(PAIR) is None


def _fields(place: str, row: dict[str, Any]) -> dict[str, object]:
    """The fields of a check in a row of either kind."""
    if row.keys() >= {"prompt", "completion", "lineage"}:
        raise UserError(f"{place}: the sft form of `synth export` holds no statements; give the parquet, hf or prover form")
    fields = {name: row.get(name) if row.get(name) is not None else row.get(EXPORTED.get(name, "")) for name in TEXT_FIELDS}
    if row.get("form") == "code" and fields["code"] is None:
        fields["proof"], fields["code"] = None, fields["proof"]
    return fields


def _kind_of(value: object) -> str:
    names = {bool: "a truth value", int: "a number", float: "a number", list: "a list", dict: "an object", str: "text", type(None): "null"}
    return names.get(type(value), f"a {type(value).__name__}")


def _short(value: object) -> str:
    text = ascii(value) if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


# ---- files in


def _validated(source: Path, target: Path, timeout: float) -> int:
    """Rows of `source`, all of them well-formed; `UserError` for anything that would fail later."""
    _kind(target)
    _files(source)
    if target.exists() and os.path.samefile(source, target):
        raise UserError(f"{target}: input and output are the same file; choose another --out")
    if target.is_dir():
        raise UserError(f"{target}: a folder; --out must name a file")
    try:
        rows = sum(1 for _ in read_checks(source, timeout))
    except OSError as error:
        raise UserError(f"{source}: cannot be read ({error.strerror or error})") from error
    if not rows:
        raise UserError(f"{source}: holds no rows")
    return rows


def _files(path: Path) -> list[Path]:
    """The file, or the files of rows in a folder; names that start with `.` or `_` are none."""
    if not path.is_dir():
        _kind(path)
        if not path.exists():
            raise UserError(f"{path}: no such file")
        if not path.is_file():
            raise UserError(f"{path}: not a file")
        return [path]
    endings = JSONL_ENDINGS + PARQUET_ENDINGS + ARROW_ENDINGS
    found = sorted(file for file in path.iterdir() if file.suffix.lower() in endings and not file.name.startswith((".", "_")))
    if not found:
        raise UserError(f"{path}: no {', '.join(endings)} file in this folder")
    return found


def _rows(path: Path) -> Iterator[tuple[str, object]]:
    if path.suffix.lower() in ARROW_ENDINGS:
        return _arrow_rows(path)
    return _jsonl_rows(path) if _kind(path) == "jsonl" else _parquet_rows(path)


def _kind(path: Path) -> str:
    ending = path.suffix.lower()
    if ending in JSONL_ENDINGS:
        return "jsonl"
    if ending in PARQUET_ENDINGS:
        return "parquet"
    raise UserError(f"{path}: unknown ending {ending!r}; use {', '.join(JSONL_ENDINGS + PARQUET_ENDINGS)}")


def _jsonl_rows(path: Path) -> Iterator[tuple[str, object]]:
    with path.open("rb") as lines:
        for number, raw in enumerate(iter(lambda: lines.readline(ROW_BYTES + 1), b""), 1):
            place = f"{path}: row {number}"
            if len(raw) > ROW_BYTES:
                raise UserError(f"{place}: longer than {ROW_BYTES // 2**20} MiB; each line must be one JSON object")
            if number == 1:
                raw = raw.removeprefix(b"\xef\xbb\xbf")
            if not raw.strip():
                continue
            try:
                text = raw.decode()
            except UnicodeDecodeError as error:
                raise UserError(f"{place}: not UTF-8 (byte {error.start + 1} of the line is 0x{raw[error.start]:02x})") from None
            try:
                yield place, json.loads(text, object_pairs_hook=_unique)
            except json.JSONDecodeError as error:
                raise UserError(f"{place}: not JSON ({error.msg} at column {error.colno}); each line must be one JSON object") from None
            except RecursionError:
                raise UserError(f"{place}: not a check (nested too deeply)") from None
            except ValueError as error:
                raise UserError(f"{place}: not JSON ({error})") from None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    row = dict(pairs)
    if len(row) < len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"field {_short(twice)} occurs twice")
    return row


def _parquet_rows(path: Path) -> Iterator[tuple[str, object]]:
    try:
        with pq.ParquetFile(path) as file:
            names = _columns(path, file.schema_arrow.names)
            yield from _table_rows(path, file.iter_batches(batch_size=READ_ROWS, columns=names))
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not a readable Parquet file ({' '.join(str(error).split())})") from error


def _arrow_rows(path: Path) -> Iterator[tuple[str, object]]:
    try:
        with pa.memory_map(str(path)) as data:
            reader = pa.ipc.open_stream(data)
            names = _columns(path, reader.schema.names)
            yield from _table_rows(path, (batch.select(names) for batch in reader))
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not a readable Arrow file of `datasets` ({' '.join(str(error).split())})") from error


def _columns(path: Path, given: list[str]) -> list[str]:
    """The columns of a table that make checks; UserError where one is missing or there twice."""
    names = [name for name in given if name in COLUMNS]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise UserError(f"{path}: field `{twice[0]}`: the file has two such columns")
    for name in ("id", "statement"):
        if name not in names and EXPORTED.get(name) not in names:
            raise UserError(f"{path}: row 1: field `{name}` is missing (the file has no such column)")
    return names


def _table_rows(path: Path, batches: Iterable[Any]) -> Iterator[tuple[str, object]]:
    number = 0
    for batch in batches:
        for row in batch.to_pylist():
            number += 1
            yield f"{path}: row {number}", row


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
            entry = _Row(
                len(check.statement) + len(check.header) + len(check.preamble) + len(check.proof or "") + len(check.code or ""), arrived
            )
            window.append(entry)
            held += entry.size
            pool.submit(check, entry.put)
        arrived.clear()
        if window and window[0].verdict is None:
            arrived.wait(0.5)
        while window and (verdict := window[0].verdict) is not None:
            held -= window.popleft().size
            outcomes[verdict.outcome.value] += 1
            summary.written += 1
            write(verdict)
        pool.raise_fatal()
        if time.monotonic() - told >= 1.0:
            told = time.monotonic()
            tell()
    tell()
    return summary


@dataclass(slots=True)
class _Row:
    """A row in the window: characters of its text, and its verdict once there is one."""

    size: int
    arrived: threading.Event
    verdict: Verdict | None = None

    def put(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.arrived.set()


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
