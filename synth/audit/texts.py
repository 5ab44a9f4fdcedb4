"""What a row's text says against it before any Lean is asked: axioms of its own, definitions that say nothing, answers given away."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from synth.audit.labels import Finding, Label
from synth.audit.rows import Candidate
from synth.prompts.declarations import Declaration, declarations
from synth.statements.filters.answer import empty_question, leaked
from synth.statements.filters.hidden import DEFINES, saying_nothing
from synth.statements.telescope import telescope
from verify_workers.text.commands import chunks
from verify_workers.text.lexer import BRACKETS, CLOSERS, Kind, Token, tokens, words
from verify_workers.text.statement import StatementError

COMPILED = frozenset({"native_decide", "ofReduceBool", "ofReduceNat", "trustCompiler", "reduceBool"})  # rest on the compiler
NOTATION = frozenset({"notation", "notation3", "infix", "infixl", "infixr", "prefix", "postfix", "macro", "macro_rules", "syntax"})
SIGNS = words("= ≠ < > ≤ ≥ + - * / % ^ ∣ ∧ ∨ ¬ → ↔ ∀ ∃ ∈ ∉ ∑ ∏ | ! ∘ ×") | {"<=", ">=", "!=", "->", "/\\", "\\/"}
NAMES = words("True False Nat Int Rat Real Bool Prop Fin List Set ℕ ℤ ℚ ℝ ℂ")
DECLARES = DEFINES | words("structure class inductive opaque axiom")
CLASSES = words(
    "LT LE Add Sub Mul Div Mod Neg Pow Dvd OfNat Membership BEq HAdd HSub HMul HDiv HMod HPow Zero One Inv SMul CoeSort NatCast"
)
"""Of these an instance for one of `NAMES` makes old signs mean something new."""


def read(one: Candidate) -> list[Finding]:
    """All findings in the text of a row that is a check."""
    found = [*_axioms(one), *_compiled(one)]
    if why := placeholder(one.preamble, one.asked):
        found.append(Finding(Label.PLACEHOLDER, "definition", why))
    if why := another_meaning(f"{one.header}\n{one.preamble}") or _not_what_it_looks_like(one.statement):
        found.append(Finding(Label.PLACEHOLDER, "meaning", why))
    if one.text and (why := leaked(one.statement, one.text)):
        found.append(Finding(Label.VACUOUS, "answer given", why))
    return found


def _axioms(one: Candidate) -> Iterator[Finding]:
    """Axioms that the row declares, in what it is to be trusted with or in its file."""
    for text in (one.header, one.preamble, one.code or ""):
        for found in declarations(text):
            if found.keyword == "axiom":
                yield Finding(Label.AXIOM, "own", found.name)


def _compiled(one: Candidate) -> Iterator[Finding]:
    used = {part for mark in tokens(one.proof or one.code or "") if mark.kind is Kind.IDENT for part in mark.parts}
    if found := sorted(used & COMPILED):
        yield Finding(Label.AXIOM, "compiler", f"{found[0]} rests on Lean's compiler")


def placeholder(preamble: str, statement: str) -> str:
    """A definition before the statement that says nothing and that the statement comes to speak of; '' where there is none."""
    made = declarations(preamble)
    spoken = _spoken(statement, preamble, made)
    for one in made:
        if one.keyword not in DEFINES | {"structure", "class", "inductive", "opaque"} or one.name not in spoken:
            continue
        text = preamble[one.start : one.end]
        if any(mark.text in ("sorry", "admit", "sorryAx") for mark in tokens(preamble[one.body : one.end])) and one.body >= 0:
            return f"{one.keyword} {one.name} is not finished (sorry)"
        if one.keyword in DEFINES | {"opaque"} and (why := saying_nothing(text)) and _of_truth(preamble, one):
            return why
    return ""


def _of_truth(preamble: str, one: Declaration) -> bool:
    """Whether a definition is about truth or has parameters: `def zero : Nat := default` hides nothing, nor does `def c : Bool := true`."""
    if one.keyword == "opaque":
        return True
    signature = preamble[slice(*one.goal)]
    kind = signature.rpartition(":")[2].strip()
    return kind == "Prop" or "(" in signature or "{" in signature or "→" in signature


def _spoken(statement: str, preamble: str, made: Sequence[Declaration]) -> set[str]:
    """Names that the statement speaks of, those of definitions that it speaks of included."""
    spoken = _idents(statement)
    for one in reversed(made):
        if one.name in spoken or one.name.rpartition(".")[2] in spoken:
            spoken |= _idents(preamble[one.start : one.end]) | {one.name}
    return spoken


def _idents(text: str) -> set[str]:
    return {name for mark in tokens(text) if mark.kind is Kind.IDENT for name in (mark.text, *mark.parts)}


def another_meaning(context: str) -> str:
    """What is before the statement that makes usual signs or names mean something else; '' where there is none."""
    kinds: dict[str, list[str]] = {}  # what follows the colon of each definition that is no instance yet
    for chunk in chunks(context, tokens(context)):
        begin = [mark.text for mark in chunk[:3]]
        if NOTATION & set(begin):
            signs = [_unquoted(mark) for mark in chunk if mark.kind is Kind.STRING]
            if taken := next((sign for sign in signs if (same := looks_like(sign)) in SIGNS | NAMES or same.isdigit()), ""):
                return f"a notation gives {taken} another meaning"
            continue
        if name := _usual_name(chunk, "open" in context):
            return f"{name} is declared anew, and is not what its name looks like"
        place = _keyword(chunk)
        own = _after_colon(chunk)
        head = chunk if begin[0] == "attribute" else chunk[: place + 1] if place is not None else ()
        if any(mark.text == "instance" for mark in head):
            later = [kinds[mark.text] for mark in chunk if mark.text in kinds] if begin[0] == "attribute" else []
            for kind in [own, *later]:
                if kind and kind[0].rpartition(".")[2] in CLASSES and NAMES & set(kind[1:]):
                    return f"an instance of {' '.join(kind[:3])} gives its sign another meaning"
        if own and place is not None and place + 1 < len(chunk):
            kinds[chunk[place + 1].text] = own
    return ""


LOOK = str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοѵνɑɩι", "ABEZHIKMNOPTYXovvaii")
"""Letters that Lean takes for a name's, and what they look like."""


