"""The adversarial suite on every backend: no false acceptance, and every honest text accepted or refused by a rule that has a name.

The kernel audit takes all of it, each time; other backends and the strict tier a seeded sample, and the whole of it as `slow`.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest

from tests.verify_workers.adversarial.attacks import ATTACKS, computation
from tests.verify_workers.adversarial.case import FALSE, Case
from tests.verify_workers.adversarial.honest import COLLECTIONS, FILES, HONEST
from tests.verify_workers.fake_lake import FakeLake
from verify_workers.backends.base import Backend
from verify_workers.backends.choose import make_backend
from verify_workers.backends.process import ProcessBackend
from verify_workers.config import PoolConfig
from verify_workers.errors import UserError
from verify_workers.lean import LeanInstall
from verify_workers.lean.project import discover
from verify_workers.policy import Tier, refusal
from verify_workers.pool.local import LocalPool
from verify_workers.records import Outcome, Reason, Verdict
from verify_workers.text.parsed import ParsedCheck

Verdicts = dict[str, Verdict]

CASES = [*ATTACKS, *HONEST, *computation.TABLE.cases]
BY_NAME = {case.name: case for case in CASES}
FALSE_CLAIMS = [case for case in ATTACKS if not case.rule_only]

# Honest texts that the kernel audit does not accept, and why; see "What is not covered" in docs/verification.md.
REFUSED: dict[str, str] = {}


def sample(attacks: int, honest: int, seed: int = 8) -> list[Case]:
    """Cases of every kind, the same ones every time."""
    draw = random.Random(seed)
    return [*draw.sample(ATTACKS, attacks), *draw.sample(HONEST, honest)]


SOME = [*sample(90, 60), *computation.TABLE.cases]
FEW = sample(60, 30)
WHOLE = (pytest.mark.slow, pytest.mark.timeout(3600))


def run(make: Callable[[], Backend], cases: Sequence[Case], workers: int = 2) -> Verdicts:
    """Verdicts by case name, from `workers` backends with a thread each."""

    def share(first: int) -> list[Verdict]:
        backend = make()
        try:
            return [backend.check(case.check()) for case in cases[first::workers]]
        finally:
            backend.close()

    with ThreadPoolExecutor(workers) as pool:
        return {verdict.id: verdict for verdicts in pool.map(share, range(workers)) for verdict in verdicts}


def suite(name: str, whole: bool = True) -> Verdicts:
    """The verdicts of a backend on the embedded Lean: on all cases, or on some; found once."""
    return _suite(name, whole)


@cache
def _suite(name: str, whole: bool) -> Verdicts:
    _there(name)
    return run(lambda: make_backend(name), CASES if whole else SOME)


def _there(name: str) -> None:
    try:
        make_backend(name).close()
    except UserError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def repl_suite(lake: FakeLake) -> Callable[[bool], Verdicts]:
    """The REPL backend on a REPL that speaks the protocol and answers by real Lean."""

    @cache
    def verdicts(whole: bool) -> Verdicts:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", lake.path)
            return run(lambda: make_backend("repl", project=lake.project), CASES if whole else FEW)

    return verdicts


_TEXT_BACKENDS = (
    *((name, False) for name in ("worker", "process", "repl")),
    *(pytest.param((name, True), marks=WHOLE) for name in ("worker", "process", "repl")),
)


@pytest.fixture(params=_TEXT_BACKENDS, ids=str)
def text_verdicts(request: pytest.FixtureRequest) -> Verdicts:
    """What the text tier says: on all cases, or on some."""
    name, whole = request.param
    if name == "repl":
        found: Verdicts = request.getfixturevalue("repl_suite")(whole)
        return found
    return suite(name, whole)


@pytest.fixture(scope="module")
def project_suite(lake: FakeLake) -> Callable[[bool], Verdicts]:
    """The fork backend in a lake project."""

    @cache
    def verdicts(whole: bool) -> Verdicts:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", lake.path)
            return run(lambda: make_backend("fork", project=lake.project), CASES if whole else FEW)

    return verdicts


@pytest.fixture(params=["embedded", "project, some", pytest.param("project, all", marks=WHOLE)])
def kernel_verdicts(request: pytest.FixtureRequest) -> Verdicts:
    """What the kernel audit says, of all cases on the embedded Lean."""
    if request.param == "embedded":
        return suite("fork")
    found: Verdicts = request.getfixturevalue("project_suite")(request.param == "project, all")
    return found


@cache
def ruled(name: str, tier: Tier) -> tuple[Outcome, str] | None:
    """The outcome and reason of the policy on the case of this name, if it refuses it."""
    refused = refusal(ParsedCheck(BY_NAME[name].check()), tier)
    return (refused.outcome, refused.reason) if refused else None


def accepted(cases: Iterable[Case], verdicts: Verdicts) -> list[str]:
    return [case.name for case in cases if case.name in verdicts and verdicts[case.name].accepted]


def refusals(verdicts: Verdicts) -> dict[str, str]:
    """Why each honest case was not accepted."""
    refused = (verdicts[case.name] for case in HONEST if case.name in verdicts and not verdicts[case.name].accepted)
    return {verdict.id: f"{verdict.outcome} {verdict.reason}: {verdict.first_error}" for verdict in refused}


# ---- the cases -----------------------------------------------------------------------------------------------------------


def test_the_suite_is_broad() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    assert len(ATTACKS) >= 350 and len(FILES) >= 300 and len(COLLECTIONS) >= 150
    assert sum(case.proof is not None for case in ATTACKS) >= 100 and sum(case.code is not None for case in ATTACKS) >= 200
    assert min(Counter(case.kind for case in ATTACKS).values()) >= 9
    assert all(case.tries and case.why for case in ATTACKS)
    assert not any(case.rule_only and case.statement == FALSE for case in ATTACKS)


def test_no_case_stands_there_twice() -> None:
    asked = Counter((case.statement, case.header, case.preamble, case.negated, case.proof, case.code) for case in CASES)
    assert [case.name for case in CASES if asked[case.statement, case.header, case.preamble, case.negated, case.proof, case.code] > 1] == []


# ---- the policy ----------------------------------------------------------------------------------------------------------


def test_the_text_tiers_policy_stops_what_it_should() -> None:
    assert [case.name for case in ATTACKS if (case.by == "policy") != (ruled(case.name, "text") is not None)] == []


def test_the_kernel_tiers_policy_refuses_no_more_than_the_text_tiers() -> None:
    assert [case.name for case in CASES if ruled(case.name, "kernel") and not ruled(case.name, "text")] == []


def test_the_kernel_tiers_policy_refuses_no_honest_text() -> None:
    assert {case.name: found for case in HONEST if (found := ruled(case.name, "kernel"))} == {}


# ---- cheats --------------------------------------------------------------------------------------------------------------


def test_no_cheat_passes_the_text_tier(text_verdicts: Verdicts) -> None:
    assert accepted(ATTACKS, text_verdicts) == []


def test_no_cheat_passes_the_kernel_audit(kernel_verdicts: Verdicts) -> None:
    assert accepted(FALSE_CLAIMS, kernel_verdicts) == []


@pytest.mark.parametrize("where", ["embedded", pytest.param("project", marks=WHOLE)])
def test_kernel_objects_alone_accept_nothing_false(lean: LeanInstall, lake: FakeLake, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the policy all of it reaches Lean, and still nothing of it is accepted.  (What the policy lets pass, others saw.)"""
    _there("fork")
    from verify_workers.backends.fork import ForkBackend

    monkeypatch.setenv("PATH", lake.path)
    install = lean if where == "embedded" else discover(lake.project, need_repl=False)
    stopped = [case for case in FALSE_CLAIMS if ruled(case.name, "kernel")]
    verdicts = run(lambda: ForkBackend(install, policy=False), stopped)
    assert len(verdicts) >= 100
    assert accepted(stopped, verdicts) == []
    assert _broken(verdicts) == {}


