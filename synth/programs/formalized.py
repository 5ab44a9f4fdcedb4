"""Statements that a model makes of programs and of requirements in words: sampled, read, filtered, and the best one kept.

A translation is a guess.  Lean accepts what is kept, it names the program's functions, a requirement that we can translate of the
model's definitions we do, and where the program can be run, Lean and it compute the same on small inputs.  That the rest says what it
should is for people to see, so decisions name who made it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from synth.budget import Meter
from synth.config import RunConfig
from synth.programs.allowed import names, refused
from synth.programs.compared import compare
from synth.programs.functions import requirement_of
from synth.programs.items import OURS, Item
from synth.programs.signatures import signatures
from synth.programs.types import Untranslatable
from synth.programs.wanted import PYTHON, Wanted
from synth.prompts import Unread
from synth.prompts.declarations import declarations
from synth.prompts.translator import Translation, ask_translation, read_translation
from synth.records import Drop, Problem, Statement, content_id
from synth.services import Tools
from synth.statements.filters.alike import alike
from synth.statements.filters.base import Context, drop
from synth.statements.filters.choose import best, merged
from synth.statements.filters.consistent import consistent
from synth.statements.filters.elaborates import elaborates
from synth.statements.filters.empty import repeated
from synth.statements.filters.faithful import faithful
from synth.statements.filters.grade import grade
from synth.statements.filters.numbers import numbers
from synth.statements.filters.run import filtered
from synth.statements.filters.votes import agreed
from synth.statements.formalize import formalize, sampled
from synth.statements.refine import settled
from synth.statements.text import new_statement
from verify_workers.text.statement import StatementError, parse_theorem, source

TOLD = 160  # characters of the detail of a dropped translation, in a reason of one line


@dataclass
class Formalized:
    """What a model made of an item: the item with its statement, or refused with the reason; and every statement, dropped ones too."""

    item: Item
    statements: list[Statement] = field(default_factory=list)
    again: bool = False
    """Nothing was kept, and the checker or the model failed: to be asked again."""
    meter: Meter = field(default_factory=Meter)
    compared: int = 0
    """Inputs on which Lean confirmed what the program computes in Python."""


async def formalized(item: Item, config: RunConfig, tools: Tools, by: str) -> Formalized:
    """The item with the best statement that the formalizer, called `by`, makes of what is wanted."""
    meter = Meter()
    tools = tools.metered(meter)
    problem = asked_about(item)
    settings = config.filters.model_copy(update={"trivial": "keep", "contradiction_attempts": 0})
    context = Context(tools, settings, problems={problem.id: problem})
    if item.wanted[0].program:
        found, agreed_on = await _translations(item, problem, config, context)
    else:
        found, agreed_on = await _of_words(problem, config, context), {}
    kept = next((statement for statement in found if statement.kept), None)
    if kept is None:
        failed = any(s.reason == Drop.UNDECIDED or "no_answer" in s.detail for s in found)
        return Formalized(replace(item, refused=f"{item.refused}; {_none(found, by)}"), found, failed, meter)
    whose = by if item.wanted[0].program else item.translated_by
    said = "" if item.wanted[0].goal else OURS if _goal(item.wanted[0], kept.preamble) else by
    made = replace(item, problem=problem, statement=kept, refused="", translated_by=whose, stated_by=said)
    return Formalized(made, found, False, meter, agreed_on.get(kept.id, 0))


def asked_about(item: Item) -> Problem:
    """What a model is asked about an item, as a problem without a statement."""
    (one,) = item.wanted
    about = {"text": one.said, "header": one.header, "preamble": one.preamble, "source": item.source, "name": item.name}
    return Problem.model_validate({"id": content_id("wanted", asdict(one)), **about})


async def _of_words(problem: Problem, config: RunConfig, context: Context) -> list[Statement]:
    """Statements of what the words require of given definitions."""
    candidates = await formalize(problem, config.formalize, context.tools)
    filters = (elaborates, named, merged, alike, numbers, agreed, grade, consistent, repeated, faithful, best)
    return await settled(candidates, config.formalize, context, filters)


async def _translations(item: Item, problem: Problem, config: RunConfig, context: Context) -> tuple[list[Statement], dict[str, int]]:
    """Translations of a program with its requirement; and on how many inputs Lean and Python agree on each, by its id."""
    (wanted,) = item.wanted
    model, settings, agreed_on = context.tools.formalizer, config.formalize, dict[str, int]()
    prompt = ask_translation(model.prompts, wanted.program, wanted.language, item.name, wanted.words, wanted.name, wanted.goal)
    seed = context.tools.request_seed(problem.id)
    sampling = model.sampling(prompt.role, settings.samples, seed, settings.temperature, settings.top_p, settings.max_tokens)
    (answer,) = await model.ask([prompt], sampling)
    fields = {"prompt": model.prompts.hash(prompt.role), "shown": dict(prompt.shown)} | sampled(sampling)
    if isinstance(answer, str):
        return [_unread(problem, "", Drop.PROMPT_TOO_LONG, answer, fields)], agreed_on
    found: dict[str, Statement] = {}
    for completion in answer:
        told = fields | {"model": completion.weights.hash, "version": completion.weights.version, "samples": len(answer)}
        read = read_translation(prompt, completion.text, completion.finished)
        if isinstance(read, Unread):
            why = f"no_answer: {completion.fault}" if completion.fault else f"{read.reason} {read.detail}".strip()
            made = _unread(problem, completion.text, Drop.UNPARSED, why, told)
        else:
            made = _stated(problem, read, wanted, told)
        old = found.get(made.id)
        found[made.id] = old.model_copy(update={"votes": old.votes + 1}) if old else made

    async def compared(statements: list[Statement], context: Context) -> list[Statement]:
        """Filter: a translation that computes something else than the program."""
        result = []
        for s in statements:
            one = await compare(s, wanted, config.answers, context.tools.verify, config.search.timeout)
            agreed_on[s.id] = one.inputs
            result.append(drop(s, one.reason, one.detail) if one.reason else s)
        return result

    candidates = sorted(found.values(), key=lambda s: -s.votes)
    return await filtered(candidates, context, (elaborates, merged, compared, agreed, best)), agreed_on


def _stated(problem: Problem, made: Translation, wanted: Wanted, fields: Mapping[str, object]) -> Statement:
    """A translation as a statement, dropped where it is not allowed."""
    goal = _goal(wanted, made.definitions)
    text = f"theorem {problem.name} : {goal}" if goal else made.statement
    below = problem.model_copy(update={"header": made.opens, "preamble": made.definitions})
    try:
        statement = new_statement(below, source(parse_theorem(text)), **fields)
    except StatementError as error:
        return _unread(problem, text, Drop.UNPARSED, str(error), fields)
    own = statement.model_copy(update={"id": content_id("translation", problem.id, made.opens, made.definitions, statement.text)})
    why = refused(replace(made, statement=statement.text), wanted.functions)
    return drop(own, *why) if why else own


def _goal(wanted: Wanted, definitions: str) -> str:
    """The requirement as it was given in Lean, or as we translate it of the model's definitions; '' where the model has to."""
    if wanted.goal or not wanted.name or wanted.language != PYTHON:
        return wanted.goal
    try:
        return requirement_of(wanted.program, wanted.name, signatures(definitions))
    except Untranslatable:
        return ""


