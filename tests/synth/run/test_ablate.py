"""`synth ablate`: what each arm is made of, in which order, and what a second command finds; over a lab that scripts its models."""

from __future__ import annotations

import asyncio
import io
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from synth.config import RunConfig
from synth.llm.types import Weights
from synth.records import Drop, Pair, Statement
from synth.run import ablate as module
from synth.run import ablation
from synth.run.ablate import ablate, own_runs
from synth.run.ablation import Asked
from synth.run.ablation_notes import grades
from synth.run.arms import Corpora, by_grade, source
from synth.run.heldout import Measured
from synth.run.inputs import keep_inputs, load_inputs
from synth.run.roles import resolved
from synth.search.outcome import Found
from synth.show.progress import Progress
from synth.store.files import write_records
from synth.store.rundir import RunDir
from tests.synth.run.fakes import pair, statement
from train.config import TrainConfig
from train.data import Example
from train.rounds import TrainResult
from verify_workers.errors import UserError

SETTINGS: dict[str, Any] = {
    "generator": {"families": ["powers", "witness"], "levels": [1]},
    "rounds": 2,
    "problems": {"count": 5},
    "heldout": {"count": 12},
    "models": {"bootstrap": {"seed_formalizations": 10, "seed_grades": 4, "seed_proofs": 6}},
    "train": {"max_tokens": 500, "batch_tokens": 512},
    "eval": {"ks": [1, 4], "samples": 4, "resamples": 200},
}
NUMBERS = range(32)


def checkpoint(folder: Path, content: str) -> None:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_text(content)


def write_run(folder: Path, **settings: Any) -> str:
    """A finished run of two rounds: 32 proved statements, every fourth refuted, and some that filters held to be bad."""
    config = resolved(RunConfig.model_validate(SETTINGS | settings))
    with RunDir.open(folder, config) as store:
        keep_inputs(load_inputs(config), store)
        kept = [statement(f"{n} = {n}", 1 + n % 2, grade="excellent", origin="autoformalized") for n in NUMBERS]
        bad = [statement(f"bad {n}", kept=False, reason=str(Drop.GRADE), grade="poor") for n in range(6)]
        bad += [statement("minority", kept=False, reason=str(Drop.MINORITY)), statement("no Lean", kept=False, reason="elaboration")]
        for round in (1, 2):
            mine = [s for s in kept if s.round == round]
            proofs = [pair(s, round, negated=int(s.id.split()[0]) % 4 == 0) for s in mine]
            store.commit(f"r{round:03d}-a", {"statements": mine + (bad if round == 1 else []), "pairs": proofs})
        for number in range(3):
            place = f"rounds/{number:03d}"
            checkpoint(Path(folder, place, "training", "model"), f"{folder.name} {number}")
            store.write_json(f"{place}/weights.json", {"round": number})
            store.write_json(f"{place}/trained_on.json", {"pairs": ["p"] * 16 * number})
            store.write_json(f"{place}/metrics.json", {"round": number, "pairs": 16, "seconds": 120.0})
        store.write_json("rounds/000/baseline.json", {"solved": {}, "unsupported": {}})
        store.write_json("rounds/000/seeds.json", [0, 1])
    return str(folder)


