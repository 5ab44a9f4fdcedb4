"""Single stages: files in, files out, over a scripted model."""

from __future__ import annotations

import inspect
import io
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from synth.config import RunConfig
from synth.records import HeldoutAttempt, Pair, Statement
from synth.run import stages
from synth.run.stages import eval_file, formalize_file, prove_file
from synth.run.train_stage import train_file
from synth.show.progress import Progress
from synth.store.files import read_records
from tests.synth.run.test_shard import CONFIG, PROBLEMS, PROOFS, answer, theorem
from tests.synth.stage_fakes import FakeServices, by_table, scripted
from verify_workers.errors import UserError


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunConfig:
    """A configuration on a checkpoint that nobody loads: the model is scripted."""
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    (model / "model.safetensors").write_bytes(b"weights")

    @asynccontextmanager
    async def services(config: RunConfig, *_: Any) -> AsyncIterator[Any]:
        yield FakeServices(scripted(answer)[0], by_table(PROOFS))

    monkeypatch.setattr(stages, "stage_services", services)
    monkeypatch.setattr(stages, "ray_session", nullcontext)
    copy = CONFIG.model_copy(deep=True)
    copy.models.prover.path, copy.models.prover.preset = str(model), "embedded"
    return copy


def quiet() -> Progress:
    return Progress(Console(file=io.StringIO()), plain=True)


def write(path: Path, rows: list[dict[str, str]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_formalize_then_prove(config: RunConfig, tmp_path: Path) -> None:
    problems = write(tmp_path / "problems.jsonl", [{"text": problem.text} for problem in PROBLEMS[:3]])
    out, pairs = tmp_path / "statements.jsonl", tmp_path / "pairs.parquet"
    made = formalize_file(config, problems, str(out), quiet())
    assert [s.text for s in made] == [theorem(k) for k in (1, 2, 3)] and all(s.kept for s in made)
    assert list(read_records(out, Statement)) == made
    found = prove_file(config, str(out), str(pairs), quiet())
    assert sorted(pair.statement for pair in found) == [theorem(k) for k in (1, 2, 3)]
    assert list(read_records(pairs, Pair)) == found


def test_prove_takes_problems_with_a_statement(config: RunConfig, tmp_path: Path) -> None:
    given = write(tmp_path / "given.jsonl", [{"text": "commutes", "statement": theorem(4)}])
    (pair,) = prove_file(config, given, str(tmp_path / "pairs.jsonl"), quiet())
    assert (pair.statement, pair.strategy) == (theorem(4), "whole_proof")
    plain = write(tmp_path / "plain.jsonl", [{"text": "no statement here"}])
    with pytest.raises(UserError, match="no row has a formal statement"):
        prove_file(config, plain, str(tmp_path / "pairs.jsonl"), quiet())


def test_prove_says_what_it_read_and_keeps_the_words(config: RunConfig, tmp_path: Path) -> None:
    rows = [
        {"informal_prefix": "/-- Commutes. -/", "formal_statement": f"import Mathlib\n\n{theorem(4)} := by sorry"},
        {"informal_prefix": "/-- No statement. -/", "formal_statement": "NaN"},
    ]
    progress = quiet()
    (pair,) = prove_file(config, write(tmp_path / "given.jsonl", rows), str(tmp_path / "pairs.jsonl"), progress)
    assert (pair.statement, pair.problem) == (theorem(4), "Commutes.")
    said = " ".join(progress.console.file.getvalue().split())  # type: ignore[attr-defined]
    assert "2 rows, 2 problems, 1 with a statement" in said and "1 rows have no statement and are left out" in said
    broken = write(tmp_path / "broken.jsonl", [{"statement": "Show:\ntheorem t : 1 = 1"}])
    with pytest.raises(UserError, match=r"broken.jsonl:1: field `statement`: holds no Lean theorem"):
        prove_file(config, broken, str(tmp_path / "pairs.jsonl"), quiet())
    dropped = tmp_path / "dropped.jsonl"
    dropped.write_text(Statement(id="s", problem_id="p", text=theorem(1), kept=False).model_dump_json() + "\n")
    with pytest.raises(UserError, match="no statement that was kept; nothing to prove"):
        prove_file(config, str(dropped), str(tmp_path / "pairs.jsonl"), quiet())


def heldout(config: RunConfig, tmp_path: Path, statements: list[str], **settings: Any) -> RunConfig:
    path = write(tmp_path / "heldout.jsonl", [{"statement": statement} for statement in statements])
    changes = {
        "heldout": config.heldout.model_copy(update={"path": path, **settings}),
        "eval": config.eval.model_copy(update={"ks": (1, 2), "samples": 2}),
    }
    return config.model_copy(update=changes)


def test_eval_reports_pass_at_k_of_a_file_and_keeps_the_proofs(config: RunConfig, tmp_path: Path) -> None:
    settings = heldout(config, tmp_path, [theorem(k) for k in (1, 2, 9)], portfolio=("exact Nat.add_comm _ _",))
    out = tmp_path / "proofs.jsonl"
    figures = eval_file(settings, quiet(), str(out))
    assert (figures["heldout"], figures["pass@1"], figures["pass@2"]) == (3, 33.33, 66.67)
    assert (figures["baseline"], figures["heldout_beyond"], figures["beyond_pass@2"]) == (66.67, 1, 0.0)
    assert figures["heldout_proved_by_model"] == 2 and figures["heldout_proved_by_model_only"] == 0
    assert len(figures["model"]) == 20
    proofs = list(read_records(out, Pair))
    assert sorted(p.statement for p in proofs) == [theorem(1), theorem(2)] and {p.kind for p in proofs} == {"heldout"}
    samples = list(read_records(tmp_path / "proofs.samples.jsonl", HeldoutAttempt))
    assert len(samples) == 6 and {sample.outcome for sample in samples} == {"accepted", "rejected"}, "failed ones too"
    with pytest.raises(UserError, match=r"proofs.jsonl: holds proofs of held-out statements, which nothing may be trained on"):
        train_file(config, str(out), str(tmp_path / "trained"), quiet())


def test_eval_refuses_a_place_for_the_proofs_before_the_work(config: RunConfig, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"the ending must be .jsonl or .parquet"):
        eval_file(heldout(config, tmp_path, [theorem(1)]), quiet(), str(tmp_path / "proofs.txt"))


def test_eval_takes_all_rows_of_a_file(config: RunConfig, tmp_path: Path) -> None:
    figures = eval_file(heldout(config, tmp_path, [theorem(k) for k in range(1, 251)]), quiet())
    assert figures["heldout"] == figures["heldout_rows"] == 250 and figures["heldout_proved_by_model"] == 6


@pytest.mark.filterwarnings("error")
def test_a_stage_whose_ray_does_not_start_says_so_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def busy() -> Iterator[None]:
        raise UserError("Ray did not start")
        yield

    async def work() -> None: ...

    begun = work()
    monkeypatch.setattr(stages, "ray_session", busy)
    with pytest.raises(UserError, match="did not start"):
        stages.run_stage(begun)
    assert inspect.getcoroutinestate(begun) == inspect.CORO_CLOSED  # else Python warns that it was never awaited
