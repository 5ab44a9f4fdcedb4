"""The filters' own error: measured on labelled statements, and what follows from it for a run's faithful share."""

from __future__ import annotations

import asyncio
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from rich.console import Console

from synth.config import FilterConfig, RunConfig
from synth.problems.generate import Generated, generate
from synth.records import Statement
from synth.run.judge import told_of
from synth.show.errors import filter_errors
from synth.show.progress import Progress
from synth.statements.corrected import Counts, corrected, counted
from synth.statements.filters.base import Context
from synth.statements.judge_error import (
    ALL,
    BY_FORM,
    Errors,
    Labelled,
    as_statements,
    came_to_judging,
    formalized,
    judge_error,
    labelled_by_lean,
    read_calibration,
    write_calibration,
)
from synth.statements.planted import PLANTED, on_references, planted
from synth.statements.text import new_statement
from synth.store.files import read_records
from tests.synth.stage_fakes import checked_by, scripted, tools
from verify_workers.backends.base import Backend
from verify_workers.errors import UserError

ROWS: list[dict[str, Any]] = [
    {"text": "No square is 2 modulo 4.", "statement": "theorem X : ∀ n : Nat, n * n % 4 ≠ 2", "faithful": True},
    {"text": "No square is 3 modulo 4.", "statement": "theorem X : ∀ n : Nat, n * n % 4 ≠ 2", "faithful": False},
    {"problem": "No cube is 2 modulo 7.", "formal_statement": "theorem X : ∀ n : Nat, n * n * n % 7 ≠ 2", "label": "same"},
    {"text": "No cube is 3 modulo 7.", "statement": "theorem X : ∀ n k : Nat, n * n * n % 7 ≠ 2", "verdict": "different"},
    {"text": "Nonsense.", "statement": "theorem X : ∀ n : Nat, n * foo ≠ 2", "faithful": 0},
]


def test_each_filter_alone_and_all_together(backend: Backend) -> None:
    """A scripted judge that believes every square and no cube; Lean and the texts decide the rest."""
    sample, _ = scripted(lambda prompt, n: ["excellent" if "square" in prompt else "poor"])
    statements, problems, labels = as_statements([Labelled.model_validate(row) for row in ROWS])
    errors = asyncio.run(judge_error(statements, labels, Context(tools(sample, checked_by(backend)), problems=problems)))
    counts = errors.alone
    assert counts["grade"] == Counts(1, 1, 1, 1), "what Lean cannot state is not counted"
    assert counts["unused"] == Counts(2, 0, 1, 1) and counts["consistent"] == Counts(2, 0, 2, 0)
    assert counts[ALL] == Counts(1, 1, 1, 1) and "agreed" not in counts and "faithful" not in counts
    assert (counts["unused"].recall, counts["unused"].specificity, counts["unused"].precision) == (1.0, 0.5, 2 / 3)
    assert errors.in_place["grade"] == Counts(1, 1, 1, 0), "what unused dropped before does not come to the grade"
    assert errors.in_place[ALL] == counts[ALL] and not errors.flawed


def test_contradictory_problems_are_counted_apart(backend: Backend) -> None:
    """Their faithful statements are there to be dropped: no filter is wrong about them."""
    rows = [
        ROWS[0],
        {"text": "It is 2 and 3. It is 4.", "statement": "theorem X (n : Nat) (h : n = 2) (k : n = 3) : n = 4", "faithful": True},
    ]
    statements, problems, labels = as_statements([Labelled.model_validate(row) for row in rows])
    settings = FilterConfig(grade=False)
    context = Context(tools(verify=checked_by(backend)), settings, problems=problems)
    errors = asyncio.run(judge_error(statements, labels, context, flawed={statements[1].problem_id}))
    assert errors.alone["consistent"] == Counts(1, 1) and errors.in_place["consistent"] == Counts(1, 0)
    assert errors.flawed["consistent"] == Counts(0, 1) and errors.flawed["unused"] == Counts(1, 0)
    assert errors.alone[ALL] == Counts(1, 1) and errors.in_place[ALL] == Counts(1, 0) and errors.flawed[ALL] == Counts(0, 1)
    table = filter_errors(errors)
    assert [str(column.header) for column in table.columns][-2:] == [
        "in place: faithful dropped, %",
        "contradictory dropped, %",
    ]
    cells = {name: row for name, *row in zip(*(column.cells for column in table.columns), strict=True)}
    assert cells["consistent"][-2:] == ["0.0", "100.0"] and cells["all"][-2:] == ["0.0", "100.0"]


