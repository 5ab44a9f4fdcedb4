"""What is asked for a program in Lean, and what an answer holds: definitions, then one theorem."""

from __future__ import annotations

from dataclasses import dataclass

from synth.prompts.answer import answer_proper, blocks, code_in_prose, is_prose, opens_fence
from synth.prompts.declarations import DEFINING, THEOREMS, Declaration, declarations, tokens
from synth.prompts.preset import PromptSet
from synth.prompts.prompt import Prompt, Unread
from verify_workers.text.commands import chunks
from verify_workers.text.lexer import Kind
from verify_workers.text.statement import StatementError, parse_theorem, source


@dataclass(frozen=True)
class Translation:
    """`definitions` as they were written, without comments between them; `statement`: `theorem NAME …` without a proof; `opens`: the
    `open` lines before the definitions."""

    definitions: str
    statement: str
    opens: str = ""


def ask_translation(
    prompts: PromptSet, program: str, language: str, name: str, words: str = "", requirement: str = "", goal: str = ""
) -> Prompt:
    """Ask for definitions of a program's functions and for the theorem `name`.

    What it says is what the program's function `requirement` computes, or the Lean proposition `goal`, or what the words say.
    """
    shown = {"program": program, "language": language, "problem": words.strip(), "requirement": requirement, "goal": goal, "name": name}
    return prompts.ask("translate", {"name": name}, **shown)


def read_translation(prompt: Prompt, text: str, finished: bool = True) -> Translation | Unread:
    """The translation in an answer; the last block with a theorem counts, with the blocks before it where it has no definitions."""
    answer = answer_proper(prompt, text, finished)
    if isinstance(answer, Unread):
        return answer
    fenced = blocks(answer, finished, opens_fence(prompt.prefill if prompt.chat else prompt.text + prompt.prefill))
    usable = [block.text for block in fenced if block.complete and block.lean]
    holding = [code for code in usable if _theorems(code)]
    if holding:
        return _read(holding[-1] if _defines(holding[-1]) else "\n\n".join(usable), prompt)
    if not finished:
        return Unread("truncated")
    if code := code_in_prose(answer):
        return _read(code, prompt)
    return Unread("no_theorem" if fenced or not is_prose(answer) else "prose")


def _theorems(code: str) -> list[Declaration]:
    return [d for d in declarations(code) if d.keyword in THEOREMS and d.name]


def _defines(code: str) -> bool:
    return any(d.keyword in DEFINING for d in declarations(code))


def _read(code: str, prompt: Prompt) -> Translation | Unread:
    found = _theorems(code)
    found = [d for d in found if d.name == prompt.name] or found
    if len(found) != 1:
        return Unread("several_theorems" if found else "no_theorem", ", ".join(d.name for d in found))
    (theorem,) = found
    opens, definitions = list[str](), list[str]()
    before = code[: theorem.start]
    for command in chunks(before, tokens(before)):
        text = before[command[0].start : command[-1].end]
        if command[0].text == "open" and all(mark.kind is Kind.IDENT and mark.text != "in" for mark in command):
            opens.append(" ".join(text.split()))
        elif command[0].text != "import":
            definitions.append(text)
    if not definitions:
        return Unread("definitions", "there are none")
    try:
        statement = source(parse_theorem(f"theorem {prompt.name} {code[slice(*theorem.goal)]}"))
    except StatementError as error:
        return Unread("malformed", str(error))
    return Translation("\n\n".join(definitions), statement, "\n".join(opens))
