"""From a problem that asks for something to statements with answers in them (ECP, 2505.18492: enumerate, conjecture, prove).

The formalizer leaves a place for the answer; a program lists small cases; the conjecturer, who sees them, proposes answers; the
legal ones are put into the statement.  Whether one is right is for the search to decide, on theorem and negation, as ever.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from dataclasses import dataclass, field

from synth.answers.enumerate import Case, Ended, Ran, cases, run_program
from synth.answers.hole import Hole, find_hole
from synth.answers.legal import Illegal, agreement, legal
from synth.answers.terms import Answer
from synth.config import AnswersConfig, FormalizeConfig
from synth.llm.types import Completion, Weights
from synth.prompts import Prompt, Role, Unread
from synth.prompts.answers import read_guess, read_program
from synth.records import Drop, Problem, Statement, content_id
from synth.services import Tools
from synth.statements.filters.base import drop
from synth.statements.filters.elaborates import UNDECIDED
from synth.statements.formalize import formalize
from synth.statements.text import UNPROVED, new_statement
from verify_workers.records import Outcome, Reason

_ASKS = re.compile(
    r"\b(?:find|determine|compute|calculate|evaluate|solve|what|which|how (?:many|much|large|long|often|far)|give|name|list)\b|\?", re.I
)
_CLAIMS = re.compile(r"\b(?:prove|show|verify|deduce|demonstrate|establish)\b", re.I)
CHECK_SECONDS = 10.0  # of Lean, for a statement or an answer


@dataclass
class Construction:
    """What came of one problem: statements kept and dropped, and how the answers were found."""

    statements: list[Statement]
    hole: Hole | None = None
    program: str = ""
    ran: list[Ran] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    """The answers in kept statements, by the statement's id."""


def asks(problem: Problem, config: AnswersConfig) -> bool:
    """Whether answers are to be constructed for a problem: its statement has a place for one, or its words ask and claim nothing."""
    if not config.enabled:
        return False
    if problem.statement:
        return (
            find_hole(Statement(id="", problem_id="", text=problem.statement, header=problem.header, preamble=problem.preamble)) is not None
        )
    return bool(_ASKS.search(problem.text)) and not _CLAIMS.search(problem.text)


async def construct(
    problem: Problem, config: AnswersConfig, formalizing: FormalizeConfig, tools: Tools, gate: asyncio.Semaphore | None = None
) -> list[Construction]:
    """The constructions of a problem that asks for something, one for each of its statements.  `gate` bounds programs at a time."""
    found = await formalize(problem, formalizing, tools, asking=True)
    elaborate = await _elaborating([s for s in found if s.kept], tools)
    made: list[Construction] = []
    for statement in found:
        hole, why = find_hole(statement) if statement.kept else None, elaborate.get(statement.id)
        if not statement.kept:
            made.append(Construction([statement]))
        elif hole is None:
            made.append(Construction([drop(statement, Drop.NO_PLACE, "no first binder `(answer : T)`")]))
        elif why:
            made.append(Construction([drop(statement, *why)]))
        elif sum(bool(one.hole) for one in made) >= formalizing.keep:
            made.append(Construction([drop(statement, Drop.OUTVOTED)]))
        else:
            made.append(await _answered(statement, hole, problem, config, tools, gate or asyncio.Semaphore(config.at_once)))
    return made


async def _elaborating(statements: list[Statement], tools: Tools) -> dict[str, tuple[Drop, str]]:
    """Why those of `statements` cannot be used that Lean does not take."""
    verdicts = await tools.verify([s.check(f"{s.id}:elaborates", CHECK_SECONDS, proof=UNPROVED) for s in statements])
    found: dict[str, tuple[Drop, str]] = {}
    for statement, verdict in zip(statements, verdicts, strict=True):
        if verdict.reason == Reason.STATEMENT:
            found[statement.id] = Drop.ELABORATION, verdict.first_error or verdict.reason
        elif verdict.outcome is Outcome.POLICY:
            found[statement.id] = Drop.POLICY, verdict.reason
        elif verdict.outcome in UNDECIDED:
            found[statement.id] = Drop.OPEN, f"not answered: {verdict.outcome.value}: {verdict.first_error or verdict.reason}"
    return found


async def _answered(
    statement: Statement, hole: Hole, problem: Problem, config: AnswersConfig, tools: Tools, gate: asyncio.Semaphore
) -> Construction:
    result = Construction([], hole)
    if config.programs:
        await _enumerate(result, hole, statement, problem, config, tools, gate)
    guesses = await _guesses(result, hole, statement, problem, config, tools)
    ranked = sorted(guesses, key=lambda one: (-(agreement(one.answer, result.cases, hole) or 0), -one.votes) if one.answer else (1, 0))
    kept = await _kept([one for one in ranked if one.answer], hole, config, tools)
    below = problem.model_copy(update={"header": hole.header, "preamble": hole.preamble})
    result.statements.append(drop(statement, Drop.OPEN, _told(result)))
    for one in ranked:
        result.statements.append(_stated(one, kept, result, hole, statement, below, tools, config))
    return result


