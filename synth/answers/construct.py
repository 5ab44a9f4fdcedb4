"""From a problem that asks for something to statements with answers in them (ECP, 2505.18492: enumerate, conjecture, prove).

The formalizer leaves a place for the answer; a program lists small cases; the conjecturer, who sees them, proposes answers; the
legal ones are put into the statement.  Whether one is right is for the search to decide, on theorem and negation, as ever.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from synth.answers.ask import Guess, guesses, list_cases, rank
from synth.answers.enumerate import Case, Ran
from synth.answers.hole import Hole, find_hole
from synth.answers.legal import Illegal, agreement
from synth.answers.terms import Answer
from synth.answers.vote import Listed, believed
from synth.config import AnswersConfig, FormalizeConfig
from synth.problems.asking import only_asks
from synth.records import Drop, Problem, Statement, content_id
from synth.services import Tools
from synth.statements.filters.base import any_of, drop
from synth.statements.filters.elaborates import UNDECIDED
from synth.statements.filters.numbers import fewer, lost, strange
from synth.statements.formalize import formalize, sampled
from synth.statements.text import UNPROVED, new_statement
from verify_workers.records import Outcome, Reason

CHECK_SECONDS = 10.0  # of Lean, for a statement or an answer
ANYTHING = ("intros; rfl", "intros; trivial", "intros; omega", "intros; simp", "intros; exact ⟨_, rfl⟩")
"""What proves a statement of any answer, so that it tells none from another."""


@dataclass
class Construction:
    """What came of one problem: statements kept and dropped, and how the answers were found."""

    statements: list[Statement]
    hole: Hole | None = None
    ran: list[Ran] = field(default_factory=list)
    listed: list[Listed] = field(default_factory=list)
    """What the programs printed that printed cases, the most believable first."""
    answers: dict[str, Answer] = field(default_factory=dict)
    """The answers in kept statements, by the statement's id."""

    @property
    def program(self) -> str:
        """The program that is believed."""
        return self.listed[0].source if self.listed else ""

    @property
    def cases(self) -> list[Case]:
        """The cases that are believed."""
        return self.listed[0].cases if self.listed else []


def in_order(made: list[Construction]) -> list[tuple[Construction, Statement]]:
    """The statements with answers, in the order in which they are worth a search: those that agree with the cases first."""
    kept = [(one, statement) for one in made for statement in one.statements if statement.kept]
    return sorted(kept, key=lambda each: -((each[0].hole and agreement(each[0].answers[each[1].id], each[0].cases, each[0].hole)) or 0))


def asks(problem: Problem, config: AnswersConfig) -> bool:
    """Whether answers are to be constructed for a problem: its statement has a place for one, or its words ask and claim nothing."""
    if not config.enabled:
        return False
    if problem.statement:
        return (
            find_hole(Statement(id="", problem_id="", text=problem.statement, header=problem.header, preamble=problem.preamble)) is not None
        )
    return only_asks(problem.text)


async def construct(
    problem: Problem, config: AnswersConfig, formalizing: FormalizeConfig, tools: Tools, gate: asyncio.Semaphore | None = None
) -> list[Construction]:
    """The constructions of a problem that asks for something, one for each of its statements.  `gate` bounds programs at a time."""
    found = await formalize(problem, formalizing, tools, asking=True)
    if config.numbers and not problem.statement:  # those with the problem's numbers first
        found.sort(key=lambda s: (bool(strange(s.text, problem.text) or lost(s.text, problem.text)), -s.votes))
    elaborate = await _elaborating([s for s in found if s.kept], tools)
    made: list[Construction] = []
    asked: list[tuple[Construction, Statement, Hole]] = []
    for statement in found:
        hole, why = find_hole(statement) if statement.kept else None, elaborate.get(statement.id)
        if not statement.kept:
            made.append(Construction([statement]))
        elif hole is None:
            made.append(Construction([drop(statement, Drop.NO_PLACE, "no first binder `(answer : T)`")]))
        elif why:
            made.append(Construction([drop(statement, *why)]))
        elif len(asked) >= formalizing.keep:
            made.append(Construction([drop(statement, Drop.OUTVOTED)]))
        else:
            made.append(Construction([], hole))
            asked.append((made[-1], statement, hole))
    await _answer(asked, problem, config, tools, gate or asyncio.Semaphore(config.at_once))
    _told_apart(made)
    return made


def _told_apart(made: list[Construction]) -> None:
    """Give each statement an id of its own: a formalization may say itself what another one says with an answer in it, or two may.

    The first that is kept has the id, and what else would be kept under it is a duplicate.
    """
    owner: dict[str, Statement] = {}
    for statement in sorted((s for one in made for s in one.statements), key=lambda s: not s.kept):
        owner.setdefault(statement.id, statement)
    for place, one in enumerate(made):
        for at, statement in enumerate(one.statements):
            if owner[statement.id] is not statement:
                if statement.kept:
                    one.answers.pop(statement.id, None)
                    statement = drop(statement, Drop.DUPLICATE, f"the same as this problem's {statement.id}")
                one.statements[at] = statement.model_copy(update={"id": content_id("statement", statement.id, place, at)})


async def _answer(
    asked: list[tuple[Construction, Statement, Hole]], problem: Problem, config: AnswersConfig, tools: Tools, gate: asyncio.Semaphore
) -> None:
    """Cases and answers for the statements of one problem.

    What is believed is what most programs print, whichever of the statements they were written for: where one copies the problem
    wrongly, most programs for it do, too.
    """

    async def listing(one: Construction, statement: Statement, hole: Hole) -> None:
        one.ran, one.listed = await list_cases(hole, statement, problem, config, tools, gate)

    if config.programs:
        await asyncio.gather(*(listing(*each) for each in asked))
    printed: dict[str, list[Listed]] = {}
    for one, _, hole in asked:
        printed.setdefault(hole.type, []).extend(one.listed)
    for one, _, hole in asked:
        one.listed = believed(printed[hole.type])
    await asyncio.gather(*(_answered(*each, problem, config, tools) for each in asked))


