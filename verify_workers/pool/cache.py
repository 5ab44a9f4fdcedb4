"""Verdicts on disk: one SQLite file that several processes share, bounded in size, safe to delete at any time.

A key names the question, the Lean, the library, the kind of backend and the audit tier (the pool builds it).
What is kept is only what would come out again: never `infra`; a time-out only for limits up to the one it
hit; a lack of memory only for allowances up to the one it exceeded.  A damaged cache is set aside and begun anew; a file
that is no cache of ours is refused and left as it is.  The file is as trusted as the program: it is created for its owner alone.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from verify_workers.errors import UserError
from verify_workers.records import Outcome, Verdict

log = logging.getLogger("verify_workers.cache")

COLUMNS = "key TEXT PRIMARY KEY, bound REAL NOT NULL, used REAL NOT NULL, verdict BLOB NOT NULL"
APPLICATION = 0x70735643  # SQLite's application_id of a cache; older ones are known by their table
MAGIC, APPLICATION_AT = b"SQLite format 3\0", 68  # how a file of SQLite begins, and the byte at which that number stands in it
SCHEMA = 1  # of the table below; another number in the file means: begin anew
FLUSH_ROWS = 256
FLUSH_SECONDS = 2.0
BUSY_SECONDS = 30.0
T = TypeVar("T")


class VerdictCache:
    """Verdicts by key.  Safe to call from many threads, and from many processes on one file.

    `size_mb` bounds the file in MB (10^6 bytes; the write-ahead log beside it is at most a few MB more).
    """

    def __init__(self, path: Path, size_mb: float) -> None:
        self.path = Path(path)
        self._size = int(size_mb * 1e6)
        self._lock = threading.Lock()
        self._new: dict[str, tuple[float, bytes]] = {}  # not yet in the file
        self._used: set[str] = set()  # read since the last flush
        self._flushed = time.monotonic()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _require_ours(self.path)
            self._db = self._open()
        except (OSError, sqlite3.OperationalError) as error:
            raise UserError(f"{self.path}: the verdict cache cannot be opened ({error}): choose another path or turn it off") from error

    def get(self, key: str, seconds: float, memory_mb: float) -> Verdict | None:
        """The verdict known for `key` that also holds for a limit of `seconds` and `memory_mb`; its id is ''."""
        with self._lock:
            row = self._new.get(key) or self._guard(lambda: self._select(key))
            if row is None:
                return None
            self._used.add(key)
        bound, text = row
        try:
            verdict = Verdict.model_validate_json(text)
        except ValidationError:
            log.warning("%s: a row cannot be read and is ignored", self.path)
            return None
        if verdict.outcome is Outcome.TIMEOUT and seconds > bound:
            return None
        if verdict.outcome is Outcome.RESOURCE and memory_mb > bound:
            return None
        return None if verdict.outcome is Outcome.INFRA else verdict

    def put(self, key: str, verdict: Verdict, seconds: float, memory_mb: float) -> None:
        """Keep `verdict`, reached under a limit of `seconds` and `memory_mb`."""
        if verdict.outcome is Outcome.INFRA:
            return
        bound = {Outcome.TIMEOUT: seconds, Outcome.RESOURCE: memory_mb}.get(verdict.outcome, 0.0)
        try:
            row = (bound, verdict.model_copy(update={"id": ""}).model_dump_json().encode())
        except ValueError:
            return  # a message with a lone surrogate has no UTF-8 form: not worth keeping
        with self._lock:
            self._new[key] = row
            if len(self._new) >= FLUSH_ROWS or time.monotonic() - self._flushed > FLUSH_SECONDS:
                self._guard(self._flush)

    def flush(self) -> None:
        """Write what was put so far, so that other processes see it."""
        with self._lock:
            self._guard(self._flush)

    def close(self) -> None:
        """Write what is left and close the file.  Further calls find and keep nothing."""
        with self._lock:
            self._guard(self._flush)
            self._new.clear()
            self._db.close()

    def __len__(self) -> int:
        """Verdicts in the file (those not yet flushed are written first)."""
        with self._lock:
            self._guard(self._flush)
            return int(self._guard(lambda: self._db.execute("SELECT count(*) FROM verdicts").fetchone()[0]) or 0)

    # ---- the file; the lock is held

    def _open(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            return self._begin_anew(str(error))

    def _connect(self) -> sqlite3.Connection:
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        db = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
                db.execute(f"PRAGMA application_id = {APPLICATION}")  # before the log, so that it is in the file itself
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA journal_size_limit = 4000000")
            if db.execute("PRAGMA user_version").fetchone()[0] not in (0, SCHEMA):
                raise sqlite3.DatabaseError("it was written by another version")
            db.execute(f"CREATE TABLE IF NOT EXISTS verdicts ({COLUMNS})")
            if db.execute("SELECT count(*) FROM pragma_table_info('verdicts')").fetchone()[0] != 4:
                raise sqlite3.DatabaseError("its table has another form")
            db.execute("CREATE INDEX IF NOT EXISTS by_use ON verdicts (used)")
            db.execute(f"PRAGMA user_version = {SCHEMA}")
        except BaseException:
            db.close()
            raise
        return db

    def _begin_anew(self, reason: str) -> sqlite3.Connection:
        """Set the damaged cache aside (one such copy is kept) and start an empty one."""
        _require_ours(self.path)  # whatever stands there by now
        log.warning("%s: the verdict cache is unreadable (%s); it is kept as %s.bad and begun anew", self.path, reason, self.path.name)
        for ending in ("-wal", "-shm"):
            Path(f"{self.path}{ending}").unlink(missing_ok=True)
        if self.path.exists():
            self.path.replace(f"{self.path}.bad")
        return self._connect()

    def _guard(self, step: Callable[[], T]) -> T | None:
        """Run a step on the file; damage begins it anew, and a cache that cannot be used never fails a check."""
        try:
            return step()
        except sqlite3.ProgrammingError:
            return None  # closed
        except sqlite3.OperationalError as error:
            log.warning("%s: the verdict cache is not usable at the moment (%s)", self.path, error)
            return None
        except sqlite3.DatabaseError as error:
            self._db.close()
            try:
                self._db = self._begin_anew(str(error))
            except (UserError, OSError, sqlite3.Error) as problem:
                log.warning("%s: the verdict cache is not used any more (%s)", self.path, problem)
            return None

    def _select(self, key: str) -> tuple[float, bytes] | None:
        row = self._db.execute("SELECT bound, verdict FROM verdicts WHERE key = ?", (key,)).fetchone()
        return None if row is None else (float(row[0]), bytes(row[1]))

    def _flush(self) -> None:
        now = time.time()
        new, used = list(self._new.items()), list(self._used)
        # Dropped first: when the file refuses them, the same rows must not be tried for ever.
        self._new, self._used, self._flushed = {}, set(), time.monotonic()
        if not new and not used:
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.executemany("UPDATE verdicts SET used = ? WHERE key = ?", [(now, key) for key in used])
            rows = [(key, bound, now, text) for key, (bound, text) in new]
            self._db.executemany("INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?)", rows)
            self._trim()
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _trim(self) -> None:
        """Forget the least recently used verdicts when the file has reached its bound (freed pages are used again)."""
        page, pages, free = (self._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count", "freelist_count"))
        filled = (pages - free) * page / self._size
        if filled > 0.9:
            rows = self._db.execute("SELECT count(*) FROM verdicts").fetchone()[0]
            excess = math.ceil(rows * (1 - 0.7 / filled))
            self._db.execute("DELETE FROM verdicts WHERE key IN (SELECT key FROM verdicts ORDER BY used LIMIT ?)", (excess,))


def _require_ours(path: Path) -> None:
    """UserError unless `path` is a cache, damaged or not, or nothing that could be lost."""
    if not path.exists() or (path.is_file() and not path.stat().st_size):
        return
    if path.is_dir():
        raise UserError(f"{path}: the verdict cache cannot be opened (it is a folder): choose another path or turn it off")
    if not path.is_file() or not _is_ours(path):
        raise UserError(f"{path}: not a verdict cache, and left as it is: choose another path")


def _is_ours(path: Path) -> bool:
    """Whether a file says that it is a cache: by its number, even if damaged, or by its table; read only."""
    with path.open("rb") as file:
        head = file.read(APPLICATION_AT + 4)
    if not head.startswith(MAGIC):
        return False
    if int.from_bytes(head[APPLICATION_AT:], "big") == APPLICATION:
        return True
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)) as db:
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            columns = [name for (name,) in db.execute("SELECT name FROM pragma_table_info('verdicts')")]
    except sqlite3.DatabaseError:
        return False
    return not tables or columns == [column.split()[0] for column in COLUMNS.split(", ")]
