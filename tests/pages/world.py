"""A folder in which a page's commands run: what they take as given is made where they name it, from a small run made before."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from synth.records import Pair, Problem
from synth.store.rundir import RunDir
from tests.pages.blocks import ROOT

SMALL = " --set rounds=1 --set problems.count=60 --set heldout.count=20"
"""What is added to the demo, whose ten minutes are tested by itself: one round of few problems, with the same model."""
OUTPUTS = r"--(?:out|to|run-dir|report)[ =]"


class World:
    """`run` is the run directory from which runs, models and pairs are taken; None where the commands need none."""

    def __init__(self, folder: Path, run: Path | None) -> None:
        self.folder, self.run = folder, run
        for name in ("cluster", "docs", "examples"):
            (folder / name).symlink_to(ROOT / name)

    def script(self, command: str) -> str:
        """The command as it runs here: what is not there by itself is named as it is called here, and long work is made shorter."""
        command = re.sub(r"\s+# .*$", "", command, flags=re.M)  # what is added goes before it
        for there, here in self._called().items():
            command = re.sub(there, here, command)
        for name, more in SHORTER.items():
            if re.match(name, command):
                command += more if "models.prover.path" in command or self.run is None else f"{more} {self._started()}"
        return command

    def shown(self, line: str) -> str:
        """A line of output as a page shows it."""
        return line.replace(str(self.folder / "project"), "/project")

    def give(self, command: str) -> None:
        """Make what a command takes as given and does not write itself."""
        inputs = re.sub(OUTPUTS + r"\S+", "", command)
        for name, make in GIVEN.items():
            path = self.folder / name
            if re.search(rf"(?<![\w./-]){re.escape(name)}(?![\w.-])", inputs) and not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                make(self, path)

    def pairs(self) -> list[Pair]:
        assert self.run is not None, "these commands need a run: mark them as slow"
        return list(RunDir.existing(str(self.run)).read("pairs", Pair))

    def _called(self) -> dict[str, str]:
        names = {r"(?<!\S)/project/": f"{self.folder}/project/", "rounds/003": "rounds/001"}
        return names | ({"3bf7ac1b": self.pairs()[0].id[:8]} if self.run is not None else {})

    def _started(self) -> str:
        return "" if self.run is None else f"--set models.prover.path={self.run}/rounds/000/training/model"


SHORTER = {
    "synth (run|demo)(?!.*--dry-run)": SMALL,
    "synth answer generated": " --count 4",
    "synth judge-error (?!LABELS)": " --count 6",
}


def _rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), path)
    else:
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def _run(world: World, path: Path) -> None:
    assert world.run is not None, "these commands need a run: mark them as slow"
    shutil.copytree(world.run, path)


def _demo(world: World, path: Path) -> None:
    """A demo's run directory, of which a page cannot know the name."""
    if not (found := path.with_name("embedded-1a2b3c4d")).exists():
        _run(world, found)


def _model(world: World, path: Path) -> None:
    assert world.run is not None, "these commands need a run: mark them as slow"
    path.symlink_to(world.run / "rounds" / "000" / "training" / "model")


def _pairs(world: World, path: Path) -> None:
    _rows(path, (pair.model_dump(mode="json") for pair in world.pairs()[:20]))


def _corpus(world: World, path: Path) -> None:
    _rows(path, ({"id": pair.id, "statement": pair.statement, "proof": pair.proof} for pair in world.pairs()[:20] if pair.form == "proof"))


def _whole_files(world: World, path: Path) -> None:
    path.mkdir()
    _rows(path / "train.jsonl", ({"completion": f"{pair.statement} := {pair.proof}"} for pair in world.pairs()[:20]))


def _benchmark(world: World, path: Path) -> None:
    _rows(path, [{"id": "one", "statement": "theorem one (n : Nat) : n * 1 = n"}, {"id": "two", "statement": "theorem two : 2 + 2 = 4"}])


def _labels(world: World, path: Path) -> None:
    words = "Show that n + 0 = n for every natural number n."
    right, wrong = "theorem t (n : Nat) : n + 0 = n", "theorem t (n : Nat) : n + 1 = n + 1"
    _rows(path, [{"text": words, "statement": right, "faithful": True}, {"text": words, "statement": wrong, "faithful": False}])


def _asks(world: World, path: Path) -> None:
    asked = "What is the sum of the first n odd numbers, for every natural number n?"
    _rows(path, [{"text": asked, "answer": "n ^ 2"} if path.stem == "answers" else {"text": asked}])


def _problems(world: World, path: Path) -> None:
    """Of the kind that the small model knows: those of the run."""
    found = RunDir.existing(str(world.run)).read("problems", Problem) if world.run is not None else []
    _rows(
        path,
        [{"text": problem.text} for problem in found][:12]
        or [{"text": "Prove that 9 ^ n leaves remainder 1 when divided by 4, for all n."}],
    )


def _proofs(world: World, path: Path) -> None:
    _rows(path, [{"id": "a", "statement": "theorem t (n : Nat) : n + 0 = n", "proof": "by simp"}])


def _own_config(world: World, path: Path) -> None:
    """The demo's, with the run's first model."""
    config = yaml.safe_load((ROOT / "cluster/configs/embedded.yaml").read_text(encoding="utf-8"))
    config.setdefault("models", {})["prover"] = {"path": f"{world.run}/rounds/000/training/model"}
    path.write_text(yaml.safe_dump(config), encoding="utf-8")


def _copy_of(name: str) -> Callable[[World, Path], None]:
    def make(world: World, path: Path) -> None:
        shutil.copyfile(ROOT / name, path)

    return make


GIVEN: dict[str, Callable[[World, Path], None]] = {
    **dict.fromkeys(("runs/mine", "runs/first", "runs/demo", "runs/async", "runs/sync", "runs/X"), _run),
    "runs/embedded-*": _demo,
    **dict.fromkeys(("MODEL", "CHECKPOINT"), _model),
    **dict.fromkeys(("corpus.jsonl", "corpus.parquet"), _corpus),
    **dict.fromkeys(("minif2f.jsonl", "putnam.parquet"), _benchmark),
    "pairs.jsonl": _pairs,
    "folder": _whole_files,
    "LABELS.jsonl": _labels,
    **dict.fromkeys(("questions.jsonl", "answers.jsonl"), _asks),
    "proofs.jsonl": _proofs,
    "problems.jsonl": _problems,
    "statements.jsonl": _copy_of("examples/problems/statements.jsonl"),
    "my.yaml": _own_config,
}
"""What users have, under the names that the pages give it."""
