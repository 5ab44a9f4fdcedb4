"""Every form of a run that real Lean has judged: what is in it, and that it verifies again straight from its files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from synth.export.corpus import Asked, export
from synth.export.filters import Filters
from synth.export.forms import FORMS
from synth.export.splits import Shares
from tests.synth.export.tiny import real
from verify_workers.backends.base import Backend
from verify_workers.check_rows import read_checks
from verify_workers.errors import UserError

ALL = Asked(shares=Shares(0, 0))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, backend: Backend) -> Path:
    return real(tmp_path_factory.mktemp("tiny") / "run", backend)


def rows(folder: Path, series: str = "train") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{series}-00000.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_verifies_again(run: Path, tmp_path: Path, backend: Backend, form: str) -> None:
    """What was accepted is, and what was refused is refused for the same reason: as `synth verify` reads the folder."""
    export(run, tmp_path / "out", form, ALL)
    checks = list(read_checks(tmp_path / "out", 10.0))
    verdicts = {check.id: backend.check(check) for check in checks}
    said = {check.id: ("accepted", "") for check in checks}
    if form in ("steps", "stepwise", "rejects"):
        said = {row["id"]: (row["outcome"], row["reason"]) for row in rows(tmp_path / "out")}
    assert {name: (verdict.outcome.value, verdict.reason) for name, verdict in verdicts.items()} == said
    assert len(checks) == {"preference": 3, "steps": 8, "stepwise": 8, "rejects": 4}.get(form, 4)


def test_preferences(run: Path, tmp_path: Path) -> None:
    """Attempts of what was proved, of the same side and shape, each beside a proof; the proofs in turn."""
    counts = export(run, tmp_path / "out", "preference", ALL)
    found = {row["rejected_id"]: row for row in rows(tmp_path / "out")}
    assert set(found) == {"wrong", "cheat", "file"} and counts["failed"] == 3 and counts["without_a_row: not proved"] == 1
    assert found["wrong"]["rejected"].startswith(" by\n  constructor\n  · simp") and found["wrong"]["reason"] == "elaboration"
    assert {found[name]["chosen"] for name in ("wrong", "cheat")} == {" by omega\n```", " by\n  constructor <;> simp\n```"}
    assert found["file"]["prompt"].startswith("Give a whole Lean 4 file") and found["file"]["chosen"].startswith("theorem helper")
    assert len({row["id"] for row in found.values()}) == 3 and found["wrong"]["message"]


def test_stepwise_rows_end_with_the_first_wrong_step(run: Path, tmp_path: Path) -> None:
    export(run, tmp_path / "out", "stepwise", ALL)
    found = {row["id"]: row for row in rows(tmp_path / "out")}
    assert found["wrong"]["labels"] == [True, True, False] and "".join(found["wrong"]["completions"]) == found["wrong"]["proof"]
    assert all(isinstance(label, bool) for row in found.values() for label in row["labels"])
    assert found["pair-good"]["labels"] == [True] and found["hopeless"]["labels"] == [False]


def test_rejects(run: Path, tmp_path: Path) -> None:
    counts = export(run, tmp_path / "out", "rejects", ALL)
    assert (counts["attempts"], counts["answers"], counts["statements"]) == (4, 1, 1)
    assert {row["id"] for row in rows(tmp_path / "out")} == {"wrong", "cheat", "hopeless", "file"}
    (lost,) = rows(tmp_path / "out", "statements/train")
    shown = {name: lost[name] for name in ("statement", "reason", "detail", "problem")}
    assert shown == {"statement": "theorem C : 1 = 2", "reason": "contradictory", "detail": "omega", "problem": "Problem 3."}
    (prose,) = rows(tmp_path / "out", "unread/train")
    assert (prose["answer"], prose["reason"]) == ("I do not know.", "prose") and prose["statement"].startswith("theorem A (n : Nat)")


# What stays of the pairs and of the refused attempts, by filter.
FILTERS: dict[str, tuple[Filters, set[str], set[str]]] = {
    "none": (Filters(), {"good", "again", "refuted", "helper"}, {"wrong", "cheat", "hopeless", "file"}),
    "grade": (Filters(min_grade="good"), {"good", "again", "helper"}, {"wrong", "cheat", "file"}),
    "negations": (Filters(negations=False), {"good", "again", "helper"}, {"wrong", "cheat", "hopeless", "file"}),
    "strategy": (Filters(strategies=("portfolio", "repair")), {"respelled"}, {"hopeless"}),
    "round": (Filters(rounds=(2, 7)), {"again"}, {"file"}),
    "strict": (Filters(audit="strict"), {"good", "again", "refuted", "helper"}, {"wrong", "cheat", "hopeless", "file"}),
}


@pytest.mark.parametrize("name", FILTERS)
def test_filters(run: Path, tmp_path: Path, name: str) -> None:
    filters, kept, refused = FILTERS[name]
    counts = export(run, tmp_path / "out", "steps", Asked(filters, Shares(0, 0)))
    found = {row["id"].removeprefix("pair-") for row in rows(tmp_path / "out")}
    alike = {"respelled": "again"}  # the same statement in other words, and the same proof: the first by its place stays
    assert {alike.get(one, one) for one in found} == {alike.get(one, one) for one in kept} | refused
    left = {reason.removeprefix("left_out: ") for reason in counts if reason.startswith("left_out")}
    assert left == {"none": set(), "grade": {"grade"}, "negations": {"negation"}, "strict": set()}.get(name, {name})
    assert json.loads((tmp_path / "out" / "_export.json").read_text())["filters"] == filters.told()


def test_longest_pairs_are_counted_by_a_tokenizer(run: Path, tmp_path: Path) -> None:
    from train.tokenizer import train_tokenizer

    train_tokenizer(["theorem by omega simp constructor"], 300).save_pretrained(tmp_path / "model")
    filters = Filters(max_tokens=100, tokenizer=str(tmp_path / "model"))
    counts = export(run, tmp_path / "out", "sft", Asked(filters, Shares(0, 0)))
    assert counts["left_out: tokens"] == 1 and all("helper" not in row["proof"] for row in rows(tmp_path / "out"))
    with pytest.raises(UserError, match="--max-tokens counts with a model's tokenizer; give its checkpoint to --tokenizer"):
        Filters(max_tokens=5)
    with pytest.raises(UserError, match=r"--tokenizer .*nowhere: cannot be read .*; give a folder with a tokenizer.json"):
        Filters(max_tokens=5, tokenizer=str(tmp_path / "nowhere"))