def _unread(problem: Problem, text: str, reason: Drop, detail: str, fields: Mapping[str, object]) -> Statement:
    about = {"id": content_id("translation", problem.id, text, reason), "problem_id": problem.id, "text": text}
    return drop(Statement.model_validate(about | dict(fields)), reason, detail)


async def named(statements: list[Statement], context: Context) -> list[Statement]:
    """Filter: a requirement must name what the program declares, and not a variable of that name."""
    return [s if _names(s) else drop(s, Drop.NAMELESS, "it names no function of the program") for s in statements]


def _names(statement: Statement) -> bool:
    """Whether a statement speaks of something that its preamble declares; `x.f` may name `T.f`."""
    declared = {one.name.rpartition(".")[2] for one in declarations(statement.preamble) if one.name}
    return bool(declared & names(statement.text))


def _none(found: list[Statement], by: str) -> str:
    """Why none of the statements is kept, in a line."""
    counts = Counter[str]()
    for s in found:
        counts[s.reason] += s.votes
    told = next((s.detail for s in found if s.detail), "")
    short = " ".join(told.split())
    short = short if len(short) <= TOLD else f"{short[:TOLD]}…"
    return f"of what {by} made of it nothing can be used: {', '.join(f'{n} {reason}' for reason, n in counts.items())} ({short})"
