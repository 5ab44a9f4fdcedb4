"""The rules: what a header, a preamble, a statement, a proof and a whole file may contain, decided on tokens.

Each function yields violations in the order of the text; none of them runs Lean.  Those of the text tier name what is allowed;
`running` is the kernel tier's: it finds what runs code at elaboration, and what the kernel must not see.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from verify_workers.lean.special import KERNEL_SPECIAL_NAMES
from verify_workers.policy import words
from verify_workers.text.commands import COMMAND_FAMILY, HEADER_COMMANDS, SCOPE_WORDS, is_command, open_scoped, scoped
from verify_workers.text.lexer import BRACKETS, CLOSERS, LETTERLIKE, SUBSCRIPTS, Kind, Lines, Token

MAX_CHARACTERS = 1_000_000  # of one text: the longest published proofs (IMO 2025) have 200,000
MAX_PARTS = 100  # of a theorem's name
MAX_DEPTH = 200  # nested brackets; Lean's parser is recursive


@dataclass(frozen=True)
class Violation:
    """A forbidden construct: a short stable `reason`, and where it stands (line from 1, column from 0) in its text."""

    reason: str
    line: int
    column: int


_UNUSUAL = re.compile(r"[^\x20-\x7e\n\t]+")
_LETTER = re.compile(f"[{LETTERLIKE}{SUBSCRIPTS}]")
# Letters that are notation, not part of names: λ, Π, Σ, modifier letters (superscripts, transposes) and mathematical alphabets.
_NOTATION_LETTERS = re.compile("[λΠΣªº\u02b0-\u02ff\u1d2c-\u1d6a\u1d78\u1d9b-\u1dbf\u2071\u207f\u2c7c\u2c7d\U0001d400-\U0001d7ff]")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MADE = words.DECLARATIONS | {"instance", "opaque", "initialize", "section", "class", "axiom", "partial", "nonrec", "noncomputable"}
_BEFORE_NAMES = frozenset({"(", "{", "[", "⦃", ",", "fun", "λ", "∀", "∃", "intro", "intros", "rintro", "obtain"})
_AFTER_NAMES = frozenset({":", ",", ")", "=>", "↦"})
_PRECEDENCES = frozenset({"max", "arg", "lead", "min", "min1"})  # what may follow `macro:`
_FENCE = re.compile(r"^[ \t]*```", re.M)
# The words that `_word` and `_odd_root` look for, in either tier.
_SUSPECT = words.WORDS | words.RUNNING | words.SORRY | words.NAMESPACES | {"_root_"}
_SPECIAL = [(special, tuple(special.split("."))) for special in sorted(KERNEL_SPECIAL_NAMES)]
_SPECIAL_WITH = {part: [one for one in _SPECIAL if part in one[1]] for _, whole in _SPECIAL for part in whole}


def too_large(text: str) -> str:
    """What is said of a text beyond the limit, before anything else looks at it; '' for all others."""
    return f"{len(text):,} characters, of which at most {MAX_CHARACTERS:,} are read" if len(text) > MAX_CHARACTERS else ""


def fence(text: str) -> int | None:
    """Where a markdown fence stands in a text (without comments), if one does."""
    found = _FENCE.search(text)
    return found and found.end() - 3


def characters(text: str, marks: Sequence[Token]) -> Iterator[tuple[int, str]]:
    """Control, bidirectional and invisible characters; outside strings, letters outside Lean's alphabet.

    `text` has no comments (Lean is not shown them), `marks` are its tokens.  Yields (offset, reason).
    """
    starts = None
    for at, char in ((at, char) for run in _UNUSUAL.finditer(text) for at, char in enumerate(run[0], run.start())):
        kind = _kind_of(char)
        if not kind or (char == "\r" and text.startswith("\n", at + 1)):
            continue
        if kind == "character":
            yield at, f"character:U+{ord(char):04X}"
        else:
            if starts is None:
                starts = [mark.start for mark in marks]
            mark = marks[max(0, bisect_right(starts, at) - 1)] if marks else None
            if mark and mark.start <= at < mark.end and mark.kind not in (Kind.STRING, Kind.CHAR):
                yield at, f"confusable:U+{ord(char):04X}"


@functools.lru_cache(maxsize=4096)
def _kind_of(char: str) -> Literal["", "character", "confusable"]:
    """What a character beyond ASCII's printable ones is: invisible, a letter that is none of Lean's, or in order."""
    category = unicodedata.category(char)
    if category in _INVISIBLE:
        return "character"
    if (category[0] not in "LN" and category != "Zs") or category == "No" or _LETTER.match(char) or _NOTATION_LETTERS.match(char):
        return ""
    return "confusable"


def everywhere(marks: Sequence[Token]) -> Iterator[tuple[int, str]]:
    """What no part of a candidate may contain, whatever its form: uncertain reading, escape words, unbalanced brackets."""
    open_brackets: list[Token] = []
    before = ""
    for mark in marks:
        kind, text, start, _ = mark
        if kind is Kind.IDENT:
            if _suspect(text, _SUSPECT):
                reason = "quoted_name" if _odd_quotes(mark) else _word(mark, words.WORDS)
                if _odd_root(mark, before):
                    reason = "word:_root_"
                if reason:
                    yield start, reason
        elif kind is Kind.SYMBOL:
            if text in BRACKETS:
                open_brackets.append(mark)
                if len(open_brackets) == MAX_DEPTH + 1:
                    yield start, "nesting"
                    return
            elif text in CLOSERS:
                if not open_brackets or BRACKETS[open_brackets.pop().text] != text:
                    yield start, "bracket"
                    return
            elif text == "`":
                yield start, "quotation"
        elif kind is Kind.BROKEN or (kind is Kind.CHAR and ('"' in text or "«" in text)):
            yield start, "lexical"
        elif kind is Kind.INTERPOLATED:
            yield start, "interpolated_string"
        elif kind is Kind.HASH:
            yield start, f"command:{text[:40]}"
        before = text
    for mark in open_brackets[:1]:
        yield mark.start, "bracket"
    if marks and marks[-1].text == "in":  # it would take our own next line
        yield marks[-1].start, "command:in"


def _suspect(text: str, listed: frozenset[str]) -> bool:
    """Whether an identifier has a quoted component or one that is `listed`: of all others no rule about its components says anything."""
    if "." in text:
        return "«" in text or not listed.isdisjoint(text.split("."))
    return text in listed or "«" in text


def _odd_root(mark: Token, before: str) -> bool:
    """Whether a name holds `_root_` where it is part of a name: inside `A`, `A._root_.x` would be taken for the `_root_.x` of our lines."""
    at = [place for place, part in enumerate(mark.parts) if part == "_root_"]
    return bool(at) and (at != [0] or len(mark.parts) == 1 or before == "namespace")


def _odd_quotes(mark: Token) -> bool:
    return "«" in mark.text and any(re.search(r"[\n\"`.]|--|/-|-/", part) for part in mark.parts)


def _word(mark: Token, forbidden: frozenset[str], bare: bool = False) -> str | None:
    """The reason why an identifier may not stand in a candidate, if there is one.

    `bare`: the metalanguage's namespaces may stand alone, as the names of variables (`IO`, a segment) and after `open`.
    """
    parts = mark.parts
    if words.SORRY.intersection(parts):
        return "sorry"
    bad = forbidden.intersection(parts)
    if bad:
        return f"word:{min(bad)}"
    named = parts[1:] if parts[0] == "_root_" else parts
    if words.NAMESPACES.intersection(named[:1]) and not (bare and len(named) == 1):
        return f"word:{named[0]}"
    return None


def proof(marks: Sequence[Token]) -> Iterator[tuple[int, str]]:
    """A proof is one term (with `where` and termination hints, which belong to it): no command can start inside it."""
    for index, mark in enumerate(marks):
        if mark.kind is Kind.IDENT:
            if mark.text == "set_option":
                yield from _option(marks, index, needs_in=True)
            elif is_command(mark):
                yield mark.start, f"command:{mark.text}"
        elif mark.text == "@[" and mark.kind is Kind.SYMBOL:
            yield mark.start, "attribute"


def header(marks: Sequence[Token]) -> Iterator[tuple[int, str]]:
    """Headers hold imports, plain `open`s, allowed options and universes."""
    if marks and marks[0].text not in HEADER_COMMANDS:
        yield marks[0].start, "text"
    for index, mark in enumerate(marks):
        if mark.text == "set_option":
            yield from _option(marks, index, needs_in=False)
        elif mark.text == "open":
            yield from _open(marks, index)


def plain(marks: Sequence[Token]) -> Iterator[tuple[int, str]]:
    """What makes a text no plain file: `module` at its top, imports elsewhere."""
    if marks and marks[0].text == "module":
        yield marks[0].start, "command:module"
    yield from ((start, "import") for _, text, start, _ in marks if text == "import")


def declarations(marks: Sequence[Token], allowed: frozenset[str]) -> Iterator[tuple[int, str]]:
    """The body of a model's file, or a preamble, in the text tier: declarations that begin with `allowed` words only."""
    opened = {part for mark, after in pairwise(marks) if mark.text == "namespace" for part in after.parts}
    for index, mark in enumerate(marks):
        if mark.kind is Kind.SYMBOL:
            if mark.text == "@[":
                yield from _attributes(marks, index)
        elif not is_command(mark) or open_scoped(marks, index):
            continue
        elif mark.text not in allowed:
            yield mark.start, f"command:{mark.text}"
        elif mark.text == "open":
            yield from _open(marks, index)
        elif mark.text == "set_option":
            yield from _option(marks, index, needs_in=False)
        else:
            yield from _declared(marks, index, opened)