def _stated(
    guess: Guess,
    kept: dict[str, tuple[Drop | None, str]],
    result: Construction,
    hole: Hole,
    statement: Statement,
    below: Problem,
    tools: Tools,
    config: AnswersConfig,
) -> Statement:
    """The statement with a guess in it, kept or with the reason; of what is no answer, the text as it was given."""
    fields = {"origin": "answered", "parent": statement.id, "votes": max(1, guess.votes), **_lineage(guess, tools, config)}
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


# ---- small cases


async def _enumerate(
    result: Construction, hole: Hole, statement: Statement, problem: Problem, config: AnswersConfig, tools: Tools, gate: asyncio.Semaphore
) -> None:
    """Run the sampled programs in turn until one prints cases."""
    shown = {"problem": problem.text, "statement": statement.text, "type": hole.type, "seconds": f"{config.seconds:g}"}
    prompt, answers = await _ask("enumerate", shown, config.programs, statement, config, tools)
    for completion in answers:
        source = read_program(prompt, completion.text, completion.finished)
        if isinstance(source, Unread):
            result.ran.append(Ran(Ended.FAILED, error=f"unread: {source.reason} {source.detail}".strip()))
            continue
        async with gate:
            ran = await run_program(source, config)
        result.ran.append(ran)
        result.program = source
        if ran.usable and (found := cases(ran.output, hole.parameters, hole.result.startswith("List"))):
            result.cases = found
            return


def _shown(found: list[Case], most: int) -> str:
    """The first cases, in so many characters, a line each."""
    text = "\n".join(" ".join(map(str, (*arguments, *value))) for arguments, value in found)
    return text if len(text) <= most else text[:most].rpartition("\n")[0]


def _told(result: Construction) -> str:
    ended = Counter(str(ran.ended) for ran in result.ran)
    said = ", ".join(f"{count} {name}" for name, count in ended.items()) or "none asked for"
    errors = "; ".join(ran.error for ran in result.ran if ran.error)
    return f"programs: {said}; {len(result.cases)} cases{f'; {errors}' if errors else ''}"


# ---- answers


@dataclass
class Guess:
    """An answer as it was given, and what became of it."""

    text: str
    votes: int
    weights: Weights
    answer: Answer | None = None
    illegal: Illegal | None = None
    why: str = ""


async def _guesses(
    result: Construction, hole: Hole, statement: Statement, problem: Problem, config: AnswersConfig, tools: Tools
) -> list[Guess]:
    """The sampled answers, equal ones once, legal or with the reason."""
    shown = {"problem": problem.text, "statement": statement.text, "type": hole.type, "cases": _shown(result.cases, config.shown)}
    prompt, answers = await _ask("guess", shown, config.guesses, statement, config, tools)
    guesses: dict[str, Guess] = {}
    if (printed := value_of(result.cases, hole)) and isinstance(found := legal(hole, printed), Answer):
        guesses[found.text] = Guess(found.text, 0, answers[0].weights if answers else Weights(), found)
    for completion in answers:
        read = read_guess(prompt, completion.text, completion.finished)
        if isinstance(read, Unread):
            text = completion.text or completion.fault
            guess = Guess(text, 0, completion.weights, None, Illegal.UNREAD, f"{read.reason} {read.detail}".strip())
        else:
            checked = legal(hole, read)
            if isinstance(checked, Answer):
                guess = Guess(checked.text, 0, completion.weights, checked)
            else:
                guess = Guess(read, 0, completion.weights, None, *checked)
        guesses.setdefault(guess.text, guess).votes += 1
    return list(guesses.values())


def value_of(found: list[Case], hole: Hole) -> str:
    """What a program printed for an answer without arguments: the first answer to try; '' where it printed no single one."""
    if hole.parameters or len(found) != 1:
        return ""
    ((_, value),) = found
    if hole.result in ("Prop", "Bool"):
        said = {0: "False", 1: "True"}.get(value[0], "")
        return said if hole.result == "Prop" else said.lower()
    return f"[{', '.join(map(str, value))}]" if hole.result.startswith("List") else str(value[0])


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


# ---- shared


async def _ask(
    role: Role, shown: dict[str, str], n: int, statement: Statement, config: AnswersConfig, tools: Tools
) -> tuple[Prompt, list[Completion]]:
    """`n` answers of the conjecturer; none where the prompt is too long for it."""
    model = tools.models["conjecturer"]
    prompt = model.prompts.ask(role, {}, **shown)
    seed = tools.request_seed(statement.id, role)
    (answer,) = await model.ask([prompt], model.sampling(role, n, seed, config.temperature))
    return prompt, [] if isinstance(answer, str) else answer


def _lineage(guess: Guess, tools: Tools, config: AnswersConfig) -> dict[str, object]:
    prompts = tools.models["conjecturer"].prompts
    temperature = prompts.settings("guess").temperature if config.temperature is None else config.temperature
    return {
        "round": tools.round,
        "model": guess.weights.hash,
        "version": guess.weights.version,
        "prompt": prompts.hash("guess"),
        "temperature": temperature,
    }
