"""The header of a Lean file: its imports, and the `open`s and options that stand before the statement.

Checks are plain files.  What makes a file a module or leaves out `Init` (`module`, `prelude`, `public import`, …) changes
what its names mean; it is found here and refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from verify_workers.text.lexer import IDENT, PART, comment_end, words

_SPACE = re.compile(r"(?:[ \t\r\n]+|--[^\n]*)+")
# What Lean 4.35 takes for a word of its own where a module's name has to stand.
KEYWORDS = words("""
    Prop Sort Type all by break catch continue do else extends finally for forall from fun have haveI if in let letI let_fun match
    nofun nomatch renaming return show sorry suffices then try unless until where while with dbg_trace termination_by decreasing_by
    abbrev attribute axiom class coinductive def deriving elab elab_rules end example export import include inductive infix infixl infixr
    initialize instance local macro macro_rules meta mut mutual namespace noncomputable nonrec notation omit opaque open partial
    postfix prefix prelude private protected public recall scoped section set_option structure syntax theorem universe unsafe variable
    binder_predicate hiding repeat add_decl_doc init_quot
""")
_NO_FILE = re.compile(r"[./\\\x00-\x1f\x7f\ud800-\udfff]")  # of these, no file of a module has any in its name
_QUOTED = re.compile(r"«([^«»./\\]+)»")  # a component that may be one without
MAX_COMPONENT = 240  # bytes; what Lean writes beside a module's file adds to its name, which may have 255
MAX_MODULE = 2000  # bytes; a path may have 4096
_SHOWN = 60  # characters of a name that is told

# What the root modules of well-known libraries hold, whose sources are not at hand.
_CORE = ("Init", "Std", "Lean")
_ROOTS = {
    "Init": ("Init",),
    "Std": ("Init", "Std"),
    "Lean": _CORE,
    "Batteries": (*_CORE, "Batteries"),
    "Aesop": (*_CORE, "Batteries", "Aesop"),
    "Mathlib.Tactic": (*_CORE, "Batteries", "Aesop", "Qq", "Mathlib.Tactic"),
    "Mathlib": (*_CORE, "Batteries", "Aesop", "Qq", "ProofWidgets", "ImportGraph", "LeanSearchClient", "Plausible", "Mathlib"),
}


@dataclass(frozen=True)
class Header:
    """`rest` is the text with its imports blanked out, so that every line keeps its number.

    `special` is the first word that makes this no plain header: `module`, `prelude`, `public`, `meta` or `all`; '' if none does.
    `problem` says, in words, of the first import that names no module why not; '' if none does.  Lean is never asked for these:
    it takes `«/tmp/X»` for the file of that path, and what it makes of a broken import differs from one program to the next.
    """

    imports: tuple[str, ...]
    rest: str
    special: str = ""
    problem: str = ""


def known_to_hold(imports: Iterable[str], module: str) -> bool:
    """Whether a plain file with these imports has `module`, as far as that is known without looking into the library."""
    module, imports = unquoted(module), tuple(map(unquoted, imports))
    return module == "Init" or module in imports or below(("Init", *imports), module)  # every plain file imports Init


def below(modules: Iterable[str], module: str) -> bool:
    """Whether one of `modules` is the root of a well-known library that brings `module`: `Mathlib` brings `Aesop` and `Mathlib.*`."""
    return any(module == root or module.startswith(f"{root}.") for name in modules for root in _ROOTS.get(name, ()))


def unquoted(module: str) -> str:
    """A module's name without the « » that its components may be written in: `«Own».Basic` is `Own.Basic`, `«Own.Basic»` is another."""
    return _QUOTED.sub(r"\1", module)


def split(text: str) -> Header:
    """Imports at the top of `text` (after comments), and the rest.  Lean itself rejects an import that stands elsewhere."""
    imports: list[str] = []
    pieces: list[str] = []
    special = problem = ""
    i = 0
    while True:
        start = i
        i = _skip(text, i)
        pieces.append(text[start:i])
        marks, at = _import(text, i)
        if at is None and not imports and _word(text, i) in ("module", "prelude"):
            marks, end = [_word(text, i)], i + len(_word(text, i))
        elif at is None:
            return Header(tuple(imports), "".join(pieces) + text[i:], special, problem)
        else:
            name = _word(text, at)
            end = at + len(name)
            problem = problem or _unfit(name, text[end : end + 1])
            if not name:
                return Header(tuple(imports), "".join(pieces) + text[i:], special, problem)
            imports.append(name)
        special = special or next(iter(marks), "")
        pieces.append(re.sub(r"[^\n]", " ", text[i:end]))
        i = end


def _import(text: str, i: int) -> tuple[list[str], int | None]:
    """The words beside `import` in the import that begins at `i`, and where its module's name has to stand; None if none begins there."""
    marks: list[str] = []
    for word in ("public", "meta", "import", "all"):
        if _word(text, i) != word:
            if word == "import":
                return [], None
            continue
        if word != "import":
            marks.append(word)
        i = _skip(text, i + len(word))
    return marks, i


def _word(text: str, i: int) -> str:
    """The identifier or keyword at `i`, '' if there is none."""
    found = IDENT.match(text, i)
    return found[0] if found else ""


def _unfit(name: str, after: str) -> str:
    """Why `name`, with the character `after` behind it, is no module that Lean could be asked for; '' if it may be one."""
    if not name or name in KEYWORDS or after == ".":  # Lean wants one more component behind a dot
        return "an `import` is not followed by the name of a module"
    shown = repr(name[:_SHOWN])[1:-1] + "…" * (len(name) > _SHOWN)
    parts = PART.findall(name)
    if any(part == "«»" or _NO_FILE.search(part) for part in parts):
        return f"it imports {shown}, which names no module: a component is the name of a file or folder, without dots and slashes"
    if len(name.encode()) > MAX_MODULE or any(len(part.encode()) > MAX_COMPONENT for part in parts):
        return f"it imports {shown}, which names no module: it is too long for the name of a file"
    return ""


def _skip(text: str, i: int) -> int:
    """End of the white space and (nested) comments at `i`."""
    while True:
        space = _SPACE.match(text, i)
        if space is not None:
            i = space.end()
        elif text.startswith("/-", i) and not text.startswith(("/--", "/-!"), i):
            end = comment_end(text, i)
            i = len(text) if end is None else end
        else:
            return i
