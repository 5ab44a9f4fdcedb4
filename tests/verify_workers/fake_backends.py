"""Backends without Lean for the tests of the pool: what each does with a check is written in the check's proof.

They stand in for the *checker*, not for the pool: every promise of the pool (one verdict, the right one, whatever
the backend does) can only be tested with a backend that misbehaves on command.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import threading
import time

from verify_workers.records import Check, Outcome, Reason, Verdict


def expected(check: Check) -> Outcome:
    """The right outcome of a check whose text is plain: a fixed function of the text."""
    text = check.statement + (check.proof or check.code or "")
    return Outcome.ACCEPTED if hashlib.sha256(text.encode()).digest()[0] % 2 else Outcome.REJECTED


class NullBackend:
    """Answers at once by `expected`; counts instances, and notes who runs what."""

    name, lean, library = "null", "4.0.0", "test"
    audit = "text"
    processes: list[int] = []

    def __init__(self) -> None:
        self.closed = False
        self.thread = 0
        self.asked: list[Check] = []

    def check(self, check: Check) -> Verdict:
        me = threading.get_ident()
        assert self.thread in (0, me), "a backend was used from two threads"
        assert not self.closed, "a closed backend was used"
        self.thread = me
        self.asked.append(check)
        return self.answer(check, expected(check))

    def answer(self, check: Check, outcome: Outcome, seconds: float = 0.0) -> Verdict:
        reason = Reason.ELABORATION.value if outcome is Outcome.REJECTED else ""
        audit = self.audit if outcome is Outcome.ACCEPTED else "none"
        who = {"lean": self.lean, "library": self.library, "backend": self.name}
        return Verdict(id=check.id, outcome=outcome, reason=reason, audit=audit, seconds=seconds, **who)

    def close(self) -> None:
        self.closed = True


class SlowBackend(NullBackend):
    """`needs S` takes S seconds, or is a time-out at the limit."""

    def check(self, check: Check) -> Verdict:
        needs = float((check.proof or "").partition("needs ")[2].split(" ")[0] or 0)
        time.sleep(min(needs, check.timeout))
        verdict = super().check(check)
        return verdict if needs <= check.timeout else self.answer(check, Outcome.TIMEOUT, check.timeout)


class FlakyBackend(NullBackend):
    """Misbehaves as the proof says, every time or (`once`) the first time that any instance meets that text."""

    met: set[str] = set()
    lock = threading.Lock()

    def __init__(self) -> None:
        super().__init__()
        self.wake = threading.Event()

    def check(self, check: Check) -> Verdict:
        words = (check.proof or "").split()
        if words[:1] != ["do"]:
            return super().check(check)
        if "once" in words:
            with FlakyBackend.lock:
                if check.proof in FlakyBackend.met:
                    return super().check(check)
                FlakyBackend.met.add(check.proof or "")
        match words[1]:
            case "raise":
                raise OSError("broken pipe")
            case "exit":
                raise SystemExit(3)
            case "none":
                return None  # type: ignore[return-value]
            case "other":
                return super().check(check.model_copy(update={"id": "someone else's"})).model_copy(update={"outcome": Outcome.ACCEPTED})
            case "infra":
                return self.answer(check, Outcome.INFRA)
            case "axiom":
                return self.answer(check, Outcome.ACCEPTED).model_copy(update={"axioms": ["sorryAx"]})
            case "unaudited":
                return self.answer(check, Outcome.ACCEPTED).model_copy(update={"audit": "none"})
            case "hang":  # until closed
                self.wake.wait(60)
                raise OSError("closed")
            case "stuck":  # deaf to closing
                time.sleep(2.5)
                return self.answer(check, Outcome.ACCEPTED)
        raise AssertionError(check.proof)

    def close(self) -> None:
        super().close()
        self.wake.set()


class ChildBackend(NullBackend):
    """Asks a child process that tests kill; a dead child is an exception, as with a real worker."""

    code = ""

    def __init__(self) -> None:
        super().__init__()
        echo = f"import sys\n{self.code}\nfor line in sys.stdin: print(line, end='', flush=True)"
        self.child = subprocess.Popen([sys.executable, "-I", "-S", "-c", echo], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.processes = [self.child.pid]

    def check(self, check: Check) -> Verdict:
        assert self.child.stdin is not None and self.child.stdout is not None
        self.child.stdin.write(f"{check.id}\n".encode())
        self.child.stdin.flush()
        time.sleep(0.002)
        reply = self.child.stdout.readline().decode().strip()
        if reply != check.id:
            raise OSError(f"the child said {reply!r}")
        return super().check(check)

    def close(self) -> None:
        super().close()
        self.child.kill()
        self.child.communicate()


class FatalBackend(NullBackend):
    """`kill actor unless FILE` ends the whole process (after making FILE, if it can), as the kernel's out-of-memory killer would."""

    def check(self, check: Check) -> Verdict:
        flag = (check.proof or "").partition("kill actor unless ")[2]
        if flag and not os.path.exists(flag):
            with contextlib.suppress(OSError), open(flag, "w", encoding="utf-8"):
                pass
            os.kill(os.getpid(), 9)
        return super().check(check)


def checks(count: int, proof: str = "by p{0}", timeout: float = 10.0, statements: int = 10) -> list[Check]:
    """`count` different checks over a few statements."""
    return [
        Check(id=f"c{number}", statement=f"theorem t{number % statements} : True", proof=proof.format(number), timeout=timeout)
        for number in range(count)
    ]