def test_labels_of_generated_problems_are_the_generators(backend: Backend) -> None:
    made = generate(3, 4)
    right = {row.text: row.reference.removeprefix("theorem X") for row in made[:2]}

    def answer(prompt: str, n: int) -> list[str]:
        text = prompt.removeprefix("<|formalize|>").removesuffix("<|answer|>")
        return [right.get(text, ": 2 = 3")] * n

    statements, problems, labels = asyncio.run(formalized(made, RunConfig(), tools(scripted(answer)[0])))
    assert len(problems) == 4 and [labels[s.id] for s in statements] == [True, True, False, False]


def test_labels_by_form_and_by_equivalence_are_counted_apart(backend: Backend) -> None:
    """Of three formalizations one is the reference, one says it in another way, and one says something else."""
    meant = "theorem X : ∀ n : Nat, n > 0 → n * n * n % 7 ≠ 3"
    row = Generated(text="No positive cube leaves 3 modulo 7.", family="powers", level=1, truth="true", reference=meant)
    texts = [meant, "theorem X : ∀ n : Nat, n ≠ 0 → n * n * n % 7 ≠ 3", "theorem X : ∀ n : Nat, n * n * n % 7 ≠ 2"]
    statements = [new_statement(row.problem(), text) for text in texts]
    problems, verify = {row.problem().id: row.problem()}, checked_by(backend)

    def counts(equivalence: bool) -> dict[str, Counts]:
        config = RunConfig.model_validate({"filters": {"equivalence": equivalence, "grade": False, "cheats": []}, "formalize": {"keep": 9}})
        labels, by_form = asyncio.run(labelled_by_lean(statements, [row], config, verify))
        context = Context(tools(verify=verify), config.filters, config.formalize.keep, problems)
        return asyncio.run(judge_error(statements, labels, context, by_form)).alone

    assert counts(False)[ALL] == Counts(1, 0, 2, 0) and BY_FORM not in counts(False)
    assert counts(True)[ALL] == Counts(2, 0, 1, 0) and counts(True)[BY_FORM] == Counts(1, 0, 2, 0)


def test_a_file_of_labels(tmp_path: Path) -> None:
    file = tmp_path / "labels.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    assert [row.faithful for row in read_records(file, Labelled)] == [True, False, True, False, False]
    file.write_text(json.dumps(ROWS[0] | {"statement": "n = n"}) + "\n")
    with pytest.raises(UserError, match=r"labels\.jsonl:1: statement.*starts with `theorem`"):
        list(read_records(file, Labelled))
    with pytest.raises(ValidationError):
        Labelled.model_validate(ROWS[0] | {"faithful": "perhaps"})


def test_the_corrected_share_is_the_true_one() -> None:
    """2,000 candidates of which 60 % are faithful, recall 0.9 and specificity 0.7: nearly all intervals hold the truth."""
    rng, held = np.random.default_rng(0), 0
    for draw in range(60):
        known = Counts(*_split(rng, 300, 0.9), *_split(rng, 300, 0.3))
        good, bad = rng.binomial(1200, 0.9), rng.binomial(800, 0.3)
        share = corrected(good + bad, 2000, known, draw)
        assert share is not None
        held += share.low <= 100 * good / (good + bad) <= share.high
        assert abs(share.value - 100 * good / (good + bad)) < 9
    assert held >= 54


def _split(rng: Any, number: int, share: float) -> tuple[int, int]:
    passed = int(rng.binomial(number, share))
    return passed, number - passed


def test_nothing_is_said_where_nothing_is_known() -> None:
    good = Counts(90, 10, 30, 70)
    assert corrected(0, 10, good, 0) is None
    assert corrected(5, 10, Counts(90, 10, 0, 0), 0) is None
    assert corrected(5, 10, Counts(50, 50, 60, 40), 0) is None, "no better than chance"
    perfect = corrected(50, 80, Counts(100, 0, 0, 100), 0)
    assert perfect is not None and (perfect.value, perfect.low, perfect.high) == (100.0, 100.0, 100.0)
    assert counted(0, 0, 0) is None
    share = counted(80, 100, 0)
    assert share is not None and share.value == 80.0 and 70 < share.low < 80 < share.high < 90
    assert share == counted(80, 100, 0), "seeded"


