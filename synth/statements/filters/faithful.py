"""Filter: a statement must say what its problem says, asked by way of plain language (Herald, arXiv 2410.10878 §3.3).

The informalizer says in words what each statement states, without having seen the problem; the judge compares problem and words,
and votes.  Another test, without a judge: the words, formalized again, must give the statement back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from synth.config import BackConfig
from synth.llm.types import Completion, Sampling
from synth.prompts import Comparison, Prompt, Unread, compare, informalize, read_comparison, read_statement, read_text
from synth.records import Drop, Statement
from synth.services import RoleModel
from synth.statements.faithfulness import canonical
from synth.statements.filters.base import Context, drop

VARIED = 0.7  # temperature at which several answers to one question may differ


async def faithful(statements: list[Statement], context: Context) -> list[Statement]:
    """Drop autoformalized statements whose back-translations the judge does not find the same as their problem's text."""
    if not context.config.back.translations:
        return statements
    asked = [s for s in statements if s.origin != "given"]
    backs = await translated(asked, context)
    told = {s.id: s.model_copy(update={"back": back.texts[0]}) for s, back in zip(asked, backs, strict=True) if back.texts}
    silent = {s.id: drop(s, Drop.UNJUDGED, f"no back-translation: {back.why}") for s, back in zip(asked, backs, strict=True) if back.why}
    judged = await _compared([s for s in asked if s.id not in silent], told, backs_of(asked, backs), context)
    recovered = await _cycled([s for s in judged.values() if s.kept], context)
    return [silent.get(s.id) or recovered.get(s.id) or judged.get(s.id, s) for s in statements]


@dataclass(frozen=True)
class Back:
    """The back-translations of one statement, or why there are not as many as were asked for."""

    texts: tuple[str, ...] = ()
    why: str = ""


def backs_of(asked: Sequence[Statement], backs: Sequence[Back]) -> dict[str, tuple[str, ...]]:
    return {s.id: back.texts for s, back in zip(asked, backs, strict=True)}


async def translated(statements: list[Statement], context: Context) -> list[Back]:
    """Each statement in plain language, as often as is configured; the informalizer sees nothing of the problem."""
    informalizer, number = context.tools.models["informalizer"], context.config.back.translations
    prompts = [informalize(informalizer.prompts, s.text, s.header, s.preamble) for s in statements]
    answers = (
        await informalizer.ask(prompts, varied(informalizer, "informalize", number, context.tools.request_seed("informalize")))
        if prompts
        else []
    )
    return [_read_back(prompt, answer) for prompt, answer in zip(prompts, answers, strict=True)]


def _read_back(prompt: Prompt, answer: list[Completion] | str) -> Back:
    if isinstance(answer, str):
        return Back(why=answer)
    read = [Unread("empty") if c.fault else read_text(prompt, c.text, c.finished) for c in answer]
    texts = tuple(text for text in read if not isinstance(text, Unread))
    missing = sorted({text.reason for text in read if isinstance(text, Unread)})
    return Back(texts if not missing else (), ", ".join(missing))


async def _compared(
    statements: list[Statement], told: dict[str, Statement], backs: dict[str, tuple[str, ...]], context: Context
) -> dict[str, Statement]:
    """The statements with the votes on all their back-translations, dropped where one of those does not pass."""
    judge, config = context.tools.judge, context.config.back
    asked = [(told[s.id], back) for s in statements for back in backs[s.id]]
    prompts = [compare(judge.prompts, context.problems[s.problem_id].text, back, s.text, s.header, s.preamble) for s, back in asked]
    answers = await judge.ask(prompts, varied(judge, "compare", config.votes, context.tools.request_seed("compare"))) if prompts else []
    result: dict[str, Statement] = {}
    for (first, back), prompt, answer in zip(asked, prompts, answers, strict=True):
        statement = result.get(first.id, first)
        result[first.id] = _voted(statement, back, prompt, answer, config) if statement.kept else statement
    return result


def _voted(statement: Statement, back: str, prompt: Prompt, answer: list[Completion] | str, config: BackConfig) -> Statement:
    """The statement with the votes of one more back-translation."""
    if isinstance(answer, str):
        return drop(statement, Drop.UNJUDGED, answer)
    votes = votes_in(prompt, answer)
    counted = statement.model_copy(update={"same": statement.same + votes.same, "judged": statement.judged + votes.asked})
    if not votes.known:
        return drop(counted, Drop.UNJUDGED, f"no verdict on the back-translation: {votes.why}: {answer[0].text}")
    if votes.pass_by(config):
        return counted
    words = next(c.text for c, vote in zip(answer, votes.read, strict=True) if vote != "same")
    told = f"{votes.same} of {votes.asked} votes for same: {words.strip()}"
    return drop(counted.model_copy(update={"back": back}), Drop.UNFAITHFUL, told)


@dataclass(frozen=True)
class Votes:
    """What the answers of a judge say, who was asked once or more whether two things are the same."""

    read: tuple[Comparison | Unread, ...]

    @property
    def asked(self) -> int:
        return len(self.read)

    @property
    def same(self) -> int:
        return self.read.count("same")

    @property
    def known(self) -> int:
        """Those that could be read."""
        return sum(not isinstance(vote, Unread) for vote in self.read)

    @property
    def why(self) -> str:
        """Why the others could not."""
        return ", ".join(sorted({vote.reason for vote in self.read if isinstance(vote, Unread)}))

    def pass_by(self, config: BackConfig) -> bool:
        return passes(self.same, self.known, self.asked, config)


def votes_in(prompt: Prompt, answer: Sequence[Completion]) -> Votes:
    return Votes(tuple(Unread("empty") if c.fault else read_comparison(prompt, c.text, c.finished) for c in answer))


def passes(same: int, known: int, asked: int, config: BackConfig) -> bool:
    """Whether `same` votes of `known` that could be read, of those `asked` for, are enough."""
    if config.rule == "at_least":
        return same >= config.at_least
    return same == asked if config.rule == "unanimous" else known > 0 and same >= config.mean * known


async def _cycled(statements: list[Statement], context: Context) -> dict[str, Statement]:
    """The statements with the share of formalizations of their back-translation that give them back, dropped where it is too small."""
    config, formalizer = context.config.back, context.tools.formalizer
    if not config.cycle or not statements:
        return {}
    prompts = [formalizer.prompts.formalize(s.back, s.header) for s in statements]
    answers = await formalizer.ask(prompts, varied(formalizer, "formalize", config.cycle, context.tools.request_seed("formalize")))
    result: dict[str, Statement] = {}
    for statement, prompt, answer in zip(statements, prompts, answers, strict=True):
        if isinstance(answer, str):
            result[statement.id] = drop(statement, Drop.UNJUDGED, answer)
            continue
        read = [read_statement(prompt, c.text, c.finished) for c in answer if not c.fault]
        again = sum(canonical(one.statement) == canonical(statement.text) for one in read if not isinstance(one, Unread))
        share = again / len(answer)
        counted = statement.model_copy(update={"recovered": round(share, 4)})
        detail = f"{again} of {len(answer)} formalizations of its back-translation are this statement"
        result[statement.id] = counted if share >= config.cycle_share else drop(counted, Drop.NOT_RECOVERED, detail)
    return result


def varied(model: RoleModel, role: str, number: int, seed: int) -> Sampling:
    """How `number` answers are sampled: as the preset says, but not all the same."""
    sampling = model.sampling(role, number, seed)
    return replace(sampling, temperature=VARIED) if number > 1 and sampling.temperature == 0 else sampling
