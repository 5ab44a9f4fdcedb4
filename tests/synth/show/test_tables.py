"""The tables of an ablation: words from intervals and from nothing else, differences paired by statement and training."""

from __future__ import annotations

import pytest

from synth.show.paper import Row, Table, tables
from synth.show.tables import TOO_SMALL, ArmResult, Filled, as_json, markdown, page, word
from train.config import EvalConfig
from train.evaluate import Estimate

CONFIG = EvalConfig(ks=(1, 4), samples=4, resamples=300)
TABLE = Table("data", "Synthetic data", "About it.", (Row("a", "without", "27.5"), Row("b", "some"), Row("c", "all", "42.6")))


def result(arm: str, correct: list[int], seed: int = 0, judged: list[int] | None = None) -> ArmResult:
    names = [f"h{place:02d}" for place in range(len(correct))]
    counts = {"judged": dict(zip(names, judged or [4] * len(correct), strict=True)), "correct": dict(zip(names, correct, strict=True))}
    return ArmResult(arm=arm, seed=seed, model=arm, pairs=10 + seed, tokens=1000, steps=3, **counts)


@pytest.mark.parametrize(
    ("low", "high", "claims", "says"),
    [
        (0.1, 9.0, True, "reproduces"),
        (-9.0, -0.1, True, "the opposite"),
        (-0.1, 9.0, True, TOO_SMALL),
        (0.0, 9.0, True, TOO_SMALL),
        (0.1, 9.0, False, "higher"),
        (-9.0, -0.1, False, "lower"),
        (-1.0, 1.0, False, TOO_SMALL),
        (float("nan"), float("nan"), True, TOO_SMALL),
    ],
)
def test_a_word_is_what_the_interval_says(low: float, high: float, claims: bool, says: str) -> None:
    assert word(Estimate(4.0, low, high, 9), claims) == says


def test_differences_are_paired_by_statement() -> None:
    """Two arms that differ in a few statements in one way are told apart, however different the statements are among themselves."""
    before = [0, 4] * 20
    after = [1, 4] * 20
    filled = Filled(TABLE, {"a": [result("a", before)], "b": [result("b", after)]}, CONFIG)
    (step,) = [one for one in filled.comparisons() if one.k == 1]
    assert step.difference.value == pytest.approx(12.5) and step.difference.low > 8 and step.word == "reproduces"
    wide = filled.estimate("a", 1)
    assert wide.high - wide.low > 25, "each arm's own interval is far wider"
    turned = Filled(TABLE, {"a": [result("a", after)], "b": [result("b", before)]}, CONFIG)
    assert {one.word for one in turned.comparisons() if one.k == 1} == {"the opposite"}
    equal = Filled(TABLE, {"a": [result("a", [0, 1] * 20)], "b": [result("b", [1, 0] * 20)]}, CONFIG)
    assert {one.word for one in equal.comparisons()} == {TOO_SMALL}


def test_trainings_that_differ_widen_the_interval() -> None:
    """One training far better and one far worse say nothing about the arm."""
    base = [result("a", [2] * 30, seed) for seed in (0, 1)]
    mixed = [result("b", [4] * 30, 0), result("b", [1] * 30, 1)]
    (step,) = [one for one in Filled(TABLE, {"a": base, "b": mixed}, CONFIG).comparisons() if one.k == 1]
    assert step.difference.value == pytest.approx(12.5) and step.word == TOO_SMALL
    steady = [result("b", [3] * 30, seed) for seed in (0, 1)]
    (step,) = [one for one in Filled(TABLE, {"a": base, "b": steady}, CONFIG).comparisons() if one.k == 1]
    assert step.word == "reproduces"


def test_only_what_all_rows_have_counts() -> None:
    """Statements on which the checker failed in one arm, and trainings that one arm lacks yet, are left out of all."""
    a = [result("a", [4, 0, 4], seed) for seed in (0, 1)]
    b = [result("b", [4, 4, 0], 0, judged=[4, 4, 0])]
    filled = Filled(TABLE, {"a": a, "b": b, "c": []}, CONFIG, easy=frozenset({"h00"}))
    assert (filled.seeds, filled.statements, [row.arm for row in filled.rows]) == ([0], ["h00", "h01"], ["a", "b"])
    found = as_json(filled)
    assert [row["pass@1"]["value"] for row in found["rows"]] == [50.0, 100.0]
    assert [row["beyond_pass@4"]["value"] for row in found["rows"]] == [0.0, 100.0]
    nothing = as_json(Filled(TABLE, {"a": [result("a", [1], 0)], "b": [result("b", [1], 1)]}, CONFIG))
    assert nothing["rows"][0]["pass@1"] == {"value": None, "interval": None} and "| without | – " in markdown(TABLE, nothing)


def test_it_reads_like_the_paper() -> None:
    arms = {name: [result(name, [count] * 12, seed) for seed in (0, 1)] for name, count in (("a", 1), ("b", 2), ("c", 2))}
    found = as_json(Filled(TABLE, arms, CONFIG, notes=["a note"]))
    text = page([(TABLE, found)], ["What was done."])
    assert "### Synthetic data (`--only data`, 2 trainings each)" in text and "What was done." in text and "- a note" in text
    assert "|  | pairs | tokens | pass@1 | pass@4 | beyond, pass@4 | the paper |" in text
    assert "| without | 10 | 1,000 | 25.0 (25.0–25.0) | 100.0 (100.0–100.0) | 100.0 (100.0–100.0) | 27.5 |" in text
    assert "| some | 10 | 1,000 | 50.0 (50.0–50.0) | 100.0 (100.0–100.0) | 100.0 (100.0–100.0) | – |" in text
    assert "- some over without: pass@1 +25.0 (+25.0 to +25.0): **reproduces**; pass@4 +0.0 (+0.0 to +0.0): **cannot be told" in text
    assert f"- all over some: pass@1 +0.0 (+0.0 to +0.0): **{TOO_SMALL}**" in text
    assert (
        "| table | compared | pass@1 | pass@4 |\n|---|---|---|---|\n| data | all over without | **reproduces** +25.0 (+25.0 to +25.0) | "
        in text
    )
    assert "- all over without: pass@1 +25.0" in text, "the last over the first, where there are more than two"


def test_tables_go_by_the_runs() -> None:
    listed = tables(5, "async", 3)
    assert [row.arm for row in listed["iterations"].rows] == [f"round-{n}" for n in range(6)]
    assert [row.paper for row in listed["iterations"].rows] == ["34.0", "39.3", "41.4", "45.1", "46.3", ""]
    assert [(row.arm, row.label) for row in listed["mode"].rows] == [("other-3", "sync"), ("round-5", "async")]
    assert {name for name, table in listed.items() if not table.claims} == {"negations", "mode"}