def _broken(verdicts: Verdicts) -> dict[str, str]:
    return {name: verdict.reason for name, verdict in verdicts.items() if verdict.outcome is Outcome.INFRA}


def test_nothing_breaks_the_text_tier(text_verdicts: Verdicts) -> None:
    assert _broken(text_verdicts) == {}


def test_nothing_breaks_the_kernel_audit(kernel_verdicts: Verdicts) -> None:
    assert _broken(kernel_verdicts) == {}


def test_who_stops_a_cheat(text_verdicts: Verdicts) -> None:
    for case in ATTACKS:
        verdict = text_verdicts.get(case.name)
        if verdict and case.by == "policy":
            assert (verdict.outcome, verdict.reason) == ruled(case.name, "text"), case.name
            assert verdict.audit == "none" and verdict.axioms == [], case.name


# ---- honest texts --------------------------------------------------------------------------------------------------------


def test_the_kernel_audit_accepts_honest_texts(kernel_verdicts: Verdicts) -> None:
    refused = refusals(kernel_verdicts)
    assert {name: why for name, why in refused.items() if name not in REFUSED} == {}
    assert len(REFUSED) <= 0.005 * len(HONEST)


def test_the_text_tier_refuses_honest_texts_by_named_rules_alone(text_verdicts: Verdicts) -> None:
    """And says that it is the text tier's rule; what it shows to Lean, Lean accepts."""
    refused = {name: why for name, why in refusals(text_verdicts).items() if name not in REFUSED}
    print(f"{len(refused)} of {sum(case.name in text_verdicts for case in HONEST)} honest texts refused:", *refused.items(), sep="\n")
    assert {name: why for name, why in refused.items() if ruled(name, "text") is None} == {}
    assert {name: why for name, why in refused.items() if "a rule of the text tier" not in why} == {}


