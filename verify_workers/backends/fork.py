"""The fast backend: a zygote per header, forks per check, the verdict from kernel objects (docs/verification.md, "Three tiers").

Linux on x86-64 with a Lean build that `kernel.abi` knows, embedded or a lake project's; `ForkBackend.self_test` proves it on
this machine before the first check.  One code path: every accepted proof was decided by child B, whatever the tier (`audit`).
"""

from __future__ import annotations

import dataclasses
import functools
import re
import signal
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Literal

from verify_workers.backends.base import Elsewhere, Place
from verify_workers.backends.qualified import is_qualified
from verify_workers.errors import UserError
from verify_workers.kernel import abi, jail, selftest
from verify_workers.kernel.client import ImportCrashed, Session, Unsupported, ZygoteFailed
from verify_workers.lean.imports import holds
from verify_workers.lean.install import LeanInstall
from verify_workers.lean.lacks import explained
from verify_workers.lean.project import LakeProject
from verify_workers.lean.shared import SharedLean, shared
from verify_workers.policy import refusal
from verify_workers.records import Check, Message, Outcome, Reason, Snippet, Verdict
from verify_workers.text import header, pin
from verify_workers.text.parsed import ParsedCheck
from verify_workers.text.statement import StatementError, source

MIN_COMMIT = 12  # hex digits of a commit, as Lean shows them
MAX_SESSIONS = 3  # headers kept warm by a worker; the one used longest ago goes first
MAX_NAME = 100  # characters of a module's name that are told
MAX_TEXT = 4 << 20  # characters of one candidate
MAX_MESSAGES, MAX_MESSAGE = 100, 10_000  # taken from a child; characters of one message
_BUG_SIGNALS = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGTRAP, signal.SIGFPE, signal.SIGSYS}
_COMPONENT = re.compile(r"«([^»]*)»|([^.]+)")
_tested: dict[tuple[SharedLean, str], str] = {}  # by Lean and revision: '' or what failed; once per process


@dataclass(frozen=True)
class Exported:
    """What child B accepted beyond the library that `imports` name, in lean4export's format; the theorem is `wanted.PIN`.

    In a project with all of the library that it rests on.
    """

    imports: tuple[str, ...]
    lines: str


def make(place: Place) -> ForkBackend:
    """For `backends.BACKENDS`; the constructor runs the self-test."""
    lean = place.lean
    if isinstance(lean, LakeProject) and not known(lean.githash) and not _examined(lean):
        remedy = f"synth doctor --qualify --project {lean.folder} finds out whether it may, or use --backend repl, worker or process"
        raise Elsewhere(f"{lean.folder}: {_unknown(lean)}: {remedy}")
    return ForkBackend(lean, place.audit, place.memory_mb, header_seconds=place.header_seconds)


def known(commit: str) -> bool:
    """Whether this is the commit of a Lean whose layouts we know (the zygote looks again, at what it has loaded)."""
    return len(commit) >= MIN_COMMIT and any(githash.startswith(commit) for githash in abi.GITHASHES)


def _examined(lean: LakeProject) -> bool:
    try:
        return is_qualified(shared(lean))
    except UserError:  # it has no libraries, so nobody has examined them
        return False


def _unknown(lean: LeanInstall | LakeProject) -> str:
    names = ", ".join(sorted(abi.GITHASHES.values()))
    return f"the fork backend knows Lean {names} only, not {lean.version} ({lean.githash[:12] or 'of no known commit'})"


