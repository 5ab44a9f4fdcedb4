"""The pool in threads: one right verdict per check whatever the backends do, and no more work than needed."""

from __future__ import annotations

import itertools
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.verify_workers.fake_backends import ChildBackend, FlakyBackend, NullBackend, SlowBackend, checks, expected
from verify_workers.config import CacheConfig, PoolConfig
from verify_workers.errors import UserError
from verify_workers.lean import LeanInstall
from verify_workers.pool import local, recall, runner, watchdog
from verify_workers.pool.local import LocalPool
from verify_workers.processes import private_mb, unshared_mb
from verify_workers.records import Check, Outcome, Verdict

QUICK: dict[str, Any] = {"workers": 2, "grace": 0.3, "retry_timeouts": "never"}


class Made:
    """A factory that remembers what it made."""

    def __init__(self, kind: Callable[[], NullBackend]) -> None:
        self.kind, self.all = kind, list[Any]()

    def __call__(self) -> Any:
        self.all.append(self.kind())
        return self.all[-1]

    @property
    def asked(self) -> list[Check]:
        return [check for backend in self.all for check in backend.asked]


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    FlakyBackend.met.clear()
    monkeypatch.setattr(local, "BACKOFF_SECONDS", (0.001, 0.01))
    before = threading.active_count()
    yield
    end = time.monotonic() + 60
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.02)
    assert threading.active_count() <= before, [thread.name for thread in threading.enumerate()]


