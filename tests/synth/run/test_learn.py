"""What a round trains on: the roles that `models.train` names."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from synth.annotations import Annotation
from synth.config import ModelsConfig
from synth.llm.types import Weights
from synth.problems.seeds import SeedSet
from synth.records import Attempt, Pair, Statement
from synth.run import learn
from synth.show.progress import Progress
from synth.statements.text import normalized
from synth.store.files import write_records
from tests.synth.run.fakes import make_run, pair, statement
from train.data import Example

HELD = normalized("theorem X : 9 = 9")
SEEDS = SeedSet(
    formalizations=[(f"words {n}", f"theorem X : {n} = {n}") for n in range(9)],
    grades=[(f"words {n}", f"theorem X : {n} = {n}", "good") for n in range(9)],
    proofs=[("theorem X : 1 = 1", "by rfl")],
)


def trained_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, train: list[str], pairs: tuple[str, ...] = (), seeds_are: SeedSet | None = SEEDS,
    least: int = 0, pairs_are: list[Pair] | None = None, attempts: Sequence[Attempt] = (), search: Mapping[str, Any] = {},
    statements: Sequence[Statement] = (), fresh: int = 0, **mixture: float,
) -> list[str] | None:  # fmt: skip
    """The prompts of a round's examples; None where the round trains nothing."""
    job = make_run(
        folder, models={"train": train, "bootstrap": {"rehearse": 0.9}, "pairs": pairs, "mixture": mixture},
        examples_per_round=least, search=search,
    )  # fmt: skip
    job.inputs = replace(job.inputs, seeds=seeds_are, benchmark=replace(job.inputs.benchmark, excluded=frozenset({HELD})))
    job.store.write_json("rounds/000/weights.json", {"round": 0})
    rows = [pair(statement(f"{n} = {n}")) for n in range(4)] if pairs_are is None else pairs_are
    job.store.commit("r001-a", {"pairs": rows, "attempts": list(attempts), "statements": list(statements)})
    seen: list[Example] = []

    async def fit(job: Any, number: int, initial: Weights, examples: list[Example], config: Any, under_way: Any = None) -> None:
        seen.extend(examples)

    async def seeds(job: Any) -> list[int]:
        return [0]

    monkeypatch.setattr(learn, "fit", fit)
    monkeypatch.setattr(learn, "verified_seeds", seeds)
    return (
        [str(e.prompt) for e in seen]
        if asyncio.run(learn.train(job, 1, Weights("model"), learn.take(job.store, 1) if fresh else None))
        else None
    )


def kinds(prompts: list[str] | None) -> set[str]:
    return {prompt.split("|>")[0].removeprefix("<|") for prompt in prompts or []}


def test_only_roles_that_are_trained_are_rehearsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kinds(trained_on(tmp_path / "a", monkeypatch, ["prover"])) == {"prove"}
    assert kinds(trained_on(tmp_path / "b", monkeypatch, ["prover", "formalizer"])) == {"prove", "formalize"}
    assert len(kinds(trained_on(tmp_path / "c", monkeypatch, ["prover", "formalizer", "judge"]))) == 3


def test_a_mixture_gives_each_role_its_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are 5 proofs (4 pairs and a seed), 9 formalizations and 9 grades; the judge has no share."""
    roles = ["prover", "formalizer", "judge"]
    prompts = trained_on(tmp_path, monkeypatch, roles, prover=0.5, formalizer=0.5)
    assert kinds(prompts) == {"prove", "formalize"}
    found = json.loads((tmp_path / "run/rounds/001/mixture.json").read_text())
    assert found == {
        "prover": {"examples": 5, "trained": 7},
        "formalizer": {"examples": 9, "trained": 7},
        "judge": {"examples": 9, "trained": 0},
    }
    assert len(prompts or []) == 14
    assert trained_on(tmp_path / "b", monkeypatch, roles, seeds_are=None, prover=0.0, corrector=1.0) is None, "no correction yet"


def test_with_a_share_formalizer_and_informalizer_learn_from_what_was_proved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Statements 0 and 1 have a problem in words, 0 two proofs; 2 was refuted, 3 is a piece."""
    worded = [statement(f"{n} = {n}") for n in range(4)]
    pairs = [pair(s, problem=f"Say {s.id}.", negated=s is worded[2], kind="subgoal" if s is worded[3] else "theorem") for s in worded]
    again = pairs[0].model_copy(update={"id": "again", "proof": "by rfl"})

    def prompts(folder: Path, **mixture: float) -> list[str]:
        return trained_on(
            folder, monkeypatch, ["prover", "formalizer", "informalizer"], seeds_are=None, pairs_are=[*pairs, again], **mixture
        ) or []  # fmt: skip

    assert kinds(prompts(tmp_path / "a")) == {"prove"}, "only where they are asked for"
    assert kinds(prompts(tmp_path / "b", prover=1, formalizer=1)) == {"prove", "formalize"}
    both = prompts(tmp_path / "c", prover=1, formalizer=1, informalizer=1)
    found = json.loads((tmp_path / "c/run/rounds/001/mixture.json").read_text())
    assert {role: row["examples"] for role, row in found.items()} == {"prover": 5, "formalizer": 2, "informalizer": 2}
    assert len(both) == 9 and {p for p in both if "formalize|>" in p} <= {
        *(f"<|formalize|>Say {n} = {n}.<|answer|>" for n in range(2)),
        *(f"<|informalize|>: {n} = {n}<|answer|>" for n in range(2)),
    }


