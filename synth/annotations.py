"""Annotations: what `synth informalize` writes, Lean in plain language beside the Lean that it says (Herald, arXiv 2410.10878 §3)."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from synth.records import Record


class Unpaired(StrEnum):
    """Why an annotation makes no pair."""

    DEFINITION = "definition"  # of what is no theorem: there to be shown with what uses it
    UNSTATED = "unstated"  # Lean does not take it for a statement; of a declaration, prints nothing that it reads as the same theorem
    PROMPT_TOO_LONG = "prompt_too_long"
    NO_ANSWER = "no_answer"  # the endpoint gave none: asked again by the next call
    UNREAD = "unread"  # no plain language in the answer, or not one explanation for each step
    COPIED = "copied"  # Lean in place of words: what it gives back says nothing of what it explains
    NOT_FORMALIZED = "not_formalized"  # formalizing it gave nothing that Lean accepts as a statement
    NOT_RECOVERED = "not_recovered"  # formalizing it gave other statements
    NOT_PROVED = "not_proved"  # no proof written from the steps is accepted
    UNJUDGED = "unjudged"  # no normal forms to be had, and no verdict of the judge that could be read
    UNDECIDED = "undecided"  # the checker failed or ran out of time: asked again by the next call


AGAIN = frozenset({Unpaired.NO_ANSWER, Unpaired.UNDECIDED})
"""Reasons that say nothing of the annotation: the next call asks again."""


class Annotation(Record):
    """One statement, definition or proof in plain language.  Kept ones are pairs; those of statements train the formalizer."""

    id: str = Field(description="of all that decided what was asked: the Lean, what was shown with it, prompts, models, settings")
    kind: Literal["statement", "definition", "proof"]
    source: str = Field(description="`declaration NAME`, `pair ID` or `statement ID`")
    module: str = Field("", description="of a declaration")
    statement: str = Field("", description="`theorem NAME … : …`; of a definition, all of it")
    header: str = ""
    preamble: str = ""
    vocabulary: str = Field("", description="what whoever formalizes the text is shown of a project, below the header, as Lean comments")
    proof: str = Field("", description="of a proof: what follows `:=`, or the whole file")
    uses: list[str] = Field([], description="what the statement, or the proof, uses: names of declarations that are annotated too")
    parents: list[str] = Field([], description="ids of the annotations that were shown; first, of a proof, its statement's")
    text: str = Field("", description="plain language; of a proof a numbered line for each step")
    steps: list[str] = Field([], description="of a proof: what each step does")
    kept: bool = True
    reason: str = Field("", description="an `Unpaired`")
    detail: str = ""
    checked: Literal["", "text", "form", "printed", "judge", "proof"] = Field(
        "",
        description="what found it the same: equal text, Lean's normal form, or Lean's own printing, of what was formalized from it; "
        "the judge's votes; or `proof`, a proof written from the steps that Lean accepts",
    )
    back: str = Field("", description="the formalization (of a proof: the proof) that came back, or the first that did not")
    recovered: float = Field(-1.0, description="share of what was asked for that came back as the same; -1 = not asked")
    same: int = Field(0, description="votes of the judge that both statements say the same")
    judged: int = Field(0, description="votes asked for")
    round: int = 0
    model: str = Field("", description="hash of the informalizer's weights")
    version: int = 0
    prompt: str = Field("", description="prompt template hash")
    back_model: str = Field("", description="hash of the weights that formalized it")
    back_prompt: str = ""
    seed: int = 0
    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 0
    lean: str = ""
    library: str = ""
