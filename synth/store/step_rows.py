"""Rows of `synth export --format steps`: proofs in steps with a label each, from a run's pairs and from its failed attempts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from synth.prompts.repair import goal_there
from synth.records import Attempt, Pair, Problem, Statement, VerdictRow, above, content_id
from synth.store.lineage import failed_lineage, lineage, opening_of
from synth.store.rundir import RunDir
from synth.store.steps import LEFT_OPEN, Labelled, accepted, refused
from verify_workers.records import Message, Outcome, Reason

AT_ONCE = 20_000  # attempts whose statements and problems are looked up together
FAILED = frozenset({Outcome.REJECTED, Outcome.POLICY, Outcome.TIMEOUT, Outcome.RESOURCE})
STATE = "state"
"""What a correction's prompt showed of the goal before the first failing line (`synth.prompts.repair`)."""
Failure = tuple[Attempt, VerdictRow, str]
"""An attempt, its verdict, and the goal where it failed, as far as a correction asked for it."""


def step_rows(pairs: Iterable[Pair], stores: Iterable[RunDir], counts: dict[str, int]) -> Iterator[dict[str, Any]]:
    """Verified proofs, then the failed attempts of `stores`; the same proof of a statement once, the verified one first."""
    seen: set[str] = set()
    counts |= {"failed": 0, "failed_unknown": 0}
    for pair in pairs:
        row = pair_row(pair)
        seen.add(_content(row))
        yield row | lineage(pair)
    for store in stores:
        for row, attempt, verdict, statement in failed_rows(store, counts):
            if (content := _content(row)) in seen:
                counts["duplicates"] += 1
            else:
                seen.add(content)
                counts["failed"] += 1
                counts["failed_unknown"] += all(label is None for label in row["labels"])
                yield row | failed_lineage(attempt, verdict, statement)


def _content(row: dict[str, Any]) -> str:
    front = above(row["header"], row["preamble"])
    return content_id("proof", front, " ".join(row["statement"].split()), "".join(row["completions"]).strip())


def pair_row(pair: Pair) -> dict[str, Any]:
    """All steps of a verified proof went well."""
    return {
        **_about(pair.statement, pair.header, pair.preamble, pair.problem),
        **_labelled(accepted(pair.proof, pair.form), pair.form),
        "outcome": Outcome.ACCEPTED.value,
        "reason": "",
        "goal": "",
    }


def failed_rows(store: RunDir, counts: dict[str, int]) -> Iterator[tuple[dict[str, Any], Attempt, VerdictRow, Statement]]:
    """A row for each failed attempt of a run, with what it came from; `counts` says what gave no row, and why."""
    seen: set[str] = set()
    waiting: list[Failure] = []
    repeated = store.repeated()
    for entry in store.entries():
        for failure in _of_unit(store, entry["key"], counts):
            attempt = failure[0]
            if attempt.id not in seen and attempt.statement_id not in repeated:
                seen.add(attempt.id)
                waiting.append(failure)
        if len(waiting) >= AT_ONCE:
            yield from _rows(store, waiting, counts)
            waiting = []
    yield from _rows(store, waiting, counts)


def _of_unit(store: RunDir, key: str, counts: dict[str, int]) -> Iterator[Failure]:
    """The failed attempts of one unit of work; what nobody knows the answer to is counted."""
    verdicts = {verdict.id: verdict for verdict in store.read("verdicts", VerdictRow, key)}
    attempts = list(store.read("attempts", Attempt, key)) if verdicts else []
    states = {attempt.parent: attempt.shown[STATE] for attempt in attempts if attempt.parent and attempt.shown.get(STATE)}
    tally: Counter[str] = Counter()
    for attempt in attempts:
        verdict = verdicts.get(attempt.id)
        if verdict is None or verdict.outcome == Outcome.ACCEPTED:
            continue
        if verdict.outcome not in FAILED or verdict.reason == Reason.STATEMENT:
            tally[f"without_a_row: {verdict.outcome if verdict.outcome not in FAILED else verdict.reason}"] += 1
        else:
            yield attempt, verdict, states.get(attempt.id, "")
    for name, count in tally.items():
        counts[name] = counts.get(name, 0) + count


def _rows(
    store: RunDir, failures: Sequence[Failure], counts: dict[str, int]
) -> Iterator[tuple[dict[str, Any], Attempt, VerdictRow, Statement]]:
    statements = store.find("statements", Statement, {attempt.statement_id for attempt, _, _ in failures})
    problems = store.find("problems", Problem, {statement.problem_id for statement in statements.values()})
    for attempt, verdict, state in failures:
        statement = statements.get(attempt.statement_id)
        text = (statement.negation if attempt.negated else statement.text) if statement else ""
        if statement is None or not text:
            counts["without_a_row: statement"] = counts.get("without_a_row: statement", 0) + 1
            continue
        problem = problems.get(statement.problem_id)
        labels = refused(attempt.proof, attempt.form, verdict.outcome, verdict.reason, verdict.errors)
        row = {
            **_about(text, statement.header, statement.preamble, problem.text if problem else ""),
            **_labelled(labels, attempt.form),
            "outcome": verdict.outcome,
            "reason": verdict.reason,
            "goal": state or shown_goal(labels.error),
        }
        yield row, attempt, verdict, statement


def shown_goal(error: Message | None) -> str:
    """The goal that an error itself shows: what follows its first line, from a blank line on where there is one; '' for none."""
    if error is None or "⊢" not in error.text:
        return ""
    if error.text.startswith(LEFT_OPEN):
        return goal_there([error])
    return next((part.strip() for part in error.text.split("\n\n") if "⊢" in part), "")


def _about(statement: str, header: str, preamble: str, problem: str) -> dict[str, Any]:
    prompt = opening_of(statement, header, preamble, problem)
    return {"prompt": prompt, "statement": statement, "header": header, "preamble": preamble, "problem": problem}


def _labelled(found: Labelled, form: str) -> dict[str, Any]:
    message = found.error.text if found.error else ""
    return {"form": form, "completions": list(found.steps), "labels": list(found.labels), "message": message}
