"""Filter: statements whose hypotheses prove False (DeepSeek-Prover §3.2, hypothesis rejection)."""

from __future__ import annotations

from synth.records import Drop, Statement
from synth.statements.filters.base import Context, any_of, drop
from verify_workers.text.statement import StatementError, parse_theorem

OPENING, CLOSING = "([{⟨⦃", ")]}⟩⦄"


async def consistent(statements: list[Statement], context: Context) -> list[Statement]:
    """Drop autoformalized statements whose hypotheses prove `False` (DeepSeek-Prover §3.2, hypothesis rejection)."""
    config = context.config
    asked = [(s, text) for s in statements if s.origin != "given" and (text := refutation(s.text))]
    proof = any_of(config.contradiction_tactics)
    verdicts = await context.tools.verify(
        [s.model_copy(update={"text": text}).check(f"{s.id}:false", config.timeout, proof=proof) for s, text in asked]
    )
    bad = {s.id for (s, _), verdict in zip(asked, verdicts, strict=True) if verdict.accepted}
    return [drop(s, Drop.CONTRADICTORY, "the hypotheses prove False") if s.id in bad else s for s in statements]


def refutation(statement: str) -> str:
    """The theorem that the hypotheses of `statement` are contradictory: its conclusion replaced by `False`.

    '' where it has no hypotheses: neither a binder that may hold one nor a top-level implication.
    """
    try:
        theorem = parse_theorem(statement)
    except StatementError:
        return ""
    prefix, rest = "", theorem.conclusion.strip()
    arrows = 0
    while True:
        cut = _top_level(rest, "," if rest.startswith("∀") else "→")
        if cut < 0 or (not rest.startswith("∀") and any(c in "∀∃λ," for c in _outside(rest[:cut]))):
            break
        arrows += not rest.startswith("∀")
        prefix, rest = prefix + rest[: cut + 1] + " ", rest[cut + 1 :].lstrip()
    if not arrows and ":" not in theorem.binders:
        return ""
    return f"{theorem.head} {theorem.binders} : {prefix}False"


def _outside(text: str) -> str:
    """The characters of `text` that stand in no bracket."""
    depth, kept = 0, []
    for char in text:
        depth += (char in OPENING) - (char in CLOSING)
        if depth == 0:
            kept.append(char)
    return "".join(kept)


def _top_level(text: str, wanted: str) -> int:
    """Where `wanted` first stands in no bracket; -1 if nowhere."""
    depth = 0
    for index, char in enumerate(text):
        depth += (char in OPENING) - (char in CLOSING)
        if depth == 0 and char == wanted:
            return index
    return -1