def running(marks: Sequence[Token]) -> Iterator[tuple[int, str]]:
    """What runs code at elaboration, and declarations that the kernel must not see: all that the kernel tier refuses."""
    scopes = list[str]()
    for index, mark in enumerate(marks):
        if mark.kind is Kind.HASH:
            yield mark.start, f"command:{mark.text[:40]}"
        elif mark.kind is Kind.SYMBOL and mark.text == "@[":
            yield from _running_attributes(marks, index)
        elif mark.kind is Kind.IDENT:
            reason = _word(mark, words.RUNNING, bare=True) if _suspect(mark.text, _SUSPECT) else None
            if mark.text in SCOPE_WORDS:
                scoped(scopes, marks, index)
            if reason:
                yield mark.start, reason
            elif (mark.text in words.RUNNING_COMMANDS or COMMAND_FAMILY.match(mark.text)) and _begins_command(marks, index):
                yield mark.start, f"command:{mark.text}"
            elif mark.text == "attribute" and index + 1 < len(marks) and marks[index + 1].text == "[":
                yield from _running_attributes(marks, index + 1)
            elif mark.text == "set_option":
                name = ".".join(marks[index + 1].parts) if index + 1 < len(marks) else ""
                if name.removeprefix("weak.").startswith(words.WEAKENING_OPTIONS):
                    yield mark.start, f"option:{name[:60]}"
            elif mark.text in words.DECLARATIONS and index + 1 < len(marks) and marks[index + 1].kind is Kind.IDENT:
                after = marks[index + 1]
                full = after.parts if after.parts[:1] == ("_root_",) else (*filter(None, scopes), *after.parts)
                if special := kernel_name(full):
                    yield after.start, f"kernel_name:{special}"