class ForkBackend:
    """See `verify_workers.backends.base.Backend`.

    `memory_mb` bounds the anonymous memory of each child.  `audit` is accepted for symmetry with the other backends:
    "fast" and "strict" do the same here.  `qualifying` is for whoever finds out whether an unknown Lean may be used.
    """

    name = "fork"

    def __init__(
        self,
        install: LeanInstall | LakeProject,
        audit: Literal["fast", "strict"] = "strict",
        memory_mb: int = 2048,
        policy: bool = True,
        header_seconds: float = 300.0,
        qualifying: bool = False,
    ) -> None:
        if not jail.supported():
            raise UserError("the fork backend needs Linux on x86-64; use --backend process")
        self._shared = shared(install, header_seconds)
        self._examined = not known(install.githash) and not qualifying
        if not known(install.githash):
            if self._examined and not is_qualified(self._shared):
                raise UserError(f"{_unknown(install)}; use --backend process")
            self._shared = dataclasses.replace(self._shared, accepted=(install.githash,))
        self.lean = install.version
        self.library = install.revision
        self.audit = audit
        self._install = install
        self._memory = memory_mb << 20
        self._policy = policy
        self.exporting = False  # keep what child B accepted, for `exported`
        self.exported: Exported | None = None  # of the last check
        self._sessions: OrderedDict[tuple[str, ...], tuple[str, Session]] = OrderedDict()  # by imports: what they loaded, and it
        problem = self.self_test()
        if problem:
            self.close()
            raise UserError(f"the self-test of the fork backend failed ({problem}); use --backend process")

    # ---- Backend ----

    def check(self, check: Check) -> Verdict:
        started, self.exported = time.monotonic(), None
        try:
            verdict = self._check(check)
        except Unsupported as error:
            verdict = _verdict(check, Outcome.REJECTED, Reason.STATEMENT, str(error))
        except ImportCrashed as error:
            verdict = _verdict(check, Outcome.INFRA, str(error))
        except (ZygoteFailed, OSError) as error:
            verdict = _verdict(check, Outcome.INFRA, f"{type(error).__name__}: {error}")
        return explained(verdict, check, self._install).model_copy(
            update={"seconds": time.monotonic() - started, "lean": self.lean, "library": self.library, "backend": self.name}
        )

    @property
    def install(self) -> LeanInstall | LakeProject:
        return self._install

    @property
    def processes(self) -> list[int]:
        return [session.pid for _, session in self._sessions.values()]

    def close(self) -> None:
        while self._sessions:
            self._sessions.popitem()[1][1].close()

    def __enter__(self) -> ForkBackend:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- the check ----

    def _check(self, check: Check) -> Verdict:
        if isinstance(check, Snippet):
            return self._snippet(check)
        text = check.proof if check.code is None else check.code
        assert text is not None  # Check demands exactly one
        large = _too_long(check, text)
        if large is not None:
            return large
        parsed = ParsedCheck(check, functools.partial(holds, self._install.sources))
        try:
            theorem = parsed.theorem
        except StatementError as error:
            return _verdict(check, Outcome.REJECTED, Reason.STATEMENT, str(error))
        if self._policy:
            refused = refusal(parsed, "kernel")
            if refused is not None:
                return refused
        imports = parsed.header.imports
        missing = self._missing(check, "the header", parsed.header)
        if missing is not None:
            return missing
        question = {
            "statement": source(theorem),
            "target": _components(theorem.name),
            "negated": check.negated,
            "prefix": parsed.above,
            "source": f"{parsed.before}{parsed.without_comments}\n",
            "export": ("whole" if isinstance(self._install, LakeProject) else "own") if self.exporting else "",
        }
        try:
            f"{question['statement']}{question['prefix']}{question['source']}".encode()
        except UnicodeEncodeError as error:  # with the policy off
            return pin.no_text(check, error)
        reply = self._ask(imports, question, check.timeout)
        if self.exporting and (own := reply.get("judge", {}).pop("export", "")):
            self.exported = Exported(imports, own)
        stated = reply.get("statement", {})
        return _decide(check, reply, _Lines(parsed.above, parsed.before)).model_copy(update=_said(stated))

    def _snippet(self, check: Snippet) -> Verdict:
        """What Lean says about a whole file that nobody has asked to prove anything."""
        text = check.code or ""
        unfit = _too_long(check, text) or pin.unfit(check)
        if unfit is not None:
            return unfit
        top, own = header.split(check.header), header.split(text)
        missing = self._missing(check, "the header", top) or self._missing(check, "the file", own)
        if missing is not None:
            return missing
        prefix = top.rest.strip() and top.rest.rstrip() + "\n"
        reply = self._ask((*top.imports, *own.imports), {"prefix": prefix, "source": f"{own.rest}\n"}, check.timeout)
        return _decide_snippet(check, reply, _Lines(prefix, ""))

    def _missing(self, check: Check, where: str, top: header.Header) -> Verdict | None:
        """The verdict on a check that imports what is not there."""
        if top.problem:  # with the policy off too: the zygote imports unconfined
            return _verdict(check, Outcome.REJECTED, Reason.STATEMENT, f"{where}: {top.problem}")
        for module in top.imports:
            if not self._shared.has(module):
                root = module.partition(".")[0]
                missing = module if self._shared.has(root) else root
                missing = missing[:MAX_NAME]
                detail = f"needs {missing}, which this Lean does not have ({where} imports {module[:MAX_NAME]})"
                return _verdict(check, Outcome.REJECTED, Reason.STATEMENT, detail)
        return None

    def _ask(self, imports: tuple[str, ...], question: dict[str, Any], timeout: float) -> dict[str, Any]:
        """One failure is mended by a fresh session; the second is the caller's to report."""
        for attempt in (1, 2):
            try:
                session = self._session(imports)
                return session.check(**question, timeout=timeout, memory=self._memory)
            except ZygoteFailed:
                self._end(imports)
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    def _session(self, imports: tuple[str, ...]) -> Session:
        """A session on these imports as they are now: one that has imported a module which was rebuilt since is ended."""
        loads = self._install.loaded(imports)
        held = self._sessions.get(imports)
        if held is not None and held[0] == loads:
            self._sessions.move_to_end(imports)
            return held[1]
        self._end(imports)
        session = Session(self._shared, "".join(f"import {m}\n" for m in imports), loads)
        self._sessions[imports] = loads, session
        while len(self._sessions) > MAX_SESSIONS:
            self._sessions.popitem(last=False)[1][1].close()
        if isinstance(self._install, LakeProject) and not self._install.modules.still(imports, loads):
            self._end(imports)
            raise ZygoteFailed("the project was rebuilt while the header was imported")
        if self._examined and not is_qualified(self._shared):  # asked behind the start, which loads the files
            self._end(imports)
            raise ZygoteFailed(f"{_unknown(self._install)}, and its files or this package changed since it was examined")
        return session

    def _end(self, imports: tuple[str, ...]) -> None:
        held = self._sessions.pop(imports, None)
        if held is not None:
            held[1].close()

    def self_test(self) -> str:
        """'' if the canned rows come out right on this machine (asked once per process), else the first that did not."""
        key = (self._shared, self._install.revision)
        if key not in _tested:
            try:
                _tested[key] = selftest.run(self._session(()))
            except (ZygoteFailed, Unsupported, OSError) as error:
                _tested[key] = f"{type(error).__name__}: {error}"
        return _tested[key]


