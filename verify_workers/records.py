"""What goes into a check and what comes out of it.

A `Check` asks one question: does this proof (or this whole file) prove this statement?  A `Verdict` is the
only answer anyone downstream may rely on.  Outcomes are fail-closed: whatever is not
positively established as `accepted` is something else, and a failure of the checker itself is `infra`, which
is never cached and never counted against a proof.
"""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

ALLOWED_AXIOMS = frozenset({"propext", "Classical.choice", "Quot.sound"})


DISPUTED = "disputed: "  # what the reason of such a verdict begins with


class Outcome(StrEnum):
    """How a check ended; every check ends in exactly one of these."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"  # Lean, the pin or the axiom walk said no; `reason` says which
    POLICY = "policy"  # a forbidden construct; Lean may never have seen the text
    TIMEOUT = "timeout"
    RESOURCE = "resource"  # memory
    INFRA = "infra"  # the checker failed: no verdict about the proof
    ELABORATED = "elaborated"  # of a `Snippet`: Lean has no errors; no statement was asked about, so nothing is verified


class Reason(StrEnum):
    """Why a check was `rejected`."""

    ELABORATION = "elaboration"
    UNSOLVED = "unsolved"
    SORRY = "sorry"
    WRONG_STATEMENT = "wrong_statement"
    AXIOM = "axiom"
    STATEMENT = "statement"  # the trusted statement itself does not elaborate here (e.g. needs Mathlib)
    KERNEL = "kernel"  # the kernel refused a declaration that the elaborator had produced


class Message(BaseModel):
    """One message of Lean; lines count from 1 and columns from 0 in the text that the user gave."""

    model_config = ConfigDict(frozen=True)

    severity: Literal["error", "warning", "info"]
    line: int
    column: int
    text: str
    end_line: int | None = None
    end_column: int | None = None


class Check(BaseModel):
    """One question to a backend: exactly one of `proof` (what follows `:=`) and `code` (a whole file)."""

    model_config = ConfigDict(frozen=True)

    id: str
    statement: str = Field(description="a Lean theorem, with or without a trailing `:= by sorry`; definitions may stand before it")
    negated: bool = Field(False, description="ask for a proof that the statement is false: of `¬ T`, T being what it elaborates to")
    header: str = Field(
        "", description="imports, `open`s and options that stand before the statement; '' = the backend's own, or the imports of `code`"
    )
    preamble: str = Field("", description="the caller's definitions between header and statement: as trusted as the statement itself")
    proof: str | None = Field(None, description="what follows `:=`")
    code: str | None = Field(None, description="a whole file as a model wrote it; helper lemmas allowed")
    timeout: float = Field(10.0, gt=0, description="wall seconds for Lean on this check")

    @field_validator("proof", "code", mode="before")
    @classmethod
    def _without_mark(cls, text: object) -> object:
        """Without the byte-order mark that some editors put first."""
        return text.removeprefix("\ufeff") if isinstance(text, str) else text

    @model_validator(mode="after")
    def _one_text(self) -> Check:
        if (self.proof is None) == (self.code is None):
            raise ValueError("give exactly one of `proof` and `code`")
        return self

    @property
    def _form(self) -> str:
        return "proof" if self.code is None else "code"

    def key(self, toolchain: str, library: str) -> str:
        """Content key of the question (not of its id or time limit) on one Lean and library."""
        trusted = [self.header, self.preamble, self.statement, self.negated]
        parts = [toolchain, library, *trusted, self._form, self.proof or self.code or ""]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class Snippet(Check):
    """A whole file with no statement to prove: what does Lean say about it?

    Its best outcome is `elaborated`.  There is no policy and no pin, so its messages are only what the file wants them
    to be: feedback for people and models, never a proof.
    """

    statement: Literal[""] = ""  # type: ignore[assignment]

    @property
    def _form(self) -> str:
        return "snippet"


class Verdict(BaseModel):
    """The answer to one `Check`."""

    model_config = ConfigDict(frozen=True)

    id: str
    outcome: Outcome
    reason: str = ""
    messages: list[Message] = []
    axioms: list[str] = []
    audit: str = Field(
        "none",
        description="who decided: `kernel` (kernel objects, clean process), `leanchecker`, `text` (policy + pin + axiom list), `none`",
    )
    seconds: float = 0.0
    audit_seconds: float = Field(
        0.0, description="of the second judge in the strict tier (`leanchecker`): compiling, and a share of each replay; among `seconds`"
    )
    lean: str = ""
    library: str = ""
    backend: str = ""
    form: str = Field(
        "", description="normal form of the statement, a hash that its spelling does not change; '' where no kernel objects are to be had"
    )
    negated_form: str = Field("", description="that of the statement's negation")
    remarks: list[str] | None = Field(
        None,
        description="what the statement's term shows to be without content: `unused x` (bound, and does not occur); where the conclusion "
        "is true whatever it is about, `equal x` (x is only to be equal to a term) and `loose x` (at least one, say); none = nobody looked",
    )
    kernels: list[str] = Field([], description="what other kernels said, with their versions; [] where none was asked")

    @property
    def accepted(self) -> bool:
        return self.outcome is Outcome.ACCEPTED

    @property
    def disputed(self) -> bool:
        """Whether another kernel rejected what Lean's accepted: asking again would not settle that."""
        return self.outcome is Outcome.INFRA and self.reason.startswith(DISPUTED)

    @property
    def first_error(self) -> str:
        """Lean's first error, at most 500 characters; '' where there is none."""
        return next((message.text for message in self.messages if message.severity == "error"), "")[:500]