def test_a_calibration_holds_for_its_settings_only(tmp_path: Path) -> None:
    file = tmp_path / "judge.json"
    config = RunConfig.model_validate({"filters": {"vote_share": 0.5}})
    write_calibration(str(file), Errors({"grade": Counts(1, 2, 3, 4), ALL: Counts(5, 6, 7, 8)}), config)
    use = {"vote_share": 0.5, "calibration": str(file)}
    assert read_calibration(RunConfig.model_validate({"filters": use})) == Counts(5, 6, 7, 8)
    assert read_calibration(config) is None
    with pytest.raises(UserError, match=r"made with other settings \(filters\.vote_share, formalize\.samples\); measure again"):
        read_calibration(RunConfig.model_validate({"filters": use | {"vote_share": 0.75}, "formalize": {"samples": 9}}))
    older = json.loads(file.read_text())
    del older["settings"]["filters"]["equivalence"]
    file.write_text(json.dumps(older))
    assert read_calibration(RunConfig.model_validate({"filters": use})) == Counts(5, 6, 7, 8), "older than a setting that is not used"
    with pytest.raises(UserError, match=r"other settings \(filters\.equivalence\)"):
        read_calibration(RunConfig.model_validate({"filters": use | {"equivalence": True}}))
    parts: list[dict[str, object]] = [{"settings": {"filters": {}}}, {"settings": ["filters"]}, {"counts": {ALL: {"faithful_passed": "x"}}}]
    for text in ("{}", "[]", *(json.dumps(older | part) for part in (*parts, {"counts": {ALL: [1]}}))):
        file.write_text(text)
        with pytest.raises(UserError, match=r"judge\.json is no file of `synth judge-error`"):
            read_calibration(RunConfig.model_validate({"filters": use}))


def test_only_what_was_judged_is_counted() -> None:
    def row(reason: str, origin: str = "autoformalized") -> Statement:
        data = {
            "id": reason + origin,
            "problem_id": "p",
            "text": "theorem X : 1 = 1",
            "kept": not reason,
            "reason": reason,
            "origin": origin,
        }
        return Statement.model_validate(data)

    rows = [row(reason) for reason in ("", "grade", "outvoted", "elaboration", "duplicate", "unparsed", "trivial", "minority")]
    counts = Counter((s.origin, s.kept, s.reason) for s in [*rows, row("", "given"), row("", "refined")])
    assert came_to_judging(counts) == (2, 5)


def test_what_the_cheap_filters_do_with_the_generators_statements(backend: Backend) -> None:
    """A small edition of the table in docs/benchmarks.md: contradictions and planted cheats go, honest statements stay."""
    made = generate(4, 40)
    progress, seen = Progress(Console(file=io.StringIO()), plain=True), list[tuple[int, int]]()
    asked = told_of(tools(verify=checked_by(backend)), progress)
    told = asyncio.run(on_references(made, asked, lambda count, total: seen.append((count, total))))
    total = sum(row.statements for row in told)
    assert seen[0] == (0, total) and seen[-1] == (total, total) and len(seen) == len(told) + 1
    assert {stage.name: stage.done for stage in progress.stages}["checks"] > 100, "told while a filter asks about many at once"
    for row in told:
        if row.wanted:
            assert row.dropped >= 0.9 * row.statements, row
        else:
            assert row.dropped <= 2, row
    assert {row.kind for row in told} >= {f"planted: {what}" for what in PLANTED} and any(
        row.kind == "contradictory problems" for row in told
    )


def test_a_planted_cheat_is_dropped_for_its_own_reason(backend: Backend) -> None:
    from synth.statements.filters.run import filtered
    from synth.statements.planted import CHEAP

    made = [row for row in generate(4, 12) if row.truth in ("true", "false")][:5]
    context = Context(
        tools(verify=checked_by(backend)), FilterConfig(grade=False), problems={row.problem().id: row.problem() for row in made}
    )
    for what, (reason, _) in PLANTED.items():
        result = asyncio.run(filtered(planted(what, made), context, CHEAP))
        assert all(s.reason == reason for s in result), (what, [(s.text, s.reason, s.detail) for s in result])


def test_a_row_that_contradicts_another_is_named() -> None:
    rows = [Labelled(text="t", statement="theorem X : 1 = 1", faithful=True)] * 2
    assert len(as_statements(rows, "labels.jsonl")[0]) == 1, "one that repeats another counts once"
    other = rows[0].model_copy(update={"faithful": False})
    with pytest.raises(UserError, match=r"^labels\.jsonl: row 3: labelled otherwise than row 1, of the same problem and statement; leave"):
        as_statements([*rows, other], "labels.jsonl")
