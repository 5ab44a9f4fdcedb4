"""Whether a proof failed for want of something that Lean's own core has and the embedded library has not.

Lean says `Unknown constant` alike for a name that a model made up and for one that only this library lacks.  Two things tell
them apart.  A name that stands nowhere in the text was put there by Lean itself (`deriving`, `grind`, … write terms over its
core).  And the compiled library exports a symbol for each definition of the core that is compiled; `build.py` keeps the list.
Theorems and types of the core have no symbol: of those that a text names, and we lack, nothing is said.

Of Mathlib we know the names and notations that statements use most (`mathlib`).

What is said changes no outcome: it is the first message of a rejection.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Literal

from verify_workers.lean import mathlib
from verify_workers.lean.build import NAMES
from verify_workers.lean.install import Lean, LeanInstall
from verify_workers.records import Check, Message, Outcome, Reason, Snippet, Verdict
from verify_workers.text.hints import HINT, hint

_UNKNOWN = re.compile(
    r"Unknown (?:constant|identifier) `(?P<unknown>[^`]+)`"
    r"|The identifier `(?P<implicit>[^`]+)` is unknown"
    r"|The environment does not contain `(?P<field>[^`]+)`"
    r"|\(kernel\) unknown constant '(?P<kernel>[^']+)'"
    r"|(?:Tactic|elaboration function for) `(?P<syntax>[^`]+)` has not been implemented"
)

_NAMESPACE = re.compile(r"unknown namespace `([^`]+)`")
_UNPARSED = re.compile(r"^(?:the \w+: )?(?:expected token|unexpected (?:token|identifier))")
_WORD = re.compile(r"[A-Za-z_][\w'!?]*")


def explained(verdict: Verdict, check: Check, lean: Lean) -> Verdict:
    """The verdict, with a first message of ours where we know why Lean refused: what the library lacks (an error), or a hint."""
    if verdict.outcome is not Outcome.REJECTED:
        return verdict
    if isinstance(lean, LeanInstall):
        text = "\n".join(filter(None, (check.header, check.preamble, check.statement, check.proof, check.code)))
        errors = [message for message in verdict.messages if message.severity == "error"]
        name = lacking([message.text for message in errors], text, core_names(lean.path))
        if name:
            return _with(verdict, "error", f"the embedded library lacks {name} (Lean's core has it)")
        name = of_mathlib(errors, verdict.reason, check)
        if name:
            return _with(
                verdict, "error", f"needs Mathlib ({name}), which the embedded Lean does not have: --project a lake project with it"
            )
    said = "" if isinstance(check, Snippet) else hint(verdict, check)
    return _with(verdict, "info", f"{HINT}{said}") if said else verdict


def _with(verdict: Verdict, severity: Literal["error", "info"], said: str) -> Verdict:
    """The verdict with a first message of ours."""
    return verdict.model_copy(update={"messages": [Message(severity=severity, line=1, column=0, text=said), *verdict.messages]})


def of_mathlib(errors: list[Message], reason: str, check: Check) -> str:
    """What of Mathlib's Lean stumbled over first; '' if it was nothing that we know."""
    if not errors:
        return ""
    said = errors[0].text
    for found in _UNKNOWN.finditer(said):
        name = str(next(filter(None, found.groups())))
        if mathlib.mathlibs(name):
            return name
    if space := _NAMESPACE.search(said):
        return space[1] if mathlib.mathlibs(space[1]) else ""
    text = "\n".join((check.header, check.preamble, check.statement)) if reason == Reason.STATEMENT else check.proof or check.code or ""
    if _UNPARSED.search(said):
        return mathlib.notation(text, said if reason == Reason.STATEMENT else "")
    if said == "unknown tactic":
        rest = text.split("\n")[errors[0].line - 1 :][:1]
        at = errors[0].column
        word = next((word[0] for word in _WORD.finditer(rest[0]) if word.start() <= at <= word.end()), "") if rest else ""
        return word if word in mathlib.TACTICS else ""
    return ""


def lacking(errors: list[str], text: str, core: frozenset[str]) -> str:
    """The first name in Lean's errors that Lean's core has and the library has not; '' if there is none to be sure of."""
    for error in errors:
        for found in _UNKNOWN.finditer(error):
            name = str(next(filter(None, found.groups())))
            if "«" in name:  # a notation of the text's own
                continue
            if found["syntax"] or name in core or not _written(name, text):
                return name
    return ""


def _written(name: str, text: str) -> bool:
    """Whether the text could have named it: its last component stands there as a word."""
    last = name.replace("«", "").replace("»", "").rsplit(".", 1)[-1]
    return bool(re.search(rf"(?<![\w'!?]){re.escape(last)}(?![\w'!?])", text))


@functools.lru_cache(maxsize=4)
def core_names(folder: Path) -> frozenset[str]:
    """The names that a build kept; empty where it kept none."""
    try:
        return frozenset((folder / NAMES).read_text(encoding="utf-8").splitlines())
    except OSError:
        return frozenset()
