"""`synth conjecture`: variants of a file's statements on real Lean, and conjectures from its pairs at an endpoint."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from synth.cli import main
from synth.records import Pair, Problem, Statement
from synth.run.conjecturing import read_parents
from synth.show.progress import Progress
from synth.statements.text import given
from synth.store.files import read_records, write_records
from tests.synth.llm.fake_openai import FakeOpenAI, content

KNOWN = "theorem X : ∀ n : Nat, 12 ^ n % 11 = 1"
PROOF = "by intro n; induction n with | zero => decide | succ n ih => rw [Nat.pow_succ]; omega"
PAIR = Pair(id="pair", attempt_id="a", statement_id="s", problem_id="p", statement=KNOWN, proof=PROOF)


def synth(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as done:
        main(list(words))
    return int(done.value.code or 0), capfd.readouterr().err


def test_statements_are_read_from_pairs_statements_and_problems(tmp_path: Path) -> None:
    own = given(Problem(id="p", statement=KNOWN), 0).model_copy(update={"id": "s"})
    refuted = PAIR.model_copy(update={"id": "r", "statement_id": "r", "statement": "theorem X : ¬ (1 = 2)", "negated": True})
    write_records(tmp_path / "pairs.jsonl", [PAIR, PAIR.model_copy(update={"id": "again"}), refuted], Pair)
    write_records(tmp_path / "statements.parquet", [own, own.model_copy(update={"id": "no", "kept": False})], Statement)
    (tmp_path / "problems.jsonl").write_text(json.dumps({"statement": KNOWN}) + "\n" + json.dumps({"text": "words alone"}) + "\n")
    said = io.StringIO()
    found = [
        read_parents(str(tmp_path / name), Progress(Console(file=said), plain=True))
        for name in ("pairs.jsonl", "statements.parquet", "problems.jsonl")
    ]
    assert [[s.text for s in parents.statements.values()] for parents in found] == [[KNOWN, refuted.statement], [KNOWN], [KNOWN]]
    assert [[pair.id for pair in parents.pairs] for parents in found] == [["pair", "again"], [], []], (
        "what was proved, not what was refuted"
    )
    assert list(found[0].statements) == ["s", "r"] and "1 rows have no statement in Lean" in " ".join(said.getvalue().split())


def test_variants_of_a_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"statement": KNOWN},
        {"statement": "theorem held (a : Nat) : a * a % 4 ≠ 2"},
        {"statement": "theorem X : ∀ p : Prop, p → p ∨ p"},
    ]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "bench.jsonl").write_text(json.dumps({"statement": "theorem b : ∀ k : Nat, k * k % 4 ≠ 2", "name": "b"}) + "\n")
    files = (str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "out.jsonl"))
    keys = ("--set", "verify.workers=1", "--set", f"filters.benchmarks=[{tmp_path / 'bench.jsonl'}]")
    status, said = synth(capfd, "conjecture", *files, "--variants", "generalise,specialise,mutate", *keys)
    assert status == 0, said
    made = [(s.variant, s.text.partition(" : ")[2], s.reason) for s in read_records(tmp_path / "out.jsonl", Statement)]
    assert ("generalise", "∀ m : Nat, ∀ n : Nat, m ^ n % 11 = 1", "") in made
    assert ("mutate", "∀ m : Nat, 1 = 12 ^ m % 11", "") in made, "copies are kept, for tests"
    assert ("", "", "contaminated") in made and ("mutate", "Nat) : 2 ≠ a * a % 4", "") in made, "of a benchmark nothing but copies"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--variants", "subgoal"), "it needs what Lean said of failed proofs, which a run has (conjectures.variants)"),
        (("--variants", "twist"), "unknown rule 'twist': use generalise, specialise, negate, mutate"),
        ((), "no verified pairs, and a conjecture starts from a proof; give pairs, or --variants generalise,"),
    ],
)
def test_what_is_missing_is_one_line(words: tuple[str, ...], says: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "s.jsonl").write_text(json.dumps({"statement": KNOWN}) + "\n")
    status, said = synth(capfd, "conjecture", str(tmp_path / "s.jsonl"), "--out", str(tmp_path / "o.jsonl"), *words)
    assert status == 2 and says in said.splitlines()[-1] and not (tmp_path / "o.jsonl").exists()


def test_without_a_model_pairs_alone_are_not_enough(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_records(tmp_path / "pairs.jsonl", [PAIR], Pair)
    status, said = synth(capfd, "conjecture", str(tmp_path / "pairs.jsonl"), "--out", str(tmp_path / "o.jsonl"))
    assert status == 2 and "this stage needs a model" in said.splitlines()[-1]


def test_conjectures_of_an_endpoint(ray_local: None, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def answer(body: dict[str, Any]) -> list[str]:
        assert "The lemma `Nat.pow_succ`:" in content(body)
        new = "theorem conjecture : ∀ n : Nat, 12 ^ n * 5 % 11 = 5"
        return [f"```lean4\n{new} := by sorry\n```", "I pass.", f"```lean4\n{KNOWN} := by sorry\n```", ""][: body.get("n", 1)]

    write_records(tmp_path / "pairs.jsonl", [PAIR], Pair)
    with FakeOpenAI(answer) as server:
        keys = {"endpoint": server.url, "name": "fake", "preset": "chat"}
        where = [word for key, value in keys.items() for word in ("--set", f"models.conjecturer.{key}={value}")]
        status, said = synth(
            capfd, "conjecture", str(tmp_path / "pairs.jsonl"), "--out", str(tmp_path / "o.jsonl"), "--set", "verify.workers=1", *where
        )
    assert status == 0, said
    rows = list(read_records(tmp_path / "o.jsonl", Statement))
    assert [(s.kept, s.reason, s.parent, s.lemma) for s in rows] == [
        (True, "", "s", "Nat.pow_succ"),
        (False, "duplicate", "s", "Nat.pow_succ"),
    ]