def until(condition: Callable[[], bool]) -> None:
    """Wait for it, however busy the machine is."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def check(proof: str, name: str = "x", timeout: float = 1.0) -> Check:
    return Check(id=name, statement="theorem t : True", proof=proof, timeout=timeout)


def assert_right(asked: list[Check], verdicts: list[Verdict]) -> None:
    assert [verdict.id for verdict in verdicts] == [entry.id for entry in asked]
    assert [verdict.outcome for verdict in verdicts] == [expected(entry) for entry in asked]


def test_verdicts_come_in_order_and_every_backend_is_closed() -> None:
    made = Made(NullBackend)
    asked = checks(500)
    with LocalPool(PoolConfig(**QUICK), made) as pool:
        assert_right(asked, pool.verify(asked))
        assert pool.verify([]) == []
        stats = pool.stats()
    assert stats["checks"] == stats["runs"] == 500 and stats["outstanding"] == 0
    assert sum(stats["outcomes"].values()) == 500 and set(stats["outcomes"]) == {"accepted", "rejected"}
    assert 0 < stats["busy_share"] <= 1 and stats["checks_per_second"] > 0
    assert 1 <= len(made.all) <= 2 and all(backend.closed for backend in made.all)


def test_as_completed_gives_each_once_and_does_not_run_ahead() -> None:
    read: list[str] = []

    def source() -> Iterator[Check]:
        for entry in checks(300):
            read.append(entry.id)
            yield entry

    with LocalPool(PoolConfig(**QUICK, queue=20), NullBackend) as pool:
        answers = pool.as_completed(source())
        got = [next(answers)]
        assert len(read) <= 21
        got += answers
    assert sorted(verdict.id for verdict in got) == sorted(read) and len(read) == 300


def test_many_callers_at_once_each_get_their_own() -> None:
    with LocalPool(PoolConfig(**QUICK, queue=16), NullBackend) as pool:
        results: dict[int, list[Verdict]] = {}

        def call(number: int) -> None:
            results[number] = pool.verify(checks(200, f"by caller{number} p{{0}}"))

        callers = [threading.Thread(target=call, args=(number,)) for number in range(8)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        for number in range(8):
            assert_right(checks(200, f"by caller{number} p{{0}}"), results[number])
        assert pool.stats()["checks"] == 1600


def test_identical_questions_share_one_run() -> None:
    class Held(NullBackend):
        """Answers when all have asked, so that none comes too late to share."""

        def check(self, check: Check) -> Verdict:
            until(lambda: bool(pool.stats()["shared"] == 49))
            return super().check(check)

    made = Made(Held)
    same = [check("same", f"same{number}", timeout=60) for number in range(50)]
    with LocalPool(PoolConfig(**QUICK, timeout_first=60), made) as pool:
        verdicts = pool.verify([*same, check("same", "longer", timeout=61)])
        stats = pool.stats()
    assert [verdict.id for verdict in verdicts] == [entry.id for entry in [*same, check("", "longer")]]
    assert len(made.asked) == 2 and stats["shared"] == 49 and stats["checks"] == 51


def test_checks_of_one_statement_run_together() -> None:
    all_there = threading.Event()

    class Held(NullBackend):
        def check(self, check: Check) -> Verdict:
            if not all_there.is_set():
                until(lambda: bool(pool.stats()["outstanding"] == 100))
                all_there.set()
            return super().check(check)

    made = Made(Held)
    with LocalPool(PoolConfig(**{**QUICK, "workers": 1}, timeout_first=60), made) as pool:
        pool.verify([entry.model_copy(update={"timeout": 60}) for entry in checks(100, statements=10)])
    order = [entry.statement for entry in made.asked]
    changes = sum(one != other for one, other in itertools.pairwise(order))
    assert changes <= 11


# ---- deadlines


def test_slow_checks_get_their_full_time_after_the_others() -> None:
    made = Made(SlowBackend)
    slow, dead = check("needs 0.4", "slow", 1.0), check("needs 9", "dead", 0.8)
    quick = [check(f"quick {number}", f"q{number}", 1.0) for number in range(40)]
    with LocalPool(PoolConfig(**{**QUICK, "workers": 1}, timeout_first=0.1), made) as pool:
        verdicts = {verdict.id: verdict for verdict in pool.verify([slow, dead, *quick])}
        stats = pool.stats()
    assert verdicts["slow"].outcome is expected(slow)
    assert verdicts["dead"].outcome is Outcome.TIMEOUT
    assert all(verdicts[entry.id].outcome is expected(entry) for entry in quick)
    limits = [(entry.proof, entry.timeout) for entry in made.asked]
    assert limits[0] == ("needs 0.4", 0.1) and limits[1] == ("needs 9", 0.1)
    assert limits[-2:] == [("needs 0.4", 1.0), ("needs 9", 0.8)]
    assert stats["deferred"] == 2 and stats["retries"] == 0


def test_a_time_out_is_run_once_more_on_a_quiet_machine() -> None:
    made = Made(SlowBackend)
    settings = {**QUICK, "workers": 4, "retry_timeouts": "contended"}
    dead = [check(f"needs 9 {number}", f"d{number}", 0.2) for number in range(3)]
    with LocalPool(PoolConfig(**settings), made, cores=1) as pool:
        assert {verdict.outcome for verdict in pool.verify(dead)} == {Outcome.TIMEOUT}
        assert pool.stats()["retries"] == 3
    assert len(made.asked) == 6


def test_no_check_exceeds_the_pools_own_limit() -> None:
    made = Made(SlowBackend)
    with LocalPool(PoolConfig(**QUICK, timeout_first=0.1, timeout_last=0.2), made) as pool:
        assert pool.verify([check("needs 9", timeout=60)])[0].outcome is Outcome.TIMEOUT
    assert [entry.timeout for entry in made.asked] == [0.1, 0.2]


# ---- failures of the checker


@pytest.mark.parametrize("fault", ["raise", "exit", "none", "other", "infra", "axiom", "unaudited", "hang", "stuck"])
def test_a_fault_costs_no_verdict(fault: str) -> None:
    made = Made(FlakyBackend)
    faulty = check(f"do {fault} once", "faulty", 0.3)
    asked = [*checks(20, "before {0}", 0.3), faulty, *checks(20, "after {0}", 0.3)]
    with LocalPool(PoolConfig(**{**QUICK, "grace": 0.6}), made) as pool:
        assert_right(asked, pool.verify(asked))
        stats = pool.stats()
    assert stats["infra_runs"] == 1 and stats["checks"] == 41
    assert any(backend.closed for backend in made.all)


@pytest.mark.parametrize("fault", ["raise", "none", "other", "infra", "axiom", "unaudited"])
def test_a_lasting_fault_is_infra_and_never_an_acceptance(fault: str) -> None:
    made = Made(FlakyBackend)
    asked = [*checks(10, "before {0}"), check(f"do {fault}", "faulty"), *checks(10, "after {0}")]
    with LocalPool(PoolConfig(**QUICK), made) as pool:
        verdicts = pool.verify(asked)
        stats = pool.stats()
    faulty = verdicts.pop(10)
    assert faulty.outcome is Outcome.INFRA and faulty.id == "faulty" and faulty.reason
    assert_right(asked[:10] + asked[11:], verdicts)
    assert stats["infra_runs"] == 3


def test_killed_children_are_replaced_and_none_is_left() -> None:
    made = Made(ChildBackend)
    stop = threading.Event()
    kills = 0

    def kill() -> None:
        nonlocal kills
        random_, answered = random.Random(0), 0
        while not stop.wait(0.02):
            if pool.stats()["checks"] < answered + 20:  # on a crowded machine a child may take longer to start than to be killed again
                continue
            answered = pool.stats()["checks"]
            alive = [backend for backend in made.all if not backend.closed and backend.child.poll() is None]
            if alive:
                os.kill(random_.choice(alive).child.pid, signal.SIGKILL)
                kills += 1

    asked = checks(600)
    with LocalPool(PoolConfig(**{**QUICK, "infra_tries": 20}), made) as pool:
        killer = threading.Thread(target=kill)
        killer.start()
        try:
            verdicts = pool.verify(asked)
        finally:
            stop.set()
            killer.join()
        restarts = pool.stats()["restarts"]
    assert_right(asked, verdicts)
    assert kills >= 5 and restarts >= 3
    assert all(backend.child.poll() is not None for backend in made.all)


def test_a_worker_that_cannot_start_is_the_users_error(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> NullBackend:
        raise UserError("no Lean here; run make setup")

    with LocalPool(PoolConfig(**QUICK), broken) as pool:
        for _ in range(2):
            with pytest.raises(UserError, match="run make setup"):
                pool.verify(checks(50))
        with pytest.raises(UserError):
            list(pool.as_completed(checks(50)))
    assert caplog.text == "", "said once, to the caller"


def test_a_start_that_keeps_failing_ends_the_pool_and_one_that_recovers_does_not() -> None:
    def broken() -> NullBackend:
        raise OSError("no memory")

    with LocalPool(PoolConfig(**QUICK), broken) as pool:
        with pytest.raises(RuntimeError, match="no Lean worker could be started: OSError: no memory"):
            pool.verify(checks(50))

    tries = iter(range(100))

    def recovers() -> NullBackend:
        if next(tries) < 2:
            raise OSError("no memory")
        return NullBackend()

    with LocalPool(PoolConfig(**{**QUICK, "workers": 1}), recovers) as pool:
        assert_right(checks(50), pool.verify(checks(50)))


def test_a_worker_that_cannot_start_any_more_does_not_end_the_pool() -> None:
    starts = iter(range(100))

    def later() -> NullBackend:
        if next(starts) in (1, 2):
            raise UserError("killed while it started")
        return NullBackend()

    with LocalPool(PoolConfig(**{**QUICK, "workers": 1}, recycle_after=10), later) as pool:
        assert_right(checks(50), pool.verify(checks(50)))
        assert pool.stats()["infra_runs"] == 2


# ---- what hangs where no check runs


class Hang:
    """In the place of a function: hangs the first `times` times, until the end of the test."""

    def __init__(self, function: Callable[..., Any], times: int = 1, first: int = 0) -> None:
        """`first`: calls before those."""
        self.function, self.calls, self.hangs, self.end = function, itertools.count(), range(first, first + times), threading.Event()

    def __call__(self, *args: Any) -> Any:
        if next(self.calls) in self.hangs:
            self.end.wait()
        return self.function(*args)

    def __get__(self, owner: Any, kind: type) -> Any:
        return lambda *args: self(owner, *args)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "BETWEEN_SECONDS", 0.3)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("place", ["get", "put", "loads"])
def test_a_cache_that_hangs_costs_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """On a file system that has gone away, say: what is due is answered, and another worker goes on."""
    monkeypatch.setattr(recall.Recall, place, hang := Hang(getattr(recall.Recall, place)))
    config = PoolConfig(**{**QUICK, "workers": 1}, cache=CacheConfig(path=tmp_path / "verdicts.db"))
    with LocalPool(config, NullBackend) as pool:
        assert_right(checks(1), pool.verify(checks(1)))
        assert_right(checks(20), pool.verify(checks(20)))
        hang.end.set()


@pytest.mark.usefixtures("hasty")
def test_a_backend_that_cannot_be_ended_costs_a_thread_and_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NullBackend, "close", hang := Hang(NullBackend.close))
    with LocalPool(PoolConfig(**{**QUICK, "workers": 1}, recycle_after=10), NullBackend) as pool:
        assert_right(checks(50), pool.verify(checks(50)))
        hang.end.set()


def test_starts_that_hang_end_the_pool_and_later_ones_do_not() -> None:
    made = Hang(NullBackend, times=100)
    with LocalPool(PoolConfig(**QUICK, start=0.1), made) as pool:
        with pytest.raises(RuntimeError, match=r"no Lean worker could be started: TimeoutError: it did not come up in 0\.1 s"):
            pool.verify(checks(50))
        made.end.set()

    made = Hang(NullBackend, times=2, first=1)
    with LocalPool(PoolConfig(**{**QUICK, "workers": 1}, start=0.1, recycle_after=10), made) as pool:
        assert_right(checks(50), pool.verify(checks(50)))
        made.end.set()


def test_a_first_start_that_is_slow_for_all_workers_does_not_end_the_pool() -> None:
    """One builds the library, and all others wait for it: with many workers that is one slow start."""
    built = threading.Event()

    def made() -> NullBackend:
        built.wait()
        return NullBackend()

    with LocalPool(PoolConfig(**{**QUICK, "workers": 8}, start=0.5), made) as pool:
        found = list[Verdict]()
        for entry in checks(50):
            pool.submit(entry, found.append)
        try:
            until(lambda: pool._next_slot >= 16)  # all have been replaced
        finally:
            built.set()
        until(lambda: len(found) == 50)
        pool.raise_fatal()
    assert not {verdict.outcome for verdict in found} & {Outcome.INFRA}


def test_a_first_start_that_is_slow_several_times_is_no_failure_of_a_check() -> None:
    made = Hang(NullBackend, times=4)
    with LocalPool(PoolConfig(**{**QUICK, "workers": 1}, start=0.5), made) as pool:
        try:
            assert_right(checks(1), pool.verify(checks(1)))
        finally:
            made.end.set()


def test_a_check_whose_worker_never_starts_again_is_infra() -> None:
    made = Hang(NullBackend, times=100, first=1)
    with LocalPool(PoolConfig(**{**QUICK, "workers": 1}, start=0.1, recycle_after=10), made) as pool:
        verdicts = pool.verify(checks(12, statements=1))
        made.end.set()
    assert_right(checks(10, statements=1), verdicts[:10])
    assert {(verdict.outcome, verdict.reason) for verdict in verdicts[10:]} == {(Outcome.INFRA, "the worker was stuck")}


def test_the_watchdog_outlives_what_it_cannot_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(slot: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(watchdog, "interrupt", fails)
    asked = [check("do hang once", "faulty", 0.3), *checks(5, timeout=0.3)]
    with LocalPool(PoolConfig(**QUICK), FlakyBackend) as pool:
        assert_right(asked, pool.verify(asked))


def test_who_looks_on_keeps_no_verdict_back() -> None:
    def fails(verdict: Verdict, seconds: float) -> None:
        raise OSError("nobody there")

    with LocalPool(PoolConfig(**QUICK), NullBackend, observer=fails) as pool:
        assert_right(checks(10), pool.verify(checks(10)))


def test_a_pool_says_whether_it_works_its_checks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run within its time is not late, however many wait; one beyond it that nobody ends is, and so is work that nobody does."""
    monkeypatch.setattr(watchdog.Watchdog, "_look", lambda self: None)
    monkeypatch.setattr(local, "LOCK_SECONDS", 0.05)
    made = Hang(NullBackend.check, first=1)
    monkeypatch.setattr(NullBackend, "check", made)
    found = list[Verdict]()
    with LocalPool(PoolConfig(**{**QUICK, "workers": 1}), NullBackend) as pool:
        assert pool.pulse() == watchdog.Pulse(0, 0, 0.0)
        for entry in checks(50, timeout=0.2):
            pool.submit(entry, found.append)
        until(lambda: bool(found))
        assert (pulse := pool.pulse()) is not None and (pulse.answered, pulse.held) == (1, 49)
        until(lambda: (pulse := pool.pulse()) is not None and pulse.late > 1.0)
        with pool._lock:
            assert pool.pulse() is None
        made.end.set()
        until(lambda: len(found) == 50)
        assert pool.pulse() == watchdog.Pulse(50, 0, 0.0)
        monkeypatch.setattr(local, "BETWEEN_SECONDS", 0.1)
        monkeypatch.setattr(pool._schedule, "take", lambda worker, now: None)
        pool.submit(check("p"), found.append)
        until(lambda: (pulse := pool.pulse()) is not None and pulse.late > 0.1)


