"""The search of one item: is the requirement proved, refuted by an input, or is somebody to be asked?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from pydantic import Field

from synth.config import FilterConfig, SearchConfig
from synth.programs.items import Item
from synth.programs.vacuous import says_nothing
from synth.records import Pair, Record, Statement
from synth.search.base import Strategy
from synth.search.counterexample import TOGETHER, Counterexample, input_of, instances
from synth.search.induction import Induction, scripts
from synth.search.loop import EVERYTHING, STRATEGIES, search
from synth.search.outcome import Found
from synth.search.portfolio import GENERIC_TACTICS, Portfolio
from synth.services import Tools, Verify
from synth.statements.text import UNPROVED
from verify_workers.records import Check, Outcome, Reason, Verdict

FILTERS = FilterConfig()
FEW, MANY = TOGETHER, 16 * TOGETHER  # inputs tried before and after proofs are


class Answer(StrEnum):
    """What is known of an item."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNDECIDED = "undecided"  # ask: nothing was found, or the checker failed
    UNTRANSLATABLE = "untranslatable"
    ILL_FORMED = "ill_formed"  # Lean takes it for no statement


class Decision(Record):
    """The report on one item.  `proof` proves `statement` below `header` and `preamble`, or its negation where that is refuted."""

    name: str
    source: str
    answer: Answer
    counterexample: dict[str, str] = Field(
        {}, description="an input on which the requirement fails, by variable; Lean accepts it in `proof`"
    )
    reason: str = Field("", description="why nothing was decided, or why there is nothing to decide; one line")
    says_nothing: str = Field("", description="why a requirement that is proved says nothing of the program; '' = nothing was found")
    statement: str = ""
    header: str = ""
    preamble: str = ""
    proof: str = ""
    strategy: str = ""
    tokens: int = Field(0, description="generated for it")
    core_seconds: float = Field(0.0, description="of Lean, for all its checks")
    checks: int = 0
    translated_by: str = Field("", description="who made the definitions: `synth` (always in the same way), or a model; '' = given in Lean")
    stated_by: str = Field("", description="who made the statement of the requirement: the same")
    words: str = Field("", description="of what a model made these: the program, and the words")
    compared: int = Field(0, description="inputs on which Lean confirmed what the program, which a model translated, computes in Python")


@dataclass
class Decided:
    """A decision, and the records of its search."""

    decision: Decision
    found: Found = field(default_factory=Found)
    infra: bool = False
    """Undecided, and the checker failed: to be asked again."""


@dataclass
class Counted:
    """A checker that counts what it was asked and what that cost."""

    verify: Verify
    checks: int = 0
    seconds: float = 0.0
    infra: int = 0

    async def __call__(self, checks: list[Check]) -> list[Verdict]:
        verdicts = await self.verify(checks)
        self.checks += len(verdicts)
        self.seconds += sum(verdict.seconds for verdict in verdicts)
        self.infra += sum(verdict.outcome is Outcome.INFRA for verdict in verdicts)
        return verdicts


async def decide(item: Item, config: SearchConfig, tools: Tools, filters: FilterConfig = FILTERS) -> Decided:
    """Search the requirement and its negation until Lean accepts a proof of one; cheap means come first.

    Of one that is proved `filters` say whether it is empty.
    """
    if item.statement is None:
        return Decided(Decision(name=item.name, source=item.source, answer=Answer.UNTRANSLATABLE, reason=item.refused, **by_whom(item)))
    statement, counted = item.statement, Counted(tools.verify)
    tools = replace(tools, verify=counted)
    (asked,) = await counted([statement.check(f"{statement.id}:elaborates", config.timeout, proof=UNPROVED)])
    if asked.outcome is Outcome.POLICY or asked.reason == Reason.STATEMENT:
        reason = f"{item.source}: Lean does not accept it: {_in_a_line(asked.first_error or asked.reason)}"
        return Decided(_decision(item, statement, Answer.ILL_FORMED, counted, Found(), reason))
    found = await search(statement, item.problem, means(item, config, tools), config, tools)
    if found.unsound:
        raise RuntimeError(f"UNSOUND: {item.source}: {item.name} and its negation were both accepted: {found.unsound}")
    answer = Answer.UNDECIDED if not found.pairs else Answer.REFUTED if found.pairs[0].negated else Answer.PROVED
    nothing = await says_nothing(statement, found.pairs[0].proof, filters, tools) if answer is Answer.PROVED else ""
    decision = _decision(item, statement, answer, counted, found, "" if found.pairs else _why(counted))
    return Decided(decision.model_copy(update={"says_nothing": nothing}), found, answer is Answer.UNDECIDED and counted.infra > 0)


def means(item: Item, config: SearchConfig, tools: Tools) -> list[tuple[Strategy, int]]:
    """Strategies with their attempts: small inputs, scripts from the definitions, more inputs, then what the configuration names."""
    assert item.statement
    statement, inputs = item.statement, instances(item.statement)
    cheap: list[Strategy] = [
        Counterexample(statement, inputs[:FEW], tools.verify, config.timeout),
        Induction(tuple(scripts(statement))),
        Counterexample(statement, inputs[FEW:MANY], tools.verify, config.timeout),
        Portfolio(config.tactics or GENERIC_TACTICS),
    ]
    asked = config.strategies if tools.models else ()  # without a model what is cheap must do
    named = [(name, STRATEGIES[name].make(statement, item.problem, config, tools)) for name in asked]
    sampled = [(made, config.attempts) for name, made in named if made is not None and STRATEGIES[name].asks]
    return [*((strategy, EVERYTHING) for strategy in cheap), *sampled]


def _why(counted: Counted) -> str:
    """Why nothing was decided, for whoever is asked."""
    if counted.infra:
        return f"the checker failed on {counted.infra} of {counted.checks} checks: try again"
    return f"no proof and no counterexample in {counted.checks} checks: is the requirement meant so?"


def _in_a_line(error: str) -> str:
    """What Lean says, without its notes."""
    return " ".join(error.partition("\n\nNote:")[0].partition("\n\nHint:")[0].split())


def _decision(item: Item, statement: Statement, answer: Answer, counted: Counted, found: Found, reason: str) -> Decision:
    pair: Pair | None = found.pairs[0] if found.pairs else None
    return Decision(
        name=item.name,
        source=item.source,
        answer=answer,
        counterexample=input_of(statement, pair.proof) if pair and pair.negated else {},
        reason=reason,
        statement=statement.text,
        header=statement.header,
        preamble=statement.preamble,
        proof=pair.proof if pair else "",
        strategy=pair.strategy if pair else "",
        tokens=found.tokens,
        core_seconds=round(counted.seconds, 3),
        checks=counted.checks,
        **by_whom(item),
    )


def by_whom(item: Item) -> dict[str, str]:
    """Who made an item, and of what, as a decision says it."""
    asked = item.wanted[0].said if item.wanted and item.statement else ""
    return {"translated_by": item.translated_by, "stated_by": item.stated_by, "words": asked}