def _too_long(check: Check, text: str) -> Verdict | None:
    """The verdict on what nobody could mean."""
    if len(text) + len(check.statement) + len(check.preamble) + len(check.header) > MAX_TEXT:
        return _verdict(check, Outcome.RESOURCE, "text too long")
    return None


class _Lines:
    """Positions in the text that Lean saw to positions in the text that the user gave."""

    def __init__(self, prefix: str, before: str) -> None:
        self._above = prefix.count("\n") + before.count("\n")
        self._left = len(before) - (before.rfind("\n") + 1)

    def __call__(self, line: int, column: int) -> tuple[int, int]:
        line -= self._above
        if line < 1:
            return 1, 0  # in the header or the statement
        return (1, max(0, column - self._left)) if line == 1 else (line, column)


def _components(name: str) -> tuple[str, ...]:
    parts = [quoted or plain for quoted, plain in _COMPONENT.findall(name)]
    return tuple(parts[1:] if parts[:1] == ["_root_"] else parts)


def _verdict(check: Check, outcome: Outcome, reason: str, detail: str = "", audit: str = "none") -> Verdict:
    messages = [Message(severity="error", line=1, column=0, text=detail)] if detail else []
    return Verdict(id=check.id, outcome=outcome, reason=str(reason), messages=messages, audit=audit)


