"""Which statements are worth proving (design §4): each filter marks what it drops with a reason, and drops nothing silently.

Order: elaborates and is not trivial → not in the benchmark → graded → hypotheses can hold together → best per problem.
Statements given by a formal benchmark are only asked to elaborate: they are the task, not a guess at it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from synth.config import FilterConfig
from synth.formalize import normalized
from synth.models import Sampling
from synth.prompts import PromptSet, parse_grade
from synth.records import GRADES, KEPT_GRADES, Grade, Problem, Statement
from synth.services import Sample, Verify
from verify_workers.records import Check, Outcome, Reason, Verdict
from verify_workers.text.statement import StatementError, parse_theorem

OPENING, CLOSING = "([{⟨⦃", ")]}⟩⦄"


def drop(statement: Statement, reason: str, detail: str = "") -> Statement:
    return statement.model_copy(update={"kept": False, "reason": reason, "detail": detail[:500]})


def any_of(tactics: tuple[str, ...]) -> str:
    """A proof that tries `tactics` in turn; `done` keeps a tactic that leaves goals from counting as one that closes them."""
    return "by first " + " ".join(f"| ({tactic}; done)" for tactic in tactics)


async def elaborates(statements: list[Statement], config: FilterConfig, verify: Verify) -> list[Statement]:
    """Drop what Lean does not accept as a statement, and what a trivial tactic closes.

    One check answers both: its verdict tells a statement that does not elaborate from a proof that fails.
    """
    proof = any_of(config.trivial_tactics)
    checks = [Check(id=s.id, statement=s.text, header=s.header, proof=proof, timeout=config.timeout) for s in statements]

    def judge(statement: Statement, verdict: Verdict) -> Statement:
        if verdict.outcome is Outcome.ACCEPTED and statement.origin != "given" and config.trivial == "drop":
            return drop(statement, "trivial", "closed by one of: " + ", ".join(config.trivial_tactics))
        if verdict.outcome is Outcome.REJECTED and verdict.reason == Reason.STATEMENT:
            return drop(statement, "unsupported" if statement.origin == "given" else "elaboration", _first_error(verdict))
        if verdict.outcome in (Outcome.POLICY, Outcome.INFRA):
            return drop(statement, str(verdict.outcome.value), verdict.reason)
        return statement

    return [judge(s, v) for s, v in zip(statements, await verify(checks), strict=True)]


def _first_error(verdict: Verdict) -> str:
    return next((m.text for m in verdict.messages if m.severity == "error"), verdict.reason)


def decontaminate(statements: list[Statement], heldout: frozenset[str]) -> list[Statement]:
    """Drop autoformalized statements that are in the benchmark (`heldout`: normalized texts, both directions)."""
    return [drop(s, "heldout") if s.origin != "given" and (normalized(s.text) in heldout) else s for s in statements]


async def grade(
    statements: list[Statement], problems: dict[str, Problem], config: FilterConfig, prompts: PromptSet, sample: Sample, seed: int
) -> tuple[list[Statement], int]:
    """Grade autoformalized statements; *fair* and *poor* ones are dropped (DeepSeek-Prover §3.2).  Also the tokens spent."""
    asked = [s for s in statements if s.origin != "given"]
    if not config.grade or not asked:
        return statements, 0
    sampling = Sampling(n=config.grade_samples, temperature=0.0 if config.grade_samples == 1 else 0.7, max_tokens=512, seed=seed)
    answers = await sample([prompts.grade(problems[s.problem_id].text, s.text) for s in asked], sampling)
    graded: dict[str, Statement] = {}
    tokens = 0
    for statement, answer in zip(asked, answers, strict=True):
        if isinstance(answer, str):
            graded[statement.id] = drop(statement, "ungraded", answer)
            continue
        tokens += sum(completion.tokens for completion in answer)
        grades = [g for g in (parse_grade(completion.text) for completion in answer) if g]
        if not grades:
            graded[statement.id] = drop(statement, "ungraded", answer[0].text)
            continue
        median = _median(grades)
        judged = statement.model_copy(update={"grade": median})
        graded[statement.id] = judged if median in KEPT_GRADES else drop(judged, "grade", median)
    return [graded.get(s.id, s) for s in statements], tokens


def _median(grades: list[Grade]) -> Grade:
    """The middle grade; of two middles the worse one."""
    return sorted(grades, key=GRADES.index)[len(grades) // 2]


async def consistent(statements: list[Statement], config: FilterConfig, verify: Verify) -> list[Statement]:
    """Drop autoformalized statements whose hypotheses prove `False` (DeepSeek-Prover §3.2, hypothesis rejection)."""
    asked = [(s, text) for s in statements if s.origin != "given" and (text := refutation(s.text))]
    proof = any_of(config.contradiction_tactics)
    verdicts = await verify(
        [Check(id=f"{s.id}:false", statement=text, header=s.header, proof=proof, timeout=config.timeout) for s, text in asked]
    )
    bad = {s.id for (s, _), verdict in zip(asked, verdicts, strict=True) if verdict.accepted}
    return [drop(s, "contradictory", "the hypotheses prove False") if s.id in bad else s for s in statements]


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
    return f"theorem {theorem.name}{theorem.universes} {theorem.binders} : {prefix}False"


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


def best(statements: list[Statement], keep: int) -> list[Statement]:
    """Keep at most `keep` autoformalized statements of each problem: better grade first, then more votes."""
    rank: Callable[[Statement], tuple[int, int]] = lambda s: (GRADES.index(s.grade) if s.grade else len(GRADES), -s.votes)  # noqa: E731
    chosen: dict[str, int] = {}
    winners: set[str] = set()
    for statement in sorted((s for s in statements if s.kept), key=rank):
        if statement.origin == "given" or chosen.get(statement.problem_id, 0) < keep:
            chosen[statement.problem_id] = chosen.get(statement.problem_id, 0) + 1
            winners.add(statement.id)
    return [s if not s.kept or s.id in winners else drop(s, "outvoted") for s in statements]


def distinct(statements: list[Statement]) -> list[Statement]:
    """Keep the first of statements that are equal after normalization (one batch)."""
    seen: set[str] = set()
    result = []
    for statement in statements:
        if statement.kept and statement.origin != "given":
            key = normalized(statement.text)
            statement = drop(statement, "duplicate") if key in seen else statement
            seen.add(key)
        result.append(statement)
    return result


async def filtered(
    candidates: list[Statement],
    problems: dict[str, Problem],
    config: FilterConfig,
    keep: int,
    prompts: PromptSet,
    sample: Sample,
    verify: Verify,
    heldout: frozenset[str],
    seed: int,
) -> tuple[list[Statement], int]:
    """All filters in order on the candidates of one batch; every candidate comes back, kept or with its reason."""
    tokens = 0

    async def on_kept(statements: list[Statement], step: Callable[[list[Statement]], object]) -> list[Statement]:
        nonlocal tokens
        result = step([s for s in statements if s.kept])
        if asyncio.iscoroutine(result):
            result = await result
        if isinstance(result, tuple):
            result, spent = result
            tokens += spent
        changed = {s.id: s for s in result}  # type: ignore[attr-defined]
        return [changed.get(s.id, s) for s in statements]

    current = candidates
    current = await on_kept(current, lambda s: elaborates(s, config, verify))
    if config.decontaminate:
        current = await on_kept(current, lambda s: decontaminate(s, heldout))
    current = await on_kept(current, lambda s: grade(s, problems, config, prompts, sample, seed))
    current = await on_kept(current, lambda s: consistent(s, config, verify))
    current = await on_kept(current, lambda s: best(s, keep))
    return await on_kept(current, distinct), tokens