class FakeLab:
    """Writes down what it is asked; a model's hash says how many of four proofs of each statement it gets right (`+N`)."""

    calls: list[str]
    fails: str
    skill: Callable[[str], int]

    def __init__(self, source: Any, out: Path, judging: bool, progress: Progress) -> None:
        self.calls.append(f"lab {'with' if judging else 'without'} a judge")

    def say(self, call: str) -> None:
        self.calls.append(call)
        if self.fails and call.startswith(self.fails):
            raise KeyboardInterrupt

    async def graded(self, statements: list[Statement]) -> list[Statement]:
        self.say(f"grade {len(statements)}")
        return [s if s.grade else s.model_copy(update={"grade": "fair"}) for s in statements]

    async def search(self, statements: list[Statement], changes: dict[str, Any], stage: str) -> list[Found]:
        self.say(f"{stage}: {len(statements)} {changes}")
        found = []
        for s in statements:
            negated = s.id.split()[0] in (str(n) for n in range(0, 32, 4))
            one = Found(pairs=[] if negated and not changes["negation"] else [pair(s, 0, negated=negated)])
            one.strategies["whole_proof"] = Counter(samples=4 if one.pairs else changes.get("attempts", 16))
            found.append(one)
        return found

    async def train(self, name: str, examples: list[Example], config: TrainConfig, seed: int, folder: Path) -> TrainResult:
        self.say(f"train {name}: {len(examples)} on {config.max_tokens} seed {seed}")
        checkpoint(folder / "model", name)
        return TrainResult(folder / "model", name.split(",")[0], None, [], 7, 490, len(examples), 0, 1.0, 1.0, "")

    async def evaluate(self, weights: Weights, seed: int, statements: list[Statement], told: str) -> list[Measured]:
        name = weights.hash if "arms" in weights.path else weights.path.split("/rounds/")[1][:3]
        self.say(f"evaluate {name} seed {seed}")
        return [Measured(s.id, 4, min(4, max(0, FakeLab.skill(name) + place % 2))) for place, s in enumerate(statements)]

    async def end(self) -> None:
        self.calls.append("end")


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> type[FakeLab]:
    FakeLab.calls, FakeLab.fails = [], ""
    FakeLab.skill = staticmethod(lambda name: {"000": 0, "001": 1, "002": 1, "low": 2, "high": 1}.get(name, 2))  # type: ignore[assignment]
    monkeypatch.setattr(ablation, "Lab", FakeLab)
    monkeypatch.setattr(module, "run_stage", lambda work, resumable=False: asyncio.run(work))
    return FakeLab


def quiet() -> Progress:
    return Progress(Console(file=io.StringIO()), plain=True)


def run(folder: Path, *runs: str, seeds: int = 1, only: tuple[str, ...] = (), **more: Any) -> str:
    return ablate(runs, RunConfig(), Asked(folder, seeds, only, **more), quiet())


def found(folder: Path) -> dict[str, Any]:
    return {table["table"]: table for table in json.loads((folder / "results.json").read_text())}


def test_all_tables_of_two_runs(tmp_path: Path, lab: type[FakeLab]) -> None:
    runs = write_run(tmp_path / "first"), write_run(tmp_path / "second", mode="async")
    text = run(tmp_path / "out", *runs, seeds=2)
    assert lab.calls[:3] == ["lab with a judge", "evaluate 000 seed 0", "evaluate 000 seed 1"], "before any other weights are loaded"
    assert [call for call in lab.calls if call.startswith(("grade", "search"))] == [
        "grade 39",  # kept ones, and those that the filters held to be bad, but for what Lean cannot state
        "search high: 32 {'negation': True}",
        "search low: 7 {'negation': True}",
        "search theorem-only: 32 {'negation': False, 'attempts': 8}",
    ]
    trained = {call.split(":")[0]: call.split(": ")[1] for call in lab.calls if call.startswith("train")}
    sizes = {name.removeprefix("train ").split(",")[0]: int(made.split()[0]) for name, made in trained.items()}
    assert sizes == {"seeds": 2, "synthetic": 32, "pairs-4": 8, "pairs-16": 2, "high": 7, "low": 7} | {
        "negations": 32,
        "no-negated": 24,
        "theorem-only": 24,
    }
    assert all(" on 500 seed " in made for made in trained.values()) and len(trained) == 2 * len(sizes), "equal tokens, each seed once"
    assert lab.calls[-1] == "end" and not list((tmp_path / "out").rglob("model.safetensors")), "weights of arms are not kept"
    tables = found(tmp_path / "out")
    assert [row["arm"] for row in tables["mode"]["rows"]] == ["round-2", "other-2"] and tables["mode"]["seeds"] == [0, 1]
    assert "- The judge graded " in text
    assert tables["grade"]["comparisons"][0]["word"] == "the opposite" and tables["data"]["comparisons"][0]["word"] == "reproduces"
    assert tables["negations"]["comparisons"][0]["word"] == "cannot be told at this size"
    assert "32 statements that no cheap tactic decides: 128 proofs for 32 decided where both are searched, 160 proofs for 24" in text
    assert "sync: 32 pairs in the 4.0 minutes of rounds 1 to 2, 480 an hour; async: 32 pairs" in text
    assert text == (tmp_path / "out" / "tables.md").read_text()