# ---- recycling


def test_workers_are_recycled_by_count_and_by_memory() -> None:
    made = Made(NullBackend)
    with LocalPool(PoolConfig(**{**QUICK, "workers": 1}, recycle_after=10), made) as pool:
        pool.verify(checks(95))
        assert pool.stats()["recycles"] == 9 and pool.stats()["restarts"] == 0
    assert [len(backend.asked) for backend in made.all] == [10] * 9 + [5]

    class Large(ChildBackend):
        code = "x = b'1' * 50_000_000"

    for limit, recycles in ((40, 2), (500, 0)):
        made = Made(Large)
        with LocalPool(PoolConfig(**{**QUICK, "workers": 1}, recycle_mb=limit), made) as pool:
            pool.verify(checks(40))
            assert pool.stats()["recycles"] == recycles


def test_private_memory_is_that_of_the_named_processes() -> None:
    backend = ChildBackend()
    assert 0 < private_mb(backend.processes) < 50 and private_mb([]) == 0
    assert 0 < unshared_mb(backend.processes) < 50 and unshared_mb([]) == 0
    backend.close()
    assert private_mb(backend.processes) == 0


# ---- the cache


def test_a_second_pool_knows_the_verdicts_of_the_first(tmp_path: Path) -> None:
    config = PoolConfig(**QUICK, cache=CacheConfig(path=tmp_path / "verdicts.db"))
    asked = checks(100)
    made = [Made(NullBackend), Made(NullBackend)]
    for number in range(2):
        with LocalPool(config, made[number]) as pool:
            assert_right(asked, pool.verify(asked))
            assert pool.stats()["cache_hits"] == 100 * number
    assert len(made[0].asked) == 100 and not made[1].asked


