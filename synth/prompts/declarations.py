"""Lean code read by its tokens: which declarations stand in it, what repeats the header, what a theorem's proof is.

Comments, strings and prose cannot be mistaken for declarations here, and names are changed where they are names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from verify_workers.text import lexer
from verify_workers.text.lexer import BRACKETS, CLOSERS, Kind, Token
from verify_workers.text.statement import parse_theorem, source

THEOREMS = frozenset({"theorem", "lemma"})
DEFINING = frozenset({"def", "abbrev", "instance", "structure", "inductive", "class", "opaque", "axiom", "variable", "universe"})
DECLARING = THEOREMS | DEFINING | {"example"}
MODIFIERS = frozenset({"private", "protected", "noncomputable", "nonrec", "partial", "unsafe", "local", "scoped"})
# Commands that are also tactics or fields where they do not start a line.
COMMANDS = frozenset(
    {"import", "open", "set_option", "namespace", "section", "end", "attribute", "mutual", "export", "macro", "notation", "omit", "include"}
)
SCOPES = frozenset({"namespace", "section", "end", "noncomputable"})
_SPELLINGS = (("<->", "↔"), ("->", "→"), (">=", "≥"), ("<=", "≤"), ("!=", "≠"), ("↦", "=>"), ("λ", "fun "), ("ℕ", "Nat"), ("ℤ", "Int"))
_LOCAL_DEFINITIONS = frozenset({"let", "have", "letI", "haveI"})


@lru_cache(maxsize=256)
def tokens(code: str) -> tuple[Token, ...]:
    """The tokens of `code` without its comments; an answer's few texts are looked at from several sides."""
    return tuple(lexer.tokens(code))


@dataclass(frozen=True)
class Declaration:
    """A declaration: offsets into its code.  `body` is where what follows `:=` starts; -1 where there is no `:=`."""

    keyword: str
    name: str
    start: int  # of its first modifier, attribute or keyword
    goal: tuple[int, int]  # what follows the name, up to the proof
    body: int
    end: int


@lru_cache(maxsize=256)
def declarations(code: str) -> tuple[Declaration, ...]:
    """The declarations of `code`, in order."""
    marks = tokens(code)
    starts = _command_starts(code, marks)
    bounds = [*starts, len(marks)]
    found = []
    for first, last in pairwise(bounds):
        keyword = next((i for i in range(first, last) if marks[i].text in DECLARING and marks[i].kind is Kind.IDENT), None)
        if keyword is not None:
            end = marks[last - 1].end if last < len(marks) else len(code.rstrip())
            found.append(_declaration(code, marks, first, keyword, last, end))
    return tuple(found)


def _command_starts(code: str, marks: Sequence[Token]) -> list[int]:
    """Indices of the tokens with which commands start (a declaration's modifiers and attributes are part of it)."""
    starts: list[int] = []
    depth, prefix = 0, -1  # `prefix`: where the modifiers and attributes before a declaration began
    for i, mark in enumerate(marks):
        flush = i == 0 or code[mark.start - 1] == "\n"
        declares = mark.kind is Kind.IDENT and mark.text in DECLARING
        if declares and flush:
            depth = 0  # whatever was left open before
        if depth:
            pass
        elif declares or ((flush or prefix >= 0) and (mark.text in COMMANDS or mark.kind is Kind.HASH)):
            starts.append(i if prefix < 0 else prefix)
            prefix = -1
        elif (mark.text == "@[" or mark.text in MODIFIERS) and (flush or prefix >= 0):
            prefix = i if prefix < 0 else prefix
        elif mark.text != "]":
            prefix = -1
        if mark.kind is Kind.SYMBOL:
            depth = max(0, depth + (mark.text in BRACKETS) - (mark.text in CLOSERS))
    return starts


def _declaration(code: str, marks: Sequence[Token], first: int, keyword: int, last: int, end: int) -> Declaration:
    named = keyword + 1 < last and marks[keyword].text != "example" and marks[keyword + 1].kind is Kind.IDENT
    name = marks[keyword + 1].text if named else ""
    rest = marks[keyword + 1 + named : last]
    split = _split(code, rest)
    begin = rest[0].start if rest else end
    stop = rest[split - 1].end if split else begin
    body = rest[split].end if split < len(rest) and rest[split].text == ":=" else -1
    return Declaration(marks[keyword].text, name, marks[first].start, (begin, stop), body, end)


def _split(code: str, rest: Sequence[Token]) -> int:
    """Index of the `:=`, `where` or first `|` alternative with which the body starts; the number of tokens if none does."""
    depth, colon, pending = 0, False, 0
    for i, mark in enumerate(rest):
        if mark.kind is Kind.SYMBOL and (mark.text in BRACKETS or mark.text in CLOSERS):
            depth = max(0, depth + (1 if mark.text in BRACKETS else -1))
        elif depth:
            continue
        elif mark.text == ":":
            colon = True
        elif colon and mark.kind is Kind.IDENT and mark.text in _LOCAL_DEFINITIONS:
            pending += 1
        elif mark.text == ":=":
            if not pending:
                return i
            pending -= 1
        elif mark.text == "where" or (mark.text == "|" and _starts_alternative(code, rest[i:])):
            return i
    return len(rest)


