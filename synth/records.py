"""The records of a run: problem → statement → attempt → verdict → pair.

Every id is derived from content, and every record names the records it came from, so that work done twice
gives the same id (exactly-once corpora from at-least-once work) and any pair can be traced to its problem,
prompt, model, sampling seed and Lean.  `SCHEMA_VERSION` changes whenever a field does; fields that an older file lacks
have defaults, and no field added since is part of an id, so that runs begun with an older schema go on.
"""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from verify_workers.records import Check, Message

SCHEMA_VERSION = 3
Grade = Literal["excellent", "good", "above average", "fair", "poor"]  # DeepSeek-Prover §3.2
GRADES: tuple[Grade, ...] = ("excellent", "good", "above average", "fair", "poor")
KEPT_GRADES = frozenset(GRADES[:3])


class Drop(StrEnum):
    """Why the built-in stages drop a statement."""

    UNPARSED = "unparsed"  # the answer holds no theorem
    PROMPT_TOO_LONG = "prompt_too_long"
    ELABORATION = "elaboration"  # Lean does not accept it as a statement
    UNSUPPORTED = "unsupported"  # a given statement that this Lean and library cannot state
    POLICY = "policy"
    UNDECIDED = "undecided"  # the checker failed or ran out of time: asked again in the next round
    TRIVIAL = "trivial"
    HELDOUT = "heldout"
    GRADE = "grade"
    UNGRADED = "ungraded"
    CONTRADICTORY = "contradictory"
    OUTVOTED = "outvoted"
    MINORITY = "minority"  # too few of the formalizer's samples gave it
    NUMBERS = "numbers"  # its numbers are not those of the problem
    UNFAITHFUL = "unfaithful"  # its back-translation does not say what the problem says
    NOT_RECOVERED = "not_recovered"  # formalizing its back-translation gives another statement
    UNJUDGED = "unjudged"  # no back-translation, or no verdict on it
    UNUSED = "unused"  # a quantifier or hypothesis that nothing rests on
    REPEATED = "repeated"  # the conclusion is one of the hypotheses
    TRUE_OF_ANYTHING = "true_of_anything"  # holds without its hypotheses, or of any subject
    ANSWER = "answer"  # the answer is given away, or asked for so that anything is one
    HIDDEN = "hidden"  # a definition of the statement's own says nothing
    DUPLICATE = "duplicate"
    BUDGET = "budget"  # a problem that was not formalized, because a budget was used up: `detail` says which
    OPEN = "open"  # has a place for an answer; the statements with answers in it name it as their parent
    NO_PLACE = "no_place"  # a problem that asks for something, stated without a place for it
    ILLEGAL_ANSWER = "illegal_answer"
    SPARE_ANSWER = "spare_answer"  # others agree better with the cases, or have more votes
    CONTAMINATED = "contaminated"  # in one of `filters.benchmarks`
    UNFIT = "unfit"  # the closed theorem of a hole, from which its skeleton does not follow
    NO_LEMMA = "no_lemma"  # a proof to conjecture from that names no theorem which Lean knows
    LEMMA_CAP = "lemma_cap"  # enough is conjectured from this lemma already
    NAMELESS = "nameless"  # a requirement that names no function of its program
    DIFFERS = "differs"  # a program's translation that computes something else
    UNRELATED = "unrelated"  # a variant that does not stand to its parent as its rule says


