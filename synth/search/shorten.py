"""Shorter proofs of the same statement: drop tactics, hypotheses and `simp` arguments, let one closing tactic do the rest.

Long sampled proofs carry steps that do nothing (ProofOptimizer, arXiv 2510.15700: shorter ones check faster and train better).
Each step is a whole proof that Lean accepts for the very statement; what is not accepted is forgotten.  Lengths are counted in
tokens of Lean, without comments.
"""

from __future__ import annotations

import re
from itertools import islice

from synth.prompts.declarations import tokens
from synth.records import Pair
from synth.search.shorter import candidates
from synth.services import Verify
from verify_workers.records import Outcome, Verdict

BATCH, MOST_CHECKS = 16, 640
"""Candidates that are asked about together, and checks that one proof is worth."""
_WORDS = re.compile(r"\w+|[^\w\s]")  # tokens, roughly: the order in which candidates are asked about, and cheap
LONG_LINES, LONG_TOKENS = 2, 30
"""A proof with no more lines and tokens than this is left as it is in a search."""


def length(text: str) -> int:
    """Tokens of a proof, comments left out."""
    return len(tokens(text))


def is_long(text: str) -> bool:
    return text.strip().count("\n") >= LONG_LINES or length(text) > LONG_TOKENS


async def shortened(pair: Pair, verify: Verify, timeout: float) -> Pair:
    """The pair with the shortest proof that was found; the pair itself where there is none.

    The shorter one may rest on standard axioms that the first does without: what that rests on stays in `original_axioms`.
    A failure of the checker counts as a refusal: the proof stays as it is.
    """
    best, verdict, checks = pair.proof, None, 0
    refused: set[tuple[str, str] | str] = set()
    while checks < MOST_CHECKS:
        found, decided, asked = await _step(pair, best, verify, timeout, MOST_CHECKS - checks, refused)
        checks += asked
        if decided is None:
            break
        best, verdict = found, decided
    if verdict is None:
        return pair
    before = {"original_proof": pair.proof, "original_axioms": pair.axioms} if not pair.shortened else {}
    checked = {
        "axioms": verdict.axioms,
        "audit": verdict.audit,
        "lean": verdict.lean,
        "library": verdict.library,
        "kernels": verdict.kernels,
    }
    return pair.model_copy(update={"proof": best, **before, **checked})


async def _step(
    pair: Pair, text: str, verify: Verify, timeout: float, checks: int, refused: set[tuple[str, str] | str]
) -> tuple[str, Verdict | None, int]:
    """A shorter proof than `text` with its verdict ('' and None where none was found), and how many were tried.

    What was `refused`, as a whole or in one place of a longer text, is not asked again.
    """
    now, asked = length(text), 0
    by_size = sorted(set(candidates(text, pair.form == "code")) - refused, key=lambda c: (len(_WORDS.findall(c)), len(c), c))
    fresh = (c for c in by_size if 0 < length(c) < now and change(text, c) not in refused)
    while batch := list(islice(fresh, min(BATCH, checks - asked))):
        verdicts = await verify([pair.check(f"{pair.id}-{place}", timeout, candidate) for place, candidate in enumerate(batch)])
        asked += len(batch)
        for candidate, verdict in zip(batch, verdicts, strict=True):
            if verdict.outcome is Outcome.ACCEPTED:
                return candidate, verdict, asked
            refused |= {candidate, change(text, candidate)}
    return "", None, asked


def change(text: str, other: str) -> tuple[str, str]:
    """What is cut out of `text` and put in its place to make `other`."""
    shortest = min(len(text), len(other))
    same = next((at for at in range(shortest) if text[at] != other[at]), shortest)
    after = next((at for at in range(shortest - same) if text[-1 - at] != other[-1 - at]), shortest - same)
    return text[same : len(text) - after], other[same : len(other) - after]
