"""What a prover answers: a proof of the theorem shown, alone or in a whole file, and what a prover should answer."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import Literal

from synth.prompts.answer import Block, answer_proper, blocks, code_in_prose, is_prose, opens_fence, opens_thoughts, starts_file
from synth.prompts.declarations import (
    COMMANDS,
    DECLARING,
    THEOREMS,
    Declaration,
    declarations,
    only_proof,
    renamed,
    same_goal,
    tokens,
    without_header,
)
from synth.prompts.prompt import Prompt, Unread
from verify_workers.text.header import split as split_header
from verify_workers.text.lexer import Kind, Token
from verify_workers.text.statement import parse_theorem, source

_AFTER_TACTICS = r"where\b|termination_by\b|decreasing_by\b"
# A line that ends so goes on in the next one, which is indented for it.
_OPENERS = frozenset(
    {"by", "=>", "with", ":=", "do", "then", "else", ",", "(", "[", "{", "⟨", "<;>", "calc", "·", "using", "from", "at", ":"}
)
_NO_TACTICS = (DECLARING | COMMANDS | {"⊢"}) - {"open", "set_option"}
_GO_ON = frozenset({"|", "<;>", "at", "with", "using", "]", ")", "⟩", "}", "+", "*", "=", "≤", "<", "∧", "∨", "→", ",", ":="})


@dataclass(frozen=True)
class Proof:
    """A parsed proof: `proof` is what follows `:=`, `code` a whole file (without the header) with lemmas of its own."""

    form: Literal["proof", "code"]
    text: str


def read_proof(prompt: Prompt, text: str, finished: bool = True) -> Proof | Unread:
    """The proof in a prover's answer.  `finished` is False where the answer was cut at its limit of tokens.

    Nothing of a cut answer is read but a fenced block that had been closed.
    """
    answer = answer_proper(prompt, text, finished)
    if isinstance(answer, Unread):
        return answer
    opened = opens_fence(prompt.prefill if prompt.chat else prompt.text + prompt.prefill)
    fenced = blocks(answer, finished, opened)
    usable = [block for block in fenced if block.complete and block.lean]
    best = _best(usable, prompt)
    if best is not None and not (not finished and _rests_on_sorry(best.text)):
        return _continued(best.text, prompt) if best.goes_on and not starts_file(best.text) else _read(best.text, prompt, usable)
    if not finished:
        return Unread("truncated")
    if fenced:
        return Unread("no_code", "no fenced block holds a proof")
    if prompt.shape != "file" and not starts_file(answer):
        return _continued(answer, prompt)
    if code := code_in_prose(answer):
        proves = _rank(Block(code, True, True), prompt) > 1
        return _read(code, prompt, []) if proves else Unread("no_code", "the statement again, without a proof")
    return Unread("prose") if is_prose(answer) else _bare(answer)


def _best(fenced: list[Block], prompt: Prompt) -> Block | None:
    """The block that is the answer: the last of those that say most, and of these one without `sorry` where there is one."""
    ranks = [_rank(block, prompt) for block in fenced]
    top = max(ranks, default=0)
    chosen = [block for block, rank in zip(fenced, ranks, strict=True) if rank == top and top]
    return next((block for block in reversed(chosen) if not _rests_on_sorry(block.text)), chosen[-1] if chosen else None)


def _rank(block: Block, prompt: Prompt) -> int:
    """4: proves the theorem shown; 3: goes on with it; 2: proves something; 1: may be the proof alone; 0: a remark."""
    code = block.text
    if block.goes_on and not starts_file(code):
        return 3 if tokens(code) else 0
    found = [d for d in declarations(code) if d.keyword in THEOREMS or d.keyword == "example"]
    proving = [d for d in found if _body(code, d)]
    if proving:
        return 4 if any(_is_shown(code, d, prompt) for d in proving) else 2
    marks = tokens(code)
    if (
        found
        or not marks
        or marks[0].kind is Kind.HASH
        or marks[0].text in (DECLARING | COMMANDS) - {"open", "set_option"}
        or marks[0].text == "⊢"
    ):
        return 0
    if any(mark.text == "⊢" for mark in marks) and not any(mark.text in ("at", "by", "<;>") for mark in marks):
        return 0  # a goal that Lean printed
    return 1 if prompt.shape != "file" or not is_prose(code) else 0


def _body(code: str, declaration: Declaration) -> str:
    """What proves a declaration, '' where it is only stated."""
    start = declaration.body if declaration.body >= 0 else declaration.goal[1]
    text = code[start : declaration.end]
    return "" if [mark.text for mark in tokens(text)] in ([], ["by"]) else text


def _is_shown(code: str, declaration: Declaration, prompt: Prompt) -> bool:
    return declaration.name == prompt.name or same_goal(code[slice(*declaration.goal)], parse_theorem(prompt.statement).goal)


def _rests_on_sorry(code: str) -> bool:
    return any(mark.kind is Kind.IDENT and mark.text in ("sorry", "admit") for mark in tokens(code))


def _read(code: str, prompt: Prompt, fenced: list[Block]) -> Proof | Unread:
    """The proof in the block `code`, with those blocks before it whose lemmas it uses."""
    if not any(d.keyword in THEOREMS or d.keyword == "example" for d in declarations(code)):
        return _continued(code, prompt) if prompt.shape != "file" else _bare(code)
    return _adopted(_with_lemmas(code, [block.text for block in fenced]), prompt)


def _with_lemmas(code: str, fenced: list[str]) -> str:
    own = {d.name for d in declarations(code)}
    used = {mark.text for mark in tokens(code) if mark.kind is Kind.IDENT} - own
    before: list[str] = []
    for block in fenced[: fenced.index(code)] if code in fenced else []:
        names = {d.name for d in declarations(block) if d.name}
        if names & used and not names & own:
            before.append(without_header(block, code))
    if not before:
        return code
    first = declarations(code)[0].start
    return "\n\n".join([code[:first].rstrip(), *before, code[first:]]).strip()


def _adopted(code: str, prompt: Prompt) -> Proof:
    """A whole file as an answer: without what repeats the header, and with the theorem under its own name.

    A file that holds nothing but the theorem is its proof.
    """
    theorem = parse_theorem(prompt.statement)
    code = without_header(code, prompt.header)
    found = declarations(code)
    named = [d for d in found if d.keyword in THEOREMS and d.name == prompt.name]
    if not named and theorem.name not in {d.name for d in found}:
        named = [d for d in found if d.keyword in {*THEOREMS, "example"} and same_goal(code[slice(*d.goal)], theorem.goal)][-1:]
    if named and named[-1].keyword == "example":
        keyword = re.compile(r"example\b").search(code, named[-1].start)
        assert keyword
        code = f"{code[: keyword.start()]}theorem {theorem.name}{code[keyword.end() :]}"
    elif named and named[-1].name != theorem.name:
        code = renamed(code, {named[-1].name: theorem.name})
    proof = only_proof(code, prompt.statement)
    return Proof("code", code.strip() + "\n") if proof is None else Proof("proof", proof)


def _bare(text: str) -> Proof | Unread:
    """A proof without its theorem: what follows `:=`, what follows `by`, or tactics at any indentation."""
    body = text.strip("\n").rstrip()
    marks = tokens(body)
    if not marks:
        return Unread("no_code", "only comments") if body.strip() else Unread("empty")
    if marks[0].text == ":=":
        return Proof("proof", body[marks[0].end :].strip()) if len(marks) > 1 else Unread("no_code", "nothing follows `:=`")
    if marks[0].text == "by":
        return Proof("proof", _under_by(body[marks[0].start :])) if len(marks) > 1 else Unread("no_code", "nothing follows `by`")
    if "\n" not in body:
        return Proof("proof", f"by {body.strip()}")
    return Proof("proof", "by\n" + _indented(body))


def _under_by(proof: str) -> str:
    """`by` and what follows; tactics below it at the very left, which Lean would not take for its, are indented."""
    first, _, rest = proof.partition("\n")
    return f"by\n{_indented(rest)}" if first.strip() == "by" and rest[:1].strip() else proof


def _indented(text: str) -> str:
    """Tactics under a `by` of their own, aligned as they were; a first line that lost its indentation gets it back."""
    first, *rest = text.split("\n")
    depths = [len(line) - len(line.lstrip()) for line in rest if line.strip() and not re.match(_AFTER_TACTICS, line)]
    if not first[:1].isspace() and depths and min(depths) > 0 and not (min(depths) == depths[0] and _goes_on(first, rest)):
        return " " * min(depths) + text
    return text if first[:1].isspace() and min(depths, default=1) > 0 else textwrap.indent(text, "  ")


def _goes_on(first: str, rest: list[str]) -> bool:
    """Whether the line after the first belongs to it, rather than being the next tactic."""
    before, after = tokens(first), tokens(next(line for line in rest if line.strip()))
    return not before or before[-1].text in _OPENERS or not after or after[0].text in _GO_ON


def _continued(text: str, prompt: Prompt) -> Proof | Unread:
    """The continuation of the theorem: up to the next command, which begins something else."""
    text = _before_commands(text)
    if prompt.shape == "compact" and text.startswith("\n") and text.strip():
        return Proof("proof", _under_by("by" + text.rstrip()))
    return _bare(text)


def _before_commands(text: str) -> str:
    marks = tokens(text)
    cut = next((mark for mark in marks if _starts_command(text, mark)), None)
    if cut is None:
        return text
    before = [mark.end for mark in marks if mark.end <= cut.start]
    return text[: before[-1]] if before else ""


def _starts_command(text: str, mark: Token) -> bool:
    flush = mark.start > 0 and text[mark.start - 1] == "\n"
    if mark.kind is Kind.IDENT and mark.text in DECLARING:
        return mark.start > 0
    return flush and (mark.kind is Kind.HASH or mark.text in COMMANDS - {"open", "set_option"} or mark.text == "@[")


# ---- training ----------------------------------------------------------------------------------------------------


def write_proof(prompt: Prompt, proof: Proof) -> str | None:
    """What a prover should answer to `prompt` when `proof` is right; `read_proof` gives the same proof back.

    None where the preset's shape has no place for it: a file with lemmas of its own is no continuation of a theorem.
    """
    target, expected = _target(prompt, proof)
    if target is None:
        return None
    back = read_proof(prompt, target)
    return target if isinstance(back, Proof) and _same_tokens(back.text, expected) else None


def _target(prompt: Prompt, proof: Proof) -> tuple[str | None, str]:
    """The completion, and the text whose tokens it must read back as."""
    theorem, text = parse_theorem(prompt.statement), proof.text.strip()
    inner = text if proof.form == "proof" else only_proof(without_header(text, prompt.header), prompt.statement)
    if prompt.shape == "file":
        file = text if proof.form == "code" else f"{source(theorem)} := {text}"
        return ("\n</think>\n\n" if opens_thoughts(prompt.prefill) else "") + _file(prompt.header, file), inner or text
    if inner is None:
        return (_file("", renamed(text, {theorem.name: prompt.name})), text) if prompt.shape == "compact" else (None, "")
    if prompt.shape == "compact":
        return compact(inner), inner
    by, body = _after_by(inner)
    return body + ("\n```" if opens_fence(prompt.text + prompt.prefill) else ""), by


def _same_tokens(one: str, other: str) -> bool:
    return [mark.text for mark in tokens(one)] == [mark.text for mark in tokens(other)]


def _file(header: str, code: str) -> str:
    """A whole file between fences; what the code imports itself stands with the header's imports, as Lean wants it."""
    own = split_header(code)
    there = split_header(header)
    parts = ["\n".join(f"import {name}" for name in (*there.imports, *own.imports)), there.rest.strip(), own.rest.strip()]
    return "```lean4\n" + "\n\n".join(part for part in parts if part) + "\n```"


def compact(proof: str) -> str:
    """`by omega` is `omega`, tactics on lines of their own start with a line break, everything else with `:=`."""
    if proof.startswith("by\n"):
        return proof[2:]
    tactics = proof.removeprefix("by ")
    inline = tactics != proof and "\n" not in proof and tactics == tactics.strip() and not tactics.startswith(("by ", ":="))
    return tactics if inline else f":= {proof}"


def _after_by(proof: str) -> tuple[str, str]:
    """The proof as it reads behind `by`, and its lines there; a term is given by `exact`."""
    if proof.startswith("by\n"):
        return proof, proof[3:]
    if proof.startswith("by ") and "\n" not in proof:
        return proof, f"  {proof[3:].strip()}"
    if proof.startswith("by "):  # goes on below its first line, not aligned with it: one tactic
        first, rest = proof[3:].split("\n", 1)
        return proof, f"  {first.strip()}\n{textwrap.indent(rest, '    ')}"
    return f"by exact ({proof})", f"  exact ({proof})"
