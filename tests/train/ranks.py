"""Rounds on several ranks without Ray, undisturbed or killed and continued.

`python -m tests.train.ranks FOLDER RANK WORLD` does the tasks in FOLDER/tasks.json as one rank.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from train import loop
from train.config import TrainConfig
from train.data import example_files
from train.inbox import Job
from train.loop import TrainingLoop


class Killed(Exception):
    """The process ended here."""


def task(init: Path, examples: Path, out: Path, settings: dict[str, Any], dies: int | None = None) -> dict[str, Any]:
    """A round of `settings` in `out`, from where it was; `dies`: after so many steps."""
    return {"init": str(init), "examples": str(examples), "out": str(out), "settings": settings, "dies": dies}


def do(given: dict[str, Any]) -> None:
    """One task, in this process as one rank of the process group that there is. The file `began` gets the step it began with."""
    out, dies = Path(given["out"]), given["dies"]
    out.mkdir(parents=True, exist_ok=True)
    config = TrainConfig.model_validate(given["settings"]).model_dump(mode="json")
    files = tuple(str(file) for file in example_files(Path(given["examples"])))
    job = Job(given["init"], files, str(out), config, 5, "key", "one")
    plain = TrainingLoop._step

    def step(self: TrainingLoop, *parts: Any) -> Any:
        result = plain(self, *parts)
        if self.step + 1 == dies:
            raise Killed
        return result

    TrainingLoop._step = step  # type: ignore[method-assign]
    try:
        trainer, tokenizer = loop.prepare(job)
        try:
            trainer.resume()
            if trainer.rank == 0:
                with (out / "began").open("a") as file:
                    file.write(f"{trainer.step}\n")
            trainer.train()
            trainer.export(tokenizer)
        except Killed:
            pass
        finally:
            loop.destroy(trainer.engine)
    finally:
        TrainingLoop._step = plain  # type: ignore[method-assign]


def on_ranks(folder: Path, world: int, tasks: list[dict[str, Any]]) -> None:
    """Have `world` processes do `tasks`, one after another."""
    folder.mkdir()
    (folder / "tasks.json").write_text(json.dumps(tasks))
    command = [sys.executable, "-m", "tests.train.ranks", str(folder)]
    logs = [(folder / f"{rank}.log").open("w") for rank in range(world)]
    running = [subprocess.Popen([*command, str(rank), str(world)], stdout=log, stderr=log) for rank, log in enumerate(logs)]
    try:
        ended = [process.wait(900) for process in running]
    finally:
        for process, log in zip(running, logs, strict=True):
            process.kill()
            log.close()
    assert not any(ended), "\n".join((folder / f"{rank}.log").read_text()[-3000:] for rank in range(world))


WAYS = ("2", "2 then 1", "2 then 4", "1 then 2")
"""The workers of a round that is not the undisturbed one on one worker."""


def everywhere(init: Path, examples: Path, folder: Path, rounds: dict[str, dict[str, Any]], dies: int) -> None:
    """Each of `rounds`, in FOLDER/NAME/WAY: undisturbed (`plain`: on 1 worker), and killed after `dies` steps and continued on others."""

    def of(name: str, way: str, workers: int, dies: int | None = None) -> dict[str, Any]:
        return task(init, examples, folder / name / way, rounds[name] | {"workers": workers}, dies)

    first = [of(name, way, 1, end) for name in rounds for way, end in (("plain", None), ("1 then 2", dies))]
    on_ranks(folder / "first", 1, first)
    two: list[tuple[str, int | None]] = [("2", None), ("2 then 1", dies), ("2 then 4", dies), ("1 then 2", None)]
    on_ranks(folder / "second", 2, [of(name, way, 2, end) for name in rounds for way, end in two])
    on_ranks(folder / "third", 1, [of(name, "2 then 1", 1) for name in rounds])
    on_ranks(folder / "fourth", 4, [of(name, "2 then 4", 4) for name in rounds])


def history(out: Path) -> list[dict[str, float]]:
    """The rows of a finished round, one for each step."""
    return list(json.loads((out / "manifest.json").read_text())["history"])


def off(out: Path, plain: Path) -> float:
    """The largest relative difference of a step's loss between two rounds."""
    found, wanted = history(out), history(plain)
    assert [(row["step"], row["tokens"]) for row in found] == [(row["step"], row["tokens"]) for row in wanted]
    return max(abs(a["loss"] / b["loss"] - 1) for a, b in zip(found, wanted, strict=True))


def main(folder: Path, rank: int, world: int) -> None:
    os.environ |= {"DS_ACCELERATOR": "cpu", "LOCAL_RANK": str(rank), "RANK": str(rank), "WORLD_SIZE": str(world), "HF_HUB_OFFLINE": "1"}
    import torch

    torch.distributed.init_process_group("gloo", init_method=f"file://{folder / 'store'}", rank=rank, world_size=world)
    for given in json.loads((folder / "tasks.json").read_text()):
        do(given)
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
