"""Old kernels: known by their version, warned of, and refused by the strict tier unless it is told otherwise."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

import pytest

from tests.verify_workers.fake_lake import FakeLake
from verify_workers.backends import choose
from verify_workers.config import PoolConfig
from verify_workers.errors import UserError
from verify_workers.lean import LeanInstall
from verify_workers.lean.advisories import advisory, faults, table
from verify_workers.lean.build import LEAN_GITHASH, LEAN_VERSION
from verify_workers.lean.project import discover
from verify_workers.pool.local import LocalPool
from verify_workers.records import Check

GOOD = Check(id="a", statement="theorem t : 1 + 1 = 2", proof="rfl", timeout=60)


@pytest.mark.parametrize(
    ("version", "first", "count"),
    [
        ("4.15.0", "4.15.0", 8),
        ("4.32.1", "nested", 7),
        ("4.32.2", "equality cache", 6),
        ("v4.33.0", "equality cache", 6),
        ("4.34.0-rc1", "equality cache", 6),  # before 4.33.1 in time
        ("4.34.0", "reference counts", 1),
        ("4.34.1-rc1", "reference counts", 1),
        ("4.35.0-rc1", "reference counts", 1),
    ],
)
def test_old_kernels_are_known(version: str, first: str, count: int) -> None:
    words = advisory(version)
    assert first in words and len(faults(version)) == count and words.endswith(": use 4.34.1 or newer") and "\n" not in words


@pytest.mark.parametrize("version", [LEAN_VERSION, "4.34.1", "4.36.0-rc1", "5.0.0", "", "nightly", "4.34"])
def test_what_is_not_known_is_not_said(version: str) -> None:
    assert advisory(version) == ""


@pytest.mark.parametrize(
    ("version", "commit", "count"),
    [
        ("4.35.0", "7e01a1bf5c70fc6167d49c345d3bf80596e9a79b", 8),  # gives itself another version
        ("4.35.0", "11651562caae", 8),
        ("4.34.0", "293d5d0c0c3f", 1),
        ("4.15.0", "eb6cafb7290e8bd5f2937522d8d804f58f02bafc", 0),
        ("4.28.0", "0123456789ab", 8),  # nobody's: by its version
        ("4.28.0", "7e", 8),
        ("4.35.0", "", 0),
    ],
)
def test_a_known_commit_counts_for_more_than_the_version(version: str, commit: str, count: int) -> None:
    assert len(faults(version, commit)) == count
    assert ("a build of" in advisory(version, commit)) == (
        bool(count) and commit in ("7e01a1bf5c70fc6167d49c345d3bf80596e9a79b", "11651562caae")
    )


def test_the_table_is_whole() -> None:
    known = table()
    assert known.builds[LEAN_GITHASH] == LEAN_VERSION
    assert len({fault.id for fault in known.faults}) == len(known.faults)
    assert all(fault.url.startswith("https://") and fault.source and fault.id in fault.what for fault in known.faults)
    assert all(len(commit) in (12, 40) and set(commit) <= set("0123456789abcdef") for commit in known.builds)
    newest = max(fault.fixed for fault in known.faults)
    assert known.sound == ".".join(map(str, newest)) and not faults(known.sound)


@pytest.fixture
def old(lean: LeanInstall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeLake:
    """A project whose Lean says that it is 4.28."""
    fake = FakeLake(tmp_path, lean)
    says = '[ "$1" = --version ] && { echo "Lean (version 4.28.0, x86_64, commit 0123, Release)"; exit 0; }'
    first, _, rest = (fake.bin / "lean").read_text(encoding="utf-8").partition("\n")
    FakeLake.executable(fake.bin / "lean", f"{first}\n{says}\n{rest}")
    monkeypatch.setenv("PATH", fake.path)
    monkeypatch.setattr(choose, "_told", set())
    return fake


def test_the_strict_tier_refuses_it_in_one_line(old: FakeLake) -> None:
    config = PoolConfig(project=old.project, backend="process", audit="strict", workers=1)
    with LocalPool(config) as pool, pytest.raises(UserError) as error:
        pool.verify([GOOD])
    assert str(error.value).startswith(f"{old.project}: no strict audit, because the kernel of Lean 4.28.0 is known to be unsound (")
    assert "--allow-unsound-lean" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "settings", [{"audit": "fast"}, {"audit": "strict", "allow_unsound_lean": True}, {"audit": "strict", "allow_old_kernel": True}]
)
def test_otherwise_it_is_said_once(old: FakeLake, caplog: pytest.LogCaptureFixture, settings: dict[str, object]) -> None:
    config = PoolConfig.model_validate({"project": old.project, "backend": "process", "workers": 2, **settings})
    with caplog.at_level(logging.WARNING), LocalPool(config) as pool:
        verdicts = pool.verify([GOOD, GOOD.model_copy(update={"id": "b", "statement": "theorem t : 2 + 1 = 3"})])
    assert [(verdict.outcome.value, verdict.lean) for verdict in verdicts] == [("accepted", "4.28.0")] * 2
    assert sum("known to be unsound" in record.getMessage() for record in caplog.records) == 1


def test_the_kernels_limit_on_numerals_is_not_the_callers(old: FakeLake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAN_NAT_MAX_SIZE", "99999999999")
    monkeypatch.setenv("LEAN_NUM_THREADS", "2")
    variables = discover(old.project, need_repl=False).variables
    assert "LEAN_NAT_MAX_SIZE" not in variables and variables["LEAN_NUM_THREADS"] == "2"


def test_several_threads_that_make_a_backend_say_it_once(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "_told", set())
    both = threading.Barrier(2)

    class Slow(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            time.sleep(0.2)  # the other one is at it by now

    def warn() -> None:
        both.wait()
        choose._warn("old")

    slow = Slow()
    choose.log.addHandler(slow)
    threads = [threading.Thread(target=warn) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    choose.log.removeHandler(slow)
    assert [record.getMessage() for record in caplog.records] == ["old"]
