"""Lean's signs in ASCII: `->`, `<->`, `<=`, `>=`, `/\\`, `\\/`, `forall`, `exists` mean what `→`, `↔`, `≤`, `≥`, `∧`, `∨`, `∀`, `∃` do.

Many a model writes them.
The lexer, on which a policy rests, gives such a sign as single characters; whoever reads statements wants it whole.
"""

from __future__ import annotations

from itertools import pairwise

from verify_workers.text.lexer import Kind, Token, tokens

SIGNS = {"<->": "↔", "->": "→", "<=": "≤", ">=": "≥", "/\\": "∧", "\\/": "∨", "==": "==", "!=": "!=", "&&": "&&", "||": "||"}
_WORDS = {"forall": "∀", "exists": "∃"}
_LENGTHS = (3, 2)


def signs(text: str) -> list[Token]:
    """The tokens of `text`, signs of several characters as one token each, in the spelling that Lean prints; places are those in `text`."""
    marks, found, at = tokens(text), list[Token](), 0
    while at < len(marks):
        length = next((n for n in _LENGTHS if (joined := _joined(marks[at : at + n])) and len(joined) == n and joined in SIGNS), 1)
        if length > 1:
            some = marks[at : at + length]
            found.append(Token(Kind.SYMBOL, SIGNS["".join(mark.text for mark in some)], some[0].start, some[-1].end))
        else:
            found.append(marks[at]._replace(kind=Kind.SYMBOL, text=_WORDS[marks[at].text]) if marks[at].text in _WORDS else marks[at])
        at += length
    return found


def _joined(marks: list[Token]) -> str:
    """The characters of symbols that touch each other; '' where they do not."""
    touching = all(one.end == two.start for one, two in pairwise(marks))
    return "".join(mark.text for mark in marks) if touching and all(mark.kind is Kind.SYMBOL for mark in marks) else ""


def spelled(text: str) -> str:
    """`text` with the signs that Lean prints in place of those in ASCII; strings and comments stay as they are."""
    pieces, at = list[str](), 0
    for mark in signs(text):
        if mark.text != text[mark.start : mark.end]:
            pieces += [text[at : mark.start], mark.text]
            at = mark.end
    return "".join(pieces) + text[at:]
