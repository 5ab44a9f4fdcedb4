"""Reads a theorem's statement: its name, binders and conclusion, its text without a proof, and its negation.

Works on text alone, with a real lexer, so that comments, strings and «quoted» names cannot confuse it.  What
a statement *means* is decided by Lean: a statement that splits here may still fail to elaborate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from verify_workers.text.lexer import BRACKETS, CLOSERS, Kind, Token, tokens

_LOCAL_DEFINITIONS = frozenset({"let", "have", "letI", "haveI", "let_fun", "letλ", "let_delayed", "let_tmp"})
_ENDINGS = ((), ("by",), ("sorry",), ("by", "sorry"))  # what may follow the last `:=` of a statement


class StatementError(ValueError):
    """The text is not one theorem statement; the message says what is wrong with it."""


@dataclass(frozen=True)
class Theorem:
    """One theorem statement in parts; every part is a slice of the source text, stripped.

    `universes` is the text between `.{` and `}` ('' if absent); `goal` is all that follows the name (and the
    universes): `(n : Nat) : n = n` or `: ∀ n, …`.  `by` says that the text ended in `:= by`, which a proof goes on from.
    """

    name: str
    binders: str
    conclusion: str
    universes: str
    goal: str
    by: bool = False

    @property
    def head(self) -> str:
        """`theorem NAME`, with the universes that the statement declares."""
        return f"theorem {self.name}.{{{self.universes}}}" if self.universes else f"theorem {self.name}"

    @property
    def proposition(self) -> str:
        """What it says, with the binders before it."""
        return f"∀ {self.binders}, {self.conclusion}" if self.binders else self.conclusion


def parse_theorem(text: str) -> Theorem:
    """Splits `[doc comment] theorem|lemma NAME[.{u, …}] BINDERS : CONCLUSION [:= [by] [sorry]]`.

    Raises `StatementError` for anything else, a statement that carries its own proof included.
    """
    marks = tokens(text)
    if not marks:
        raise StatementError("the statement is empty")
    for token in marks:
        if token.kind is Kind.BROKEN:
            raise StatementError(f"unclosed comment, string or name at character {token.start}")
    if marks[0].text not in ("theorem", "lemma"):
        raise StatementError(f"a statement starts with `theorem` or `lemma`, not with {marks[0].text[:40]!r}")
    if len(marks) < 2 or marks[1].kind is not Kind.IDENT or _is_word(marks[1], "theorem", "lemma", "by", "sorry"):
        raise StatementError("`theorem` must be followed by a name")
    name, rest, universes = marks[1].text, marks[2:], ""
    if rest and rest[0].text == ".{":
        closing = next((i for i, token in enumerate(rest) if token.text == "}"), None)
        if closing is None:
            raise StatementError("the universe list is not closed")
        universes = text[rest[0].end : rest[closing].start].strip()
        rest = rest[closing + 1 :]
    if not rest:
        raise StatementError("the statement has no `:` and no conclusion")
    colon, stop = _split(rest)
    by = [token.text for token in rest[stop:]] == [":=", "by"]
    end = rest[stop - 1].end
    binders = text[rest[0].start : rest[colon].start].strip() if colon else ""
    conclusion = text[rest[colon].end : end].strip()
    if stop == colon + 1 or not conclusion:
        raise StatementError("the statement has no conclusion")
    return Theorem(name, binders, conclusion, universes, text[rest[0].start : end].strip(), by)


def _is_word(token: Token, *words: str) -> bool:
    return token.kind is Kind.IDENT and token.text in words


def _split(rest: list[Token]) -> tuple[int, int]:
    """Indices of the `:` before the conclusion and of the end of the conclusion in the tokens after the name."""
    closers: list[str] = []
    colon: int | None = None
    pending = 0  # `let`s and `have`s of the conclusion whose `:=` is still to come
    for index, token in enumerate(rest):
        if token.kind is Kind.SYMBOL and token.text in BRACKETS:
            closers.append(BRACKETS[token.text])
        elif token.kind is Kind.SYMBOL and token.text in CLOSERS:
            if not closers or closers.pop() != token.text:
                raise StatementError(f"bracket {token.text} at character {token.start} closes nothing")
        elif closers:
            continue
        elif colon is None:
            if token.text == ":":
                colon = index
            elif token.text == ":=":
                raise StatementError("the statement has no `:` before `:=`")
        elif token.kind is Kind.IDENT and token.text in _LOCAL_DEFINITIONS:
            pending += 1
        elif token.text == ":=":
            if pending:
                pending -= 1
            elif tuple(after.text for after in rest[index + 1 :]) in _ENDINGS:
                return colon, index
            else:
                raise StatementError("the statement carries a proof of its own; only `sorry` may follow `:=`")
    if closers:
        raise StatementError(f"a bracket is not closed: {closers[-1]} is missing")
    if colon is None:
        raise StatementError("the statement has no `:` and no conclusion")
    return colon, len(rest)


def source(theorem: Theorem) -> str:
    """The statement as Lean text without a proof: `theorem NAME … : …`; nothing follows the conclusion."""
    return f"{theorem.head} {theorem.goal}"


def renamed(theorem: Theorem, name: str) -> str:
    """The same statement under another name."""
    return source(replace(theorem, name=name))


def negate(text: str) -> str:
    """The negation `theorem NAME : ¬ (∀ BINDERS, CONCLUSION)` of a statement (DeepSeek-Prover §3.3), as people and models are shown it.

    Raises `StatementError` when the text is no statement.  Variables that the statement does not bind itself (a `variable`
    before it, auto-bound ones) would be bound outside the negation here.  So what a refutation has to prove is never this
    text: it is `¬ T`, T being what the statement elaborates to (`Check.negated`).
    """
    return negation(parse_theorem(text))


def negation(theorem: Theorem) -> str:
    """See `negate`."""
    # A line comment at the end of the conclusion would swallow the closing bracket; slices end at a token, so none can.
    return f"{theorem.head} : ¬ ({theorem.proposition})"
