"""Filter: definitions of a statement's own that hide its content: `def IsNice (n : Nat) : Prop := True`."""

from __future__ import annotations

import re

from synth.prompts.declarations import declarations
from synth.records import Drop, Problem, Statement
from synth.statements.filters.base import Context, drop
from synth.statements.spelling import signs
from synth.statements.telescope import used
from verify_workers.text.lexer import BRACKETS, CLOSERS, Kind, tokens

DEFINES = frozenset({"def", "abbrev", "instance", "opaque"})
CONSTANT = frozenset({"True", "False", "true", "false", "trivial", "default", "sorry"})


async def hidden(statements: list[Statement], context: Context) -> list[Statement]:
    """Drop autoformalized statements with a definition that says nothing; what a problem brings along is trusted."""
    if "hidden" not in context.config.cheats:
        return statements
    return [drop(s, Drop.HIDDEN, why) if (why := _why(s, context.problems.get(s.problem_id))) else s for s in statements]


def _why(statement: Statement, problem: Problem | None) -> str:
    if statement.origin == "given":
        return ""
    own = statement.preamble.replace(problem.preamble, "") if problem and problem.preamble else statement.preamble
    return saying_nothing(own)


def saying_nothing(preamble: str) -> str:
    """A definition whose body is a constant truth value, or none of its parameters; '' where there is none."""
    for found in declarations(preamble):
        if found.keyword == "axiom" or (found.keyword == "opaque" and found.body < 0):
            return f"{found.keyword} {found.name} is not defined"
        if found.keyword not in DEFINES or found.body < 0:
            continue
        signature, body = preamble[slice(*found.goal)], preamble[found.body : found.end].removeprefix(":=").strip()
        words = [mark.text for mark in tokens(body) if mark.text not in BRACKETS and mark.text not in CLOSERS]
        names = _parameters(signature)
        if body_constant(words):
            return f"{found.keyword} {found.name} is {' '.join(words)}, whatever it is about"
        if re.fullmatch(r"(.+?)\s*(?:=|==|≤|≥|<=|>=|∣|↔)\s*\1", _core(body)):
            return f"{found.keyword} {found.name} is {body}, whatever it is about"
        if names and not names & used(body) and "fun" not in words and "|" not in words:
            return f"{found.keyword} {found.name} does not depend on {', '.join(sorted(names))}"
    return ""


def _core(body: str) -> str:
    """A body in single spaces without brackets around it, `fun x =>`, `True ∧` and `∧ True`."""
    text = " ".join(mark.text for mark in signs(body))
    while (shorter := re.sub(r"^fun [^=]*=> |^True ∧ | ∧ True$|^\( ([^()]*) \)$", r"\1", text)) != text:
        text = shorter
    return text


def body_constant(words: list[str]) -> bool:
    """`True`, `fun _ => True` and the like."""
    if words[:1] == ["fun"] and "=>" in words:
        words = words[words.index("=>") + 1 :]
    return len(words) == 1 and words[0] in CONSTANT


def _parameters(signature: str) -> frozenset[str]:
    """The names of the explicit parameters of a definition."""
    names, depth, group = set[str](), 0, list[str]()
    for mark in tokens(signature):
        if mark.text in BRACKETS:
            depth, group = depth + 1, []
        elif mark.text in CLOSERS:
            depth -= 1
        elif depth == 1 and mark.text == ":":
            names |= set(group)
            group = []
        elif depth == 0 and mark.text == ":":
            break
        elif depth == 1 and mark.kind is Kind.IDENT:
            group.append(mark.text)
    return frozenset(name for name in names if not name.startswith("_"))
