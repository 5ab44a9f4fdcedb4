"""The verdict cache: what it may remember, for which limits, how large it grows, and what damage does to it."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from verify_workers.errors import UserError
from verify_workers.pool.cache import APPLICATION, VerdictCache
from verify_workers.records import Message, Outcome, Verdict


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[VerdictCache]:
    cache = VerdictCache(tmp_path / "verdicts.db", 10)
    yield cache
    cache.close()


def verdict(outcome: Outcome = Outcome.ACCEPTED, text: str = "") -> Verdict:
    messages = [Message(severity="error", line=1, column=0, text=text)] if text else []
    return Verdict(id="a", outcome=outcome, audit="text", messages=messages, axioms=["propext"], seconds=0.5)


@pytest.mark.parametrize("flushed", [False, True])
def test_gives_back_what_was_put_under_no_id(cache: VerdictCache, flushed: bool) -> None:
    cache.put("k", verdict(text="é∀"), 10, 100)
    if flushed:
        cache.flush()
    assert cache.get("k", 1, 1) == verdict(text="é∀").model_copy(update={"id": ""})
    assert cache.get("other", 1, 1) is None


@pytest.mark.parametrize(
    ("outcome", "seconds", "memory", "known"),
    [
        (Outcome.TIMEOUT, 10, 1, True),
        (Outcome.TIMEOUT, 5, 999, True),
        (Outcome.TIMEOUT, 10.5, 1, False),
        (Outcome.RESOURCE, 999, 100, True),
        (Outcome.RESOURCE, 1, 101, False),
        (Outcome.REJECTED, 999, 999, True),
        (Outcome.POLICY, 999, 999, True),
        (Outcome.INFRA, 1, 1, False),
    ],
)
def test_limits_decide_what_is_still_true(cache: VerdictCache, outcome: Outcome, seconds: float, memory: float, known: bool) -> None:
    cache.put("k", verdict(outcome), 10, 100)
    cache.flush()
    assert (cache.get("k", seconds, memory) is not None) is known


def test_is_shared_by_processes_and_private_to_the_user(cache: VerdictCache) -> None:
    code = (
        "import sys; from pathlib import Path; from verify_workers.pool.cache import VerdictCache; from verify_workers.records import *\n"
        "c = VerdictCache(Path(sys.argv[1]), 10)\n"
        "for i in range(300): c.put(f'{sys.argv[2]}{i}', Verdict(id='', outcome=Outcome.REJECTED), 1, 1)\n"
        "c.close()"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(cache.path), name], cwd=Path(__file__).parents[3]) for name in "xy"]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert len(cache) == 600
    assert all(cache.get(f"{name}{number}", 1, 1) for name in "xy" for number in (0, 299))
    assert stat.S_IMODE(cache.path.stat().st_mode) == 0o600


def test_stays_below_its_bound_and_forgets_what_is_least_used(tmp_path: Path) -> None:
    cache = VerdictCache(tmp_path / "verdicts.db", 1.0)
    cache.put("kept", verdict(), 1, 1)
    for number in range(4000):
        cache.put(f"k{number}", verdict(text="x" * 1000), 1, 1)
        if number % 100 == 0:
            assert cache.get("kept", 1, 1) is not None
    count = len(cache)
    assert 200 < count < 1100
    assert cache.get("k0", 1, 1) is None
    assert cache.get("k3999", 1, 1) is not None
    cache.close()
    assert (tmp_path / "verdicts.db").stat().st_size <= 1.3e6


@pytest.mark.parametrize("damage", ["cut", "version", "form"])
def test_a_damaged_cache_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str) -> None:
    path = tmp_path / "verdicts.db"
    cache = VerdictCache(path, 10)
    for number in range(500):
        cache.put(f"k{number}", verdict(text="x" * 200), 1, 1)
    cache.close()
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 60000)
    else:
        db = sqlite3.connect(path)
        db.executescript("PRAGMA user_version = 99" if damage == "version" else "DROP TABLE verdicts; CREATE TABLE verdicts (a)")
        db.close()
    with caplog.at_level(logging.WARNING):
        cache = VerdictCache(path, 10)
        for number in range(500):
            cache.get(f"k{number}", 1, 1)
        cache.put("new", verdict(), 1, 1)
        cache.flush()  # finds what opening and reading did not
        cache.put("new", verdict(), 1, 1)
        cache.flush()
        assert cache.get("new", 1, 1) is not None
        cache.close()
    assert path.with_name("verdicts.db.bad").exists()
    assert any("begun anew" in record.getMessage() and str(path) in record.getMessage() for record in caplog.records)


def somebody_elses(path: Path, kind: str) -> None:
    """A file at `path` that is no cache."""
    if kind == "text":
        path.write_bytes(b"this is no database " * 1000)
    elif kind == "short":
        path.write_bytes(b"x")
    elif kind == "damaged database":
        path.write_bytes(b"SQLite format 3\0" + b"\xff" * 9000)
    else:
        columns = "key TEXT, bound REAL, text BLOB" if kind == "another verdicts" else "a"
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.execute(f"CREATE TABLE {'verdicts' if kind == 'another verdicts' else 'notes'} ({columns})")
            db.commit()


@pytest.mark.parametrize("kind", ["text", "short", "damaged database", "database", "another verdicts"])
def test_a_file_that_is_no_cache_is_refused_and_left_as_it_is(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "precious.db"
    somebody_elses(path, kind)
    before = path.read_bytes()
    with pytest.raises(UserError, match=r"precious\.db: not a verdict cache, and left as it is"):
        VerdictCache(path, 10)
    assert path.read_bytes() == before and [file.name for file in tmp_path.iterdir()] == ["precious.db"]


def test_what_takes_a_caches_place_while_it_is_used_is_left_as_it_is(cache: VerdictCache) -> None:
    cache.put("k", verdict(), 1, 1)
    cache.flush()
    cache._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    cache.path.write_bytes(b"this is no database " * 1000)
    for _ in range(2):
        cache.put("l", verdict(), 1, 1)
        cache.flush()
        assert cache.get("m", 1, 1) is None
    assert cache.path.read_bytes().startswith(b"this is no database") and not Path(f"{cache.path}.bad").exists()


def test_an_older_cache_without_the_number_is_read(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.db"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE verdicts (key TEXT PRIMARY KEY, bound REAL NOT NULL, used REAL NOT NULL, verdict BLOB NOT NULL)")
        db.execute("INSERT INTO verdicts VALUES ('k', 0, 0, ?)", (verdict().model_dump_json().encode(),))
        db.execute("PRAGMA user_version = 1")
        db.commit()
    cache = VerdictCache(path, 10)
    assert cache.get("k", 1, 1) == verdict()
    cache.close()
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA application_id").fetchone()[0] == APPLICATION


@pytest.mark.parametrize("empty", [b"", None])
def test_an_empty_file_or_database_becomes_a_cache(tmp_path: Path, empty: bytes | None) -> None:
    path = tmp_path / "verdicts.db"
    if empty is None:
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA journal_mode = WAL")  # as a killed start leaves it
    else:
        path.write_bytes(empty)
    cache = VerdictCache(path, 10)
    cache.put("k", verdict(), 1, 1)
    cache.close()
    assert path.stat().st_size


def test_a_row_that_is_no_verdict_is_no_hit(cache: VerdictCache) -> None:
    cache.put("k", verdict(), 1, 1)
    cache.flush()
    other = sqlite3.connect(cache.path)
    other.execute("UPDATE verdicts SET verdict = ?", (b'{"id": "", "outcome": "surely"}',))
    other.commit()
    other.close()
    assert cache.get("k", 1, 1) is None


def test_a_lone_surrogate_is_not_kept_and_does_no_harm(cache: VerdictCache) -> None:
    cache.put("k", verdict(text="\ud800"), 1, 1)
    assert cache.get("k", 1, 1) is None


def test_an_impossible_path_is_the_users_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="verdict cache cannot be opened"):
        VerdictCache(tmp_path / "file" / "verdicts.db", 10)
    with pytest.raises(UserError, match="verdict cache cannot be opened"):
        VerdictCache(tmp_path, 10)
