"""The held-out benchmark: formal statements that every round's model is asked to prove, and a baseline beside it.

The statements are given, as in miniF2F: a benchmark must ask the same of every round.  A generated benchmark asks for
the provable side of each problem (the negation of the false ones); nothing of it is ever trained on.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from synth.config import HeldoutConfig
from synth.problems.generate import EVERYTHING, ONE_LINERS, Choice, Generated, generate
from synth.problems.readers import ProblemsConfig, Reading, read_problems
from synth.records import Problem, Statement
from synth.search.portfolio import GENERIC_TACTICS, tactic_proof
from synth.services import Verify
from synth.statements.filters.base import any_of
from synth.statements.text import given, in_context, under_header
from verify_workers.errors import UserError
from verify_workers.records import Check, Outcome, Reason, Verdict
from verify_workers.text.statement import negate, parse_theorem, source

_SHARED = {"path", "format", "split", "subset", "fields", "where"}  # keys that mean the same here as under `problems`
GENERATED = 200  # statements of a generated benchmark, unless `heldout.count` says otherwise


@dataclass(frozen=True)
class Benchmark:
    """Held-out statements; `group` names each one's family, `excluded` the texts in their context never to train on (of all rows of a
    file, however many of them are used), `references` the generated statements that the generator must not give again,
    `notes` how a file was read, `words` the statements in plain language, where the file gives them: provers are shown both.
    `problems` are all rows as they were read or generated."""

    statements: list[Statement]
    group: dict[str, str]
    excluded: frozenset[str]
    references: frozenset[str] = frozenset()
    notes: list[str] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def load_benchmark(config: HeldoutConfig, header: str = "keep", choice: Choice = EVERYTHING) -> Benchmark:
    """The benchmark of `config`: a file's rows, or generated problems, under `header`.  UserError for a row without a statement."""
    problems: list[Problem] = []
    excluded: set[str] = set()
    references: set[str] = set()
    notes: list[str] = []
    if config.path:
        reading = _read(config)
        notes = [f"heldout.path: {note}" for note in reading.notes()]
        excluded = {key for p in under_header(reading.problems, header) for key in _both(p.statement, p)}
        listed = reading.problems
        problems = listed[: config.count or None]
    else:
        for item in generated(config, choice):
            problem = item.problem()
            text = negate(item.reference) if item.truth == "false" else item.reference
            problems.append(problem.model_copy(update={"statement": text}))
            excluded |= _both(item.reference, under_header([problem], header)[0])
            references.add(item.reference)
        listed = problems
    problems = under_header(problems, header)
    statements = [given(problem, 0) for problem in problems]
    group = {s.id: p.meta.get("family", "") for s, p in zip(statements, problems, strict=True)}
    words = {s.id: p.text for s, p in zip(statements, problems, strict=True) if p.text and config.path}
    return Benchmark(statements, group, frozenset(excluded), frozenset(references), notes, words, under_header(listed, header))


def generated(config: HeldoutConfig, choice: Choice) -> list[Generated]:
    """The generator's problems that are held out, as they were made: true and false ones."""
    count = config.count or GENERATED
    return [item for item in generate(config.seed, 2 * count, choice=choice) if item.truth in ("true", "false")][:count]


def _read(config: HeldoutConfig) -> Reading:
    """The rows of a benchmark's file, each with a statement: one without would leave the figures and the exclusion list unseen."""
    try:
        reading = read_problems(ProblemsConfig.model_validate(config.model_dump(include=_SHARED)))
    except UserError as error:
        text = str(error).removesuffix(", or set problems.on_error=skip").replace("problems.", "heldout.")
        raise UserError(f"heldout.path: {text}") from None
    for problem in reading.problems:
        if not problem.statement:
            raise UserError(
                f"heldout.path: {problem.source}: no formal statement, which every row of a benchmark needs; "
                "remove the row, choose the others with heldout.where, or name the column with heldout.fields.statement"
            )
    return reading


def _both(statement: str, problem: Problem) -> set[str]:
    """The texts of a statement and of its negation in the context that `problem` gives."""
    return {in_context(text, problem.header, problem.preamble) for text in (source(parse_theorem(statement)), negate(statement))}


def cheap_tactics(config: HeldoutConfig) -> tuple[str, ...]:
    """The tactics that serve as baseline.

    A file's statements are competition problems as a rule, so that without a list of the user's own the scripts of the
    search's portfolio, which were made for such, count as cheap too.
    """
    return config.portfolio or (tuple(dict.fromkeys(ONE_LINERS + GENERIC_TACTICS)) if config.path else ONE_LINERS)


async def portfolio_baseline(
    statements: list[Statement], tactics: tuple[str, ...], verify: Verify, timeout: float
) -> tuple[dict[str, str], dict[str, str]]:
    """What a fixed list of tactics proves: {statement id: first tactic}; and what Lean cannot state here: {statement id: its error}.

    The tactics of one line are first tried in one check: where Lean refuses it, none of them is tried alone.  Where the checker
    fails it is asked once more; a tactic on which it fails again counts as one that does not prove.
    """
    solved: dict[str, str] = {}
    unsupported: dict[str, str] = {}
    short = tuple(tactic for tactic in tactics if "\n" not in tactic)
    checks = [s.check(s.id, len(short) * timeout, proof=any_of(short)) for s in statements] if len(short) > 1 else []
    refused = {verdict.id for verdict in await decided(checks, verify) if _all_failed(verdict)}
    for tactic in tactics:
        left = [s for s in statements if s.id not in solved and s.id not in unsupported and not (s.id in refused and tactic in short)]
        checks = [s.check(s.id, timeout, proof=tactic_proof(tactic)) for s in left]
        for statement, verdict in zip(left, await decided(checks, verify), strict=True):
            if verdict.accepted:
                solved[statement.id] = tactic
            elif cannot_be_stated(verdict):
                unsupported[statement.id] = verdict.first_error
    return solved, unsupported


def _all_failed(verdict: Verdict) -> bool:
    """Whether every alternative of a `first` failed: Lean ends it before the last one where steps or depth run out."""
    ended = any("maximum" in message.text for message in verdict.messages)
    return verdict.outcome is Outcome.REJECTED and verdict.reason != Reason.STATEMENT and not ended


async def decided(checks: list[Check], verify: Verify) -> list[Verdict]:
    """A verdict for each check; those on which the checker failed are asked once more."""
    verdicts = await verify(checks)
    failed = [check for check, verdict in zip(checks, verdicts, strict=True) if verdict.outcome is Outcome.INFRA]
    second = iter(await verify(failed) if failed else [])
    return [next(second) if verdict.outcome is Outcome.INFRA else verdict for verdict in verdicts]


def cannot_be_stated(verdict: Verdict) -> bool:
    """Whether this Lean and library do not know what the statement is about: no proof of it could be accepted here."""
    return verdict.outcome is Outcome.REJECTED and verdict.reason == Reason.STATEMENT
