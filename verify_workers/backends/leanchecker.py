"""The strict tier in a lake project whose Lean's memory nobody knows: `leanchecker`, which comes with Lean 4.28 and newer.

A confined Lean compiles the pinned file (trusted statement, candidate, and the theorem that ties them together), each by itself on the
pristine header.  Then a second, clean process, `leanchecker`, which runs nothing of the candidate, replays every declaration of the
compiled file through the kernel on the environment of its imports: what code in the candidate could have put past the kernel fails
there.  That import is the larger part of an audit, so `audit` has one process replay many files: joined into one (`lean.merge`), in
which none declares or names what another declares.  Where that does not pass as a whole it is halved until every file of it has
passed, in company or alone.  The list of axioms is the one that Lean printed; the compiled file must hold the pinned theorem, and no
axiom of the candidate's below it.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from verify_workers.backends import selftest
from verify_workers.backends.launch import died, environment
from verify_workers.backends.process import MEMORY, LeanRun, ProcessBackend
from verify_workers.errors import UserError
from verify_workers.lean import merge
from verify_workers.lean.olean import Constant, Unreadable
from verify_workers.lean.project import LakeProject
from verify_workers.lean.special import KERNEL_SPECIAL_NAMES
from verify_workers.records import Check, Message, Outcome, Reason, Verdict

log = logging.getLogger(__name__)

MODULE = "ProofSynthCandidate"
PROBLEM = "found a problem in"  # what leanchecker says of a file that fails, and of nothing else
PINNED = re.compile(r"_proved_[0-9a-f]{32}")  # what `text.pin` calls the theorem that ties statement and candidate together
TOGETHER = 600.0  # seconds that one process may take for many files


@dataclass(frozen=True)
class Compiled:
    """A candidate that Lean's messages accept, compiled and not replayed yet.

    verdict  of the text
    folder   holds its compiled module alone
    content  what that declares; None where its form is not known here, so that it is replayed by itself
    seconds  that compiling took
    """

    check: Check
    verdict: Verdict
    folder: Path
    content: merge.Candidate | None
    seconds: float

    def drop(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


class LeanCheckerBackend(ProcessBackend):
    """See `verify_workers.backends.base.Backend`: two fresh processes per check, or with `audit` one and a share of one.

    Verdicts say `audit: leanchecker`.  `compile` and `audit` may be called from several threads.
    """

    name: ClassVar[str] = "leanchecker"

    def __init__(self, project: LakeProject, memory: int = MEMORY, snapshots: Path | None = None) -> None:
        """`memory` and `snapshots` as for the process backend.  Raises UserError if the project's Lean has no leanchecker."""
        self._checker = project.lean.parent / "leanchecker"
        if not os.access(self._checker, os.X_OK):
            raise UserError(f"the strict audit in a lake project needs leanchecker, which Lean {project.version} lacks: use 4.28 or newer")
        selftest.warn(project)
        super().__init__(project, memory, snapshots)
        self._merges = True  # until it is found that nothing that is joined passes

    def check(self, check: Check) -> Verdict:
        """The verdict on one check by itself."""
        compiled = self.compile(check)
        return compiled if isinstance(compiled, Verdict) else self.audit([compiled])[0]

    def compile(self, check: Check) -> Verdict | Compiled:
        """The verdict on a check that Lean does not accept, else what it was compiled to: `audit` has the last word, and drops the file."""
        started = time.monotonic()
        # Below a folder that only this user may enter: what has been a place of modules can never be made again by others.
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        verdict, file = self._judged(check, folder / f"{MODULE}.olean"), folder / f"{MODULE}.olean"
        seconds = time.monotonic() - started
        if verdict.accepted and not file.is_file():
            nothing = {"outcome": Outcome.INFRA, "reason": "Lean accepted the file and compiled nothing", "axioms": [], "audit": "none"}
            verdict = verdict.model_copy(update=nothing)
        if not verdict.accepted:
            shutil.rmtree(folder, ignore_errors=True)
            return verdict.model_copy(update={"audit_seconds": seconds})
        try:
            content = merge.read(file)
        except (Unreadable, OSError) as error:
            log.info("a compiled file is replayed by itself: %s", error)
            content = None
        return Compiled(check, verdict, folder, content, seconds)

    def audit(self, compiled: Sequence[Compiled]) -> list[Verdict]:
        """The verdicts on what was compiled, in order, each as `check` would give it; all files are dropped."""
        try:
            return self._audit(compiled)
        finally:
            for one in compiled:
                one.drop()

    def _audit(self, compiled: Sequence[Compiled]) -> list[Verdict]:
        costs = [one.seconds for one in compiled]
        found = {place: verdict for place, one in enumerate(compiled) if (verdict := _unpinned(one)) is not None}

        def timed(places: Sequence[int], run: Callable[[], Verdict | bool]) -> Verdict | bool:
            started = time.monotonic()
            answer = run()
            for place in places:
                costs[place] += (time.monotonic() - started) / len(places)
            return answer

        def alone(place: int) -> Verdict:
            answer = timed([place], lambda: self._alone(compiled[place]))
            assert isinstance(answer, Verdict)
            return answer

        def together(places: Sequence[int]) -> bool:
            return bool(timed(places, lambda: self._together([compiled[place] for place in places])))

        fit = {place: one.content for place, one in enumerate(compiled) if place not in found and one.content and _common(one.content)}
        for group in merge.groups(fit) if self._merges else []:
            passed = halved(group, together)
            found |= {place: accepted(compiled[place]) for place in passed}
            if not passed and len(group) > 1:
                found |= {place: alone(place) for place in group}
                if all(found[place].accepted for place in group):  # so it is the joining that this Lean cannot read
                    log.warning("audits run one by one from here: leanchecker of Lean %s reads no joined files", self.lean)
                    self._merges = False
        found |= {place: alone(place) for place in range(len(compiled)) if place not in found}
        return [found[place].model_copy(update={"seconds": cost, "audit_seconds": cost}) for place, cost in enumerate(costs)]

    def _together(self, compiled: Sequence[Compiled]) -> bool:
        """Whether `leanchecker` finds nothing in any of them."""
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            try:
                merge.merge([one.content for one in compiled if one.content], Path(folder) / f"{MODULE}.olean")
                run = self._replay(Path(folder), min(TOGETHER, sum(one.check.timeout for one in compiled)))
            except (Unreadable, OSError) as error:
                log.info("%d compiled files could not be replayed together: %s", len(compiled), error)
                return False
        return run.stopped is None and run.status == 0

    def _alone(self, one: Compiled) -> Verdict:
        """The verdict on an accepted check after the kernel has seen its compiled file again."""
        try:
            run = self._replay(one.folder, one.check.timeout)
        except OSError as error:
            return _failed(one, f"cannot run leanchecker: {error}")
        if run.stopped is not None:
            return _ended(one, run.stopped, f"leanchecker: {run.stopped}")
        if run.status == 0:
            return accepted(one)
        words = " ".join((run.output + run.errors).decode("utf-8", "replace").split())
        end = died(run.status, run.errors)
        if end and end[0] is not Outcome.REJECTED:
            return _ended(one, end[0], f"leanchecker: {end[1]}")
        if PROBLEM in words or end:
            return _rejected(one, Reason.KERNEL, words)
        return _failed(one, f"leanchecker ended with status {run.status}: {words[-300:]}")

    def _replay(self, folder: Path, timeout: float) -> LeanRun:
        """`leanchecker` on the module in `folder`."""
        variables = environment(self._install, self._folder)
        variables["LEAN_PATH"] = os.pathsep.join(filter(None, (str(folder), variables.get("LEAN_PATH", ""))))
        return self._run([str(self._checker), MODULE], b"", timeout, variables, (folder,))


