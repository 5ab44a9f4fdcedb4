"""Shorter proofs of the same statement: drop tactics, hypotheses and `simp` arguments, let one closing tactic do the rest.

Long sampled proofs carry steps that do nothing (ProofOptimizer, arXiv 2510.15700: shorter ones check faster and train better).
Each step is a whole proof that Lean accepts for the very statement; what is not accepted is forgotten.  Lengths are counted in
tokens of Lean, without comments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from synth.prompts.declarations import tokens
from synth.records import Pair
from synth.services import Verify
from verify_workers.records import Outcome, Verdict
from verify_workers.text.commands import nesting
from verify_workers.text.lexer import Kind, Token

CLOSING = ("rfl", "omega", "simp", "decide", "assumption", "simp_all", "norm_num", "intros; omega", "intros; simp_all", "simp_all; omega")
BATCH, MOST_CHECKS = 16, 320
"""Candidates that are asked about together, and checks that one proof is worth."""
LONG_LINES, LONG_TOKENS = 2, 30
"""A proof with no more lines and tokens than this is left as it is in a search."""
_LISTED = frozenset({"simp", "simp_all", "only", "rw", "simpa", "dsimp", "norm_num", "nlinarith", "linarith", "grind", "simp_rw"})


def length(text: str) -> int:
    """Tokens of a proof, comments left out."""
    return len(tokens(text))


def is_long(text: str) -> bool:
    return text.strip().count("\n") >= LONG_LINES or length(text) > LONG_TOKENS


async def shortened(pair: Pair, verify: Verify, timeout: float) -> Pair:
    """The pair with the shortest proof that was found; the pair itself where there is none.

    A failure of the checker counts as a refusal: the proof stays as it is.
    """
    best, verdict, checks = pair.proof, None, 0
    while checks < MOST_CHECKS and (step := await _step(pair, best, verify, timeout, MOST_CHECKS - checks))[0]:
        best, verdict = step[0], step[1]
        checks += step[2]
    if verdict is None:
        return pair
    decided = {"axioms": verdict.axioms, "audit": verdict.audit, "lean": verdict.lean, "library": verdict.library}
    return pair.model_copy(update={"proof": best, "original_proof": pair.original_proof or pair.proof, **decided})


async def _step(pair: Pair, text: str, verify: Verify, timeout: float, checks: int) -> tuple[str, Verdict | None, int]:
    """A shorter proof than `text` with its verdict ('' and None where none was found), and how many were tried."""
    shorter = {candidate: length(candidate) for candidate in candidates(text, pair.form == "code")}
    now = length(text)
    order = sorted((candidate for candidate, size in shorter.items() if 0 < size < now), key=lambda c: (shorter[c], len(c)))[:checks]
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        verdicts = await verify([pair.check(f"{pair.id}-{place}", timeout, candidate) for place, candidate in enumerate(batch)])
        for candidate, verdict in zip(batch, verdicts, strict=True):
            if verdict.outcome is Outcome.ACCEPTED:
                return candidate, verdict, start + len(batch)
    return "", None, len(order)


# ---- candidates ------------------------------------------------------------------------------------------------------


def candidates(text: str, whole_file: bool = False) -> Iterator[str]:
    """Texts that may be shorter proofs of the same statement; most are none."""
    if not whole_file:
        yield from (f"by {closing}" for closing in CLOSING)
    lines = text.rstrip().split("\n")
    blocks = [(i, _block_end(lines, i)) for i in range(len(lines)) if lines[i].strip()]
    for start, end in blocks:
        if start or whole_file:
            yield "\n".join([*lines[:start], *lines[end:]])
        if start:
            indent = lines[start][: len(lines[start]) - len(lines[start].lstrip())]
            yield from ("\n".join([*lines[:start], indent + closing, *_outside(lines, start)]) for closing in CLOSING)
        if end > start + 1 and lines[start].rstrip().endswith("by"):
            yield from ("\n".join([*lines[:start], f"{lines[start].rstrip()} {closing}", *lines[end:]]) for closing in CLOSING)
    yield from _without_parts(text)


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