def test_the_same_command_goes_on_where_it_was_ended(tmp_path: Path, lab: type[FakeLab]) -> None:
    first, out = write_run(tmp_path / "first"), tmp_path / "out"
    lab.fails = "train low"
    with pytest.raises(KeyboardInterrupt):
        run(out, first, only=("grade",))
    assert "end" in lab.calls and "low-graded statements: not measured yet" in (out / "tables.md").read_text()
    lab.fails, before = "", list(lab.calls)
    lab.calls.clear()
    run(out, first, only=("grade",))
    assert lab.calls[0] == "lab with a judge" and not any(call.startswith(("grade", "search")) for call in lab.calls), before
    assert {call.split(",")[0] for call in lab.calls if call.startswith("train")} <= {"train low", "train high"}
    done = [call for call in before + lab.calls if call.startswith("evaluate")]
    assert len(done) == len(set(done)) == 2, "what was measured is not measured again"
    lab.calls.clear()
    text = run(out, first, only=("grade",))
    assert lab.calls == [] and "low-graded statements" in text, "nothing is started where nothing is missing"
    run(out, first, only=("grade",), seeds=2)
    assert [call for call in lab.calls if call.startswith("evaluate")] == ["evaluate low seed 1", "evaluate high seed 1"]


def test_one_table_makes_its_own_arms_alone(tmp_path: Path, lab: type[FakeLab]) -> None:
    text = run(tmp_path / "out", write_run(tmp_path / "first"), only=("iterations",))
    assert lab.calls == ["lab without a judge", *(f"evaluate {n:03d} seed 0" for n in range(3)), "end"]
    assert text.count("###") == 1 and "| iteration 1 | 16 | 500 |" in text and "| iteration 2 | 32 | 1,000 |" in text


def test_an_arm_without_data_is_said_to_be_none(tmp_path: Path, lab: type[FakeLab]) -> None:
    first = write_run(tmp_path / "first")
    Path(first, "rounds/000/seeds.json").write_text("[]")
    text = run(tmp_path / "out", first, only=("data",))
    assert "seed proofs alone: there is nothing to train it on" in text and "verified pairs alone over no synthetic data" in text


def test_a_judge_that_grades_none_low_is_told(tmp_path: Path) -> None:
    (tmp_path / "searches").mkdir()
    assert grades(tmp_path) == []
    rows = [statement(f"{n}", grade=grade) for n, grade in enumerate(["excellent", "excellent", "good", ""])]
    write_records(tmp_path / "searches" / "statements.jsonl", rows, Statement)
    assert grades(tmp_path) == ["The judge graded 2 excellent, 1 good; none that counts as low"]
    write_records(tmp_path / "searches" / "statements.jsonl", [*rows, statement("5", grade="poor")], Statement)
    assert grades(tmp_path) == ["The judge graded 2 excellent, 1 good, 1 poor"]