@pytest.mark.parametrize("fresh", [0, 1])
def test_nothing_of_a_benchmark_is_trained_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: int) -> None:
    """Given statements are proved all the same: 1 is in a benchmark; 2 is a piece of it, 3 a piece of that."""
    about = [statement(f"{n} = {n}", origin="given" if n < 2 else "subgoal") for n in range(4)]
    about = [
        s.model_copy(update={"benchmark": "row 7 of known.jsonl" if n == 1 else "", "parent": about[n - 1].id if n > 1 else ""})
        for n, s in enumerate(about)
    ]
    pairs, roles = [pair(s, problem=f"Say {s.id}.") for s in about], ["prover", "formalizer", "informalizer"]
    shares: dict[str, float] = dict.fromkeys(roles, 1.0)
    prompts = trained_on(tmp_path, monkeypatch, roles, seeds_are=None, pairs_are=pairs, statements=about, fresh=fresh, **shares) or []
    assert len(prompts) == 3 and all("0 = 0" in prompt for prompt in prompts)
    of_it = {"pairs_are": pairs[1:], "statements": about, "fresh": fresh}
    assert trained_on(tmp_path / "b", monkeypatch, roles, seeds_are=None, **of_it) is None, "and nothing else is there"


def test_the_sketcher_learns_from_skeletons_that_were_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    about = statement("1 = 1")
    shown = {"statement": about.text, "goal": "1 = 1", "name": "X", "header": "", "problem": "", "earlier": "", "failed": "", "report": ""}
    common = {"statement_id": about.id, "strategy": "sketch"}
    attempts = [
        Attempt(id="filled", proof="have h : 1 = 1 := by sorry; exact h", unread="filled", shown=shown, **common),
        Attempt(id="open", proof="have h : 2 = 1 := by sorry; omega", unread="open_holes", shown=shown, **common),
        Attempt(id="a", proof="have h : 1 = 1 := by rfl; exact h", parent="filled", **common),
    ]
    for search, taught in (({"strategies": ["whole_proof", "sketch"]}, {"prove", "sketch"}), ({}, {"prove"})):
        prompts = trained_on(
            tmp_path / str(len(search)), monkeypatch, ["prover"], seeds_are=None, pairs_are=[pair(about, strategy="sketch")],
            attempts=attempts, search=search,
        )  # fmt: skip
        assert kinds(prompts) == taught and len(prompts or []) == len(taught)


@pytest.mark.parametrize(
    ("mixture", "told"),
    [
        ({"prover": 1.0, "judge": 1.0}, "no round trains the judge; name it in models.train"),
        ({"prover": 1.0, "sketcher": -1.0}, "must not be negative"),
        ({"prover": 0.0}, "nor all 0"),
        ({"formalizer": 1.0}, "give the prover a share"),
        ({"translator": 1.0}, "Input should be 'formalizer'"),
    ],
)
def test_mixtures_that_cannot_be_are_refused(mixture: dict[str, float], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        ModelsConfig.model_validate({"train": ["prover", "formalizer"], "mixture": mixture})
    ModelsConfig.model_validate({"train": ["prover", "formalizer"], "mixture": {"prover": 2.0, "sketcher": 1.0, "judge": 0.0}})


def test_pairs_of_plain_language_and_lean_train_the_formalizer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def row(text: str, statement: str, **more: Any) -> Annotation:
        return Annotation(**{"id": text, "kind": "statement", "source": "s", "statement": statement, "text": text, **more})

    rows = [
        row("One is one.", "theorem X : 1 = 1"),
        row("Held out.", "theorem X : 9 = 9"),
        row("Not kept.", "theorem X : 2 = 2", kept=False, reason="not_recovered"),
        row("A proof.", "theorem X : 1 = 1", kind="proof"),
    ]
    file = str(tmp_path / "pairs.jsonl")
    write_records(file, rows, Annotation)
    for folder, seeds in (("a", SEEDS), ("b", None)):
        prompts = trained_on(tmp_path / folder, monkeypatch, ["prover", "formalizer"], (file,), seeds)
        shown = {prompt for prompt in prompts or [] if prompt.startswith("<|formalize|>") and "words" not in prompt}
        assert shown == {"<|formalize|>One is one.<|answer|>"}, "nothing of the benchmark, and nothing that was not kept"
    assert kinds(trained_on(tmp_path / "c", monkeypatch, ["prover"], (file,), None)) == {"prove"}


def test_without_a_trained_role_the_weights_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert trained_on(tmp_path, monkeypatch, []) is None


def test_a_handful_of_pairs_repeated_often_is_remarked_upon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(Progress, "note", lambda _, text: said.append(text))
    trained_on(tmp_path / "a", monkeypatch, ["prover"], least=100)
    assert not said
    trained_on(tmp_path / "b", monkeypatch, ["prover"], least=4000)
    assert len(said) == 1 and said[0].startswith("round 1: trains on 5 examples, each about 800 times")
