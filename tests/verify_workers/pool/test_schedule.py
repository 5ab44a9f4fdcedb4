"""The pool's policy as pure code: order, grouping, passes, quiet retries, and that nothing is ever lost."""

from __future__ import annotations

import random

import pytest

from verify_workers.pool.schedule import PATIENCE, STREAK, Item, ItemStage, Schedule, passes
from verify_workers.records import Check


def item(name: str, statement: str = "s", first: float = 1.0, last: float = 10.0, header: str = "") -> Item:
    return Item(Check(id=name, statement=statement, header=header, proof="p"), first, last)


def names(schedule: Schedule, count: int, worker: int = 0, now: float = 0.0) -> list[str]:
    taken = (schedule.take(worker, now) for _ in range(count))
    return [entry.check.id for entry in taken if entry is not None]


@pytest.mark.parametrize(("limit", "deadlines"), [(10.0, (3.0, 10.0)), (6.0, (3.0, 6.0)), (5.0, (5.0, 5.0)), (1.0, (1.0, 1.0))])
def test_a_short_pass_only_where_it_pays(limit: float, deadlines: tuple[float, float]) -> None:
    assert passes(3.0, limit) == deadlines


def test_a_worker_stays_with_its_statement() -> None:
    schedule = Schedule(2, 2, 60, "never")
    for number in range(6):
        schedule.add(item(f"{number}", f"s{number % 2}"), 0)
    assert names(schedule, 3, worker=0) == ["0", "2", "4"]
    assert names(schedule, 3, worker=1) == ["1", "3", "5"]


def test_a_long_statement_does_not_starve_the_next() -> None:
    schedule = Schedule(1, 1, 60, "never")
    for number in range(2 * STREAK):
        schedule.add(item(f"a{number}", "a"), 0)
    first = names(schedule, 1)
    schedule.add(item("b", "b"), 0)
    assert first == ["a0"]
    # "a" is still the oldest statement, so it goes on; once it is empty, "b" follows.
    assert names(schedule, 2 * STREAK)[-1] == "b"


def test_a_worker_stays_with_its_header() -> None:
    """Every other check is under another header: two workers take one header each and change once, when theirs is done."""
    schedule = Schedule(2, 2, 60, "never")
    for number in range(40):
        schedule.add(item(f"{number}", f"s{number // 4}", header="ab"[number % 2] if number < 30 else "a"), 0)
    headers: dict[int, list[str]] = {0: [], 1: []}
    for number in range(40):
        taken = schedule.take(number % 2, 0)
        assert taken is not None
        schedule.release(taken)
        headers[number % 2].append(taken.check.header)
    assert headers == {0: ["a"] * 20, 1: ["b"] * 15 + ["a"] * 5}


def test_a_header_without_a_worker_waits_no_longer_than_its_patience() -> None:
    schedule = Schedule(1, 1, 60, "never")
    for number in range(10):
        schedule.add(item(f"a{number}", header="a"), 0)
    assert names(schedule, 1) == ["a0"]
    schedule.add(item("b", header="b"), 1)
    assert names(schedule, 2, now=PATIENCE) == ["a1", "a2"]
    assert names(schedule, 3, now=PATIENCE + 1) == ["b", "a3", "a4"]


def test_who_has_left_holds_no_header() -> None:
    schedule = Schedule(2, 2, 60, "never")
    for header in "aabb":
        schedule.add(item(header, header=header), 0)
    assert names(schedule, 1, worker=0) == ["a"]
    schedule.leave(0)
    assert names(schedule, 1, worker=1) == ["a"]
    assert names(schedule, 1, worker=2) == ["b"]


