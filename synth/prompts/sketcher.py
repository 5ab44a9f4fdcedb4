"""What a sketcher answers: a proof with `sorry` for what is still to be proved, as one theorem or as a file of lemmas."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from textwrap import dedent, indent

from synth.prompts.declarations import THEOREMS, Declaration, declarations, tokens
from synth.prompts.preset import PromptSet, shown_theorem
from synth.prompts.prompt import Prompt, Role, Unread
from synth.prompts.prover import read_proof
from synth.records import above
from verify_workers.text.lexer import Kind
from verify_workers.text.statement import parse_theorem

_USING = "sorry_using"  # `sorry_using [a, b]`: to be proved from these lemmas (Goedel-Architect, 2606.06468 §3)


@dataclass(frozen=True)
class Skeleton:
    """What follows `:=`, with `sorry` in its holes; `hidden` names for each hole the lemmas that it does without."""

    text: str
    hidden: tuple[frozenset[str], ...] = ()
    file: str = ""
    """The file that it was made of, if it was."""


@dataclass(frozen=True)
class Earlier:
    """A skeleton that did not work out, and what became of it: `failed` on one line, `report` with a line for each hole."""

    skeleton: Skeleton
    failed: str
    report: str


def ask_skeleton(
    prompts: PromptSet, role: Role, statement: str, header: str = "", preamble: str = "", problem: str = "", earlier: Earlier | None = None
) -> Prompt:
    """Ask for a skeleton (`sketch`) or for a file of lemmas (`blueprint`) that proves `statement`; `earlier` is to be revised."""
    settings = prompts.preset.prove
    own = shown_theorem(statement, settings.name)
    before = ""
    if earlier:
        text = earlier.skeleton.text
        before = text if settings.shape == "compact" else earlier.skeleton.file or f"{own['statement']} := {text}"
    shown = {
        **own,
        "header": above(header, preamble),
        "problem": problem.strip(),
        "earlier": before,
        "failed": earlier.failed if earlier else "",
        "report": earlier.report if earlier else "",
    }
    return asked_skeleton(prompts, role, statement, shown)


def asked_skeleton(prompts: PromptSet, role: Role, statement: str, shown: Mapping[str, str]) -> Prompt:
    """The same of what the template showed then (`Attempt.shown`)."""
    reading = {"shape": prompts.preset.prove.shape, "name": shown["name"], "statement": statement, "header": shown["header"]}
    return prompts.ask(role, reading, **shown)


def read_skeleton(prompt: Prompt, text: str, finished: bool = True) -> Skeleton | Unread:
    """The skeleton in an answer.  Lemmas before the theorem become `have`s, in an order in which each uses earlier ones only."""
    read = read_proof(prompt, text, finished)
    if isinstance(read, Unread):
        return read
    if read.form == "proof":
        return _without_using(read.text)
    made = _one_proof(read.text, parse_theorem(prompt.statement).name)
    return made if isinstance(made, Unread) else replace(made, file=read.text.strip())


def _one_proof(code: str, name: str) -> Skeleton | Unread:
    """The lemmas of a file as `have`s of its theorem's proof."""
    found = declarations(code)
    if other := next((d for d in found if d.keyword not in THEOREMS), None):
        return Unread("definitions", f"{other.keyword} {other.name}")
    nodes = {d.name: d for d in found}
    plain = all(d.body >= 0 and (d.name == name or re.fullmatch(r"[^\W\d][\w']*", d.name)) for d in found)
    if not plain or name not in nodes or len(nodes) < len(found):
        return Unread("malformed", "lemmas without a proof, or a plain name of their own, or no theorem")
    uses = {d.name: _uses(code, d, nodes) for d in found}
    ordered = _ordered(uses)
    if len(ordered) < len(uses) or ordered[-1] != name:
        return Unread("malformed", f"lemmas that use each other: {', '.join(node for node in uses if node not in ordered) or name}")
    haves = [indent(f"have {node} {_of(code, nodes[node].goal)} := {_proof(code, nodes[node])}", "  ") for node in ordered[:-1]]
    proof = _proof(code, nodes[name])
    if proof.startswith("by\n"):
        last = indent(dedent(proof[3:]), "  ")
    else:
        last = f"  {proof[3:]}" if proof.startswith("by ") else f"  exact ({proof})"
    return _without_using("\n".join(["by", *haves, last]), ordered)


def _ordered(uses: Mapping[str, Collection[str]]) -> list[str]:
    """The nodes, each after those that it uses and otherwise as they stand; what is in a circle is left out."""
    placed: list[str] = []
    while ready := next((node for node in uses if node not in placed and all(one in placed for one in uses[node])), None):
        placed.append(ready)
    return placed


def _of(code: str, place: tuple[int, int]) -> str:
    return code[slice(*place)].strip()


def _proof(code: str, declaration: Declaration) -> str:
    return code[declaration.body : declaration.end].strip()


def _uses(code: str, declaration: Declaration, nodes: Mapping[str, Declaration]) -> set[str]:
    """The lemmas of the file that a declaration names."""
    marks = tokens(code[declaration.goal[0] : declaration.end])
    return {mark.text for mark in marks if mark.kind is Kind.IDENT and mark.text in nodes} - {declaration.name}


def _without_using(text: str, lemmas: Sequence[str] = ()) -> Skeleton | Unread:
    """`text` with `sorry` for each `sorry_using […]`, and what that leaves out."""
    pieces, hidden, at = [], list[frozenset[str]](), 0
    marks = tokens(text)
    for i, mark in enumerate(marks):
        if mark.kind is not Kind.IDENT or mark.text not in ("sorry", "admit", _USING):
            continue
        if mark.text != _USING:
            hidden.append(frozenset())
            continue
        closing = next((m for m in marks[i:] if m.text == "]"), None)
        if closing is None or i + 1 == len(marks) or marks[i + 1].text != "[":
            return Unread("malformed", f"{_USING} without its list")
        named = {m.text for m in marks[i:] if m.kind is Kind.IDENT and m.start < closing.start}
        if unknown := named - {*lemmas, _USING}:
            return Unread("malformed", f"{_USING} of what is no lemma: {', '.join(sorted(unknown))}")
        hidden.append(frozenset(lemmas) - named)
        pieces += [text[at : mark.start], "sorry"]
        at = closing.end
    return Skeleton("".join(pieces) + text[at:], tuple(hidden))
