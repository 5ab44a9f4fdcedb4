"""The strict tier in a lake project: `leanchecker`, which comes with Lean 4.28 and newer.

A confined Lean compiles the pinned file (trusted statement, candidate, and the theorem that ties them together).  Then a
second, clean process, `leanchecker`, which runs nothing of the candidate, replays every declaration of the compiled file
through the kernel on the environment of its imports: what code in the candidate could have put past the kernel fails
there.  The list of axioms is still the one that Lean printed.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import ClassVar

from verify_workers.backends import selftest
from verify_workers.backends.launch import died, environment
from verify_workers.backends.process import MEMORY, ProcessBackend
from verify_workers.errors import UserError
from verify_workers.lean.project import LakeProject
from verify_workers.records import Check, Message, Outcome, Reason, Verdict
from verify_workers.text.parsed import ParsedCheck

MODULE = "ProofSynthCandidate"
PROBLEM = "found a problem in"  # what leanchecker says of a file that fails, and of nothing else


class LeanCheckerBackend(ProcessBackend):
    """See `verify_workers.backends.base.Backend`; two fresh processes per check, verdicts say `audit: leanchecker`."""

    name: ClassVar[str] = "leanchecker"

    def __init__(self, project: LakeProject, memory: int = MEMORY) -> None:
        """`memory` as for the process backend.  Raises UserError if the project's Lean has no leanchecker."""
        self._checker = project.lean.parent / "leanchecker"
        if not os.access(self._checker, os.X_OK):
            raise UserError(f"the strict audit in a lake project needs leanchecker, which Lean {project.version} lacks: use 4.28 or newer")
        selftest.warn(project)
        super().__init__(project, memory)

    def _ask_lean(self, check: Check, parsed: ParsedCheck | None, compiled: Path | None = None) -> Verdict:
        # Below a folder that only this user may enter: what has been a place of modules can never be made again by others.
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            compiled = Path(folder) / f"{MODULE}.olean"
            verdict = super()._ask_lean(check, parsed, compiled)
            return self._replay(check, verdict, compiled) if verdict.accepted else verdict

    def _replay(self, check: Check, verdict: Verdict, compiled: Path) -> Verdict:
        """The verdict on an accepted check after the kernel has seen the compiled file again."""
        if not compiled.is_file():
            return Verdict(id=check.id, outcome=Outcome.INFRA, reason="Lean accepted the file and compiled nothing")
        variables = environment(self._install, self._folder)
        variables["LEAN_PATH"] = os.pathsep.join(filter(None, (str(compiled.parent), variables.get("LEAN_PATH", ""))))
        try:
            run = self._run([str(self._checker), MODULE], b"", check.timeout, variables, (compiled.parent,))
        except OSError as error:
            return Verdict(id=check.id, outcome=Outcome.INFRA, reason=f"cannot run leanchecker: {error}")
        if run.stopped is not None:
            return Verdict(id=check.id, outcome=run.stopped, reason=f"leanchecker: {run.stopped}")
        if run.status == 0:
            return verdict.model_copy(update={"audit": "leanchecker"})
        words = " ".join((run.output + run.errors).decode("utf-8", "replace").split())
        end = died(run.status, run.errors)
        if end and end[0] is not Outcome.REJECTED:
            return Verdict(id=check.id, outcome=end[0], reason=f"leanchecker: {end[1]}")
        if PROBLEM in words or end:
            message = Message(severity="error", line=1, column=0, text=words[:4000])
            return Verdict(id=check.id, outcome=Outcome.REJECTED, reason=Reason.KERNEL, messages=[message], audit="leanchecker")
        return Verdict(id=check.id, outcome=Outcome.INFRA, reason=f"leanchecker ended with status {run.status}: {words[-300:]}")
