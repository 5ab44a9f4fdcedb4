"""A statement with a place for an answer, and what it is with an answer put there.

The place is the theorem's first binder, `theorem X (answer : Nat) : …`, as formalizers are asked to write it; or a definition
without a value in the preamble (`abbrev putnam_solution : ℕ := sorry`, as benchmarks have it).  Either way the answer is written
where the name stood, with its type where that could be read otherwise, and its parameters are replaced by what they are given.
That this says the same as `abbrev answer : T := …` before the statement is for Lean to confirm (`same`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synth.answers.terms import Answer
from synth.prompts.declarations import declarations, one_line
from synth.records import Statement
from synth.statements.spelling import signs
from verify_workers.records import Check
from verify_workers.text.commands import closing
from verify_workers.text.lexer import Kind, Token, tokens
from verify_workers.text.statement import StatementError, parse_theorem

NAME = "answer"
_FIELDS = frozenset({"Rat", "ℚ", "Real", "ℝ", "Complex", "ℂ", "NNRat", "NNReal", "ENNReal"})
_ONLY_NAT = frozenset({"Int", "ℤ", "Rat", "ℚ", "Real", "ℝ", "Complex", "ℂ", "Fin", "ZMod"})


@dataclass(frozen=True)
class Hole:
    """`theorem HEAD GOAL` in which `name`, of type `type`, stands for the answer; `preamble` is what else stands before it."""

    name: str
    type: str
    head: str
    goal: str
    header: str
    preamble: str

    @property
    def parameters(self) -> int:
        """How many arguments the answer takes."""
        return sum(mark.text == "→" for mark in signs(self.type))

    @property
    def result(self) -> str:
        """The type of the value."""
        marks = signs(self.type)
        last = max((i for i, mark in enumerate(marks) if mark.text == "→"), default=-1)
        return self.type[marks[last + 1].start :].strip() if marks[last + 1 :] else ""

    @property
    def natural(self) -> bool:
        """Whether a difference of values (of an answer that says yes or no, of arguments) stops at 0, as of Nat or of lists of them."""
        of = self.type if self.result in ("Bool", "Prop") else self.result
        return "Int" not in of and "ℤ" not in of and (not _is_field(of) or "≥0" in of or "NN" in of)

    @property
    def field(self) -> bool:
        """Whether values have exact quotients."""
        return _is_field(self.result)

    @property
    def exact(self) -> bool:
        """Whether arguments or values have exact quotients."""
        return _is_field(self.type)

    @property
    def bare(self) -> bool:
        """Whether an answer needs no type beside it: nothing here is of another type than Nat."""
        said = {mark.text for mark in tokens(f"{self.goal} {self.type}")}
        return not self.preamble.strip() and not said & _ONLY_NAT

    @property
    def of_any(self) -> str:
        """The theorem that whatever is put in the place is an answer."""
        return f"{self.head} ({self.name} : {self.type}) {self.goal}"

    def filled(self, answer: Answer) -> str:
        """The theorem with `answer` in it."""
        marks = tokens(self.goal)
        pieces, at, index = list[str](), 0, 0
        while index < len(marks):
            mark = marks[index]
            if mark.kind is Kind.IDENT and mark.text == self.name:
                given, after = arguments(self.goal, marks, index + 1, len(answer.parameters))
                pieces += [self.goal[at : mark.start], self._written(answer, given)]
                at, index = marks[after - 1].end, after
            else:
                index += 1
        return f"{self.head} {''.join(pieces)}{self.goal[at:]}"

    def _written(self, answer: Answer, given: Sequence[str]) -> str:
        known = dict(zip(answer.parameters, given, strict=False))
        left = answer.parameters[len(given) :]
        body = replaced(answer.body_text, known)
        plain = len(tokens(body)) == 1 or body.startswith("[")
        if left:
            return f"(fun {' '.join(left)} => {body})"
        if self.bare:
            return body if plain else f"({body})"
        return f"({body} : {self.result})"

    def same(self, id: str, answer: Answer, timeout: float) -> Check:
        """The check that the filled theorem says what the statement says of an `answer` that is so defined."""
        preamble = "\n".join(filter(str.strip, (self.preamble, f"abbrev {self.name} : {self.type} := {answer.text}")))
        one, other = (parse_theorem(text).proposition for text in (self.filled(answer), f"{self.head} {self.goal}"))
        return Check(
            id=id,
            header=self.header,
            preamble=preamble,
            statement=f"theorem same : ({one}) ↔ ({other})",
            proof="Iff.rfl",
            timeout=timeout,
        )


def _is_field(kind: str) -> bool:
    return any(mark.text in _FIELDS for mark in tokens(kind))


def find_hole(statement: Statement) -> Hole | None:
    """The place for an answer in a statement; None where it has none."""
    try:
        theorem = parse_theorem(statement.text)
    except StatementError:
        return None
    first = _first_binder(theorem.binders)
    if first and first[0] == NAME:
        _, kind, rest = first
        goal = " ".join(filter(None, (rest.strip(), f": {theorem.conclusion}")))
        return Hole(NAME, one_line(kind), theorem.head, goal, statement.header, statement.preamble)
    open_ones = [
        d for d in declarations(statement.preamble) if d.keyword in ("abbrev", "def") and _is_open(statement.preamble, d.body, d.end)
    ]
    if len(open_ones) != 1:
        return None
    (one,) = open_ones
    kind = statement.preamble[slice(*one.goal)].strip().removeprefix(":")
    others = statement.preamble[: one.start] + statement.preamble[one.end :]
    if any(mark.text == one.name for mark in tokens(others)):
        return None
    return Hole(one.name, one_line(kind), theorem.head, one_line(theorem.goal), statement.header, others.strip())


def _is_open(code: str, body: int, end: int) -> bool:
    return body >= 0 and [mark.text for mark in tokens(code[body:end])] == ["sorry"]


def _first_binder(binders: str) -> tuple[str, str, str] | None:
    """Name, type and what follows, of a first binder `(name : type)` that binds one name."""
    marks = tokens(binders)
    if len(marks) < 5 or marks[0].text != "(" or marks[1].kind is not Kind.IDENT or marks[2].text != ":":
        return None
    end = closing(marks, 0)
    return (marks[1].text, binders[marks[2].end : marks[end].start], binders[marks[end].end :]) if end else None


def arguments(text: str, marks: Sequence[Token], at: int, most: int) -> tuple[list[str], int]:
    """Up to `most` arguments that stand at `at`, and the index after them."""
    given: list[str] = []
    while len(given) < most and at < len(marks):
        mark = marks[at]
        if mark.text == "(" and (end := closing(marks, at)):
            given.append(text[mark.start : marks[end].end])
            at = end + 1
        elif mark.kind is Kind.IDENT or mark.text.isdecimal():
            given.append(mark.text)
            at += 1
        else:
            break
    return given, at


def replaced(text: str, known: dict[str, str]) -> str:
    """`text` with names replaced, all at once."""
    pieces, at = list[str](), 0
    for mark in tokens(text):
        if mark.kind is Kind.IDENT and mark.text in known:
            pieces += [text[at : mark.start], known[mark.text]]
            at = mark.end
    return "".join(pieces) + text[at:]
