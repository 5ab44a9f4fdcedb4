"""Answers that choose by the very comparison that was asked about: `answer n = true ↔ n * n % 3 = 0`, and then
`if n * n % 3 = 0 then true else false`, or `if 0 < n * n % 3 then false else true`.

What a statement says the answer's truth is (`questions`) is set beside each comparison of the answer.  One restates another where it
holds for the same arguments, or for the others, and is no simpler: `n % 3 = 0` is an answer, as it names its parameter less often.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import product

from synth.answers.asked import bound_names, known_of, parameter, unfolded
from synth.answers.hole import Hole, arguments, replaced
from synth.answers.said import equations
from synth.answers.terms import COMPARED, Answer, Node, NotATerm
from synth.answers.values import evaluate
from synth.prompts.declarations import declarations
from synth.statements.spelling import signs
from verify_workers.text.commands import closing, nesting
from verify_workers.text.lexer import Kind, Token

KIND = "compared"
_SIGNS = tuple(sorted(COMPARED | {"==", "!=", "∣"}))
_JOINS = ("↔", "=", "==", "→")
_LIMITS = ("↔", "→", ",", ":")  # of what stands before `→ answer n = true`
_BESIDE = (*_LIMITS, "∧", "∨", "&&", "||", "then", "else")  # of what stands beside `=`
_MADE_OF = frozenset({"∃", "∀", "∧", "∨", "&&", "||", "if", "let", "fun"})
_RANGES = {1: range(-20, 41), 2: range(-6, 13), 3: range(-2, 6)}  # of arguments, by how many there are
_SHIFT = 1000  # of those that count as large
_DEEP = 4  # definitions within definitions


@dataclass(frozen=True)
class Question:
    """A comparison that a statement says the answer's truth is (`whole`), or is made of; the answer's parameters are `parameter(i)`."""

    compared: Node
    whole: bool


def repeats(answer: Answer, hole: Hole) -> bool:
    """Whether an answer that only chooses between constants chooses by what was asked: by all of it, or by nothing else."""
    body = answer.body.renamed({name: parameter(index) for index, name in enumerate(answer.parameters)})
    if not answer.parameters or any(leaf.kind not in ("truth", "number", "negative") for leaf in _leaves(body)):
        return False
    made = [one for part in body.all() if part.kind == "if" and _varies(one := Node(KIND, part.text, part.parts[:2]), hole)]
    again = [[question for question in questions(hole) if _restates(one, question.compared, hole)] for one in made]
    return any(question.whole for some in again for question in some) or (bool(again) and all(again))


def _leaves(node: Node) -> Iterator[Node]:
    for part in node.parts[2:] if node.kind == "if" else ():
        yield from _leaves(part)
    if node.kind != "if":
        yield node


# ---- what is asked


@lru_cache(maxsize=256)
def questions(hole: Hole) -> tuple[Question, ...]:
    """The comparisons, of the answer's parameters alone, that a statement says the answer's truth is, or is made of."""
    goal = _written_out(hole)
    known, found = known_of(hole, equations(goal)), dict[Question, None]()
    for given, side in _sides(goal, hole):
        more, side = _function(side)
        names = {name: parameter(index) for index, name in enumerate((*given, *more))}
        side = _bare(side)
        if len(names) != hole.parameters or not side:
            continue
        said = equations(goal[side[0].start : side[-1].end], _SIGNS)
        whole = len(said) == 1 and not any(mark.text in _MADE_OF for mark in side)
        for sign, left, right in said:
            for one in unfolded(_compared(sign, left, right), known, frozenset(names)):
                if one.names() <= names.keys() and all(part.kind != "call" for part in one.all()):
                    found[Question(one.renamed(names), whole)] = None
    return tuple(found)


def _compared(sign: str, left: Node, right: Node) -> Node:
    if sign == "∣":
        return Node(KIND, "=", (Node("%", parts=(right, left)), Node("number", "0")))
    return Node(KIND, {"==": "=", "!=": "≠"}.get(sign, sign), (left, right))


def _written_out(hole: Hole) -> str:
    """The goal with what definitions before it say in place of their names."""
    goal = hole.goal
    found = [one for one in declarations(hole.preamble) if one.keyword in ("def", "abbrev") and one.body >= 0]
    for one in found[: -_DEEP - 1 : -1]:
        body, names = hole.preamble[one.body : one.end].strip(), bound_names(hole.preamble[slice(*one.goal)])
        marks, pieces, at, index = signs(goal), list[str](), 0, 0
        while index < len(marks):
            mark, index = marks[index], index + 1
            if mark.kind is Kind.IDENT and mark.text == one.name:
                given, after = arguments(goal, marks, index, len(names))
                if names and len(given) == len(names):
                    pieces += [goal[at : mark.start], f"({replaced(body, dict(zip(names, given, strict=True)))})"]
                    at, index = marks[after - 1].end, after
        goal = "".join(pieces) + goal[at:]
    return goal


def _sides(goal: str, hole: Hole) -> Iterator[tuple[list[str], list[Token]]]:
    """What stands beside the answer, joined to it by `↔`, `=` or `→`, or is what it depends on by `if`; and the names that it is given."""
    marks = signs(goal)
    for at, mark in enumerate(marks):
        if mark.kind is not Kind.IDENT or mark.text != hole.name:
            continue
        given, end = arguments(goal, marks, at + 1, hole.parameters)
        start, end = _atom(marks, at, end)
        before, after = marks[start - 1].text if start else "", marks[end].text if end < len(marks) else ""
        if after in _JOINS:
            yield given, _until(marks[end + 1 :], _BESIDE if after in ("=", "==") else ("↔",))
        if before in _JOINS:
            yield given, _until(marks[: start - 1][::-1], _BESIDE if before in ("=", "==") else _LIMITS, backwards=True)[::-1]
        if before == "then" and (place := _opening_if(marks, start - 1)) is not None:
            yield given, marks[place + 1 : start - 1]


def _atom(marks: Sequence[Token], start: int, end: int) -> tuple[int, int]:
    """The ends of all that says no more than the answer at these places: `¬ answer n`, `(answer n = true)`, `decide (answer n)`."""
    while True:
        before, after = marks[start - 1].text if start else "", marks[end].text if end < len(marks) else ""
        following = marks[end + 1] if end + 1 < len(marks) else None
        beyond = marks[end + 2].text if end + 2 < len(marks) else ""
        if after in ("=", "==", "≠", "!=") and following and _is_constant(following) and beyond not in ("+", "-", "*", "/", "%", "^"):
            end += 2
        elif before in ("=", "==") and start > 1 and _is_constant(marks[start - 2]):
            start -= 2
        elif before == "(" and after == ")":
            start, end = start - 1, end + 1
        elif before in ("¬", "!", "decide", "↑"):
            start -= 1
        else:
            return start, end


def _is_constant(mark: Token) -> bool:
    return mark.text in ("true", "false", "True", "False") or mark.kind is Kind.NUMBER


def _until(marks: Sequence[Token], stops: Sequence[str], backwards: bool = False) -> list[Token]:
    """The tokens up to one of `stops`, or to a bracket that belongs to what stands beyond; `marks` may run backwards."""
    depth, found = 0, list[Token]()
    for mark in marks:
        depth += -nesting(mark) if backwards else nesting(mark)
        if depth < 0 or (depth == 0 and mark.text in stops and not nesting(mark)):
            break
        found.append(mark)
    return found


def _opening_if(marks: Sequence[Token], then: int) -> int | None:
    """Where the `if` stands to which the `then` at a place belongs."""
    open_ones = 0
    for at in range(then - 1, -1, -1):
        open_ones += (marks[at].text == "then") - (marks[at].text == "if")
        if open_ones < 0:
            return at
    return None


def _function(marks: list[Token]) -> tuple[list[str], list[Token]]:
    """The parameters and the body of `fun n => …`; none, and `marks`, of anything else."""
    marks = _bare(marks)
    arrow = next((i for i, mark in enumerate(marks) if mark.text in ("=>", "↦")), 0)
    if not arrow or marks[0].text not in ("fun", "λ"):
        return [], marks
    names, typed = list[str](), False
    for mark in marks[1:arrow]:
        typed = mark.text == ":" or (typed and nesting(mark) >= 0)
        names += [mark.text] if mark.kind is Kind.IDENT and not typed else []
    return names, marks[arrow + 1 :]


def _bare(marks: list[Token]) -> list[Token]:
    """Without brackets around all of it, `decide`, negations and `= true`."""
    while marks:
        enclosed = len(marks) > 1 and marks[1].text == "(" and closing(marks[1:], 0) == len(marks) - 2
        if marks[0].text in ("¬", "!") or (enclosed and marks[0].text in ("decide", "Decidable.decide", "not", "Not")):
            marks = marks[1:]
        elif marks[0].text == "(" and closing(marks, 0) == len(marks) - 1:
            marks = marks[1:-1]
        elif len(marks) > 2 and marks[-1].text in ("true", "false", "True", "False") and marks[-2].text in ("=", "=="):
            marks = marks[:-2]
        else:
            break
    return marks


# ---- whether one says what another one does


def _restates(made: Node, asked: Node, hole: Hole) -> bool:
    """Whether a comparison of the answer holds where the asked one does, or where that does not, and is no simpler."""
    mine, theirs = _count(made), _count(asked)
    if mine < theirs or (mine == theirs and made.size < asked.size):
        return False
    names = sorted(made.names() | asked.names())
    for points in _points(names, hole):
        one, other = _truths(made, points, hole), _truths(asked, points, hole)
        both = [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
        if len({a for a, _ in both}) > 1 and len({a == b for a, b in both}) == 1:
            return True
    return False


def _count(node: Node) -> int:
    """How often a term names its parameters, with `n ^ 2` as `n * n`."""
    if node.kind == "^" and node.parts[1].kind == "number":
        return _count(node.parts[0]) * max(1, int(node.parts[1].text))
    return int(node.kind == "name") + sum(map(_count, node.parts))


def _varies(compared: Node, hole: Hole) -> bool:
    """Whether a comparison holds for some arguments and not for others, as far as they are tried."""
    names = sorted(compared.names())
    return any(len({truth for truth in _truths(compared, points, hole) if truth is not None}) > 1 for points in _points(names, hole))


def _points(names: Sequence[str], hole: Hole) -> Iterator[list[Mapping[str, int]]]:
    """Arguments to try: small ones, and large ones; none where there are too many names."""
    integral = any(name in hole.type for name in ("Int", "ℤ"))
    for shift in (0, _SHIFT) if len(names) in _RANGES else ():
        values: list[int] = [n + shift for n in _RANGES[len(names)] if n >= 0 or integral or hole.exact]
        if hole.exact:
            values = [*values, *(Fraction(3 * n + 1, 3) for n in values)]  # type: ignore[list-item]
        yield [dict(zip(names, some, strict=True)) for some in product(values, repeat=len(names))]


def _truths(compared: Node, points: Sequence[Mapping[str, int]], hole: Hole) -> list[bool | None]:
    """Whether it holds for each of the arguments; None where that is too large to compute."""
    chosen, found = Node("if", compared.text, (*compared.parts, Node("truth", "true"), Node("truth", "false"))), list[bool | None]()
    for point in points:
        try:
            found.append(bool(evaluate(chosen, point, hole.natural, hole.exact)))
        except (OverflowError, NotATerm):
            found.append(None)
    return found
