"""Proofs in steps with a label each, verified and failed ones: for process reward models and value functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from synth.export.failures import Failed, failures
from synth.export.rows import Row, checkable, prompt_of
from synth.export.select import Selection
from synth.export.write import Out
from synth.keys import Keys, hashes
from synth.prompts.repair import goal_there
from synth.records import above
from synth.store.lineage import lineage, opening_of
from synth.store.steps import LEFT_OPEN, Labelled, accepted, refused
from verify_workers.records import Message, Outcome


def write_steps(selection: Selection, out: Out) -> None:
    """Every proof whole; what is not known of a step is null."""
    _write(selection, out, lambda row: row)


def write_stepwise(selection: Selection, out: Out) -> None:
    """TRL's stepwise supervision: steps up to the first wrong one, of those proofs of which that is known."""

    def known(row: dict[str, Any]) -> dict[str, Any] | None:
        end = row["labels"].index(None) if None in row["labels"] else len(row["labels"])
        if not end:
            selection.counts["without_a_row: no step's label is known"] += 1
            return None
        return row | {"completions": row["completions"][:end], "labels": row["labels"][:end]}

    _write(selection, out, known)


def _write(selection: Selection, out: Out, shown: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
    for rows in _rows(selection):
        splits = selection.split(row["lineage"]["problem_id"] for row in rows)
        for split in dict.fromkeys(splits):
            made = (shown(row) for row, own in zip(rows, splits, strict=True) if own == split)
            out.rows(split, (row for row in made if row is not None))


def _rows(selection: Selection) -> Iterator[list[dict[str, Any]]]:
    """Verified proofs, then failed attempts; the same proof of a statement once, the verified one first."""
    seen, counts = Keys(), selection.counts
    for table in selection.tables():
        rows = [pair_row(row) for row in table.to_pylist()]
        seen.add(hashes(map(_content, rows)))
        yield rows
    counts["failed"] = counts["failed_unknown"] = 0
    for some in failures(selection.runs, selection.filters, counts):
        rows = [failed_row(one) for one in some]
        fresh = seen.fresh(hashes(map(_content, rows)))
        rows = [row for row, new in zip(rows, fresh, strict=True) if new]
        counts["duplicates"] += len(some) - len(rows)
        counts["failed"] += len(rows)
        counts["failed_unknown"] += sum(all(label is None for label in row["labels"]) for row in rows)
        yield rows


def _content(row: Mapping[str, Any]) -> str:
    return "\0".join((above(row["header"], row["preamble"]), " ".join(row["statement"].split()), row["proof"].strip()))


def pair_row(row: Row) -> dict[str, Any]:
    """All steps of a verified proof went well."""
    said = {"problem": row["problem"], "outcome": Outcome.ACCEPTED.value, "reason": "", "goal": ""}
    steps = _labelled(accepted(row["proof"], row["form"]))
    return {"prompt": prompt_of(row), **steps, **checkable(row), **said, **lineage(row)}


def failed_row(one: Failed) -> dict[str, Any]:
    attempt, verdict = one.attempt, one.verdict
    labels = refused(attempt.proof, attempt.form, verdict.outcome, verdict.reason, verdict.errors)
    said = {"problem": one.problem, "outcome": verdict.outcome, "reason": verdict.reason, "goal": one.goal or shown_goal(labels.error)}
    prompt = opening_of(one.statement, one.kept.header, one.kept.preamble, one.problem)
    return {"prompt": prompt, **_labelled(labels), **one.checkable(), **said, **one.lineage()}


def shown_goal(error: Message | None) -> str:
    """The goal that an error itself shows: what follows its first line, from a blank line on where there is one; '' for none."""
    if error is None or "⊢" not in error.text:
        return ""
    if error.text.startswith(LEFT_OPEN):
        return goal_there([error])
    return next((part.strip() for part in error.text.split("\n\n") if "⊢" in part), "")


def _labelled(found: Labelled) -> dict[str, Any]:
    return {"completions": list(found.steps), "labels": list(found.labels), "message": found.error.text if found.error else ""}
