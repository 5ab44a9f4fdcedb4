"""Service times by stage: small, adding up, and with the mean that was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth.store.rundir import RunDir
from synth.store.service import Service, keep_service, read_service, served, service
from verify_workers.records import Check, Outcome, Verdict


def _asked(proof: str, seconds: float) -> tuple[Check, Verdict]:
    return Check(id="a", statement="theorem X : True", proof=proof), Verdict(id="a", outcome=Outcome.REJECTED, seconds=seconds)


def test_a_sample_has_the_mean_and_nearly_the_spread_of_what_was_measured() -> None:
    times = [0.001 * 1.07**n for n in range(100)] + [0.0]
    found = Service()
    for seconds in times:
        found.add(seconds)
    sample = found.sample()
    assert len(sample) == found.checks == 101
    assert sum(sample) == pytest.approx(sum(times))
    assert sample[1:] == [pytest.approx(seconds, rel=0.06) for seconds in sorted(times)[1:]]
    assert service(found.figures()).sample() == [pytest.approx(value, rel=1e-3) for value in sample]
    assert len(found.figures()["spread"]) < 90
    assert Service().sample() == [] and Service().mean == 0.0


def test_many_tactics_in_one_check_are_told_from_one() -> None:
    found = served(*zip(_asked("by first | (omega; done)", 2.0), _asked("by omega", 0.5), _asked("by simp", 0.1), strict=True))
    assert {kind: (one.checks, one.seconds) for kind, one in found.items()} == {"first": (1, 2.0), "one": (2, 0.6)}


def test_what_a_stage_asks_later_is_added(tmp_path: Path) -> None:
    with RunDir.open(tmp_path / "run", {"name": "x"}) as store:
        for seconds in (1.0, 2.0):
            keep_service(store, 3, "compare", served(*zip(_asked("by omega", seconds), strict=True)))
        assert read_service(store, 3, "compare")["one"] == Service(2, 3.0, read_service(store, 3, "compare")["one"].spread)
        assert read_service(store, 3, "baseline") == {}
