"""The records of a run: problem → statement → attempt → (verdict) → pair → round.

Every id is derived from content, and every record names the records it came from, so that work done twice
gives the same id (exactly-once corpora from at-least-once work) and any pair can be traced to its problem,
prompt, model, sampling seed and Lean.  `SCHEMA_VERSION` changes whenever a field does.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = 1
Grade = Literal["excellent", "good", "above average", "fair", "poor"]  # DeepSeek-Prover §3.2
GRADES: tuple[Grade, ...] = ("excellent", "good", "above average", "fair", "poor")
KEPT_GRADES = frozenset(GRADES[:3])


def content_id(kind: str, *parts: Any) -> str:
    """A 20-hex-digit id from `kind` and JSON-able `parts`; equal content gives an equal id."""
    text = json.dumps([kind, *parts], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]


class Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class Problem(Record):
    """A problem as a human wrote it (or as the generator did).  `statement` is given only by formal benchmarks."""

    id: str
    text: str = Field("", description="plain language")
    statement: str = Field("", description="a given Lean theorem; '' = to be autoformalized")
    header: str = ""
    source: str = Field("", description="file and row, or generator and seed")
    name: str = ""
    meta: dict[str, str] = Field({}, description="family, level and the like; never read by the pipeline")


class Statement(Record):
    """A formal statement: `theorem NAME … : …` without `:=`."""

    id: str
    problem_id: str
    text: str
    header: str = ""
    negation: str = Field("", description="the theorem that this one is false; '' where it cannot be formed")
    origin: Literal["given", "autoformalized"] = "autoformalized"
    votes: int = Field(1, description="how many of the k samples gave this statement")
    grade: Grade | Literal[""] = ""
    kept: bool = True
    reason: str = Field("", description="why it was dropped")
    detail: str = ""
    round: int = 0
    model: str = Field("", description="checkpoint hash of the formalizer")
    prompt: str = Field("", description="prompt template hash")
    seed: int = 0


class Attempt(Record):
    """One proof attempt of a statement or of its negation, with the verdict's outcome beside it."""

    id: str
    statement_id: str
    negated: bool = False
    form: Literal["proof", "code"] = Field("proof", description="`proof` is what follows `:=`, or a whole file")
    proof: str
    count: int = Field(1, description="how many samples gave this very text")
    strategy: str
    round: int = 0
    sample: int = 0
    model: str = ""
    prompt: str = ""
    seed: int = Field(0, description="of the request; CPU engines are seeded as a whole, with the run's seed")
    temperature: float = 0.0
    tokens: int = Field(0, description="generated tokens")


class VerdictRow(Record):
    """The verdict on one attempt, as kept on disk."""

    id: str = Field(description="the attempt's id")
    statement_id: str
    outcome: str
    reason: str = ""
    message: str = Field("", description="Lean's first error")
    axioms: list[str] = []
    audit: str = ""
    seconds: float = 0.0
    lean: str = ""
    library: str = ""
    backend: str = ""


class Pair(Record):
    """A verified pair: `proof` proves `statement`, which is the negation of the kept statement if `negated`."""

    id: str
    attempt_id: str
    statement_id: str
    problem_id: str
    statement: str
    form: Literal["proof", "code"] = "proof"
    proof: str
    header: str = ""
    negated: bool = False
    problem: str = ""
    round: int = 0
    strategy: str = ""
    model: str = ""
    prompt: str = ""
    seed: int = 0
    temperature: float = 0.0
    axioms: list[str] = []
    audit: str = ""
    lean: str = ""
    library: str = ""


class Round(Record):
    """One round's figures (rounds/NNN/metrics.json); shares are in percent, times in seconds."""

    model_config = ConfigDict(frozen=True, extra="allow")

    round: int
    model: str = ""
    problems: int = 0
    statements_kept: int = 0
    attempts: int = 0
    pairs: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Lineage:
    """Where generated text comes from: round, checkpoint hash, seed."""

    round: int
    model: str
    seed: int
