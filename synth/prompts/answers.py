"""Prompts of answer construction: a statement with a place for the answer, a program that lists small cases, an answer."""

from __future__ import annotations

import ast

from synth.prompts.answer import Block, answer_proper, blocks, is_prose, opens_fence
from synth.prompts.declarations import declarations, one_line, tokens
from synth.prompts.preset import PromptSet
from synth.prompts.prompt import Prompt, Unread
from verify_workers.text.lexer import Kind


def pose(prompts: PromptSet, problem: str, header: str = "") -> Prompt:
    """Ask for the statement of a problem that asks for something, with the binder `(answer : T)` first; `read_statement` reads it."""
    settings = prompts.preset.formalize
    reading = {"shape": settings.shape, "name": settings.name, "header": header}
    return prompts.ask("pose", reading, problem=problem.strip(), header=header.strip(), name=settings.name)


def read_program(prompt: Prompt, text: str, finished: bool = True) -> str | Unread:
    """The Python program in an answer: the last block that is one, or all of an answer without blocks."""
    found = _blocks(prompt, text, finished)
    if isinstance(found, Unread):
        return found
    answer, fenced = found
    texts = [block.text for block in fenced if block.complete] if fenced else [answer] if finished else []
    for code in reversed(texts):
        if _not_python(code) is None:
            return code.strip() + "\n"
    if not finished:
        return Unread("truncated")
    if fenced:
        return Unread("malformed" if texts else "no_code", (_not_python(texts[-1]) if texts else None) or "")
    return Unread("prose" if is_prose(answer) else "malformed", _not_python(answer) or "")


def _not_python(code: str) -> str | None:
    """Why a text is no program that prints something; None where it is one."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError) as error:
        return str(error)
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return None if "print" in named else "it prints nothing"


def read_guess(prompt: Prompt, text: str, finished: bool = True) -> str | Unread:
    """The term in an answer: what a block holds (`abbrev answer : T := TERM`, `:= TERM` or TERM), or an answer of one line."""
    found = _blocks(prompt, text, finished)
    if isinstance(found, Unread):
        return found
    answer, fenced = found
    codes = [block.text for block in fenced if block.complete and tokens(block.text)]
    if codes:
        return _term(codes[-1])
    if not finished:
        return Unread("truncated")
    if fenced:
        return Unread("no_code", "no fenced block holds a term")
    line = answer.strip()
    return Unread("prose") if prompt.chat and is_prose(line) and not _is_value(line) else _term(line)


def _is_value(line: str) -> bool:
    """Whether it is a number, a list of numbers, a truth, or a term of numbers alone, and nothing else."""
    marks = tokens(line)
    words = [mark.text for mark in marks if mark.kind is not Kind.NUMBER]
    plain = all(word in ("True", "False", "true", "false") or set(word) <= set("()[]{},+-*/%^") for word in words)
    return bool(marks) and "\n" not in line and plain


def _term(code: str) -> str | Unread:
    found = [d for d in declarations(code) if d.keyword in ("abbrev", "def") and d.body >= 0]
    body = code[found[-1].body : found[-1].end] if found else code
    marks = tokens(body)
    if marks and marks[0].text == ":=":
        body = body[marks[0].end :]
    return one_line(body) if tokens(body) else Unread("no_code", "nothing follows `:=`")


def _blocks(prompt: Prompt, text: str, finished: bool) -> tuple[str, list[Block]] | Unread:
    """An answer without its thoughts, and its fenced blocks."""
    answer = answer_proper(prompt, text, finished)
    if isinstance(answer, Unread):
        return answer
    return answer, blocks(answer, finished, opens_fence(prompt.prefill if prompt.chat else prompt.text + prompt.prefill))