@pytest.mark.parametrize("other", ["lean", "library", "name", "tier", "code"])
def test_verdicts_of_another_lean_library_backend_tier_or_checker_are_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    class Kernel(NullBackend):
        audit = "kernel"

    class Changed(Kernel):
        pass

    if other in ("lean", "library", "name"):
        setattr(Changed, other, "another")
    cache = CacheConfig(path=tmp_path / "verdicts.db")
    made = Made(Changed)
    with LocalPool(PoolConfig(**QUICK, cache=cache), Kernel) as pool:
        pool.verify(checks(5))
    if other == "code":
        monkeypatch.setattr(recall, "verifier_revision", lambda: "another")
    tier = "strict" if other == "tier" else "fast"
    with LocalPool(PoolConfig(**QUICK, cache=cache, audit=tier), made, auditor=Kernel) as pool:
        pool.verify(checks(5))
    assert len(made.asked) == 5


def test_what_is_not_about_the_proof_is_not_remembered(tmp_path: Path) -> None:
    config = PoolConfig(**{**QUICK, "retry_timeouts": "always"}, timeout_first=0.1, cache=CacheConfig(path=tmp_path / "verdicts.db"))

    def ask(entry: Check) -> tuple[Outcome, int]:
        made = Made(FlakyBackend if entry.proof and entry.proof.startswith("do") else SlowBackend)
        with LocalPool(config, made) as pool:
            return pool.verify([entry])[0].outcome, len(made.asked)

    assert ask(check("do raise"))[0] is Outcome.INFRA
    assert ask(check("do raise once"))[1] == 1
    assert ask(check("needs 0.5", timeout=0.3)) == (Outcome.TIMEOUT, 3)  # short, long, quiet
    assert ask(check("needs 0.5", timeout=0.2)) == (Outcome.TIMEOUT, 0)  # known for 0.3 s, so for 0.2 s
    assert ask(check("needs 0.5", timeout=2.0)) == (expected(check("needs 0.5")), 2)  # not known for 2 s
    assert ask(check("needs 0.5", timeout=0.2)) == (expected(check("needs 0.5")), 0)
    assert ask(check("nul \0"))[1] == 1
    assert ask(check("nul \0"))[1] == 1  # NUL could make two questions look alike


