"""Whether a proof failed for want of something that Lean's own core has and the embedded library has not.

Lean says `Unknown constant` alike for a name that a model made up and for one that only this library lacks.  Two things tell
them apart.  A name that stands nowhere in the text was put there by Lean itself (`deriving`, `grind`, … write terms over its
core).  And the compiled library exports a symbol for each definition of the core that is compiled; `build.py` keeps the list.
Theorems and types of the core have no symbol: of those that a text names, and we lack, nothing is said.

What is said changes no outcome: it is the first message of a rejection.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

from verify_workers.lean.build import NAMES
from verify_workers.lean.install import Lean, LeanInstall
from verify_workers.records import Check, Message, Outcome, Verdict

_UNKNOWN = re.compile(
    r"Unknown (?:constant|identifier) `(?P<unknown>[^`]+)`"
    r"|The identifier `(?P<implicit>[^`]+)` is unknown"
    r"|The environment does not contain `(?P<field>[^`]+)`"
    r"|\(kernel\) unknown constant '(?P<kernel>[^']+)'"
    r"|(?:Tactic|elaboration function for) `(?P<syntax>[^`]+)` has not been implemented"
)


def explained(verdict: Verdict, check: Check, lean: Lean) -> Verdict:
    """The verdict, with a first message that names what the embedded library lacks, where that is why Lean refused."""
    if verdict.outcome is not Outcome.REJECTED or not isinstance(lean, LeanInstall):
        return verdict
    text = "\n".join(filter(None, (check.header, check.preamble, check.statement, check.proof, check.code)))
    name = lacking([message.text for message in verdict.messages if message.severity == "error"], text, core_names(lean.path))
    if not name:
        return verdict
    said = f"the embedded library lacks {name} (Lean's core has it)"
    return verdict.model_copy(update={"messages": [Message(severity="error", line=1, column=0, text=said), *verdict.messages]})


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
