"""A `fork` backend whose acceptances other kernels have to share (`verify_workers.kernels`), or whose closures are kept."""

from __future__ import annotations

import time
from pathlib import Path

from verify_workers.backends.fork import ForkBackend
from verify_workers.kernel.library import library_file
from verify_workers.kernels.panel import Panel, closure_name, write_closure
from verify_workers.lean.install import LeanInstall
from verify_workers.lean.project import LakeProject
from verify_workers.records import Check, Outcome, Verdict

NO_EXPORT = "no export of what was accepted: other kernels cannot be asked (it is larger than child B may say, or took too long)"


class PanelBackend:
    """See `verify_workers.backends.base.Backend`; closes the backend that it is made on.

    Closures of what is accepted are written to the folder `closures`, if that is given.
    """

    def __init__(self, backend: ForkBackend, install: LeanInstall | LakeProject, panel: Panel | None, closures: Path | None = None) -> None:
        self._backend, self._install, self._panel, self._closures = backend, install, panel, closures
        backend.exporting = True
        self.name, self.lean, self.library = backend.name, backend.lean, backend.library

    @property
    def processes(self) -> list[int]:
        return self._backend.processes

    def check(self, check: Check) -> Verdict:
        begun = time.monotonic()
        verdict = self._backend.check(check)
        own = self._backend.exported
        if not verdict.accepted:
            return verdict
        if own is None:
            return verdict.model_copy(update={"outcome": Outcome.INFRA, "reason": NO_EXPORT, "axioms": []})
        if self._panel is not None and self._panel.asks(check):
            answers, problem = self._panel.judge(check, own.imports, own.lines)
            told = {"kernels": [f"{answer.kernel}: {answer.opinion}" for answer in answers], "seconds": time.monotonic() - begun}
            if problem:
                who = {"lean": verdict.lean, "library": verdict.library, "backend": verdict.backend}
                of_it = {"form": verdict.form, "negated_form": verdict.negated_form, "remarks": verdict.remarks}
                return Verdict(id=check.id, outcome=Outcome.INFRA, reason=problem, **who, **of_it, **told)
            verdict = verdict.model_copy(update=told)
        if self._closures is not None:
            write_closure(self._closures / closure_name(check), library_file(self._install, own.imports), own.lines)
        return verdict

    def close(self) -> None:
        if self._panel is not None:
            self._panel.close()
        self._backend.close()