def test_parts_are_nested_and_drawn_by_the_seed(tmp_path: Path) -> None:
    corpora = Corpora(source(write_run(tmp_path / "first")), {})
    parts = {arm: {p.id for p in corpora.pairs(arm, 0)} for arm in ("pairs-16", "pairs-4", "synthetic")}
    assert parts["pairs-16"] < parts["pairs-4"] < parts["synthetic"] and len(parts["pairs-4"]) == 8
    assert {p.id for p in corpora.pairs("pairs-4", 1)} != parts["pairs-4"] == {p.id for p in corpora.pairs("pairs-4", 0)}


def test_statements_are_drawn_by_their_grade() -> None:
    rows = [statement(f"{n}", grade=grade) for n, grade in enumerate(["excellent", "good", "above average", "fair", "poor", ""])]
    assert {name: {s.id for s in found} for name, found in by_grade(rows, 9, 0).items()} == {"high": {"0", "1", "2"}, "low": {"3", "4"}}
    assert len(by_grade(rows, 2, 0)["high"]) == 2


def test_mistakes_are_one_line_each(tmp_path: Path, lab: type[FakeLab]) -> None:
    first, out = write_run(tmp_path / "first"), tmp_path / "out"
    empty = write_run(tmp_path / "empty")
    for number in (1, 2):
        Path(empty, f"rounds/{number:03d}/metrics.json").unlink()
    other = write_run(tmp_path / "other", mode="async", seed=3)
    for runs, only, says in (
        ([first], ("dta",), "--only dta: no such table; there are data, grade, iterations, pairs, negations, mode"),
        ([first], ("mode",), "--only mode: give two runs, one of each mode"),
        ([first] * 3, (), "--run: 3 runs are given"),
        ([first, write_run(tmp_path / "again")], (), "are both mode: sync"),
        ([first, other], (), "differ in more than their mode: seed is 0 there and 3 here"),
        ([empty], (), "no round of it is complete"),
        ([str(tmp_path)], (), "not a run directory"),
    ):
        with pytest.raises(UserError, match=says):
            run(out, *runs, only=only)
    assert lab.calls == []
    run(out, first, only=("iterations",))
    with pytest.raises(UserError, match=r"holds an ablation with another tokens \(500, now 9\)"):
        run(out, first, only=("iterations",), tokens=9)
    with pytest.raises(UserError, match="holds an ablation with another run"):
        run(out, str(tmp_path / "again"), only=("iterations",))
    Path(first, "rounds/001/training/model/config.json").unlink()
    with pytest.raises(UserError, match="the weights of round 1 are not there"):
        run(tmp_path / "new", first, only=("iterations",))


def test_runs_of_its_own_share_their_first_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second run finds the first one's round 0; a run that is finished is not run again."""
    ran: list[tuple[str, str, bool]] = []

    def pipeline(config: RunConfig, place: str, progress: Progress) -> str:
        ran.append((config.mode, Path(place).name, Path(place, "rounds/000/metrics.json").exists()))
        for number in range(config.rounds + 1):
            RunDir(place).write_json(f"rounds/{number:03d}/metrics.json", {"round": number})
        return place

    monkeypatch.setattr(module, "run_pipeline", pipeline)
    config = RunConfig.model_validate({"rounds": 1})
    made = own_runs(config, tmp_path, True, quiet())
    assert [Path(place).name for place in made] == ["run-sync", "run-async"]
    assert ran == [("sync", "run-sync", False), ("async", "run-async", True)]
    assert own_runs(config, tmp_path, True, quiet()) == made and len(ran) == 2
    assert own_runs(config, tmp_path / "one", False, quiet()) == [str(tmp_path / "one" / "run-sync")]


def test_pairs_are_read_back(tmp_path: Path, lab: type[FakeLab]) -> None:
    from synth.store.files import read_records

    run(tmp_path / "out", write_run(tmp_path / "first"), only=("negations",), statements=8)
    pairs = list(read_records(tmp_path / "out" / "searches" / "high.parquet", Pair))
    assert len(pairs) == 8 and len(json.loads((tmp_path / "out" / "searches" / "high.json").read_text())) == 8
