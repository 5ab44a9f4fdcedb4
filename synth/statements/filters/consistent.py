"""Filter: statements whose hypotheses prove False (DeepSeek-Prover §3.2, hypothesis rejection)."""

from __future__ import annotations

from synth.prompts import Unread, read_proof
from synth.records import Drop, Statement
from synth.statements.filters.base import Context, any_of, drop
from synth.statements.spelling import spelled
from synth.statements.telescope import telescope
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
    if config.contradiction_attempts:
        bad |= await _refuted([(s, text) for s, text in asked if s.id not in bad], context)
    return [drop(s, Drop.CONTRADICTORY, "the hypotheses prove False") if s.id in bad else s for s in statements]


async def _refuted(asked: list[tuple[Statement, str]], context: Context) -> set[str]:
    """The ids of those whose contradiction the prover finds, in `contradiction_attempts` proofs each."""
    config, prover = context.config, context.tools.prover
    prompts = [prover.prompts.prove(text, s.header, s.preamble) for s, text in asked]
    answers = await prover.ask(prompts, prover.sampling("prove", config.contradiction_attempts, context.tools.seed)) if asked else []
    checks = []
    for (statement, changed), prompt, answer in zip(asked, prompts, answers, strict=True):
        read = [read_proof(prompt, c.text, c.finished) for c in answer] if not isinstance(answer, str) else []
        proofs = dict.fromkeys((proof.form, proof.text) for proof in read if not isinstance(proof, Unread))
        refuted = statement.model_copy(update={"text": changed})
        for i, (form, found) in enumerate(proofs):
            id = f"{statement.id}:false:{i}"
            limit = config.timeout
            checks.append(refuted.check(id, limit, proof=found) if form == "proof" else refuted.check(id, limit, code=found))
    return {verdict.id.split(":")[0] for verdict in await context.tools.verify(checks) if verdict.accepted}


def refutation(statement: str) -> str:
    """The theorem that the hypotheses of `statement` are contradictory: its conclusion replaced by `False`.

    '' where it has no hypotheses: neither a binder that may hold one nor a top-level implication.
    """
    try:
        theorem = parse_theorem(spelled(statement))
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
    if not arrows and ":" not in theorem.binders and not any(part.hypothesis for part in telescope(statement).all_parts):
        return ""
    # A binder without a type may have it from the conclusion, which therefore stays where Lean sees it.
    kept = f"(({rest}) ∨ True) → " if _untyped(statement) else ""
    return f"{theorem.head} {theorem.binders} : {prefix}{kept}False"


def _untyped(statement: str) -> bool:
    """Whether `∀ n, …` binds a variable without its type, of which no later hypothesis tells."""
    parts = telescope(statement).parts
    return any(
        ":" not in part.text and not any(name in later.words for later in parts[i + 1 :])
        for i, part in enumerate(parts)
        for name in part.names
    )


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