@pytest.mark.parametrize("crowded", [False, True])
def test_a_time_out_on_a_crowded_machine_is_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crowded: bool) -> None:
    monkeypatch.setattr(local, "_machine_crowded", lambda cores: crowded)
    config = PoolConfig(**QUICK, cache=CacheConfig(path=tmp_path / "verdicts.db"))
    for _ in range(2):
        made = Made(SlowBackend)
        with LocalPool(config, made) as pool:
            assert pool.verify([check("needs 0.5", timeout=0.1)])[0].outcome is Outcome.TIMEOUT
    assert len(made.asked) == crowded


# ---- the strict tier


class Kernel(NullBackend):
    name, audit = "auditor", "kernel"


class No(Kernel):
    def check(self, check: Check) -> Verdict:
        self.asked.append(check)
        return self.answer(check, Outcome.REJECTED)


class Yes(NullBackend):
    def check(self, check: Check) -> Verdict:
        self.asked.append(check)
        return self.answer(check, Outcome.ACCEPTED)


def test_strict_shows_every_acceptance_to_the_auditor() -> None:
    made, auditors = Made(NullBackend), Made(Kernel)
    asked = checks(100)
    with LocalPool(PoolConfig(**QUICK, audit="strict"), made, auditors) as pool:
        verdicts = pool.verify(asked)
    assert_right(asked, verdicts)
    accepted = [verdict for verdict in verdicts if verdict.accepted]
    assert {verdict.audit for verdict in accepted} == {"kernel"} and len(auditors.asked) == len(accepted) > 20
    assert all(backend.closed for backend in auditors.all)


