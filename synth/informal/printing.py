"""Signatures as Lean prints them: names in full, nothing of the file's scopes taken for granted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from synth.prompts import NAME
from synth.prompts.declarations import one_line
from synth.services import Verify
from synth.statements.faithfulness import canonical
from verify_workers.records import Snippet
from verify_workers.text.statement import StatementError, Theorem, parse_theorem, renamed

_FULL = "set_option pp.fullNames true\nset_option format.width 100000\nset_option pp.maxSteps 100000\nset_option pp.deepTerms true\n"
_TYPED = f"{_FULL}set_option pp.funBinderTypes true\n"
PRINTINGS = (
    _TYPED,
    f"{_TYPED}set_option pp.numericTypes true\nset_option pp.coercions.types true\n",
    f"{_TYPED}set_option pp.explicit true\n",
)
"""From what people write to what is read back nearly always."""
_EVERYTHING = _TYPED + "".join(
    f"set_option pp.{name}\n"
    for name in ("explicit true", "notation false", "coercions false", "structureInstances false", "fieldNotation false")
)
CHUNK = 20  # names asked about together: Lean's messages on a file are cut to some number
SECONDS = 120.0  # for one file of such


async def signatures(names: Sequence[str], module: str, options: str, verify: Verify) -> dict[str, str]:
    """What `#check` says of each name (without `@`, on one line) below `import MODULE`; a name of which it says nothing is left out."""
    found: dict[str, str] = {}
    for chunk in _chunks(names):
        code = options + "".join(f"#check {name}\n" for name in chunk)
        (verdict,) = await verify([Snippet(id=f"check {module} {chunk[0]}", header=f"import {module}", code=code, timeout=SECONDS)])
        first = options.count("\n") + 1
        said = {message.line - first: message.text for message in verdict.messages if message.severity == "info"}
        found |= {name: " ".join(said[place].split()) for place, name in enumerate(chunk) if _whole(said.get(place, ""))}
    return found


def quantified(theorem: Theorem, name: str) -> str:
    """The statement with its binders behind the colon, under another name: what the declaration itself is a proof of."""
    return f"{replace(theorem, name=name).head} : {theorem.proposition}"


def as_statement(signature: str) -> str:
    """The printed signature of a theorem as a statement under the name X; '' where it is none."""
    try:
        return renamed(parse_theorem(f"theorem {signature}"), NAME)
    except StatementError:
        return ""


async def printed_alike(statement: str, others: Sequence[str], header: str, preamble: str, verify: Verify) -> list[bool] | None:
    """Whether each of `others` is printed by Lean, in every detail, as `statement` is, names of bound variables apart.

    For backends that give no normal form.  None where Lean did not answer; all of them must elaborate.
    """
    renamings = [renamed(parse_theorem(text), f"X_{place}") for place, text in enumerate((statement, *others))]
    above = f"{preamble}\n" if preamble else ""
    code = (
        above
        + _EVERYTHING
        + "".join(f"axiom{one_line(text).removeprefix('theorem')}\n#check @X_{place}\n" for place, text in enumerate(renamings))
    )
    (verdict,) = await verify([Snippet(id="printed", header=header, code=code, timeout=SECONDS)])
    first = (above + _EVERYTHING).count("\n") + 2
    if any(message.severity == "error" and message.line >= first - 1 for message in verdict.messages):  # not of an option alone
        return None
    said = {message.line: message.text for message in verdict.messages if message.severity == "info"}
    printed = [said.get(first + 2 * place, "") for place in range(len(renamings))]
    if not all(_whole(text) for text in printed):
        return None
    canon = [canonical(f"theorem X : {' '.join(text.partition(' : ')[2].split())}") for text in printed]
    return [text == canon[0] for text in canon[1:]]


def _whole(text: str) -> bool:
    """Whether Lean printed all of it, with names that can be written."""
    return bool(text) and "⋯" not in text and "✝" not in text and len(text) < 4000  # where messages are cut


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), CHUNK):
        yield names[start : start + CHUNK]