# ---- tiers and backends against each other --------------------------------------------------------------------------------


def comparable(name: str) -> bool:
    """Whether every backend should answer alike: the same policy of both tiers, and no limit that decides."""
    return ruled(name, "text") == ruled(name, "kernel") and not name.startswith(("resources/", "computation/"))


@pytest.mark.parametrize(
    ("name", "whole"), [("worker", False), ("process", False), *(pytest.param(name, True, marks=WHOLE) for name in ("worker", "process"))]
)
def test_backends_agree(name: str, whole: bool) -> None:
    """Same outcome and reason, case by case."""
    fork, other = suite("fork"), suite(name, whole)
    pairs = {case: (fork[case], verdict) for case, verdict in other.items() if comparable(case)}
    assert len(pairs) >= 0.5 * len(other)
    answers = {case: (_answer(one), _answer(two)) for case, (one, two) in pairs.items()}
    assert {case: both for case, both in answers.items() if both[0] != both[1]} == {}


def _answer(verdict: Verdict) -> tuple[Outcome, str]:
    """Outcome and reason; what is wrong with an unfinished text depends on whether lines of ours follow it."""
    return verdict.outcome, "" if verdict.id.startswith("tail/") else verdict.reason


@pytest.mark.parametrize("case", computation.TABLE.cases, ids=lambda case: case.name)
def test_what_is_equal_by_computation_is_not_the_same_statement(case: Case) -> None:
    assert _answer(suite("fork")[case.name]) == (Outcome.REJECTED, Reason.WRONG_STATEMENT)
    assert suite("worker", whole=False)[case.name].accepted


_STRICT = (
    *(("worker", FEW), ("leanchecker", FEW)),
    *(pytest.param(name, CASES, marks=WHOLE) for name in ("fork", "project", "worker", "process", "leanchecker")),
)


@pytest.mark.parametrize(("name", "cases"), _STRICT, ids=lambda value: value if isinstance(value, str) else str(len(value)))
def test_the_strict_tier(name: str, cases: list[Case], lake: FakeLake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the pool: what a text backend accepts is shown to the kernel audit, or in a project to leanchecker (a stand-in here)."""
    monkeypatch.setenv("PATH", lake.path)
    in_project = name == "leanchecker"
    backend, project = {"leanchecker": ("repl", lake.project), "project": ("fork", lake.project)}.get(name, (name, None))
    settings = {"backend": backend, "audit": "strict", "project": project, "workers": 2, "timeout_first": 20, "retry_timeouts": "never"}
    config = PoolConfig.model_validate(settings | {"auditor": "leanchecker" if in_project else "auto"})
    with LocalPool(config) as pool:
        found = {verdict.id: verdict for verdict in pool.as_completed(case.check() for case in cases)}
    tier: Tier = "kernel" if backend == "fork" else "text"
    assert accepted(FALSE_CLAIMS, found) == []
    assert _broken(found) == {}
    assert {case: why for case, why in refusals(found).items() if case not in REFUSED and ruled(case, tier) is None} == {}
    assert {verdict.audit for verdict in found.values() if verdict.accepted} == {"leanchecker" if in_project else "kernel"}


# ---- single ones ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lexer/arrow-comment", "lexer/subtype-comment", "lexer/or-comment", "lexer/pin-macro"])
def test_what_looks_like_a_comment_is_kept_from_lean(lean: LeanInstall, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if the policy let them pass: the text tier shows Lean no comment, so there is no code in one."""
    monkeypatch.setattr("verify_workers.policy.refusal", lambda check: None)
    monkeypatch.setattr("verify_workers.text.lexer._ENDS_NO_SYMBOL", re.compile(""))  # the lexer as it was before it knew of them
    backend = ProcessBackend(lean)
    verdict = backend.check(BY_NAME[name].check())
    backend.close()
    assert verdict.outcome is Outcome.REJECTED


@pytest.mark.parametrize("name", ["process", "fork"])
def test_an_unknown_name_is_no_variable(name: str) -> None:
    """Without reals, `(x : ℝ)` must not quietly become a statement about every type."""
    backend = make_backend(name)
    verdict = backend.check(Case("real", "theorem goal (x : ℝ) : x = x", proof="rfl").check())
    backend.close()
    assert (verdict.outcome, verdict.reason) == (Outcome.REJECTED, "statement")
