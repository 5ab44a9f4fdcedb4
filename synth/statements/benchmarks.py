"""Benchmarks: what a run must not work on, in both languages, and what repeats it.

In plain language a text is compared as `words` says; a statement by its normal form and that of its negation.  Where one of two has
none, as no kernel objects are to be had, their texts are compared (name, spacing and ℕ aside) below what they are about: the
definitions before them.  An index names the row that is repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from synth.problems.readers import BenchmarkFile, ProblemsConfig, ReadAs, read_problems
from synth.records import Drop, Problem, Statement
from synth.services import Verify
from synth.statements.likeness import Words
from synth.statements.nearest import Nearest
from synth.statements.text import UNPROVED, given, in_context
from verify_workers.errors import UserError
from verify_workers.text.statement import StatementError, negate, parse_theorem, source

SECONDS = 20.0  # of Lean for one statement of a benchmark


@dataclass(frozen=True)
class Found:
    """The row of a benchmark that something repeats: why that is dropped, and a line about it."""

    reason: Drop
    what: str


@dataclass(frozen=True)
class Row:
    """A text of a benchmark: why what repeats it is dropped, and its name."""

    reason: Drop
    name: str
    text: str


@dataclass
class Benchmarks:
    """Statements and texts of benchmarks, by what they are known by."""

    forms: dict[str, Found] = field(default_factory=dict)
    texts: dict[str, Found] = field(default_factory=dict)
    words: dict[Drop, list[tuple[str, str]]] = field(default_factory=dict)
    """Of each reason, rows with a text: name and text."""
    formless: dict[str, Found] = field(default_factory=dict)
    """Those of `texts` of which there is no normal form."""

    def statement(self, statement: Statement) -> Found | None:
        """What `statement` repeats."""
        if statement.form and (found := self.forms.get(statement.form)):
            return found
        texts = self.formless if statement.form else self.texts
        return texts.get(_text(statement)) if texts else None

    def nearest(self, text: str, count: int) -> list[Row]:
        """The texts nearest to `text` in words, nearest first."""
        return [Row(self._reasons[place], name, row) for place, name, row in self._near.find(text, count)]

    @cached_property
    def _near(self) -> Nearest:
        return Nearest([row for rows in self.words.values() for row in rows])

    @cached_property
    def _reasons(self) -> list[Drop]:
        return [reason for reason, rows in self.words.items() for _ in rows]

    def formal(self) -> Benchmarks:
        """The statements alone."""
        return Benchmarks(self.forms, self.texts, formless=self.formless)

    def index(self, similarity: float) -> dict[Drop, Words]:
        """Indices of the texts, by the reason for which a problem that repeats one is dropped."""
        found = {}
        for reason, rows in self.words.items():
            found[reason] = Words(similarity)
            for name, text in rows:
                found[reason].add(name, text)
        return found

    def add(self, problems: Iterable[Problem], reason: Drop, forms: dict[str, tuple[str, str]]) -> None:
        """The rows of a benchmark; `forms` are those of their statements and of the negations, by the problem's id."""
        vars(self).pop("_near", None)
        vars(self).pop("_reasons", None)
        for problem in problems:
            name = f"{problem.source} {problem.name}".strip() or problem.id
            if problem.text:
                self.words.setdefault(reason, []).append((name, problem.text))
            for form, how in zip(forms.get(problem.id, ()), ("normal form", "normal form of the negation"), strict=False):
                self.forms.setdefault(form, Found(reason, f"{name} ({how})"))
            if problem.statement:
                for text, how in _both(problem):
                    self.texts.setdefault(text, Found(reason, f"{name} ({how})"))
                    if problem.id not in forms:
                        self.formless.setdefault(text, Found(reason, f"{name} ({how})"))


def _text(statement: Statement) -> str:
    try:
        return in_context(statement.text, statement.header, statement.preamble)
    except StatementError:
        return ""


def _both(problem: Problem) -> list[tuple[str, str]]:
    """The texts of a row's statement and of its negation, in their context."""
    try:
        texts = ((source(parse_theorem(problem.statement)), "text"), (negate(problem.statement), "text of the negation"))
        return [(in_context(text, problem.header, problem.preamble), how) for text, how in texts]
    except StatementError:
        return []


def read_benchmarks(
    files: Sequence[str | BenchmarkFile], against: ReadAs | None = None, named: str = "filters.benchmarks"
) -> list[Problem]:
    """The rows of benchmark files, each once; those of `synth decontaminate --against` are read as `against` says.

    `named`: what errors call the setting or option that named the files.

    UserError for a file that cannot be read, with the setting that mends it.
    """
    found: dict[str, Problem] = {}
    for file in files:
        one = BenchmarkFile(path=file, **against.model_dump() if against else {}) if isinstance(file, str) else file
        try:
            reading = read_problems(ProblemsConfig.model_validate(one.model_dump()))
        except UserError as error:
            said = str(error).removesuffix(", or set problems.on_error=skip")
            if against:
                told = " (with --set)" if "problems." in said else ""
                raise UserError(f"--against: {said.replace('problems.', 'against.')}{told}") from None
            if named != "filters.benchmarks":
                fact, remedy, _ = said.partition(": name the right one")
                said = f"{fact}; give the columns the names text or statement" if remedy else said.partition(", or set problems.")[0]
                raise UserError(f"{named}: {said}") from None
            told = "" if "problems." not in said else f" (filters.benchmarks=[{{path: {one.path}, fields: {{text: COLUMN}}, format: …}}])"
            raise UserError(f"filters.benchmarks: {said.replace('problems.', '')}{told}") from None
        for problem in reading.problems:
            found.setdefault(problem.id, problem)
    return list(found.values())


async def forms_of(problems: Iterable[Problem], verify: Verify) -> dict[str, tuple[str, str]]:
    """Normal forms of the given statements of `problems` and of their negations, by the problem's id, where Lean can say them."""
    statements = [statement for problem in problems if problem.statement for statement in [given(problem, 0)] if statement.kept]
    verdicts = await verify([s.check(s.problem_id, SECONDS, proof=UNPROVED) for s in statements])
    return {verdict.id: (verdict.form, verdict.negated_form) for verdict in verdicts if verdict.form}
