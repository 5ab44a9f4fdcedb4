"""What a single stage's searches tried is a run directory beside its output: failed attempts, dropped statements, and why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from synth.budget import BudgetConfig
from synth.cli import main
from synth.config import RunConfig
from synth.records import Attempt, Pair, SearchRow, Statement, VerdictRow
from synth.run.beside import MARK, UNIT, beside, check_beside, write_beside
from synth.run.stages import prove_file
from synth.show import stats, trace
from synth.store.rundir import RunDir
from tests.synth.run.test_shard import theorem
from tests.synth.run.test_stages import config, quiet, write
from verify_workers.errors import UserError

__all__ = ["config"]  # the fixture


def test_failed_attempts_of_prove_are_on_disk_and_exports_read_them(
    config: RunConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = write(tmp_path / "given.jsonl", [{"text": f"No. {k}", "statement": theorem(k)} for k in (1, 4, 9)])
    out = tmp_path / "pairs.jsonl"
    pairs = prove_file(config, given, str(out), quiet())
    assert [pair.statement for pair in pairs] == [theorem(1), theorem(4)]
    store = RunDir.existing(beside(out))
    statements = {s.id: s for s in store.read("statements", Statement)}
    verdicts = {v.id: v for v in store.read("verdicts", VerdictRow)}
    failed = [a for a in store.read("attempts", Attempt) if verdicts[a.id].outcome != "accepted"]
    assert failed and {verdicts[a.id].outcome for a in failed} <= {"rejected", "unread", "unchecked", "policy"}
    assert theorem(9) in {statements[a.statement_id].text for a in failed}
    assert {row.statement_id: row.ended for row in store.read("searches", SearchRow)} == {
        s.id: "exhausted" if s.text == theorem(9) else "proved" for s in statements.values()
    }
    assert list(store.read("pairs", Pair)) == pairs
    assert pairs[0].id in trace.text(trace.trace(store, pairs[0].id))
    (figures,) = stats.stats(store, stats.prices(store, []))["rounds"]
    assert (figures["searched"], figures["proved"], figures["pairs"], figures["problems"]) == (3, 2, 2, 3)
    with pytest.raises(SystemExit) as done:
        main(["export", str(beside(out)), "--to", str(tmp_path / "rejects"), "--format", "rejects"])
    told = json.loads((tmp_path / "rejects" / "_export.json").read_text())
    assert not done.value.code and "0 pairs, 0 duplicates left out; statements 0, attempts " in capsys.readouterr().err
    assert told["attempts"] == sum(verdicts[a.id].outcome == "rejected" for a in failed) and told["pairs"] == 0
    prove_file(config, given, str(out), quiet())
    assert list(RunDir.existing(beside(out)).read("pairs", Pair)) == pairs, "a later call writes it anew"


def test_nothing_of_anybody_else_is_written_over(config: RunConfig, tmp_path: Path) -> None:
    out = tmp_path / "pairs.jsonl"
    with RunDir.open(beside(out), config) as run:
        run.commit("r001", {"statements": [Statement(id="s", problem_id="p", text=theorem(1))]})
    with pytest.raises(UserError, match=r"pairs.jsonl.run: stands where what is tried for .*pairs.jsonl would be kept; move it, or give"):
        prove_file(config, write(tmp_path / "given.jsonl", [{"statement": theorem(4)}]), str(out), quiet())
    assert not out.exists() and list(RunDir.existing(beside(out)).read("statements", Statement))


def test_units_are_bounded_and_their_figures_add_up(tmp_path: Path) -> None:
    out, many = tmp_path / "o.jsonl", UNIT + 3
    made = [
        ({"statements": [Statement(id=f"s{n}", problem_id="p", text="theorem X : True")]}, {"searched": 1, "rejects": {"a": n % 2}})
        for n in range(many)
    ]
    for _ in range(2):
        write_beside(out, RunConfig(), "prove", {}, made)
    store = RunDir.existing(beside(out))
    infos = {entry["key"]: entry["info"] for entry in store.entries("r000-c")}
    assert [info["searched"] for info in infos.values()] == [UNIT, 3] and infos["r000-c00000"]["rejects"] == {"a": UNIT // 2}
    assert store.count("statements") == many and store.read_json(MARK) == {"stage": "prove", "out": "o.jsonl"}
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")], "nothing half-written is left"
    check_beside(out)


def test_budgets_that_a_stage_does_not_keep_to_are_told(config: RunConfig, tmp_path: Path) -> None:
    bounds = {"statement": {"attempts": 1}, "run": {"tokens": 5}}
    own = config.model_copy(update={"budgets": BudgetConfig.model_validate(bounds)})
    progress = quiet()
    prove_file(own, write(tmp_path / "given.jsonl", [{"statement": theorem(4)}]), str(tmp_path / "pairs.jsonl"), progress)
    said = " ".join(progress.console.file.getvalue().split())  # type: ignore[attr-defined]
    assert "budgets.run: not kept to here; `synth run` does" in said and "budgets.statement" not in said


@pytest.mark.parametrize("how", ["link", "dangling", "file", "foreign mark", "no JSON"])
def test_what_is_not_ours_is_said_before_the_work_and_left(how: str, tmp_path: Path) -> None:
    out, mine = tmp_path / "o.jsonl", tmp_path / "other.jsonl"
    write_beside(mine, RunConfig(), "prove", {}, [])
    place = beside(out)
    if how in ("link", "dangling"):
        place.symlink_to(beside(mine) if how == "link" else tmp_path / "nowhere")
    elif how == "file":
        place.write_text("mine")
    else:
        place.mkdir()
        (place / MARK).write_text('["a stage"]' if how == "foreign mark" else "stage")
    with pytest.raises(UserError, match="stands where what is tried"):
        check_beside(out)
    with pytest.raises(UserError, match="stands where what is tried"):
        write_beside(out, RunConfig(), "prove", {}, [])
    assert RunDir.existing(beside(mine)).read_json(MARK) and (place.is_symlink() or place.exists())
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_kill_while_it_is_replaced_leaves_nothing_that_refuses_the_next_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was there is put aside whole: no half of it is left under its name, which would be nobody's."""
    out = tmp_path / "o.jsonl"
    write_beside(out, RunConfig(), "prove", {}, [])

    def kill(path: Path, ignore_errors: bool = False) -> None:
        if ".old" in path.name or path == beside(out):
            (path / MARK).unlink(missing_ok=True)  # as far as it came
            raise KeyboardInterrupt

    monkeypatch.setattr("synth.run.beside.shutil.rmtree", kill)
    with pytest.raises(KeyboardInterrupt):
        write_beside(out, RunConfig(), "prove", {}, [])
    monkeypatch.undo()
    check_beside(out)
    write_beside(out, RunConfig(), "prove", {}, [])
