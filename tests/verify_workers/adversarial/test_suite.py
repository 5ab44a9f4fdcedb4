"""The adversarial suite on every backend: no false acceptance, every honest twin accepted."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from tests.verify_workers.fake_lake import FakeLake
from verify_workers.backends.base import Backend
from verify_workers.backends.choose import make_backend
from verify_workers.backends.process import ProcessBackend
from verify_workers.config import PoolConfig
from verify_workers.errors import UserError
from verify_workers.lean import LeanInstall
from verify_workers.policy import violations
from verify_workers.pool.local import LocalPool
from verify_workers.records import Outcome, Verdict
from verify_workers.text.parsed import ParsedCheck

sys.path.insert(0, str(Path(__file__).parent))
from cases import ATTACKS, CASES, FALSE, TWINS, Case


def run(make: Callable[[], Backend], cases: list[Case], workers: int = 2) -> dict[str, Verdict]:
    """Verdicts by case name, from `workers` backends with a thread each."""

    def share(first: int) -> list[Verdict]:
        backend = make()
        try:
            return [backend.check(case.check(timeout=20)) for case in cases[first::workers]]
        finally:
            backend.close()

    with ThreadPoolExecutor(workers) as pool:
        return {verdict.id: verdict for verdicts in pool.map(share, range(workers)) for verdict in verdicts}


@cache
def suite(name: str) -> dict[str, Verdict]:
    try:
        make_backend(name).close()
    except UserError as error:
        pytest.skip(str(error))
    return run(lambda: make_backend(name), CASES)


@pytest.fixture(scope="module")
def repl_verdicts(lake: FakeLake) -> dict[str, Verdict]:
    """The REPL backend on a REPL that speaks the protocol and answers by real Lean."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", lake.path)
        return run(lambda: make_backend("repl", project=lake.project), CASES)


@pytest.fixture(params=["process", "fork", "worker", "repl"])
def verdicts(request: pytest.FixtureRequest) -> dict[str, Verdict]:
    if request.param == "repl":
        found: dict[str, Verdict] = request.getfixturevalue("repl_verdicts")
        return found
    return suite(request.param)


def test_the_suite_is_broad() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    assert len(ATTACKS) >= 150 and len(TWINS) >= 60
    assert sum(case.proof is not None for case in ATTACKS) >= 60 and sum(case.code is not None for case in ATTACKS) >= 60


@pytest.mark.parametrize("case", [case for case in ATTACKS if case.by == "policy"], ids=lambda case: case.name)
def test_policy_stops(case: Case) -> None:
    assert violations(ParsedCheck(case.check()))


@pytest.mark.parametrize("case", [case for case in CASES if case.by != "policy"], ids=lambda case: case.name)
def test_policy_lets_pass(case: Case) -> None:
    assert violations(ParsedCheck(case.check())) == []


def test_no_cheat_is_accepted(verdicts: dict[str, Verdict]) -> None:
    accepted = [case.name for case in ATTACKS if verdicts[case.name].outcome is Outcome.ACCEPTED]
    assert accepted == []


@pytest.mark.parametrize("name", ["fork", "worker", *(pytest.param(slow, marks=pytest.mark.slow) for slow in ("process", "repl"))])
def test_the_strict_tier_accepts_the_twins_and_nothing_else(name: str, lake: FakeLake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the pool: what a text backend accepts is shown to the kernel audit, or in a project to leanchecker (a stand-in here)."""
    monkeypatch.setenv("PATH", lake.path)
    project = lake.project if name == "repl" else None
    config = PoolConfig(backend=name, audit="strict", project=project, workers=2, timeout_first=20, retry_timeouts="never")
    with LocalPool(config) as pool:
        found = {verdict.id: verdict for verdict in pool.as_completed(case.check(timeout=20) for case in CASES)}
    assert [case.name for case in ATTACKS if found[case.name].outcome is Outcome.ACCEPTED] == []
    assert [(case.name, found[case.name]) for case in TWINS if not found[case.name].accepted] == []
    assert {found[case.name].audit for case in TWINS} == {"leanchecker" if project else "kernel"}
    assert [case.name for case in CASES if found[case.name].outcome is Outcome.INFRA] == []


def test_no_cheat_breaks_the_checker(verdicts: dict[str, Verdict]) -> None:
    broken = [(case.name, verdicts[case.name].reason) for case in CASES if verdicts[case.name].outcome is Outcome.INFRA]
    assert broken == []


def test_every_honest_twin_is_accepted(verdicts: dict[str, Verdict]) -> None:
    refused = [(case.name, verdicts[case.name].reason, verdicts[case.name].messages) for case in TWINS if not verdicts[case.name].accepted]
    assert refused == []


def test_backends_agree(repl_verdicts: dict[str, Verdict]) -> None:
    """Same outcome from all, case by case."""
    process = suite("process")
    for other in (suite("fork"), suite("worker"), repl_verdicts):
        different = {name for name, verdict in process.items() if verdict.outcome != other[name].outcome}
        assert different == set()


def test_kernel_objects_alone_accept_nothing_false(lean: LeanInstall) -> None:
    """Without the policy, what is written for a false statement reaches Lean, and still nothing of it is accepted."""
    try:
        make_backend("fork").close()
    except UserError as error:
        pytest.skip(str(error))
    from verify_workers.backends.fork import ForkBackend

    false = [case for case in ATTACKS if case.statement == FALSE]
    verdicts = run(lambda: ForkBackend(lean, policy=False), false)
    assert len(false) >= 120
    assert [name for name, verdict in verdicts.items() if verdict.outcome is Outcome.ACCEPTED] == []


@pytest.mark.parametrize("name", ["proof/arrow-comment", "code/subtype-comment", "code/or-comment", "code/pin-macro"])
def test_what_looks_like_a_comment_is_kept_from_lean(lean: LeanInstall, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if the policy let them pass: the text tier shows Lean no comment, so there is no code in one."""
    monkeypatch.setattr("verify_workers.policy.refusal", lambda check: None)
    monkeypatch.setattr("verify_workers.text.lexer._ENDS_NO_SYMBOL", re.compile(""))  # the lexer as it was before it knew of them
    (case,) = [case for case in ATTACKS if case.name == name]
    backend = ProcessBackend(lean)
    verdict = backend.check(case.check(timeout=20))
    backend.close()
    assert verdict.outcome is Outcome.REJECTED


def test_who_stops_a_cheat(verdicts: dict[str, Verdict]) -> None:
    for case in ATTACKS:
        stopped_early = verdicts[case.name].audit == "none" and verdicts[case.name].axioms == []
        assert case.by == "lean" or stopped_early, case.name


@pytest.mark.parametrize("name", ["process", "fork"])
def test_an_unknown_name_is_no_variable(name: str) -> None:
    """Without reals, `(x : ℝ)` must not quietly become a statement about every type."""
    backend = make_backend(name)
    verdict = backend.check(Case("real", "theorem goal (x : ℝ) : x = x", proof="rfl").check())
    backend.close()
    assert (verdict.outcome, verdict.reason) == (Outcome.REJECTED, "statement")
