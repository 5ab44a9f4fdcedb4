"""Texts that may be shorter proofs of the same statement: most are none, which is for Lean to say.

A block of lines, one tactic between `;`, an element of a list or the type of a fact is left out; one closing tactic takes the place
of a declaration's proof, of a block, a bullet, an arm, or what follows a `by`; and what comes down to less is written so (`by exact X`
as `X`, two `intro` as one).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from synth.prompts.declarations import THEOREMS, declarations, tokens
from verify_workers.text.commands import nesting
from verify_workers.text.lexer import Kind, Token

CLOSING = (
    *("rfl", "omega", "simp", "decide", "assumption", "simp_all", "norm_num", "grind"),
    *("intros; omega", "intros; simp_all", "simp_all; omega"),
)
_LISTED = frozenset({"simp", "simp_all", "only", "rw", "simpa", "dsimp", "norm_num", "nlinarith", "linarith", "grind", "simp_rw"})
_JOINED = re.compile(r"(?P<first>(?P<word>intro|intros|rintro) [^\n;]*?)(?P<between>\n[ \t]*|; )(?P=word) ")
_LISTS_JOINED = re.compile(r"(?P<first>(?P<word>rw|simp only|simp|simp_rw) \[[^\n\]]*)\](?:\n[ \t]*|; )(?P=word) \[")
_TYPED = re.compile(r"(?P<head>\bhave(?: [\w₀-₉']+)?) : [^\n]*? := (?!by\b)")
_ARM = re.compile(r"[ \t]*(?:\||case\b|·).*?(?:=> ?|· )(?=\S)|[ \t]*· (?=\S)")


def candidates(text: str, whole_file: bool = False) -> Iterator[str]:
    """Texts that may be shorter proofs of the same statement; most are none."""
    if whole_file:
        yield from _declared(text)
    else:
        yield from (f"by {closing}" for closing in CLOSING)
    lines = text.rstrip().split("\n")
    proofs = _in_proofs(text, lines) if whole_file else [bool(place) for place in range(len(lines))]
    for start, end in [(i, _block_end(lines, i)) for i in range(len(lines)) if lines[i].strip()]:
        if start or whole_file:
            yield "\n".join([*lines[:start], *lines[end:]])
        if proofs[start]:
            indent = lines[start][: _depth(lines[start])]
            yield from ("\n".join([*lines[:start], indent + closing, *_outside(lines, start)]) for closing in CLOSING)
        if proofs[start] and (arm := _ARM.match(lines[start])):
            yield from ("\n".join([*lines[:start], arm[0] + closing, *lines[end:]]) for closing in CLOSING)
    yield from _after_by(text)
    yield from _written_shorter(text)
    yield from _without_parts(text)


# ---- declarations and blocks


def _declared(code: str) -> Iterator[str]:
    """A file whose theorems are proved by one tactic, and the last of them alone."""
    found = [one for one in declarations(code) if one.keyword in THEOREMS]
    for one in found:
        yield from (f"{code[: one.goal[1]]} := by {closing}{code[one.end :]}" for closing in CLOSING)
    for one in found[-1:]:
        alone = code[one.start : one.goal[1]]
        yield from (f"{front}{alone} := by {closing}" for front in {_front(code), ""} for closing in CLOSING)


def _in_proofs(code: str, lines: Sequence[str]) -> list[bool]:
    """Whether each line begins within what proves a theorem or defines something."""
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line) + 1)
    bodies = [(one.goal[1], one.end) for one in declarations(code)]
    return [any(first < offset < last for first, last in bodies) for offset in offsets[:-1]]


def _front(code: str) -> str:
    """The lines of a file that open it: what is imported, opened and set."""
    lines = code.split("\n")
    return "".join(f"{line}\n" for line in lines if line.startswith(("import ", "open ", "set_option ")) and " in" not in line)


def _block_end(lines: Sequence[str], start: int) -> int:
    """Where the lines end that stand deeper than line `start`."""
    depth = _depth(lines[start])
    return next((i for i in range(start + 1, len(lines)) if lines[i].strip() and _depth(lines[i]) <= depth), len(lines))


def _outside(lines: Sequence[str], start: int) -> Sequence[str]:
    """The lines after the block that line `start` is in: the first ones that stand less deep."""
    depth = _depth(lines[start])
    return lines[next((i for i in range(start + 1, len(lines)) if lines[i].strip() and _depth(lines[i]) < depth), len(lines)) :]


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _after_by(text: str) -> Iterator[str]:
    """The text with one tactic after a `by`, in place of what stands there; with `X` for `by exact X`."""
    marks = tokens(text)
    for place, mark in enumerate(marks):
        if mark.text != "by" or mark.kind is not Kind.IDENT or place + 1 == len(marks):
            continue
        end = _by_end(text, marks, place)
        yield from (f"{text[: mark.end]} {closing}{text[end:]}" for closing in CLOSING)
        if marks[place + 1].text == "exact":
            yield text[: mark.start] + text[marks[place + 1].end : end].lstrip() + text[end:]


def _by_end(text: str, marks: Sequence[Token], by: int) -> int:
    """Where the block ends that a `by` opens: at a bracket that closes around it, or before a line that stands less deep than it."""
    column = _column(text, marks[by + 1].start)
    depth, end = 0, marks[by].end
    for mark in marks[by + 1 :]:
        starts_line = not text[text.rfind("\n", 0, mark.start) + 1 : mark.start].strip()
        if (starts_line and _column(text, mark.start) < column) or (depth == 0 and (mark.text == "," or nesting(mark) < 0)):
            break
        depth += nesting(mark)
        end = mark.end
    return end


def _column(text: str, at: int) -> int:
    return at - text.rfind("\n", 0, at) - 1


# ---- the same in fewer words


def _written_shorter(text: str) -> Iterator[str]:
    for found in _JOINED.finditer(text):
        yield f"{text[: found.start()]}{found['first']} {text[found.end() :]}"
    for found in _LISTS_JOINED.finditer(text):
        yield f"{text[: found.start()]}{found['first']}, {text[found.end() :]}"
    for found in _TYPED.finditer(text):
        yield f"{text[: found.start()]}{found['head']} := {text[found.end() :]}"
    for found in re.finditer(r"\bby\s+(?=rfl\b)", text):
        yield text[: found.start()] + text[found.end() :]
    for found in re.finditer(r" only(?: \[[^\n\]]*\])?", text):
        yield text[: found.start()] + text[found.end() :]
    for found in re.finditer(r"(?P<intro>\bintro (?P<names>[^\n;]+)|\bfunext (?P<more>[^\n;]+))(?:\n[ \t]*|; )exact ", text):
        names = found["names"] or found["more"]
        head = f"exact fun {names} => " if found["names"] else f"exact funext fun {names} => "
        yield text[: found.start()] + head + text[found.end() :]
    for found in re.finditer(r"\bconstructor\n[ \t]*· exact ([^\n]+)\n[ \t]*· exact ([^\n]+)", text):
        yield f"{text[: found.start()]}exact ⟨{found[1]}, {found[2]}⟩{text[found.end() :]}"
    for found in re.finditer(r"\brw (?P<list>\[[^\n\]]*\])(?:\n[ \t]*|; )(?:exact [^\n;]+|assumption)", text):
        yield from (f"{text[: found.start()]}{word} {found['list']}{text[found.end() :]}" for word in ("rwa", "simp", "simp_all"))


# ---- parts


def _without_parts(text: str) -> Iterator[str]:
    """The text without one tactic between `;`, with all after a `;` closed by one tactic, without one element of a list."""
    marks = tokens(text)
    for start, end in _between_semicolons(text, marks):
        yield text[:start] + text[end:]
        head = text[:start].rstrip().removesuffix(";")
        if head != text[:start].rstrip():
            line_end = text.find("\n", start)
            rest = text[line_end:] if line_end >= 0 else ""
            yield from (f"{head}; {closing}{rest}" for closing in CLOSING)
    for opening, mark in enumerate(marks):
        if mark.text == "[" and opening and marks[opening - 1].text in _LISTED:
            yield from _without_element(text, marks, opening)


def _between_semicolons(text: str, marks: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """What can be cut out, one tactic with its `;` or `<;>`: before it, or after the first one of a line."""
    cuts = [mark for mark in marks if mark.text in (";", "<;>") and mark.kind is Kind.SYMBOL]
    for place, cut in enumerate(cuts):
        following = [mark.start for mark in cuts[place + 1 :]]
        line_end = text.find("\n", cut.end)
        yield cut.start, min([*following, line_end if line_end >= 0 else len(text), len(text)])
    for cut in cuts:
        begin = _tactic_start(text, marks, cut)
        if begin < cut.start:
            following_start = next((mark.start for mark in marks if mark.start >= cut.end), cut.end)
            yield begin, following_start


def _tactic_start(text: str, marks: Sequence[Token], cut: Token) -> int:
    """Where the tactic before a `;` starts: after the last `by`, `;`, `=>`, `·` or line break outside of its brackets."""
    depth, start = 0, cut.start
    for mark in reversed([mark for mark in marks if mark.end <= cut.start]):
        depth -= nesting(mark)
        if depth < 0 or (depth == 0 and mark.text in ("by", ";", "<;>", "=>", "·")):
            return start
        if depth == 0 and "\n" in text[mark.end : start]:
            return start
        start = mark.start
    return start


def _without_element(text: str, marks: Sequence[Token], opening: int) -> Iterator[str]:
    """The list that opens there without one of its elements; without the list where it has but one."""
    depth, commas, closing = 0, [opening], -1
    for place in range(opening, len(marks)):
        mark = marks[place]
        depth += nesting(mark)
        if depth == 0:
            closing = place
            break
        if depth == 1 and mark.text == ",":
            commas.append(place)
    if closing < 0:
        return
    bounds = [*commas, closing]
    for before, after in pairwise(bounds):
        if len(bounds) == 2:
            yield text[: marks[opening].start].rstrip() + text[marks[closing].end :]
        elif before == opening:
            yield text[: marks[opening].end] + text[marks[after].end :].lstrip()
        else:
            yield text[: marks[before].start] + text[marks[after].start :]