async def _elaborating(statements: list[Statement], tools: Tools) -> dict[str, tuple[Drop, str]]:
    """Why those of `statements` cannot be used that Lean does not take, or of which anything is an answer (`answer = answer`)."""
    of_any = [(s, place) for s in statements if s.origin != "given" and (place := find_hole(s))]
    said = [s.model_copy(update={"text": place.of_any, "preamble": place.preamble}) for s, place in of_any]
    checks = [s.check(f"{s.id}:elaborates", CHECK_SECONDS, proof=UNPROVED) for s in statements]
    checks += [s.check(f"{s.id}:any", CHECK_SECONDS, proof=any_of(ANYTHING)) for s in said]
    verdicts = await tools.verify(checks)
    proved = [s.id for s, verdict in zip(said, verdicts[len(statements) :], strict=True) if verdict.accepted]
    found: dict[str, tuple[Drop, str]] = dict.fromkeys(proved, (Drop.TRUE_OF_ANYTHING, "whatever stands for the answer, Lean proves it"))
    for statement, verdict in zip(statements, verdicts, strict=False):
        if verdict.reason == Reason.STATEMENT:
            found[statement.id] = Drop.ELABORATION, verdict.first_error or verdict.reason
        elif verdict.outcome is Outcome.POLICY:
            found[statement.id] = Drop.POLICY, verdict.reason
        elif verdict.outcome in UNDECIDED:
            found[statement.id] = Drop.OPEN, f"not answered: {verdict.outcome.value}: {verdict.first_error or verdict.reason}"
    return found


async def _answered(result: Construction, statement: Statement, hole: Hole, problem: Problem, config: AnswersConfig, tools: Tools) -> None:
    """The statement with the answers that are worth a search, and what else was answered."""
    found = await guesses(result.listed, hole, statement, problem, config, tools)
    ranked = sorted(found, key=lambda one: rank(one, result.listed, hole))
    legal = [one for one in ranked if one.answer]
    agreeing = [one for one in legal if one.answer and agreement(one.answer, result.cases, hole) == 1]
    if config.numbers and not problem.statement and agreeing and fewer(statement.text, problem.text):
        legal = agreeing  # what such a statement proves of another answer tells little about the problem
    kept = await _kept(legal, hole, config, tools)
    below = problem.model_copy(update={"header": hole.header, "preamble": hole.preamble})
    result.statements.append(drop(statement, Drop.OPEN, _told(result)))
    for one in ranked:
        result.statements.append(_stated(one, kept, result, hole, statement, below, tools))


def _stated(
    guess: Guess,
    kept: dict[str, tuple[Drop | None, str]],
    result: Construction,
    hole: Hole,
    statement: Statement,
    below: Problem,
    tools: Tools,
) -> Statement:
    """The statement with a guess in it, kept or with the reason; of what is no answer, the text as it was given."""
    fields = {"origin": "answered", "parent": statement.id, "votes": max(1, guess.votes), **_lineage(guess, tools)}
    if guess.answer is None:
        made = new_statement(below, statement.text, **fields)
        told = {"id": content_id("statement", statement.id, guess.text, str(guess.illegal)), "text": guess.text, "negation": ""}
        return drop(made.model_copy(update=told), Drop.ILLEGAL_ANSWER, f"{guess.illegal}: {guess.why}")
    made = new_statement(below, hole.filled(guess.answer), **fields)
    reason, detail = kept.get(guess.text, (Drop.SPARE_ANSWER, ""))
    if reason is None:
        result.answers[made.id] = guess.answer
        return made
    return drop(made, reason, detail)


def _told(result: Construction) -> str:
    ended = Counter(str(ran.ended) for ran in result.ran)
    said = ", ".join(f"{count} {name}" for name, count in ended.items()) or "none asked for"
    errors = "; ".join(ran.error for ran in result.ran if ran.error)
    return f"programs: {said}; {len(result.cases)} cases{f'; {errors}' if errors else ''}"


async def _kept(ranked: list[Guess], hole: Hole, config: AnswersConfig, tools: Tools) -> dict[str, tuple[Drop | None, str]]:
    """What becomes of the best answers, by text: kept (no reason) where Lean confirms that the statement then says what it should."""
    some = ranked[: 2 * config.keep]
    checks = [hole.same(f"same:{content_id('answer', one.text)}", one.answer, CHECK_SECONDS) for one in some if one.answer]
    verdicts = await tools.verify(checks)
    found: dict[str, tuple[Drop | None, str]] = {}
    for one, verdict in zip(some, verdicts, strict=True):
        if verdict.accepted:
            full = sum(reason is None for reason, _ in found.values()) >= config.keep
            found[one.text] = (Drop.SPARE_ANSWER, "") if full else (None, "")
        elif verdict.outcome in UNDECIDED:
            found[one.text] = Drop.UNDECIDED, f"{verdict.outcome.value}: {verdict.first_error or verdict.reason}"
        else:
            found[one.text] = Drop.ILLEGAL_ANSWER, f"{Illegal.UNTYPED}: {verdict.first_error or verdict.reason}"
    return found


def _lineage(guess: Guess, tools: Tools) -> dict[str, object]:
    return {
        "round": tools.round,
        "model": guess.weights.hash,
        "version": guess.weights.version,
        "prompt": tools.models["conjecturer"].prompts.hash("guess"),
        "shown": guess.shown,
        **sampled(guess.sampling),
    }
