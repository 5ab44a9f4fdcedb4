"""What an audit says of a row: one label, and all findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field

from synth.records import Record


class Label(StrEnum):
    """What was found, in the order in which it counts: of several findings the first here is the row's label."""

    UNREADABLE = "unreadable"  # no statement and proof can be read from the row
    ALTERED = "altered"  # what is proved is not the row's statement
    AXIOM = "axiom"  # rests on an axiom beyond the three standard ones
    PLACEHOLDER = "placeholder"  # the statement rests on a definition that says nothing, or is not what it looks like
    POLICY = "policy"  # runs code, or what else no proof may
    REJECTED = "rejected"  # Lean does not take the proof
    VACUOUS = "vacuous"  # the statement says nothing: no hypotheses can hold, anything is an answer, or it is given away
    CONTAMINATED = "contaminated"  # in a benchmark
    DUPLICATE = "duplicate"  # an earlier row has the statement
    UNSUPPORTED = "unsupported"  # this Lean and library cannot state it, or lack what the proof uses
    UNCHECKED = "unchecked"  # time, memory or the checker did not suffice: nothing is known
    ACCEPTED = "accepted"


MEANING: dict[Label, str] = {
    Label.UNREADABLE: "no statement and proof can be read from the row",
    Label.ALTERED: "the theorem that is proved is not the row's statement",
    Label.AXIOM: "rests on an axiom beyond the three standard ones",
    Label.PLACEHOLDER: "the statement rests on a definition that says nothing, or is not what it looks like",
    Label.POLICY: "runs code, or holds what else no proof may",
    Label.REJECTED: "this Lean does not accept the proof",
    Label.VACUOUS: "the statement says nothing: its hypotheses contradict each other, anything is an answer, or the answer is given",
    Label.CONTAMINATED: "a benchmark has it",
    Label.DUPLICATE: "an earlier row has the statement",
    Label.UNSUPPORTED: "this Lean and library cannot state it, or lack what the proof uses: nothing is said against the row",
    Label.UNCHECKED: "time, memory or the checker did not suffice: nothing is said against the row",
    Label.ACCEPTED: "the kernel accepts the proof of this statement, and nothing was found",
}
SILENT = frozenset({Label.UNSUPPORTED, Label.UNCHECKED, Label.ACCEPTED})
"""Labels that say nothing against a row."""
_RANK = {label: place for place, label in enumerate(Label)}


@dataclass(frozen=True)
class Finding:
    """`reason` is a short stable word, `detail` is for people."""

    label: Label
    reason: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.label}{f' ({self.reason})' if self.reason else ''}{f': {self.detail}' if self.detail else ''}"


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, each once, the one that counts first."""
    return sorted(dict.fromkeys(findings), key=lambda finding: _RANK[finding.label])


class Audited(Record):
    """What the audit says of a row: a row of `audit.parquet`."""

    row: int = Field(description="from 1, in the order of the data set")
    place: str = Field(description="file and row")
    id: str = Field("", description="the row's own name or id")
    label: str
    reason: str = ""
    detail: str = ""
    findings: list[str] = Field([], description="all that was found, the label's first")
    axioms: list[str] = Field([], description="axioms of an accepted proof, or those found")
    duplicate_of: int | None = Field(None, description="the row that has the same statement")
    benchmark: str = Field("", description="the row of a benchmark that has the statement or the text")
    statement: str = Field("", description="below the `variable`s that it may take; a comment says if its negation was asked for")
    form: str = Field("", description="normal form of the statement")
    key: str = Field("", description="hash of the statement's text in its setting")
    proof_key: str = Field("", description="hash of the proof's text")
    audit: str = Field("", description="who decided: kernel, leanchecker, text")
    seconds: float = Field(0.0, description="of Lean")