def looks_like(name: str) -> str:
    """A name or sign in the letters that its own look like: `Νat`, whose first letter is a Greek one, is read as `Nat`."""
    if name.isascii() or name in NAMES:
        return name
    seen = "".join(char for char in unicodedata.normalize("NFKC", name) if unicodedata.category(char) not in ("Cf", "Mn"))
    return seen.translate(LOOK)


def _not_what_it_looks_like(statement: str) -> str:
    """A name in the statement that is no usual one but looks like it; '' where there is none."""
    name = next((part for part in sorted(_idents(statement)) if looks_like(part) in NAMES and part not in NAMES), "")
    return f"{name} is not the {looks_like(name)} that it looks like" if name else ""


def _keyword(chunk: Sequence[Token]) -> int | None:
    """The place of the word that says what a command declares, behind its attributes and modifiers."""
    depth = 0
    for place, mark in enumerate(chunk):
        depth += (mark.text in BRACKETS) - (mark.text in CLOSERS)
        if not depth and mark.kind is Kind.IDENT and mark.text in DECLARES:
            return place
    return None


def _usual_name(chunk: Sequence[Token], opened: bool) -> str:
    """A name of `NAMES`, or what looks like one, that a command declares, makes a variable or opens; '' where it does none of these.

    With `opened` a name below a namespace counts too.
    """
    if chunk[0].text in ("open", "export"):  # `open S (Nat)`, `open S renaming N → Nat`
        chunk = chunk[: next((i for i, mark in enumerate(chunk) if mark.text == "in"), len(chunk))]
        taken = [mark.text for mark, before in zip(chunk[1:], chunk, strict=False) if before.text in ("→", "->")]
        opening = next((i for i, mark in enumerate(chunk) if mark.text == "("), len(chunk))
        names = [*taken, *(mark.text for mark in chunk[opening:])]
    elif chunk[0].text == "variable":
        names = [mark.text for mark, before in zip(chunk[1:], chunk, strict=False) if _binds(before) and mark.kind is Kind.IDENT]
    else:
        place = _keyword(chunk)
        named = place is not None and place + 1 < len(chunk) and chunk[place + 1].kind is Kind.IDENT
        whole = chunk[place + 1].text if place is not None and named else ""
        names = [whole.rpartition(".")[2] if opened else whole]
    return next((name for name in names if looks_like(name) in NAMES), "")


def _binds(before: Token) -> bool:
    """Whether a name after this token in a `variable` command may be the first of a binder."""
    return before.text in ("(", "{", "⦃")


def _unquoted(mark: Token) -> str:
    return mark.text.strip('"').strip()


def _after_colon(chunk: Sequence[Token]) -> list[str]:
    """The words of an instance's class."""
    depth = 0
    for place, mark in enumerate(chunk):
        depth += (mark.text in BRACKETS) - (mark.text in CLOSERS)
        if not depth and mark.text == ":":
            rest = [mark.text for mark in chunk[place + 1 :]]
            end = next((i for i, text in enumerate(rest) if text in (":=", "where")), len(rest))
            return [text for text in rest[:end] if re.match(r"\w", text)]
    return []


def says_nothing(statement: str) -> str:
    """Why a statement is empty by its text alone; '' for others."""
    try:
        conclusion = telescope(statement).conclusion.strip()
    except StatementError:
        return ""
    if conclusion == "True":
        return "the conclusion is True"
    return empty_question(statement)
