"""The examination of a lake project's Lean for the fork backend."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from verify_workers.backends.base import Backend
from verify_workers.backends.fork import ForkBackend, known
from verify_workers.backends.process import ProcessBackend
from verify_workers.backends.qualified import fingerprint, record
from verify_workers.errors import UserError
from verify_workers.lean.project import LakeProject
from verify_workers.lean.shared import shared
from verify_workers.policy import refusal
from verify_workers.qualify.cases import Shipped, shipped
from verify_workers.records import Check, Outcome, Verdict
from verify_workers.text.parsed import ParsedCheck

AGREEMENT = 300  # rows that the reference is asked too
HONEST_SHARE = 0.9  # of the honest texts must be accepted: the others may collide with names of this Lean's own library
SHOWN = 3  # names of rows that are told

Answers = dict[str, Verdict]
Report = Callable[[str], None]


@dataclass(frozen=True)
class Finding:
    """One part of the examination; `detail` is one line."""

    what: str
    works: bool
    detail: str


def qualify(project: LakeProject, report: Report, workers: int = 2, cases: Sequence[Shipped] | None = None) -> list[Finding]:
    """Examine the project's Lean, and record it if all parts pass; ends at the first that does not.

    Takes some minutes: each row of the reference is a fresh Lean.  Raises OSError if the record cannot be written.
    """
    cases = shipped() if cases is None else cases
    try:
        examined = fingerprint(shared(project))
        ForkBackend(project, qualifying=True).close()
    except UserError as error:
        return [Finding("layouts, jail and canned rows", False, str(error))]
    found = [Finding("layouts, jail and canned rows", True, "as expected")]
    report(f"the suite: {len(cases)} rows on the fork backend")
    answers = _asked(lambda: ForkBackend(project, qualifying=True), cases, workers, report)
    found.append(_cheats("cheats", cases, answers))
    stopped = [case for case in cases if case.false and _rule(case.check, "kernel")]
    report(f"without the policy: {len(stopped)} cheats")
    unruled = _asked(lambda: ForkBackend(project, qualifying=True, policy=False), stopped, workers, report)
    found.append(_cheats("cheats, without the policy", stopped, unruled))
    found.append(_honest(cases, answers))
    if not all(finding.works for finding in found):
        return found
    some = [case for case in cases if not case.limited and _rule(case.check, "text") == _rule(case.check, "kernel")]
    some = random.Random(8).sample(some, min(AGREEMENT, len(some)))
    report(f"the reference: {len(some)} rows on the process backend")
    found.append(_agreement(answers, _asked(lambda: ProcessBackend(project), some, workers, report)))
    if found[-1].works:
        found.append(_recorded(project, examined, len(cases)))
    return found


def _asked(make: Callable[[], Backend], cases: Sequence[Shipped], workers: int, report: Report) -> Answers:
    """Verdicts by the rows' names, from `workers` backends with a thread each."""
    done: list[Verdict] = []

    def share(first: int) -> None:
        backend = make()
        try:
            for case in cases[first::workers]:
                done.append(backend.check(case.check))
                if len(done) % 100 == 0:
                    report(f"  {len(done)} of {len(cases)}")
        finally:
            backend.close()

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(share, range(workers)))
    return {verdict.id: verdict for verdict in done}


def _cheats(what: str, cases: Sequence[Shipped], answers: Answers) -> Finding:
    """None that claims what is false is accepted, and none breaks the checker."""
    false = [case.check.id for case in cases if case.false]
    if accepted := [name for name in false if answers[name].accepted]:
        return Finding(what, False, f"{len(accepted)} of {len(false)} false claims accepted: {_some(accepted)}")
    if broken := [f"{name} ({answers[name].reason})" for name in answers if answers[name].outcome is Outcome.INFRA]:
        return Finding(what, False, f"the checker failed on {len(broken)}: {_some(broken)}")
    return Finding(what, True, f"none of {len(false)} false claims accepted")


def _honest(cases: Sequence[Shipped], answers: Answers) -> Finding:
    honest = [case.check.id for case in cases if case.honest]
    refused = [f"{name} ({answers[name].first_error[:80]})" for name in honest if not answers[name].accepted]
    counted = f"{len(honest) - len(refused)} of {len(honest)} honest texts accepted"
    enough = len(refused) <= (1 - HONEST_SHARE) * len(honest)
    return Finding("honest texts", enough, counted if not refused else f"{counted}; not {_some(refused)}")


def _agreement(answers: Answers, reference: Answers) -> Finding:
    different = [
        f"{name} ({answers[name].outcome} {answers[name].reason}, not {theirs.outcome} {theirs.reason})"
        for name, theirs in reference.items()
        if _answer(answers[name]) != _answer(theirs)
    ]
    if different:
        return Finding("agreement with process", False, f"{len(different)} of {len(reference)} answers differ: {_some(different)}")
    return Finding("agreement with process", True, f"the same on {len(reference)} rows")


def _answer(verdict: Verdict) -> tuple[Outcome, str]:
    """Outcome and reason; what is wrong with an unfinished text depends on whether lines of ours follow it."""
    return verdict.outcome, "" if verdict.id.startswith("tail/") else verdict.reason


def _recorded(project: LakeProject, examined: dict[str, Any], rows: int) -> Finding:
    if known(project.githash):
        return Finding("record", True, f"none needed: this version knows Lean {project.version} ({project.githash[:12]})")
    lean = shared(project)
    if fingerprint(lean) != examined:  # each zygote has loaded what was there when it started
        return Finding("record", False, "files of this Lean, or the code of this package, changed meanwhile: examine it again")
    path = record(lean, project.version, examined, rows=rows)
    return Finding("record", True, f"Lean {project.version} ({lean.githash[:12]}) and its {len(lean.libraries)} files are in {path}")


def _rule(check: Check, tier: str) -> str:
    """The policy's reason; '' if it lets the check pass."""
    refused = refusal(ParsedCheck(check), "kernel" if tier == "kernel" else "text")
    return refused.reason if refused else ""


def _some(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