def test_strict_takes_the_auditors_no() -> None:
    with LocalPool(PoolConfig(**QUICK, audit="strict"), Yes, No) as pool:
        assert {verdict.outcome for verdict in pool.verify(checks(20))} == {Outcome.REJECTED}


def test_strict_never_settles_for_less() -> None:
    with LocalPool(PoolConfig(**QUICK, audit="strict"), Yes, Yes) as pool:
        verdicts = pool.verify(checks(5))
    assert {verdict.outcome for verdict in verdicts} == {Outcome.INFRA} and "kernel audit" in verdicts[0].reason

    def none() -> NullBackend:
        raise UserError("the strict audit needs the fork backend; use the fast one")

    made = Made(Yes)
    with LocalPool(PoolConfig(**QUICK, audit="strict"), made, none) as pool, pytest.raises(UserError, match="use the fast one"):
        pool.verify(checks(5))
    assert made.all and all(backend.closed for backend in made.all)


# ---- the end


def test_closing_answers_everything_once() -> None:
    pool = LocalPool(PoolConfig(**{**QUICK, "workers": 1}), FlakyBackend)
    got: Counter[str] = Counter()
    outcomes: set[Outcome] = set()

    def put(verdict: Verdict) -> None:
        got[verdict.id] += 1
        outcomes.add(verdict.outcome)

    pool.submit(check("do hang", "hung", 30), put)
    for entry in checks(50):
        pool.submit(entry, put)
    pool.close(0.2)
    pool.close()
    assert got == Counter(["hung", *(entry.id for entry in checks(50))]) and outcomes == {Outcome.INFRA}
    pool.submit(check("late", "late"), put)
    assert got["late"] == 1


