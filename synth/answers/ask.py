"""What the conjecturer is asked: programs that list small cases, of which most are believed, and answers."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field, replace

from synth.answers.enumerate import Case, Ended, Ran, cases, run_program
from synth.answers.hole import Hole
from synth.answers.legal import Illegal, agreement, legal
from synth.answers.terms import Answer
from synth.answers.vote import Listed, believed, support
from synth.config import AnswersConfig
from synth.llm.types import Completion, Sampling, Weights
from synth.prompts import Prompt, Role, Unread
from synth.prompts.answers import read_guess, read_program
from synth.records import Problem, Statement
from synth.services import Tools
from synth.statements.filters.numbers import unsaid, unsaid_times


async def list_cases(
    hole: Hole, statement: Statement, problem: Problem, config: AnswersConfig, tools: Tools, gate: asyncio.Semaphore
) -> tuple[list[Ran], list[Listed]]:
    """Run the sampled programs, those with the problem's numbers first, until `config.agree` of them print the same cases.

    How each ended, and what those printed that printed cases, the most believable first.
    """
    shown = {"problem": problem.text, "statement": statement.text, "type": hole.type, "seconds": f"{config.seconds:g}"}
    prompt, answers, _ = await _ask("enumerate", shown, config.programs, statement, config, tools)
    ran: list[Ran] = []
    sources: dict[str, int] = {}
    for completion in answers:
        source = read_program(prompt, completion.text, completion.finished)
        if isinstance(source, Unread):
            ran.append(Ran(Ended.FAILED, error=f"unread: {source.reason} {source.detail}".strip()))
        else:
            sources[source] = sources.get(source, 0) + 1
    listed: list[Listed] = []
    doubts = {source: _doubts(source, problem) if config.numbers else (False, 0) for source in sources}
    for source in sorted(sources, key=doubts.__getitem__):
        async with gate:
            ran.append(await run_program(source, config))
        if ran[-1].usable and (found := cases(ran[-1].output, hole.parameters, hole.result.startswith("List"))):
            same = [Listed(source, found, *doubts[source])] * sources[source]
            listed = believed([*listed, *same])
            if support(listed[0], listed) >= config.agree:
                break
    return ran, listed


def _doubts(program: str, problem: Problem) -> tuple[bool, int]:
    """Whether a number that the problem names in digits is not in the program, and how often it names them less often."""
    there = re.findall(r"\d+", program)
    return bool(unsaid(there, problem.text)), unsaid_times(there, problem.text)


def _shown(found: list[Case], most: int) -> str:
    """The first cases, in so many characters, a line each."""
    text = "\n".join(" ".join(map(str, (*arguments, *value))) for arguments, value in found)
    return text if len(text) <= most else text[:most].rpartition("\n")[0]


@dataclass
class Guess:
    """An answer as it was given, and what became of it."""

    text: str
    votes: int
    weights: Weights
    answer: Answer | None = None
    illegal: Illegal | None = None
    why: str = ""
    shown: dict[str, str] = field(default_factory=dict)
    """What the prompt's template showed whoever answered."""
    sampling: Sampling = Sampling()


async def guesses(
    listed: list[Listed], hole: Hole, statement: Statement, problem: Problem, config: AnswersConfig, tools: Tools
) -> list[Guess]:
    """The sampled answers, equal ones once, legal or with the reason."""
    shown = {
        "problem": problem.text,
        "statement": statement.text,
        "type": hole.type,
        "cases": _shown(listed[0].cases if listed else [], config.shown),
    }
    prompt, answers, sampling = await _ask("guess", shown, config.guesses, statement, config, tools)
    found: dict[str, Guess] = {}
    for one in listed:
        if (printed := value_of(one.cases, hole)) and isinstance(value := legal(hole, printed), Answer):
            found.setdefault(value.text, Guess(value.text, 0, answers[0].weights if answers else Weights(), value))
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
        found.setdefault(guess.text, guess).votes += 1
    return [replace(one, shown=shown, sampling=sampling) for one in found.values()]


def rank(guess: Guess, listed: list[Listed], hole: Hole) -> tuple[float, float, int]:
    """What agrees with the believed cases first, then with other programs (as little in doubt), then has more votes; illegal ones last."""
    if guess.answer is None:
        return 1, 0, 0
    shares = [agreement(guess.answer, one.cases, hole) or 0.0 for one in listed if one.lacks is listed[0].lacks]
    return -(shares[0] if shares else 0.0), -sum(shares), -guess.votes


def value_of(found: list[Case], hole: Hole) -> str:
    """What a program printed for an answer without arguments: the first answer to try; '' where it printed no single one."""
    if hole.parameters or len(found) != 1:
        return ""
    ((_, value),) = found
    if hole.result in ("Prop", "Bool"):
        said = {0: "False", 1: "True"}.get(value[0], "")
        return said if hole.result == "Prop" else said.lower()
    return f"[{', '.join(map(str, value))}]" if hole.result.startswith("List") else str(value[0])


async def _ask(
    role: Role, shown: dict[str, str], n: int, statement: Statement, config: AnswersConfig, tools: Tools
) -> tuple[Prompt, list[Completion], Sampling]:
    """`n` answers of the conjecturer, and how they were sampled; none where the prompt is too long for it."""
    model = tools.models["conjecturer"]
    prompt = model.prompts.ask(role, {}, **shown)
    sampling = model.sampling(role, n, tools.request_seed(statement.id, role), config.temperature)
    (answer,) = await model.ask([prompt], sampling)
    return prompt, [] if isinstance(answer, str) else answer, sampling