def _begins_command(marks: Sequence[Token], index: int) -> bool:
    """Whether a word that can begin a command does so, as far as its neighbours tell: any of these may be a variable's name too."""
    if marks[index].text in ("meta", "unsafe"):
        return index + 1 < len(marks) and marks[index + 1].text in _MADE
    before = marks[index - 1].text if index else ""
    after = marks[index + 1].text if index + 1 < len(marks) else ""
    if after == ":" and index + 2 < len(marks):  # `macro:max "x"`
        third = marks[index + 2]
        touch = marks[index].end == marks[index + 1].start and marks[index + 1].end == third.start
        if touch and (third.kind is Kind.NUMBER or third.text in _PRECEDENCES):
            return True
    return before not in _BEFORE_NAMES and after not in _AFTER_NAMES


def _running_attributes(marks: Sequence[Token], index: int) -> Iterator[tuple[int, str]]:
    """The attributes of `@[a, b …]` or `attribute [a, b …]` (the bracket stands at `index`) that make code of what they stand at."""
    depth = 0
    for place in range(index, len(marks)):
        mark = marks[place]
        depth += (mark.text in BRACKETS) - (mark.text in CLOSERS)
        if not depth or (mark.text == "@[" and place > index):  # the next list, which is looked at by itself
            return
        if mark.kind is Kind.IDENT and words.RUNNING_ATTRIBUTES.fullmatch(mark.text):
            yield mark.start, f"attribute:{mark.text[:40]}"