def halved(places: Sequence[int], passes: Callable[[Sequence[int]], bool]) -> list[int]:
    """Those of `places` that pass with others: in one go, or in halves of what does not, down to two; single ones are left out."""
    if len(places) < 2:
        return []
    if passes(places):
        return list(places)
    middle = len(places) // 2
    return [*halved(places[:middle], passes), *halved(places[middle:], passes)]


def accepted(one: Compiled) -> Verdict:
    return one.verdict.model_copy(update={"audit": "leanchecker"})


def _common(content: merge.Candidate) -> bool:
    """Whether it declares nothing that the kernel computes by its name: in a file with others that would concern them too."""
    return KERNEL_SPECIAL_NAMES.isdisjoint(content.constants)


def _unpinned(one: Compiled) -> Verdict | None:
    """The verdict on a candidate whose compiled file lacks the pinned theorem, or has an axiom below it; None for all others."""
    if one.content is None:
        return None
    constants = one.content.constants
    pinned = [name for name in constants if PINNED.fullmatch(name)]
    if not any(constants[name].kind == "theorem" for name in pinned):
        return _failed(one, "what Lean compiled lacks the pinned theorem")
    if axioms := sorted(name for name in below(pinned, constants) if constants[name].kind == "axiom"):
        return _rejected(one, Reason.AXIOM, f"rests on {', '.join(axioms)[:300]}, which Lean did not list")
    return None


def below(names: Sequence[str], constants: Mapping[str, Constant]) -> set[str]:
    """The `constants` that those named rest on, and they themselves."""
    found, waiting = set[str](), list(names)
    while waiting:
        name = waiting.pop()
        if name in constants and name not in found:
            found.add(name)
            waiting += constants[name].type | constants[name].value
    return found


def _rejected(one: Compiled, reason: Reason, words: str) -> Verdict:
    message = Message(severity="error", line=1, column=0, text=words[:4000])
    return _ended(one, Outcome.REJECTED, str(reason), messages=[message], audit="leanchecker")


def _failed(one: Compiled, reason: str) -> Verdict:
    return _ended(one, Outcome.INFRA, reason)


def _ended(one: Compiled, outcome: Outcome, reason: str, **more: object) -> Verdict:
    """A verdict that is no acceptance; who gave it is as in the one before."""
    plain = {"outcome": outcome, "reason": reason, "messages": [], "axioms": [], "audit": "none"}
    return one.verdict.model_copy(update=plain | more)
