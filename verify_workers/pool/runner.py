"""One worker of a pool: the backend that it owns, the second judge of the strict tier, and what counts as a verdict of theirs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from verify_workers.backends.base import Backend
from verify_workers.backends.leanchecker import Compiled
from verify_workers.config import PoolConfig
from verify_workers.errors import UserError
from verify_workers.kernels.answer import START_SECONDS
from verify_workers.pool.audits import SharedAuditor
from verify_workers.pool.revision import header_imports
from verify_workers.processes import private_mb, unshared_mb
from verify_workers.records import ALLOWED_AXIOMS, Check, Outcome, Verdict

if TYPE_CHECKING:
    from verify_workers.lean.project import LakeProject

log = logging.getLogger("verify_workers.pool")

STRICT_AUDITS = frozenset({"kernel", "leanchecker"})  # by a clean process that replays declarations through the kernel
STRICT_BACKENDS = frozenset({"fork"})  # whose acceptances are such audits already
LOOK_EVERY = 16  # checks between two looks at a backend's memory
BETWEEN_SECONDS = 300.0  # that a worker may take for all but starting and asking a backend: what is recalled, what is ended

Factory = Callable[[], Backend]


@dataclass(frozen=True)
class Identity:
    """Which Lean, library and kind of backend gives the verdicts here."""

    lean: str
    library: str
    backend: str


class Runner:
    """Starts, asks and ends one backend and, in the strict tier, its auditor.

    Used by one thread at a time; `close` may come from another, and brings a check that runs back.
    """

    def __init__(self, number: int, config: PoolConfig, factory: Factory, auditor: Factory) -> None:
        self.number = number
        self.backend: Backend | None = None
        self.asked = False  # the current run has reached the backend
        self.starting = False
        self.deadline: float | None = None  # clock, seconds: when whoever watches should step in; None: it waits for work
        self._auditor: Backend | None = None
        self._checks = 0  # since the backend started
        self._loaded: dict[tuple[str, ...], str] = {}  # by imports, what they loaded when this backend first met them
        self._config, self._make, self._make_auditor = config, factory, auditor

    def start(self) -> Identity:
        """Make the backend, unless it is there; raises whatever keeps it from starting."""
        backend = self.backend
        if backend is None:
            self.deadline, self.starting = time.monotonic() + self._config.start, True
            try:
                backend = self._make()
                auditor = self._auditor_for(backend)
            finally:
                self.starting = False
                self.between()
            self.backend, self._auditor, self._checks, self._loaded = backend, auditor, 0, {}
        return Identity(backend.lean, backend.library, backend.name)

    def run(self, question: Check, loads: str = "") -> tuple[Verdict | Compiled, str]:
        """The verdict on `question`, whose header loads `loads` now, or in words why there is none.

        Of an acceptance that is audited with others what it was compiled to, which `pool.audits` takes.
        """
        if self.backend is None:
            return infra(question.id, ""), "the worker has been closed"
        if loads:
            self._loaded.setdefault(header_imports(question), loads)
        verdict, problem = self._ask(self.backend, question)
        if (
            isinstance(verdict, Verdict)
            and not problem
            and verdict.accepted
            and self._config.audit == "strict"
            and verdict.audit not in STRICT_AUDITS
        ):
            return self._audit(question)
        return verdict, problem

    def between(self) -> None:
        """What comes next is neither a start nor a check, and has its time too: files and processes may hang anywhere."""
        self.deadline = time.monotonic() + BETWEEN_SECONDS

    def outdated(self, question: Check, loads: str) -> bool:
        """Whether the backend met the header of `question` when it loaded something else, which the backend may still hold."""
        return bool(self._loaded) and self._loaded.get(header_imports(question), loads) != loads

    def worn(self) -> bool:
        """Whether the backend has done its share or grown too large."""
        if self.backend is None:
            return False
        grown = self._checks % LOOK_EVERY == 0 and self._grown(self.backend.processes)
        return grown or self._checks >= self._config.recycle_after

    def _grown(self, processes: list[int]) -> bool:
        """Whether they hold too much by themselves: an imported library that forked processes share is no reason to import it again."""
        limit = self._config.recycle_mb
        return private_mb(processes) > limit and unshared_mb(processes) > limit

    def close(self) -> None:
        """End both backends; one that cannot even be closed is only worth a log line."""
        backends, self.backend, self._auditor = (self.backend, self._auditor), None, None
        for backend in backends:
            if backend is None:
                continue
            try:
                backend.close()
            except Exception:
                log.exception("worker %d: %s could not be closed", self.number, backend.name)

    def _auditor_for(self, backend: Backend) -> Backend | None:
        """The second judge that acceptances of `backend` need, if they do; without it there is no use for `backend` either."""
        if self._config.audit != "strict" or backend.name in STRICT_BACKENDS:
            return None
        try:
            return self._make_auditor()
        except BaseException:
            backend.close()
            raise

    def _ask(self, backend: Backend, question: Check) -> tuple[Verdict | Compiled, str]:
        """The backend's verdict, or in words why its reply is none; of an auditor that all share, what it compiled."""
        self.asked = True
        header = self._config.header_seconds if self._config.project or (self.backend and self.backend.name == "worker") else 0.0
        kernels = self._config.kernels_seconds * len(self._config.kernels) + (
            START_SECONDS if self._config.kernels or self._config.closures else 0.0
        )
        self.deadline = time.monotonic() + question.timeout + header + self._config.grace + kernels
        try:
            verdict = backend.compile(question) if isinstance(backend, SharedAuditor) else backend.check(question)
        except Exception as error:
            return infra(question.id, ""), f"{backend.name}: {type(error).__name__}: {error}"
        finally:
            self.between()
        self._checks += 1
        return verdict, "" if isinstance(verdict, Compiled) else wrong(question, verdict)

    def _audit(self, question: Check) -> tuple[Verdict | Compiled, str]:
        """The verdict of the kernel audit, in its own clean process, or what goes there with others."""
        auditor = self._auditor
        if auditor is None:
            return infra(question.id, ""), "no kernel auditor"
        question = question.model_copy(update={"id": question.id + ".audit"})
        verdict, problem = self._ask(auditor, question)
        if isinstance(verdict, Verdict) and not problem:
            problem = unaudited(verdict)
        return verdict, problem


