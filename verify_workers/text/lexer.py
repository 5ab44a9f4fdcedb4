"""A lexer for Lean 4 source text, faithful enough that a policy may rest on it.

It knows what Lean's own tokeniser knows before any notation is declared: nested comments, doc comments, strings
(plain, raw, interpolated), character literals versus primes in identifiers, «quoted» name parts, Lean's own set of
identifier characters, numbers and `#commands`.  Where Lean's reading of a text depends on context (interpolated
strings), on notation (`<--` is `<-` and a minus where `<-` is a token, `×' '"'` a product and a quote where `×'` is one) or
where the text is no Lean at all, the token's kind says so and the policy refuses it: a text whose
reading is uncertain is never allowed.  Every character of the input lies in exactly one token or in white space.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple


def words(text: str) -> frozenset[str]:
    """The words of a vocabulary; what follows `--` on a line says where they come from."""
    return frozenset(word for line in text.splitlines() for word in line.partition("--")[0].split())


class Kind(StrEnum):
    """What a token is."""

    IDENT = "ident"  # identifiers and keywords alike; dotted names are one token
    NUMBER = "number"
    STRING = "string"
    INTERPOLATED = "interpolated"  # a string that Lean may read as code inside braces
    CHAR = "char"
    COMMENT = "comment"  # `--` and `/- -/`
    DOC = "doc"  # `/-- -/` and `/-! -/`
    HASH = "hash"  # `#check` and friends: a command, unlike the `#` of `#s` (Mathlib's notation for the size of a finite set)
    SYMBOL = "symbol"
    BROKEN = "broken"  # unclosed comment, string or «; a comment or quote that may be the end of a symbol before it


class Token(NamedTuple):
    """One token: `text` is `source[start:end]`; offsets count characters."""

    kind: Kind
    text: str
    start: int
    end: int

    @property
    def parts(self) -> tuple[str, ...]:
        """The components of an identifier without their « »: `Nat.«land»` gives ('Nat', 'land')."""
        if self.kind is Kind.IDENT and "«" not in self.text:
            return tuple(self.text.split("."))
        return tuple(part[1:-1] if part.startswith("«") else part for part in PART.findall(self.text))


# Lean 4, `isLetterLike` and `isSubScriptAlnum` (src/Init/Meta/Defs.lean): these characters, no others, make identifiers.
LETTERLIKE = (
    "\u03b1-\u03ba\u03bc-\u03c9\u0391-\u039f\u03a1\u03a2\u03a4-\u03a9\u03ca-\u03fb"  # Greek without λ, Π, Σ
    "\u1f00-\u1ffe\u2100-\u214f\U0001d49c-\U0001d59f"  # polytonic Greek, letter-like symbols, script and Fraktur
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f"  # Latin-1 and Latin Extended-A without × and ÷
)
SUBSCRIPTS = "\u2080-\u2089\u2090-\u209c\u1d62-\u1d6a\u2c7c"

_FIRST = rf"[A-Za-z_{LETTERLIKE}]"
_REST = rf"[A-Za-z0-9_'!?{LETTERLIKE}{SUBSCRIPTS}]"
_ATOM = rf"(?:{_FIRST}{_REST}*|«[^»]*»)"
PART = re.compile(_ATOM)
_SPACE = re.compile(r"[ \t\r\n]+")
IDENT = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|[0-9](?:[0-9_]*[0-9])?(?:\.[0-9](?:[0-9_]*[0-9])?)?(?:[eE][+-]?[0-9]+)?")
_RAW = re.compile(r'r(#*)"')
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_CHAR = re.compile(r"'(?:[^'\\\n]|\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[^\n]))'")
_LINE_COMMENT = re.compile(r"--[^\n]*")
_COMMENT_EDGE = re.compile(r"/-|-/")
# Behind `/--` and `/-!` Lean skips white space and comments before the body starts: `/-- -- -/` is not closed.
_DOC_AMBIGUOUS = re.compile(r"/-[-!]\s*(?:--|/-)")
_HASH = re.compile(r"#[A-Za-z_][A-Za-z0-9_']*!?")
# Commands of Lean, Batteries and Mathlib that start with `#`.  At the margin anything of this form counts as one.
HASH_COMMANDS = words("""
    #check #check_failure #check_simp #check_tactic #check_tactic_failure #print #eval #eval! #reduce #synth #exit #where #version #help
    #guard #guard_expr #guard_msgs #discr_tree_key #discr_tree_simp_key #show_kind #lint #list_linters #find #find_home #find_home!
    #find_syntax #simp #norm_num #conv #whnf #whnfR #count_heartbeats #time #search #loogle #leansearch #moogle #statesearch
    #minimize_imports #min_imports #redundant_imports #import_bumps #import_path #import_diff #trans_imports #html #widget #explode
    #sample #test #instances #long_names #long_instances #parse #show_unused #show_deprecated_files #clear_deprecations
    #print_fun_prop_theorems #kerodon_tags #stacks_tags
