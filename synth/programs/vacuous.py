"""Whether a requirement that is proved says anything of its program: the filters for empty statements, and any function in its place."""

from __future__ import annotations

from collections.abc import Sequence

from synth.config import FilterConfig
from synth.prompts.declarations import Declaration, declarations
from synth.records import Statement
from synth.search.induction import scripts
from synth.services import Tools
from synth.statements.filters.base import Context, any_of
from synth.statements.filters.consistent import consistent, refutation
from synth.statements.filters.empty import repeated
from synth.statements.filters.run import filtered
from verify_workers.text.lexer import Kind, tokens
from verify_workers.text.statement import parse_theorem

IMPOSSIBLE = "its hypotheses can never hold"
REPEATED = "its conclusion is one of its hypotheses"
NAMELESS = "it names no function of the program"
MORE = ("intros; rfl", "intros; simp_all", "intros; grind")
"""Tactics with which a requirement may be true of any function, beside `filters.cheat_tactics`."""
SCRIPTS = 6  # that are made from the definitions, and tried on the hypotheses


async def says_nothing(statement: Statement, proof: str, config: FilterConfig, tools: Tools) -> str:
    """Why `statement`, which `proof` proves, says nothing of the program before it; '' where nothing was found."""
    if _is_nameless(statement):
        return NAMELESS
    named = _named(statement)
    if not tools.models:
        config = config.model_copy(update={"contradiction_attempts": 0})
    guess = statement.model_copy(update={"origin": "autoformalized"})  # filters leave what is given alone
    (seen,) = await filtered([guess], Context(tools, config), (consistent, repeated))
    if not seen.kept:
        return REPEATED if seen.reason == "repeated" else IMPOSSIBLE
    of_any = _of_any(statement, named)
    asked = [(of_any, any_of((*config.cheat_tactics, *MORE)))] if of_any else []
    if changed := refutation(statement.text):
        refuted = statement.model_copy(update={"text": changed})
        asked += [(changed, text) for text in (proof, *(f"by {script}" for script in list(scripts(refuted))[:SCRIPTS]))]
    checks = [
        statement.model_copy(update={"text": text}).check(f"{statement.id}:nothing:{n}", config.timeout, proof=tried)
        for n, (text, tried) in enumerate(asked)
    ]
    for (text, _), verdict in zip(asked, await tools.verify(checks), strict=True):
        if verdict.accepted:
            return f"it is true of any {', '.join(one.name for one in named)}" if text == of_any else IMPOSSIBLE
    return ""


def _is_nameless(statement: Statement) -> bool:
    """Whether a requirement names nothing that the program declares; `x.f` may name `T.f`."""
    words = {mark.text.rpartition(".")[2] for mark in tokens(statement.text) if mark.kind is Kind.IDENT}
    declared = {one.name.rpartition(".")[2] for one in declarations(statement.preamble) if one.name}
    return bool(declared) and not declared & words


def _named(statement: Statement) -> list[Declaration]:
    """The functions of the program that a requirement names."""
    words = {mark.text for mark in tokens(statement.text) if mark.kind is Kind.IDENT}
    return [one for one in declarations(statement.preamble) if one.keyword in ("def", "abbrev") and one.name in words]


def _of_any(statement: Statement, named: Sequence[Declaration]) -> str:
    """The theorem that a requirement holds of any functions of these types; '' where it names none."""
    theorem = parse_theorem(statement.text)
    binders = [f"({one.name} : {_type(statement.preamble[slice(*one.goal)])})" for one in named]
    return f"{theorem.head} {' '.join(binders)} {theorem.binders} : {theorem.conclusion}" if named else ""


def _type(signature: str) -> str:
    """The type of what is defined with these parameters: `(n : Nat) : Nat` is `∀ (n : Nat), Nat`."""
    marks, depth = tokens(signature), 0
    for mark in marks:
        depth += (mark.text in "([{") - (mark.text in ")]}")
        if depth == 0 and mark.text == ":":
            parameters = signature[: mark.start].strip()
            return f"∀ {parameters}, {signature[mark.end :].strip()}" if parameters else signature[mark.end :].strip()
    return signature