def unaudited(verdict: Verdict) -> str:
    """Why an auditor's verdict is none; '' where it is one."""
    if verdict.accepted and verdict.audit not in STRICT_AUDITS:
        return f"{verdict.backend}: accepted by {verdict.audit!r} where a kernel audit was asked for"
    return ""


def infra(name: str, problem: str) -> Verdict:
    """The answer to a check that the checker itself failed on."""
    return Verdict(id=name, outcome=Outcome.INFRA, reason=problem)


def configured(config: PoolConfig, backend: str, audit: Literal["fast", "strict"]) -> Backend:
    """The backend that `config` names, on its Lean."""
    # Imported here, so that a pool of other backends (and every test of the pool itself) needs no Lean.
    from verify_workers.backends.choose import make_backend

    if config.project is not None and config.audit == "strict":
        _trusted_kernel(config, config.project)
    made = make_backend(backend, audit, None, config.memory_mb, config.project, config.repl, config.header_seconds, config.snapshots)
    return _with_kernels(made, config, audit) if config.kernels or config.closures else made


def _with_kernels(backend: Backend, config: PoolConfig, audit: Literal["fast", "strict"]) -> Backend:
    """`backend` with the kernels that have to agree; in the strict tier that is for the auditor, where the backend is none."""
    from verify_workers.backends.fork import ForkBackend
    from verify_workers.backends.panel import PanelBackend
    from verify_workers.kernels.panel import Panel, require_kernels

    if not isinstance(backend, ForkBackend):
        if audit == "strict":
            return backend
        backend.close()
        raise UserError(f"kernels and closures need kernel objects, which backend {backend.name} has not: use fork, or audit strict")
    install = backend.install
    try:
        panel = None
        if config.kernels:
            settings = (config.kernels_quorum, config.kernels_sample, config.kernels_seconds, config.kernels_keep)
            panel = Panel(install, config.kernels, *settings)
            require_kernels(config.kernels, config.kernels_quorum, config.project)  # after: what is replaced from here on does not judge
        return PanelBackend(backend, install, panel, config.closures)
    except BaseException:
        backend.close()
        raise


def configured_auditor(config: PoolConfig) -> Backend:
    """The second judge of the strict tier on the Lean of `config`."""
    if config.project is not None:
        return _project_auditor(config, config.project)
    try:
        return configured(config, "fork", "strict")
    except Exception as error:
        raise UserError(f"the strict audit needs the fork backend ({error}); or use the fast audit") from error


def _project_auditor(config: PoolConfig, folder: Path) -> Backend:
    """`fork`, which imports a header once for all audits, where it may be used; else `leanchecker`."""
    from verify_workers.backends.choose import make_backend
    from verify_workers.backends.leanchecker import LeanCheckerBackend
    from verify_workers.lean.build import snapshot_folder

    project = _trusted_kernel(config, folder)
    if config.auditor != "leanchecker":
        try:
            made = make_backend("fork", "strict", None, config.memory_mb, folder, config.repl, config.header_seconds)
            return _with_kernels(made, config, "strict") if config.kernels or config.closures else made
        except UserError as error:
            if config.auditor == "fork" or config.kernels or config.closures:
                raise
            log.info("the strict audit asks leanchecker: %s", error)
    return LeanCheckerBackend(project, config.memory_mb << 20, snapshot_folder() if config.snapshots else None)


def _trusted_kernel(config: PoolConfig, folder: Path) -> LakeProject:
    """The lake project in `folder`; UserError if its kernel is known to be unsound and nobody has allowed that."""
    from verify_workers.lean.advisories import advisory
    from verify_workers.lean.project import discover

    project = discover(folder, config.repl, need_repl=False)
    known = advisory(project.version, project.githash)
    if known and not (config.allow_unsound_lean or config.allow_old_kernel):
        raise UserError(f"{folder}: no strict audit, because {known}, or take its word with --allow-unsound-lean (allow_unsound_lean)")
    return project


def wrong(question: Check, verdict: object) -> str:
    """Why a backend's reply is no verdict on `question`; '' when it is one."""
    if not isinstance(verdict, Verdict):
        return f"the reply is a {type(verdict).__name__}, not a verdict"
    if verdict.id != question.id:
        return f"the reply answers {verdict.id!r}, not {question.id!r}"
    if verdict.outcome is Outcome.INFRA and not verdict.disputed:
        return verdict.reason or "; ".join(message.text for message in verdict.messages) or "no reason given"
    if verdict.accepted and not ALLOWED_AXIOMS.issuperset(verdict.axioms):
        return f"an acceptance that rests on the axioms {sorted(verdict.axioms)}"
    if verdict.accepted and verdict.audit not in ("text", *STRICT_AUDITS):
        return "an acceptance without an audit"
    return ""
