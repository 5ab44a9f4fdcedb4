"""What a model's answer is worth: 1 where Lean accepts the proof that is read in it, of that statement, else 0.

An answer that could not be judged because the checker failed is worth nothing and is not to be learned from: `masked`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from synth.prompts import Prompt, Unread, load_prompts, read_proof
from verify_workers import Checker
from verify_workers.records import Outcome, Verdict
from verify_workers.text.statement import negate

EITHER = "\n\nIf the theorem is false, prove its negation instead, under the same name:\n\n```lean4\n{negation}\n```"
Row = Mapping[str, Any]
"""A task: `statement`, and where there are any `header`, `preamble` and `problem` (its text in plain language)."""


@dataclass(frozen=True)
class Grade:
    """What became of an answer."""

    reward: float
    outcome: str
    """Of the verdict; `unread` where no proof was found in the answer."""
    reason: str = ""
    message: str = ""
    """Lean's first error, or what was wrong with the answer."""
    negated: bool = False
    """Whether it is the negation that was proved."""
    masked: bool = False
    """The checker failed: no judgement of the answer."""


class Grader:
    """Asks and grades as a preset's prover is asked and read.  With `disprove` a proof of the negation is worth as much."""

    def __init__(self, checker: Checker, preset: str = "chat", disprove: bool = False) -> None:
        self.checker, self.prompts, self.disprove = checker, load_prompts(preset), disprove

    def question(self, row: Row) -> str:
        """What a model is asked."""
        text = self._prompt(row, row["statement"]).text
        return text + (EITHER.format(negation=negate(row["statement"])) if self.disprove else "")

    async def grade(self, row: Row, answer: str, finished: bool = True) -> Grade:
        """The reward of `answer`; `finished` is False where it was cut at its limit of tokens."""
        first: Grade | None = None
        for negated in (False, True) if self.disprove else (False,):
            proof = read_proof(self._prompt(row, negate(row["statement"]) if negated else row["statement"]), answer, finished)
            if isinstance(proof, Unread):
                found = Grade(0.0, "unread", proof.reason, proof.detail)
            else:
                shown = {"header": row.get("header") or None, "preamble": row.get("preamble") or ""}
                found = _graded(await self.checker.acheck(row["statement"], negated=negated, **shown, **{proof.form: proof.text}), negated)
            if found.reward or found.masked:
                return found
            first = first or found
        assert first is not None
        return first

    def _prompt(self, row: Row, statement: str) -> Prompt:
        return self.prompts.prove(statement, row.get("header") or "", row.get("preamble") or "", row.get("problem") or "")


def _graded(verdict: Verdict, negated: bool) -> Grade:
    message = verdict.messages[0].text if verdict.messages else ""
    masked = verdict.outcome is Outcome.INFRA
    return Grade(float(verdict.accepted), str(verdict.outcome), verdict.reason, message, negated, masked)