def test_the_real_lean_survives_a_kill(lean: LeanInstall) -> None:
    """A killed worker costs no verdict (the backend or the pool starts another), and leaves no process behind."""
    statement = "theorem t (n : Nat) : n + {0} = {1} + n"
    asked = [Check(id=f"{n}", statement=statement.format(n, n % 4), proof="by omega", timeout=60) for n in range(8)]
    with LocalPool(PoolConfig(backend="fork", workers=1)) as pool:
        got = [pool.verify(asked[:1])[0]]
        (slot,) = pool._slots.values()
        assert slot.runner.backend is not None
        before = slot.runner.backend.processes
        for process in before:
            os.kill(process, signal.SIGKILL)
        got += pool.verify(asked[1:])
        after = slot.runner.backend.processes
    assert [verdict.id for verdict in got] == [entry.id for entry in asked]
    assert [verdict.outcome for verdict in got] == [Outcome.ACCEPTED] * 4 + [Outcome.REJECTED] * 4
    assert before and after and not set(before) & set(after)
    deadline = time.monotonic() + 60  # the zygote's other users may keep it; what it forked for this pool ends
    while [process for process in (*before, *after) if Path(f"/proc/{process}").exists()]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_nobody_waits_for_is_dropped_and_what_runs_is_heard_of_at_its_end() -> None:
    made = Made(SlowBackend)
    with LocalPool(PoolConfig(workers=1, retry_timeouts="never"), made) as pool:
        got = dict[str, list[Verdict]]()

        def ask(check: Check) -> tuple[Any, Any]:
            sink = got.setdefault(check.id, []).append
            return pool.submit(check, sink), sink

        running = ask(Check(id="running", statement="theorem t : True", proof="needs 0.5"))
        until(lambda: bool(pool._slots) and any(slot.runner.asked for slot in pool._slots.values()))
        waiting = [ask(check) for check in checks(50)]
        twice = Check(id="one", statement="theorem s : True", proof="by simp")
        shared = [ask(twice.model_copy(update={"id": name})) for name in ("one", "two")]
        for item, sink in [*waiting, shared[0], running]:
            pool.withdraw(item, sink)
        assert all(len(got[check.id]) == 1 and got[check.id][0].outcome is Outcome.INFRA for check in checks(50)) and not got["running"]
        assert got["one"][0].reason == local.NOBODY and pool.stats()["outstanding"] == 2
        until(lambda: bool(got["running"] and got["two"]))
        assert got["two"][0].outcome is expected(twice)
        assert [len(answers) for answers in got.values()] == [1] * 53
        pool.withdraw(*running)  # too late: harmless
        stats = pool.stats()
        assert (stats["outstanding"], stats["abandoned"], stats["checks"]) == (0, 52, 1)
    assert [check.proof for check in made.asked] == ["needs 0.5", "by simp"]


def test_a_run_that_nobody_waits_for_is_ended_early() -> None:
    made = Made(FlakyBackend)
    with LocalPool(PoolConfig(workers=1, timeout_first=0.2, grace=30.0, retry_timeouts="never"), made) as pool:
        got = list[Verdict]()
        sink = got.append
        item = pool.submit(Check(id="a", statement="theorem t : True", proof="do hang", timeout=300), sink)
        until(lambda: bool(made.all))
        assert item is not None
        pool.withdraw(item, sink)
        until(lambda: bool(got))
        assert (got[0].id, got[0].outcome, len(got)) == ("a", Outcome.INFRA, 1)
        assert [verdict.outcome for verdict in pool.verify(checks(5))] == [expected(check) for check in checks(5)]
        assert pool.stats()["infra_runs"] == 0


def test_who_asks_again_what_others_left_gets_an_answer() -> None:
    with LocalPool(PoolConfig(workers=1, retry_timeouts="never"), SlowBackend) as pool:
        check = Check(id="a", statement="theorem t : True", proof="needs 0.5")
        left, got = list[Verdict](), list[Verdict]()
        sink = left.append
        item = pool.submit(check, sink)
        until(lambda: any(slot.runner.asked for slot in pool._slots.values()))
        assert item is not None
        pool.withdraw(item, sink)
        assert pool.submit(check.model_copy(update={"id": "b"}), got.append) is item
        until(lambda: bool(got))
        assert (got[0].id, got[0].outcome) == ("b", expected(check)) and pool.stats()["checks"] == 2