def _declared(marks: Sequence[Token], index: int, opened: set[str]) -> Iterator[tuple[int, str]]:
    """The kernel's own name, if the declaration that starts at `index` takes one."""
    if marks[index].text in words.DECLARATIONS and index + 1 < len(marks) and marks[index + 1].kind is Kind.IDENT:
        special = kernel_name(marks[index + 1].parts, opened)
        if special:
            yield marks[index + 1].start, f"kernel_name:{special}"


def kernel_name(parts: tuple[str, ...], opened: set[str] | frozenset[str] = frozenset()) -> str | None:
    """The kernel's own name that a declaration of `parts` is, or is a prefix of, or may become inside `opened` namespaces."""
    parts = parts[1:] if parts[:1] == ("_root_",) else parts
    for special, whole in _SPECIAL_WITH.get(parts[-1], []) if parts else _SPECIAL:  # either match has the last part in it
        if whole[: len(parts)] == parts:
            return special
        if whole[-len(parts) :] == parts and opened.issuperset(whole[: -len(parts)]):
            return special
    return None


def _open(marks: Sequence[Token], index: int) -> Iterator[tuple[int, str]]:
    """`open` takes names and the usual clauses; `open … in` is refused."""
    for mark in marks[index + 1 :]:
        if mark.text == "in":
            yield marks[index].start, "open_in"
            return
        if is_command(mark) and mark.text != "scoped":
            return
        if mark.kind is not Kind.IDENT and mark.text not in ("(", ")", ",", "→"):
            return


def _option(marks: Sequence[Token], index: int, needs_in: bool) -> Iterator[tuple[int, str]]:
    """`set_option NAME VALUE [in]` with an allowed name and a plain value."""
    name, value, after = ([*marks[index + 1 : index + 4], None, None, None])[:3]
    if name is None or name.kind is not Kind.IDENT or value is None:
        yield marks[index].start, "option"
        return
    allowed = name.text in words.OPTIONS or name.text.startswith(words.OPTION_FAMILIES)
    if not allowed or (value.kind is not Kind.NUMBER and value.text not in ("true", "false")):
        yield marks[index].start, f"option:{name.text[:60]}"
    elif needs_in and (after is None or after.text != "in"):
        yield marks[index].start, "command:set_option"


def _attributes(marks: Sequence[Token], index: int) -> Iterator[tuple[int, str]]:
    """`@[a, b …]`: every attribute is on the allow-list; no `local`, `scoped` or erasing `-`."""
    expect_name, depth = True, 1
    for place in range(index + 1, len(marks)):
        mark = marks[place]
        if mark.text == "@[":  # the next list, which is looked at by itself
            return
        if mark.text in BRACKETS:
            depth += 1
        elif mark.text in CLOSERS:
            depth -= 1
            if not depth:
                return
        if expect_name and (mark.kind is not Kind.IDENT or mark.text not in words.ATTRIBUTES):
            yield mark.start, f"attribute:{mark.text[:40]}"
            return
        expect_name = depth == 1 and mark.text == ","
    yield marks[index].start, "attribute"


def violations(text: str, found: Iterator[tuple[int, str]]) -> list[Violation]:
    """(offset, reason) pairs as violations with positions."""
    places = list(found)
    lines = Lines(text if places else "")
    return [Violation(reason, *lines.at(offset)) for offset, reason in places]