def content_id(kind: str, *parts: Any) -> str:
    """A 20-hex-digit id from `kind` and JSON-able `parts`; equal content gives an equal id."""
    text = json.dumps([kind, *parts], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def above(header: str, preamble: str) -> str:
    """What stands before a statement, as one text."""
    return "\n\n".join(part.strip() for part in (header, preamble) if part.strip())


class Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class Problem(Record):
    """A problem as a human wrote it (or as the generator did).  `statement` is given only by formal benchmarks."""

    id: str
    text: str = Field("", description="plain language")
    statement: str = Field("", description="a given Lean theorem; '' = to be autoformalized")
    header: str = ""
    preamble: str = Field("", description="trusted definitions that stand between header and statement")
    source: str = Field("", description="file and row, or generator and seed")
    name: str = ""
    meta: dict[str, str] = Field({}, description="family, level and the like; never read by the pipeline")


class Statement(Record):
    """A formal statement: `theorem NAME … : …` without `:=`."""

    id: str
    problem_id: str
    text: str
    header: str = ""
    preamble: str = Field("", description="trusted definitions that stand between header and statement")
    negation: str = Field("", description="the theorem that this one is false; '' where it cannot be formed")
    origin: Literal["given", "autoformalized", "refined", "conjectured", "variant", "subgoal", "lemma", "answered"] = "autoformalized"
    parent: str = Field("", description="id of the statement that this one was made from; '' = made from the problem alone")
    variant: str = Field("", description="the rule by which it was made from its parent, such as `generalise`; '' = by none")
    lemma: str = Field("", description="name of the lemma that it was conjectured from, beside its parent")
    shown: dict[str, str] = Field(
        {}, description="what its prompt's template showed, by name, where the problem does not say that; of a variant what was changed"
    )
    votes: int = Field(1, description="how many of the k samples gave this statement")
    samples: int = Field(0, description="the k samples, those that gave none included; 0 = not known")
    back: str = Field("", description="the statement said in plain language again, by the informalizer")
    same: int = Field(0, description="votes that the back-translation says what the problem does")
    judged: int = Field(0, description="votes asked for on it")
    recovered: float = Field(-1.0, description="share of formalizations of the back-translation that are this statement; -1 = not asked")
    grade: Grade | Literal[""] = ""
    kept: bool = True
    reason: str = Field("", description="why it was dropped: a `Drop`, or the word of a filter of one's own")
    detail: str = ""
    round: int = 0
    model: str = Field("", description="checkpoint hash of the formalizer")
    version: int = Field(0, description="version of the formalizer's weights")
    prompt: str = Field("", description="prompt template hash")
    seed: int = 0
    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 0
    form: str = Field("", description="normal form (`Verdict.form`); '' where no kernel objects were to be had")
    negated_form: str = Field("", description="that of its negation")
    remarks: list[str] | None = Field(
        None, description="`Verdict.remarks`, what its term shows to be without content; none = nobody looked"
    )
    benchmark: str = Field("", description="the row of a benchmark that it or its problem repeats, and how; '' = none")

    def check(self, id: str, timeout: float, *, negated: bool = False, **text: str) -> Check:
        """The question whether `text` (`proof` or `code`) proves this statement, or with `negated` that it is false."""
        setting = {"header": self.header, "preamble": self.preamble}
        return Check(id=id, statement=self.text, negated=negated, timeout=timeout, **setting, **text)


class Attempt(Record):
    """One proof attempt of a statement or of its negation."""

    id: str
    statement_id: str
    negated: bool = False
    form: Literal["proof", "code"] = Field("proof", description="`proof` is what follows `:=`, or a whole file")
    proof: str
    count: int = Field(1, description="how many samples gave this very text")
    unread: str = Field("", description="why no proof could be read from the answer; `proof` then holds the answer, which Lean never saw")
    strategy: str
    parent: str = Field("", description="id of the attempt that this one repairs; '' = a fresh one")
    round: int = 0
    sample: int = 0
    model: str = Field("", description="hash of the weights that answered; '' = no model")
    version: int = Field(0, description="version of the weights that answered")
    prompt: str = ""
    seed: int = Field(0, description="of the request; CPU engines are seeded as a whole, with the run's seed")
    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 0
    stop: list[str] = []
    tokens: int = Field(0, description="generated tokens")
    shown: dict[str, str] = Field({}, description="what the prompt's template showed, by name; {} for `prove`, which shows the statement")


class VerdictRow(Record):
    """The verdict on one attempt, as kept on disk; `outcome` is `unread` where there was no proof to check."""

    id: str = Field(description="the attempt's id")
    statement_id: str
    outcome: str
    reason: str = ""
    message: str = Field("", description="Lean's first error")
    errors: list[Message] = Field([], description="Lean's first errors and their places in the attempt's text, cut to a bearable length")
    axioms: list[str] = []
    audit: str = ""
    seconds: float = 0.0
    lean: str = ""
    library: str = ""
    backend: str = ""
    kernels: list[str] = Field([], description="what kernels beside Lean's said, with their versions; [] = none was asked")


class HeldoutAttempt(Record):
    """What one sample of an evaluation took: how long it is, how long Lean was at it, and how that ended.  Its proof is not kept."""

    statement_id: str
    sample: int
    same: int = Field(description="the first sample of the statement with this very text")
    tokens: int = 0
    seconds: float = Field(0.0, description="of Lean")
    outcome: str = Field(description="as a verdict's; `unread` where there was no proof to check")
    reason: str = ""


class Pair(Record):
    """A verified pair: `proof` proves `statement`, which is the negation of the kept statement if `negated`."""

    id: str
    attempt_id: str
    statement_id: str
    problem_id: str
    kind: Literal["theorem", "subgoal", "lemma", "conjecture", "heldout"] = Field(
        "theorem",
        description="what was proved: a problem's theorem, a piece of one, a conjecture or variant, or a held-out one (never trained on)",
    )
    statement: str
    form: Literal["proof", "code"] = "proof"
    proof: str
    original_proof: str = Field("", description="the attempt's own proof, where a shorter one stands in its place; '' = as found")
    original_axioms: list[str] = Field([], description="what `original_proof` rests on, which may be fewer than `axioms`")
    header: str = ""
    preamble: str = ""
    negated: bool = False
    problem: str = ""
    round: int = 0
    strategy: str = ""
    model: str = ""
    version: int = 0
    prompt: str = ""
    seed: int = 0
    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 0
    axioms: list[str] = []
    audit: str = ""
    lean: str = ""
    library: str = ""
    kernels: list[str] = Field([], description="what kernels beside Lean's said, with their versions; [] = none was asked")

    @property
    def shortened(self) -> bool:
        return bool(self.original_proof)

    def check(self, id: str, timeout: float, proof: str | None = None) -> Check:
        """The question whether `proof` (None = the pair's own), in the pair's form, proves its statement."""
        text = {self.form: self.proof if proof is None else proof}
        return Check(id=id, statement=self.statement, header=self.header, preamble=self.preamble, timeout=timeout, **text)


class Ended(StrEnum):
    """Why the search of a statement ended."""

    PROVED = "proved"
    UNSOUND = "unsound"  # both sides were accepted: in quarantine
    EXHAUSTED = "exhausted"  # every strategy has had its attempts
    BUDGET = "budget"  # `limit` says which
    CALLED_OFF = "called_off"  # of a piece: what it was a piece of was proved, or refuted, meanwhile


class SearchRow(Record):
    """What the search of one statement in one round came to, and what it cost."""

    id: str
    statement_id: str
    round: int = 0
    inside: bool = Field(
        False, description="of a piece that the search of another statement made: what it cost is in that search's row too"
    )
    ended: str = Field(description="an `Ended`")
    limit: str = Field("", description="the budget that was used up, such as `statement.tokens`")
    by: str = Field("", description="the strategy that proved a side")
    samples: int = Field(0, description="proofs proposed, equal ones counted each")
    accepted: int = Field(0, description="of the `samples`, those that Lean accepted")
    tokens: int = Field(0, description="generated for this statement, whatever was asked")
    checks: int = Field(0, description="questions to Lean")
    lean_seconds: float = 0.0
    strategies: dict[str, dict[str, float]] = Field({}, description="`samples`, `tokens`, `checks` and `lean_seconds` by strategy")


class Claim(Record):
    """That a statement is the run's one with its identity, or which one was before it: what the index has answered."""

    id: str = Field(description="of the statement")
    key: int = Field(0, description="64-bit hash of what statements that say the same have in common, as a signed number")
    unit: str = Field(description="the unit of work that holds the statement, once it is finished")
    rank: int = Field(0, description="the smaller, the better its right: given, of a problem, made, a piece")
    holder: str = Field("", description="the statement that was before it; '' = it is the one")
    turn: int = Field(0, description="how many statements were the one with this key before it")


class Marked(Record):
    """A problem that repeats none before it, and by what likely repetitions of it are found (`synth/statements/likeness.py`)."""

    id: str
    place: int = Field(0, description="in the list of problems")
    text: str
    bands: list[int] = []
    grams: list[int] = []
