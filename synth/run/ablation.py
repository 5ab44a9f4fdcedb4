"""The arms of an ablation, made and measured one after the other, and the tables of what is there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from synth.llm.types import Weights
from synth.records import Pair, Statement
from synth.run.ablation_notes import described, ending, grades, saved, speed
from synth.run.arms import NEEDS, SEARCHES, TRAINED, Corpora, Source, by_grade, equal_training
from synth.run.baseline import Baseline
from synth.run.heldout import Measured
from synth.run.lab import Lab
from synth.run.learn import versions
from synth.show.paper import Table
from synth.show.progress import Progress
from synth.show.tables import ArmResult, Filled, as_json, page
from synth.store.files import read_records, write_records
from train import inbox

STAGE = "ablate"
OTHER = "other"


@dataclass(frozen=True)
class Asked:
    """What the command was asked for; `tokens` 0: as a round of the run trains on."""

    out: Path
    seeds: int = 2
    only: tuple[str, ...] = ()
    tokens: int = 0
    statements: int = 150


def write_text(file: Path, text: str) -> None:
    """Write a file under OUT, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    inbox.write_text(file, text)


class Ablation:
    """The work on one OUT."""

    def __init__(self, asked: Asked, tokens: int, first: Source, other: Source | None, chosen: list[Table], progress: Progress) -> None:
        self.asked, self.tokens, self.first, self.other, self.chosen, self.progress = asked, tokens, first, other, chosen, progress
        self.empty: set[str] = set()
        """Arms that there is nothing to train on."""

    @property
    def arms(self) -> list[str]:
        """The arms of the chosen tables, the first model before all others."""
        arms = dict.fromkeys(row.arm for table in self.chosen for row in table.rows)
        return sorted(arms, key=lambda arm: (arm != "round-0", arm in TRAINED))

    def missing(self) -> list[tuple[str, int]]:
        """What is still to be measured, in the order in which it is done: the first model needs no other's weights to be loaded."""
        todo = [(arm, seed) for seed in range(self.asked.seeds) for arm in self.arms if not self.file(arm, seed).exists()]
        return sorted(todo, key=lambda one: one[0] != "round-0")

    def folder(self, arm: str, seed: int) -> Path:
        """Where an arm is trained."""
        return self.asked.out / "arms" / arm / f"seed-{seed}"

    def file(self, arm: str, seed: int) -> Path:
        return self.folder(arm, seed).with_suffix(".json")

    async def run(self) -> None:
        """Everything that is missing."""
        todo = self.missing()
        needed = tuple(dict.fromkeys(name for arm, _ in todo for name in NEEDS.get(arm, ())))
        self.progress.stage(STAGE, self.asked.seeds * len(self.arms))
        self.progress.set(STAGE, self.asked.seeds * len(self.arms) - len(todo))
        lab = Lab(self.first, self.asked.out, bool(needed), self.progress)
        try:
            await self.baseline(lab)
            for arm, seed in (one for one in todo if one[0] == "round-0"):
                await self.measure(lab, arm, seed, self.first.weights(0), {})
            searched = {name: await self.search(lab, name) for name in needed}
            corpora = Corpora(self.first, searched)
            for arm, seed in (one for one in todo if one[0] != "round-0"):
                await (self.train(lab, corpora, arm, seed) if arm in TRAINED else self.model(lab, arm, seed))
        finally:
            await lab.end()

    @property
    def easy(self) -> Baseline:
        """What cheap tactics prove of the held-out statements, as the run found it or as was found here."""
        file = self.asked.out / "baseline.json"
        here = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"solved": {}, "unsupported": {}}
        kept = self.first.store.read_json("rounds/000/baseline.json", here)
        return Baseline(kept["solved"], dict.fromkeys(kept["unsupported"], ""))

    async def baseline(self, lab: Lab) -> None:
        """Find out what cheap tactics prove, where the run does not say."""
        file = self.asked.out / "baseline.json"
        if not (file.exists() or self.first.store.exists("rounds/000/baseline.json")):
            write_text(file, json.dumps(asdict(await lab.baseline(self.first.inputs.benchmark.statements))))

    async def search(self, lab: Lab, name: str) -> list[Pair]:
        """The pairs of one of the ablation's own searches; what became of each statement is kept beside them."""
        folder = self.asked.out / "searches"
        if not (folder / f"{name}.json").exists():
            statements = (await self.graded(lab))[SEARCHES[name][0]]
            attempts = self.first.config.search.attempts
            changes: dict[str, object] = {"negation": False, "attempts": 2 * attempts} if name == "theorem-only" else {"negation": True}
            self.progress.stage(f"search {name}", len(statements))
            found = await lab.search(statements, changes, f"search {name}")
            folder.mkdir(parents=True, exist_ok=True)
            write_records(folder / f"{name}.parquet", [p for one in found for part in one.everything() for p in part.pairs], Pair)
            ended = {s.id: ending(one) for s, one in zip(statements, found, strict=True)}
            write_text(folder / f"{name}.json", json.dumps(ended))  # last: it says that all of this is there
        return list(read_records(folder / f"{name}.parquet", Pair))

    async def graded(self, lab: Lab) -> dict[str, list[Statement]]:
        """The statements of the ablation's own searches."""
        file = self.asked.out / "searches" / "statements.jsonl"
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            write_records(file, await lab.graded(self.first.statements), Statement)
        return by_grade(read_records(file, Statement), self.asked.statements, self.first.config.seed)

    async def train(self, lab: Lab, corpora: Corpora, arm: str, seed: int) -> None:
        """Train an arm and measure it; its weights are not kept."""
        examples, pairs = corpora.examples(arm, seed)
        if not examples:
            self.empty.add(arm)
            self.progress.note(f"{arm}, seed {seed}: there is nothing to train it on")
            self.progress.advance(STAGE)
            return
        config, folder = equal_training(self.first.config.train, examples, self.tokens), self.folder(arm, seed)
        result = await lab.train(f"{arm}, seed {seed}", examples, config, self.first.config.seed + seed, folder)
        about = {"statements": len({pair.statement_id for pair in pairs}) or None, "tokens": result.tokens, "steps": result.steps}
        await self.measure(lab, arm, seed, Weights(str(result.dir), 1, result.hash), {"pairs": len(pairs) or len(examples), **about})
        shutil.rmtree(folder)

    async def model(self, lab: Lab, arm: str, seed: int) -> None:
        """Measure a model of a run."""
        which, number = arm.split("-")
        run = self.other if which == OTHER else self.first
        assert run is not None
        trained = run.store.read_json(f"rounds/{int(number):03d}/trained_on.json", {"pairs": []})
        rounds, tokens = sum(version > 0 for version in versions(run.store, int(number))), run.config.train.max_tokens
        about = {"pairs": len(trained["pairs"]), "tokens": tokens and tokens * rounds}
        await self.measure(lab, arm, seed, run.weights(int(number)), about)

    async def measure(self, lab: Lab, arm: str, seed: int, weights: Weights, about: dict[str, Any]) -> None:
        """Evaluate some weights and write down what came of it."""
        statements = [s for s in self.first.inputs.benchmark.statements if s.id not in self.easy.unsupported]
        rows = await lab.evaluate(weights, self.first.config.seed + seed, statements, f"{arm}, seed {seed}")
        result = measured(arm, seed, weights, rows, about)
        write_text(self.file(arm, seed), result.model_dump_json(indent=1) + "\n")
        proved = sum(bool(count) for count in result.correct.values())
        self.progress.advance(STAGE)
        self.progress.note(
            f"{arm}, seed {seed}: {proved} of {len(rows)} held-out statements proved by {sum(result.correct.values())} proofs"
        )

    def results(self, arm: str) -> list[ArmResult]:
        """What is there of an arm, with the seeds that were asked for."""
        files = [self.file(arm, seed) for seed in range(self.asked.seeds)]
        return [ArmResult.model_validate_json(file.read_text(encoding="utf-8")) for file in files if file.exists()]

    def write(self) -> str:
        """The tables of what is there, as Markdown."""
        shown: list[tuple[Table, dict[str, Any]]] = []
        for table in self.chosen:
            arms = {row.arm: self.results(row.arm) for row in table.rows}
            notes = [
                f"{row.label}: {'there is nothing to train it on' if row.arm in self.empty else 'not measured yet'}"
                for row in table.rows
                if not arms[row.arm]
            ]
            if table.name == "grade":
                notes += grades(self.asked.out)
            if table.name == "negations":
                notes += saved(self.asked.out, self.first.config.eval, self.first.config.seed)
            if table.name == "mode" and self.other:
                notes += [f"{speed(self.first)}; {speed(self.other)}; one run each, so no interval"]
            filled = Filled(table, arms, self.first.config.eval, self.first.config.seed, frozenset(self.easy.solved), notes)
            shown.append((table, as_json(filled)))
        text = page(shown, described(self.first, self.tokens))
        write_text(self.asked.out / "results.json", json.dumps([found for _, found in shown], indent=2, ensure_ascii=False) + "\n")
        write_text(self.asked.out / "tables.md", text)
        return text


def measured(arm: str, seed: int, weights: Weights, rows: Sequence[Measured], about: Mapping[str, Any]) -> ArmResult:
    """The result of one evaluation; statements that Lean turned out not to be able to state are no part of it."""
    judged = {row.id: row.attempts for row in rows if not row.unsupported}
    return ArmResult(
        arm=arm,
        seed=seed,
        model=weights.hash,
        judged=judged,
        correct={row.id: row.correct for row in rows if row.id in judged},
        **about,
    )