""")
_SYMBOLS = (":=", "=>", "@[", "#[", ".{", "''", "..", "<|>", "<;>", "|>.", "::")
# Lean takes the longest token, and notation may make any sequence of symbols one.  So `--` and `/-` surely start a comment
# only behind what ends no symbol, and `'` a character only where nothing stands before it.
_ENDS_NO_SYMBOL = re.compile(rf"[\s0-9,;\"'({{\[⟨)}}\]⟩·»]|{_REST}")
_STARTS_ANEW = re.compile(r"[\s(\[{⟨,;]")

BRACKETS = {"(": ")", "[": "]", "{": "}", "⟨": "⟩", "⦃": "⦄", "⟦": "⟧", "@[": "]", "#[": "]", ".{": "}"}
CLOSERS = frozenset(BRACKETS.values())


# What begins a token that one look can read: no comment, quote, string, « or `#`, whose reading needs what stands around them (`_next`).
# A token is a named group, and the last group takes the one character that none of the others begins with.
_PLAIN_TOKEN = re.compile(
    rf"""[ \t\r\n]*+(?:
        (?P<ident>(?!r\#*")(?:{_FIRST}{_REST}*+|«[^»]*»)(?:\.{_ATOM})*+)
        |(?P<symbol>:=|=>|@\[|\.\{{|\.\.|<\|>|<;>|\|>\.|::|[^ \t\r\n'"\#«r/0-9-]|/(?!-)|-(?!-))
        |(?P<number>{_NUMBER.pattern})
        |(?P<other>[^ \t\r\n])
    )""",
    re.VERBOSE,
)
_IDENT, _SYMBOL, _NUMERAL, _OTHER = (_PLAIN_TOKEN.groupindex[name] for name in ("ident", "symbol", "number", "other"))
_KIND_OF = {_IDENT: Kind.IDENT, _SYMBOL: Kind.SYMBOL, _NUMERAL: Kind.NUMBER}
_token: Callable[[tuple[Kind, str, int, int]], Token] = functools.partial(tuple.__new__, Token)  # type: ignore[assignment]


def tokens(source: str, comments: bool = False) -> list[Token]:
    """The tokens of `source` in order, without white space and, unless `comments`, without comments and docs."""
    marks: list[Token] = []
    _read(source, marks, marks if comments else [])
    return marks


def apart(source: str) -> tuple[list[Token], list[Token]]:
    """The tokens of `source` that are no comments, and those that are (docs among them), each in their order."""
    marks: list[Token] = []
    comments: list[Token] = []
    _read(source, marks, comments)
    return marks, comments


def _read(source: str, marks: list[Token], comments: list[Token]) -> None:
    """Append the tokens of `source` to `marks`, but comments and docs to `comments`."""
    at, size = 0, len(source.rstrip(" \t\r\n"))  # white space that nothing follows would be looked at from each of its characters
    add, kind_of, token = marks.append, _KIND_OF, _token
    while at < size:
        for match in _PLAIN_TOKEN.finditer(source, at, size):
            which = match.lastindex
            start, at = match.span(which)  # type: ignore[arg-type]  # one of the groups matched
            if which == _OTHER:
                kind, at = _next(source, start)
                found = token((kind, source[start:at], start, at))
                (comments if kind is Kind.COMMENT or kind is Kind.DOC else marks).append(found)
                break
            add(token((kind_of[which], match[which], start, at)))  # type: ignore[index]


def tokens_one_by_one(source: str) -> list[Token]:
    """All tokens of `source` by the rules of `_next` alone: what `tokens` must agree with, and slower."""
    result: list[Token] = []
    at, size = 0, len(source)
    while at < size:
        space = _SPACE.match(source, at)
        if space:
            at = space.end()
            continue
        kind, end = _next(source, at)
        result.append(Token(kind, source[at:end], at, end))
        at = end
    return result


def _next(source: str, at: int) -> tuple[Kind, int]:
    """Kind and end of the token that starts at `at` (which is not white space)."""
    char, before = source[at], source[at - 1] if at else " "
    if source.startswith(("/-", "--"), at):
        if not _ENDS_NO_SYMBOL.match(before) and not source.endswith((":=", "=>"), 0, at):
            return Kind.BROKEN, at + 2
    elif char == "'" and not _STARTS_ANEW.match(before):
        return Kind.BROKEN if source.startswith("''", at) or _CHAR.match(source, at) else Kind.SYMBOL, at + 1
    if source.startswith("/-", at):
        doc = source.startswith(("/--", "/-!"), at)
        end = None if doc and _DOC_AMBIGUOUS.match(source, at) else comment_end(source, at)
        return (Kind.BROKEN, len(source)) if end is None else (Kind.DOC if doc else Kind.COMMENT, end)
    if source.startswith("--", at):
        match = _LINE_COMMENT.match(source, at)
        assert match
        return Kind.COMMENT, match.end()
    if char == '"':
        return _string(source, at)
    if char == "r" and (raw := _RAW.match(source, at)):
        closing = source.find('"' + raw[1], raw.end())
        return (Kind.BROKEN, len(source)) if closing < 0 else (Kind.STRING, closing + 1 + len(raw[1]))
    if match := IDENT.match(source, at):
        return Kind.IDENT, match.end()
    if char == "«":
        return Kind.BROKEN, len(source)
    if char.isascii() and char.isdigit():
        match = _NUMBER.match(source, at)
        assert match
        return Kind.NUMBER, match.end()
    if (match := _HASH.match(source, at)) and (match[0] in HASH_COMMANDS or before == "\n" or not at):
        return Kind.HASH, match.end()
    for symbol in _SYMBOLS:
        if source.startswith(symbol, at):
            return Kind.SYMBOL, at + len(symbol)
    if char == "'":
        match = _CHAR.match(source, at)
        return (Kind.CHAR, match.end()) if match else (Kind.BROKEN, at + 1)
    return Kind.SYMBOL, at + 1


def _string(source: str, at: int) -> tuple[Kind, int]:
    """A string that starts at `at`; one with a brace may be interpolated, which only Lean's parser can tell."""
    match = _STRING.match(source, at)
    if not match:
        return Kind.BROKEN, len(source)
    return (Kind.INTERPOLATED if "{" in match[0] else Kind.STRING), match.end()


def comment_end(source: str, at: int) -> int | None:
    """The offset after the `-/` that closes the block comment opened at `at`, or None.

    As in Lean, the character after the opening `/-` is skipped: `/-/` opens a comment without closing it, and `/-/-/`
    is a whole comment with nothing nested.
    """
    depth, position = 1, at + 3
    while depth:
        edge = _COMMENT_EDGE.search(source, position)
        if edge is None:
            return None
        depth += 1 if edge[0] == "/-" else -1
        position = edge.end()
    return position


def blanked(text: str, marks: Iterable[Token]) -> str:
    """`text` with spaces in place of `marks`, which stand in their order; line breaks stay."""
    pieces, at = [], 0
    for mark in marks:
        pieces += [text[at : mark.start], re.sub(r"[^\n]", " ", mark.text)]
        at = mark.end
    return "".join(pieces) + text[at:]


class Lines:
    """Turns character offsets into Lean positions: lines from 1, columns from 0, both in characters."""

    def __init__(self, source: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", source))]

    def at(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1]