def _starts_alternative(code: str, rest: Sequence[Token]) -> bool:
    """Whether the `|` at the head of `rest` starts a line on which `=>` follows, as in `| 0 => rfl`."""
    line = code[code.rfind("\n", 0, rest[0].start) + 1 : rest[0].start]
    end = code.find("\n", rest[0].start)
    return not line.strip() and any(mark.text == "=>" for mark in rest if end < 0 or mark.start < end)


def same_goal(one: str, other: str) -> bool:
    """Whether two goals are the same tokens, ASCII and Unicode spellings being one."""
    return _spelled(one) == _spelled(other)


def _spelled(goal: str) -> list[str]:
    for spelling, other in _SPELLINGS:
        goal = goal.replace(spelling, other)
    return [mark.text for mark in tokens(goal)]


def one_line(text: str) -> str:
    """Lean text on one line, without comments; what stands in strings is left alone."""
    pieces: list[str] = []
    end = 0
    for mark in tokens(text):
        pieces += [" " if mark.start > end else "", mark.text]
        end = mark.end
    return "".join(pieces).strip()


def goal(statement: str) -> str:
    """What follows the theorem's name, on one line: `(n : ℕ) : n = n` or `: ∀ n, …`."""
    return one_line(parse_theorem(statement).goal)


def renamed(code: str, names: Mapping[str, str]) -> str:
    """`code` with identifiers changed, where they are identifiers."""
    pieces, at = [], 0
    for mark in tokens(code):
        if mark.kind is Kind.IDENT and mark.text in names:
            pieces += [code[at : mark.start], names[mark.text]]
            at = mark.end
    return "".join(pieces) + code[at:]


def without_header(code: str, header: str) -> str:
    """`code` without the imports, `open`s, options and definitions before its theorems that `header` has too.

    Also without queries (`#print axioms …`) at its end.
    """
    own, there = tokens(code), tokens(header)
    known = {_texts(command) for command in _commands(header, there)}
    opened = {mark.text for command in _commands(header, there) if command[0].text == "open" for mark in command[1:]}
    pieces, at = [], 0
    commands = _commands(code, own)
    for command in commands:
        words = _texts(command)
        if words not in known and not {*THEOREMS, "example"}.isdisjoint(words):
            break
        if words in known or (words[0] == "open" and "in" not in words and opened.issuperset(words[1:])):
            pieces.append(code[at : command[0].start])
            at = command[-1].end
    end = len(code)
    while commands and commands[-1][0].text in ("#print", "#check", "#eval"):
        end = commands.pop()[0].start
    head = re.sub(r"\n(?:[ \t]*\n){2,}", "\n\n", "".join(pieces)).strip()
    return "\n\n".join(part for part in (head, code[at : max(at, end)].strip()) if part)


def _commands(code: str, marks: Sequence[Token]) -> list[Sequence[Token]]:
    starts = _command_starts(code, marks)
    return [marks[first:last] for first, last in pairwise([*starts, len(marks)])]


def _texts(command: Sequence[Token]) -> tuple[str, ...]:
    return tuple(mark.text for mark in command)


def opened(code: str, header: str) -> str:
    """The plain `open` lines before the first declaration of `code` that `header` does not have, one a line."""
    rest = without_header(code, header)
    lines = []
    for command in _commands(rest, tokens(rest)):
        words = _texts(command)
        if any(word in DECLARING for word in words):
            break
        if words[0] == "open" and all(mark.kind is Kind.IDENT for mark in command) and "in" not in words:
            lines.append(" ".join(words))
    return "\n".join(lines)


def only_proof(code: str, statement: str) -> str | None:
    """What follows `:=` in a file (without its header) that holds the theorem of `statement` and nothing else.

    None where more stands in the file, or where the proof would be laid out otherwise behind the given statement.
    """
    marks = tokens(code)
    if any(mark.kind is Kind.BROKEN for mark in marks):
        return None
    commands = _commands(code, marks)
    theorems = [command for command in commands if command[0].text not in SCOPES or any(m.text in DECLARING for m in command)]
    if len(theorems) != 1 or theorems[0][0].text not in THEOREMS or (commands and commands[0][0].start != marks[0].start):
        return None
    (found,) = declarations(code)
    theorem = parse_theorem(statement)
    universes = f".{{{theorem.universes}}}" if theorem.universes else ""
    if found.body < 0 or found.name != theorem.name or not same_goal(code[slice(*found.goal)], f"{universes} {theorem.goal}"):
        return None
    proof = code[found.body : found.end]
    column = found.body - (code.rfind("\n", 0, found.body) + 1)
    before = f"{source(theorem)} :="
    moved = column != len(before) - (before.rfind("\n") + 1) or proof[:1] != " " or proof[1:2].isspace()
    text = proof.strip()
    lines_up = "\n" not in text or text.split("\n", 1)[0].split("--")[0].strip() == "by"
    return text if text and (lines_up or not moved) else None
