"""The strict tier of a pool in a project: who is asked, and what is gathered for one replay."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.verify_workers.fake_backends import NullBackend, checks, expected
from verify_workers.backends.leanchecker import Compiled, LeanCheckerBackend
from verify_workers.config import PoolConfig
from verify_workers.pool.audits import Audits
from verify_workers.pool.local import LocalPool
from verify_workers.records import Check, Outcome, Reason, Verdict


class Auditor(LeanCheckerBackend):
    """Compiles everything and finds a fault in what says so; no Lean."""

    def __init__(self, folder: Path, seconds: float = 0.0) -> None:
        self.lean, self.library, self.folder, self.took, self.batches = "4.0.0", "test", folder, seconds, list[int]()
        self.closed = threading.Event()

    def compile(self, check: Check) -> Verdict | Compiled:
        verdict = Verdict(id=check.id, outcome=Outcome.ACCEPTED, audit="text", lean=self.lean, library=self.library, backend="leanchecker")
        return Compiled(check, verdict, self.folder / check.id, None, 0.1)

    def audit(self, compiled: Any) -> list[Verdict]:
        self.batches.append(len(compiled))
        self.closed.wait(self.took)
        return [self.answer(one) for one in compiled]

    def answer(self, one: Compiled) -> Verdict:
        told = {"audit": "leanchecker", "audit_seconds": 0.5}
        if "bad" in (one.check.proof or ""):
            told |= {"outcome": Outcome.REJECTED, "reason": Reason.KERNEL}
        if "broken" in (one.check.proof or ""):
            told |= {"outcome": Outcome.INFRA, "reason": "out of luck"}
        if "slow" in (one.check.proof or "") and one.check.timeout < 2:
            told |= {"outcome": Outcome.TIMEOUT, "reason": "timeout"}
        if "unaudited" in (one.check.proof or ""):
            told |= {"audit": "text"}
        return one.verdict.model_copy(update=told)

    def close(self) -> None:
        self.closed.set()


def pool(auditor: Auditor, **more: Any) -> LocalPool:
    config = PoolConfig(**{"workers": 3, "audit": "strict", "audit_wait": 0.3, "timeout_first": 1, "infra_tries": 2} | more)
    return LocalPool(config, NullBackend, lambda: auditor)


def right(count: int, words: str) -> list[Check]:
    """Checks that the backend accepts."""
    return [check for check in checks(4 * count, f"by {words} p{{0}}") if expected(check) is Outcome.ACCEPTED][:count]


def test_each_acceptance_is_audited_once_and_in_company(tmp_path: Path) -> None:
    auditor, asked = Auditor(tmp_path, 0.05), [*checks(300, "by p{0}"), *right(20, "bad")]
    asked = [check.model_copy(update={"id": f"x{place}"}) for place, check in enumerate(asked)]
    with pool(auditor) as here:
        found = here.verify(asked)
        stats = here.stats()
    assert [verdict.id for verdict in found] == [check.id for check in asked]
    wanted = [Outcome.REJECTED if "bad" in (check.proof or "") else expected(check) for check in asked]
    assert [verdict.outcome for verdict in found] == wanted
    accepted = sum(expected(check) is Outcome.ACCEPTED for check in asked)
    assert sum(auditor.batches) == accepted == stats["audits"] and max(auditor.batches) <= 64
    assert stats["audit_batches"] == len(auditor.batches) < accepted / 4 and stats["audit_seconds_mean"] == pytest.approx(0.5)
    assert all(verdict.audit == "leanchecker" for verdict in found if verdict.accepted) and stats["outstanding"] == 0


@pytest.mark.parametrize("words", ["broken", "unaudited"])
def test_an_audit_that_fails_is_asked_again_and_then_told(tmp_path: Path, words: str) -> None:
    auditor = Auditor(tmp_path)
    with pool(auditor) as here:
        found = here.verify([*right(1, words), *right(1, "p")])
    assert [verdict.outcome for verdict in found] == [Outcome.INFRA, Outcome.ACCEPTED]
    assert sum(auditor.batches) == 3


def test_a_time_out_of_the_audit_gets_its_long_pass(tmp_path: Path) -> None:
    auditor = Auditor(tmp_path)
    with pool(auditor) as here:
        assert here.verify(right(1, "slow"))[0].accepted
    assert sum(auditor.batches) == 2


def test_a_time_out_without_its_full_time_is_none(tmp_path: Path) -> None:
    auditor, found = Auditor(tmp_path, 0.5), list[Verdict]()
    here = pool(auditor)
    here.submit(right(1, "slow")[0], found.append)
    while not auditor.batches:
        time.sleep(0.01)
    here.close()
    assert [verdict.outcome for verdict in found] == [Outcome.INFRA]


def test_a_time_out_on_a_crowded_machine_gets_another_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crowded = iter([True])
    monkeypatch.setattr("verify_workers.pool.local._machine_crowded", lambda cores: next(crowded, False))
    auditor = Auditor(tmp_path)
    with pool(auditor, timeout_last=1.5) as here:
        assert here.verify(right(1, "slow"))[0].outcome is Outcome.TIMEOUT
    assert sum(auditor.batches) == 2


def test_a_pool_says_when_a_replay_is_beyond_its_time(tmp_path: Path) -> None:
    auditor, found = Auditor(tmp_path, 60.0), list[Verdict]()

    def late() -> bool:
        return (pulse := here.pulse()) is not None and pulse.late > 0

    with pool(auditor) as here:
        here.submit(right(1, "p")[0].model_copy(update={"timeout": 0.01}), found.append)
        while not auditor.batches:
            time.sleep(0.01)
        assert not late()
        here._audits._until = time.monotonic()
        while not late():
            time.sleep(0.01)
        auditor.closed.set()
        while not found:
            time.sleep(0.01)
        assert not late()


def test_whoever_cannot_be_told_keeps_nobody_else_waiting(tmp_path: Path) -> None:
    def fails(verdict: Verdict) -> None:
        raise RuntimeError("nobody there")

    found = list[Verdict]()
    with pool(Auditor(tmp_path)) as here:
        for check, sink in zip(right(2, "p"), (fails, found.append), strict=True):
            here.submit(check, sink)
        end = time.monotonic() + 30
        while not found and time.monotonic() < end:
            time.sleep(0.01)
        assert found[0].accepted and here.verify(right(1, "q"))[0].accepted


def test_verdicts_are_kept(tmp_path: Path) -> None:
    auditor = Auditor(tmp_path)
    for _ in range(2):
        with pool(auditor, cache={"path": tmp_path / "cache"}) as here:
            assert here.verify(right(1, "p"))[0].audit == "leanchecker"
    assert sum(auditor.batches) == 1


def test_no_one_waits_for_company_that_cannot_come(tmp_path: Path) -> None:
    auditor, started = Auditor(tmp_path), time.monotonic()
    with pool(auditor, audit_wait=600.0) as here:
        assert here.verify(right(5, "p"))[0].accepted
    assert time.monotonic() - started < 60


def test_closing_answers_what_waits_and_ends_what_runs(tmp_path: Path) -> None:
    auditor, found = Auditor(tmp_path, 600.0), list[Verdict]()
    here = pool(auditor, audit_batch=2)
    for check in right(6, "p"):
        here.submit(check, found.append)
    while not auditor.batches:
        time.sleep(0.01)
    here.close(0.5)
    assert len(found) == 6 and {verdict.outcome for verdict in found} <= {Outcome.INFRA, Outcome.ACCEPTED}


def test_one_auditor_for_all_workers_or_one_each(tmp_path: Path) -> None:
    made = list[Any]()

    def make() -> Any:
        made.append(Auditor(tmp_path))
        return made[-1]

    audits = Audits(make, 64, 1.0, lambda: True)
    assert [audits.auditor().name for _ in range(3)] == ["leanchecker"] * 3 and len(made) == 1
    each = Audits(make, 1, 1.0, lambda: True)
    assert [each.auditor() for _ in range(2)] == made[1:]
    others = Audits(NullBackend, 64, 1.0, lambda: True)
    assert all(type(others.auditor()) is NullBackend for _ in range(2))