def _messages(report: dict[str, Any], place: _Lines | None) -> list[Message]:
    """The child's messages; it may be hostile, so whatever does not look like a message is dropped."""
    out = []
    rows = report.get("messages")
    for row in rows[:MAX_MESSAGES] if isinstance(rows, list) else []:
        try:
            message = Message(**row)
        except (TypeError, ValueError):
            continue
        line, column = place(message.line, message.column) if place else (1, 0)
        end_line, end_column = None, None
        if place and message.end_line is not None and message.end_column is not None:
            end_line, end_column = place(message.end_line, message.end_column)
        if max(line, column, end_line or 0, end_column or 0) <= MAX_TEXT:
            where = {"line": line, "column": column, "end_line": end_line, "end_column": end_column}
            out.append(message.model_copy(update=where | {"text": _clean(message.text)}))
    return out


def _clean(text: str) -> str:
    """Text of a child that any file format can hold."""
    return text[:MAX_MESSAGE].encode("utf-8", "replace").decode()


def _decide(check: Check, reply: dict[str, Any], place: _Lines) -> Verdict:
    """The verdict from the children's reports; only child B's `ok` accepts."""
    statement, candidate, judge = reply.get("statement", {"status": "ok"}), reply.get("candidate"), reply.get("judge")
    if not isinstance(candidate, dict):
        return _verdict(check, Outcome.INFRA, "no report of the candidate")
    if statement["status"] != "ok":
        failed = _stopped(check, statement, Reason.STATEMENT, "the statement")
        return failed or _refused(check, statement, _messages(statement, None), Reason.STATEMENT)
    messages = _messages(candidate, place)
    if candidate["status"] != "ok":
        return _stopped(check, candidate, Reason.ELABORATION, "the candidate") or _refused(check, candidate, messages, None)
    if not isinstance(judge, dict):
        return _verdict(check, Outcome.INFRA, "no report of the judge")
    if judge["status"] != "ok":
        failed = _stopped(check, judge, Reason.KERNEL, "the kernel audit")
        return failed or _refused(check, judge, messages, None).model_copy(update={"audit": "kernel"})
    return Verdict(id=check.id, outcome=Outcome.ACCEPTED, messages=messages, axioms=judge["axioms"], audit="kernel")


def _decide_snippet(check: Check, reply: dict[str, Any], place: _Lines) -> Verdict:
    report = reply.get("candidate")
    if not isinstance(report, dict):
        return _verdict(check, Outcome.INFRA, "no report of the file")
    messages = _messages(report, place)
    if report["status"] != "ok":
        return _stopped(check, report, Reason.ELABORATION, "the file") or _refused(check, report, messages, None)
    return Verdict(id=check.id, outcome=Outcome.ELABORATED, messages=messages)


def _stopped(check: Check, report: dict[str, Any], reason: Reason, who: str) -> Verdict | None:
    """The verdict when a child did not end by itself."""
    status, number = report["status"], report.get("signal", 0)
    if status == "timeout":
        return _verdict(check, Outcome.TIMEOUT, "timeout", f"{who} was stopped after {check.timeout:g} s")
    if status in ("memory", "overflow"):
        return _verdict(check, Outcome.RESOURCE, status, f"{who} used more {'memory' if status == 'memory' else 'output'} than allowed")
    if status == "crash":
        if number in _BUG_SIGNALS or (number == 0 and reason is not Reason.KERNEL):
            return _verdict(check, Outcome.REJECTED, reason, f"Lean crashed on {who} (signal {number}); often a very deep recursion")
        return _verdict(check, Outcome.INFRA, f"{who}: ended by signal {number}")
    return None


def _refused(check: Check, report: dict[str, Any], messages: list[Message], fixed: Reason | None) -> Verdict:
    detail = _clean(str(report.get("detail", "")))
    reason = fixed or next((r for r in Reason if r == report.get("reason")), Reason.ELABORATION)
    if reason is Reason.ELABORATION:
        errors = [message for message in messages if message.severity == "error"]
        if errors:
            reason = pin.why(errors)
    if detail:
        messages = [Message(severity="error", line=1, column=0, text=detail), *messages]
    return Verdict(id=check.id, outcome=Outcome.REJECTED, reason=reason, messages=messages)


def _said(stated: dict[str, Any]) -> dict[str, Any]:
    """What child S tells of the statement: nothing of the candidate's."""
    forms = {name: str(stated.get(name, "")) for name in ("form", "negated_form")}
    remarks = stated.get("remarks")
    return forms | {"remarks": [str(remark) for remark in remarks] if isinstance(remarks, list) else None}
