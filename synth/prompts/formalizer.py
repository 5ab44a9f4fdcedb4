"""What a formalizer answers: the statement of a theorem, and what a formalizer should answer for one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from synth.prompts import declarations
from synth.prompts.answer import blocks, code_in_prose, is_prose, opens_fence, opens_thoughts, starts_file, without_thoughts
from synth.prompts.declarations import DEFINING, THEOREMS, Declaration, goal, opened, renamed, tokens
from synth.prompts.prompt import Prompt, Unread
from verify_workers.text.lexer import Kind
from verify_workers.text.statement import StatementError, parse_theorem, source


@dataclass(frozen=True)
class Formalization:
    """`statement`: `theorem NAME …` without a proof; `opens`: the answer's own `open` lines, which its header lacks."""

    statement: str
    opens: str = ""


def read_statement(prompt: Prompt, text: str, finished: bool = True) -> Formalization | Unread:
    """The statement in a formalizer's answer.  `finished` is False where the answer was cut at its limit of tokens."""
    answer = without_thoughts(text, not finished and (opens_thoughts(prompt.prefill) or prompt.thinking is True))
    if answer is None:
        return Unread("truncated" if not finished else "empty", "the thoughts do not end")
    if not answer.strip():
        return Unread("empty")
    if not finished and prompt.shape == "goal":
        return Unread("truncated")
    fenced = blocks(answer, finished, opens_fence(prompt.text + prompt.prefill if not prompt.chat else prompt.prefill))
    usable = [block.text for block in fenced if block.complete and block.lean]
    holding = [code for code in usable if _theorems(code, prompt.name)]
    if holding:
        return _chosen(holding[-1], prompt)
    if not finished:
        return Unread("truncated")
    if prompt.shape == "goal" and not starts_file(answer):
        code = next((code for code in usable if code.strip()), "" if fenced else answer)
        return _goal(code, prompt)
    if code := code_in_prose(answer):
        return _chosen(code, prompt)
    return Unread("no_theorem" if fenced or not is_prose(answer) else "prose")


def _theorems(code: str, shown: str) -> list[Declaration]:
    """The theorems of `code` that may be meant: the one named as asked for, else all; an `example` where there is no other."""
    found = declarations.declarations(code)
    theorems = [d for d in found if d.keyword in THEOREMS and d.name] or [d for d in found if d.keyword == "example"]
    return [d for d in theorems if d.name == shown] or theorems


def _chosen(code: str, prompt: Prompt) -> Formalization | Unread:
    theorems = _theorems(code, prompt.name)
    if len(theorems) != 1:
        return Unread("several_theorems" if theorems else "no_theorem", ", ".join(d.name for d in theorems))
    (found,) = theorems
    name = found.name or prompt.name
    shown = {_written(prompt.header, d) for d in declarations.declarations(prompt.header)}
    own = [d for d in declarations.declarations(code) if d.keyword in DEFINING and d.start < found.start and _written(code, d) not in shown]
    used = {mark.text for mark in tokens(code[slice(*found.goal)]) if mark.kind is Kind.IDENT}
    needed = [d for d in own if d.keyword in ("variable", "universe", "axiom", "instance") or d.name in used]
    if needed:
        return Unread("definitions", ", ".join(f"{d.keyword} {d.name}".strip() for d in needed))
    return _parsed(f"theorem {name} {code[slice(*found.goal)]}", opened(code[: found.start], prompt.header))


def _written(code: str, declared: Declaration) -> tuple[str, ...]:
    """The words of a declaration: one that repeats the prompt's is none of the answer's own."""
    return tuple(mark.text for mark in tokens(code[declared.start : declared.end]))


def _goal(text: str, prompt: Prompt) -> Formalization | Unread:
    """The continuation of `theorem NAME`: the goal, with or without what follows `:=`."""
    if not text.strip():
        return Unread("no_theorem", "an empty fence")
    code = f"theorem {prompt.name} {text.strip()}"
    found = declarations.declarations(code)[0]
    goal = code[slice(*found.goal)]
    if is_prose(text) and ":" not in {mark.text for mark in tokens(goal)}:
        return Unread("prose")
    return _parsed(f"theorem {prompt.name} {goal}", "")


def _parsed(text: str, opens: str) -> Formalization | Unread:
    try:
        return Formalization(source(parse_theorem(text)), opens)
    except StatementError as error:
        return Unread("malformed", str(error))


def write_statement(prompt: Prompt, statement: str) -> str:
    """What a formalizer should answer to `prompt` when `statement` is right; `read_statement` gives it back."""
    if prompt.shape == "goal":
        return goal(statement)
    theorem = parse_theorem(statement)
    text = f"{source(theorem)} := by sorry"
    text = renamed(text, {theorem.name: prompt.name}) if prompt.name else text
    thoughts = "\n</think>\n\n" if opens_thoughts(prompt.prefill) else ""
    if prompt.shape == "statement":
        return thoughts + text
    header = re.sub(r"\n{3,}", "\n\n", prompt.header.strip())
    return f"{thoughts}```lean4\n{header}{chr(10) * 2 if header else ''}{text}\n```"