def test_survivors_wait_until_nothing_else_does() -> None:
    schedule = Schedule(1, 1, 60, "never")
    for number in range(3):
        schedule.add(item(str(number)), 0)
    slow = schedule.take(0, 0)
    assert slow is not None and slow.limit == 1
    assert schedule.timed_out(slow, 1, False) is False
    assert names(schedule, 2) == ["1", "2"]
    again = schedule.take(0, 2)
    assert again is slow and slow.limit == 10 and slow.stage is ItemStage.LONG
    assert schedule.timed_out(slow, 12, True) is True  # "never" retried


def test_overdue_survivors_overtake_with_half_the_workers() -> None:
    schedule = Schedule(4, 4, 60, "never")
    slow = [item(f"slow{number}") for number in range(4)]
    for entry in slow:
        schedule.add(entry, 0)
        assert schedule.take(0, 0) is entry
    for entry in slow:
        schedule.timed_out(entry, 1, False)
    for number in range(4):
        schedule.add(item(f"new{number}"), 1)
    assert names(schedule, 1, now=60) == ["new0"]
    assert names(schedule, 4, now=61) == ["slow0", "slow1", "new1", "new2"]


@pytest.mark.parametrize(
    ("retry", "contended", "retried"),
    [("contended", True, True), ("contended", False, False), ("always", False, True), ("never", True, False)],
)
def test_a_time_out_is_retried_once_when_it_may_be_the_machines_fault(retry: str, contended: bool, retried: bool) -> None:
    schedule = Schedule(4, 4, 60, retry)  # type: ignore[arg-type]
    slow = item("slow", first=10.0)
    schedule.add(slow, 0)
    schedule.take(0, 0)
    assert schedule.timed_out(slow, 10, contended) is not retried
    if retried:
        others = [item(f"o{number}") for number in range(4)]
        for entry in others:
            schedule.add(entry, 10)
        assert names(schedule, 4) == ["o0", "o1", "o2", "o3"]
        assert schedule.take(0, 11) is None  # not quiet yet: four of four cores are busy
        for entry in others[:3]:
            schedule.release(entry)
        assert schedule.take(0, 12) is slow and slow.stage is ItemStage.QUIET
        assert schedule.timed_out(slow, 22, True) is True


def test_a_quiet_retry_keeps_the_pool_within_the_cores() -> None:
    schedule = Schedule(8, 2, 60, "always")
    slow = item("slow", first=10.0)
    schedule.add(slow, 0)
    schedule.take(0, 0)
    schedule.timed_out(slow, 10, True)
    assert schedule.take(0, 10) is slow
    for number in range(8):
        schedule.add(item(str(number)), 10)
    assert names(schedule, 8) == ["0"]
    schedule.release(slow)
    assert len(names(schedule, 8)) == 7


@pytest.mark.parametrize("seed", range(20))
def test_every_item_ends_exactly_once(seed: int) -> None:
    random_ = random.Random(seed)
    workers, cores = random_.randint(1, 6), random_.randint(1, 4)
    schedule = Schedule(workers, cores, random_.choice([0, 5, 1000]), random_.choice(["never", "contended", "always"]))
    coming = [
        item(str(number), f"s{random_.randint(0, 5)}", 1.0, random_.choice([1.0, 10.0]), random_.choice("xyz")) for number in range(200)
    ]
    ended: list[str] = []
    running: list[Item] = []
    now = 0.0
    for entry in coming:
        schedule.add(entry, now)
    while schedule.waiting or running:
        now += random_.random()
        if len(running) < workers and (taken := schedule.take(random_.randrange(workers), now)) is not None:
            running.append(taken)
            assert len(running) == schedule.running
            continue
        assert running, "checks wait, nothing runs, and nothing may start"
        entry = running.pop(random_.randrange(len(running)))
        event = random_.random()
        if event < 0.1:
            schedule.again(entry, now)
        elif event < 0.5:
            if schedule.timed_out(entry, now, random_.random() < 0.5):
                ended.append(entry.check.id)
        else:
            schedule.release(entry)
            ended.append(entry.check.id)
    assert sorted(ended) == sorted(entry.check.id for entry in coming)
    assert schedule.running == 0
