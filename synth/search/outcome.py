"""From proposal and verdict to the records that are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from synth.records import Attempt, Ended, Pair, Problem, SearchRow, Statement, VerdictRow, content_id
from synth.search.base import Proposal, Side, Tried
from verify_workers.records import Check, Message, Outcome, Verdict

ERRORS_KEPT, ERROR_LENGTH = 8, 800
"""Errors of one attempt that are kept, and characters of each."""


@dataclass
class Found:
    """What the search of one statement gave; `unsound` holds proofs of both sides, which never become pairs.

    `asides` are statements of a strategy's own making (`History.aside`) by id, with what the search of each gave; `everything`
    counts them in.
    """

    attempts: list[Attempt] = field(default_factory=list)
    verdicts: list[VerdictRow] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    unsound: list[Pair] = field(default_factory=list)
    samples: int = 0
    tokens: int = 0
    ended: Ended = Ended.EXHAUSTED
    limit: str = ""
    strategies: dict[str, Counter[str]] = field(default_factory=dict)
    """What each strategy has spent, as a meter counts."""
    asides: dict[str, tuple[Statement, Found]] = field(default_factory=dict)

    def everything(self) -> Iterator[Found]:
        """This, and what the searches of statements made on the way gave."""
        yield self
        for _, found in self.asides.values():
            yield from found.everything()

    def made(self) -> list[Statement]:
        """The statements made on the way."""
        return [statement for found in self.everything() for statement, _ in found.asides.values()]

    def row(self, statement: Statement, round: int, inside: bool = False) -> SearchRow:
        """What the search came to, as kept on disk."""
        accepted = {verdict.id for verdict in self.verdicts if verdict.outcome == Outcome.ACCEPTED}
        total = sum(self.strategies.values(), Counter[str]())
        return SearchRow(
            id=content_id("search", statement.id, round),
            statement_id=statement.id,
            round=round,
            inside=inside,
            ended=self.ended.value,
            limit=self.limit,
            by=self.pairs[0].strategy if self.pairs else "",
            samples=self.samples,
            accepted=sum(attempt.count for attempt in self.attempts if attempt.id in accepted),
            tokens=_tokens(total),
            checks=total["checks"],
            lean_seconds=total["lean_ms"] / 1000,
            strategies={name: _figures(spent) for name, spent in self.strategies.items()},
        )

    def rows(self, statement: Statement, round: int) -> list[SearchRow]:
        """`row`, and those of the statements that were made on the way and searched."""
        made = [(made, found) for part in self.everything() for made, found in part.asides.values() if made.kept]
        return [self.row(statement, round), *(found.row(aside, round, inside=True) for aside, found in made)]


KINDS: dict[str, Literal["subgoal", "lemma"]] = {"subgoal": "subgoal", "lemma": "lemma"}
"""The kind of a pair, by the origin of its statement, where that is a piece of another one."""
MADE: dict[str, Literal["conjecture"]] = {"conjectured": "conjecture", "variant": "conjecture"}
"""The same of statements that a run made of what it has proved, and that stand for themselves; `theorem` for any other."""


def attempt_id(statement: Statement, side: Side, text: str) -> str:
    return content_id("attempt", statement.id, side.negated, text)


def _tokens(spent: Counter[str]) -> int:
    return sum(count for name, count in spent.items() if name.startswith("tokens_"))


def _figures(spent: Counter[str]) -> dict[str, float]:
    own = {"samples": spent["samples"], "tokens": _tokens(spent), "checks": spent["checks"], "lean_seconds": spent["lean_ms"] / 1000}
    return own | {name: count for name, count in spent.items() if name.startswith("tokens_")}


def new_attempt(statement: Statement, proposal: Proposal, count: int, round: int) -> Attempt:
    """The attempt that `proposal` makes; `count` samples gave this very text."""
    sampling, weights = proposal.sampling, proposal.weights
    return Attempt(
        id=attempt_id(statement, proposal.side, proposal.proof.text),
        statement_id=statement.id,
        negated=proposal.side.negated,
        form=proposal.proof.form,
        proof=proposal.proof.text,
        count=count,
        unread=proposal.unread,
        strategy=proposal.strategy,
        parent=proposal.parent,
        round=round,
        sample=proposal.sample,
        model=weights.hash,
        version=weights.version,
        prompt=proposal.prompt,
        seed=sampling.seed,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        max_tokens=sampling.max_tokens,
        stop=list(sampling.stop),
        tokens=proposal.tokens,
        shown=dict(proposal.shown),
    )


def attempt_check(attempt: Attempt, statement: Statement, timeout: float) -> Check:
    """The check that decides `attempt` as a proof of `statement`, or that it is false."""
    return statement.check(attempt.id, timeout, negated=attempt.negated, **{attempt.form: attempt.proof})


def verdict_row(tried: Tried) -> VerdictRow:
    attempt, verdict = tried.attempt, tried.verdict
    if verdict is None:
        return VerdictRow(id=attempt.id, statement_id=attempt.statement_id, outcome="unread", reason=attempt.unread)
    errors = [] if verdict.accepted else kept_errors(verdict.messages)
    return VerdictRow(
        id=attempt.id,
        statement_id=attempt.statement_id,
        outcome=verdict.outcome.value,
        reason=verdict.reason,
        message=verdict.first_error,
        errors=errors,
        axioms=verdict.axioms,
        audit=verdict.audit,
        seconds=verdict.seconds,
        lean=verdict.lean,
        library=verdict.library,
        backend=verdict.backend,
        kernels=verdict.kernels,
    )


def unchecked_row(attempt: Attempt, why: str) -> VerdictRow:
    """Of an attempt whose check was called off: nothing is known of it."""
    return VerdictRow(id=attempt.id, statement_id=attempt.statement_id, outcome="unchecked", reason=why)


def kept_errors(messages: list[Message]) -> list[Message]:
    """The errors among Lean's messages: the first few, cut to a bearable length."""
    errors = [message for message in messages if message.severity == "error"][:ERRORS_KEPT]
    return [m if len(m.text) <= ERROR_LENGTH else m.model_copy(update={"text": m.text[:ERROR_LENGTH] + " …"}) for m in errors]


def pair(attempt: Attempt, side: Side, statement: Statement, problem: Problem | None, verdict: Verdict) -> Pair:
    if verdict.outcome is not Outcome.ACCEPTED:
        raise ValueError("only accepted attempts make pairs")
    return Pair(
        id=content_id("pair", side.text, statement.header, attempt.proof, *filter(None, [statement.preamble])),
        attempt_id=attempt.id,
        statement_id=statement.id,
        problem_id=statement.problem_id,
        kind=KINDS.get(statement.origin) or MADE.get(statement.origin, "theorem"),
        statement=side.text,
        form=attempt.form,
        proof=attempt.proof,
        header=statement.header,
        preamble=statement.preamble,
        negated=side.negated,
        problem=problem.text if problem else "",
        round=attempt.round,
        strategy=attempt.strategy,
        model=attempt.model,
        version=attempt.version,
        prompt=attempt.prompt,
        seed=attempt.seed,
        temperature=attempt.temperature,
        top_p=attempt.top_p,
        max_tokens=attempt.max_tokens,
        axioms=verdict.axioms,
        audit=verdict.audit,
        lean=verdict.lean,
        library=verdict.library,
        kernels=verdict.kernels,
    )
