"""Real DeepSpeed, real Ray Train: a round is stopped, killed, resumed, exported."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
import ray
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.train.conftest import make_examples
from train.config import DIVISION, TrainConfig
from train.data import Example, write_examples
from train.group import WorkerGroup
from train.inbox import Job, write_json
from train.loop import prepare, run
from train.model import checkpoint_hash
from train.rounds import TrainingStopped, _claim, _key, train_round
from verify_workers.errors import UserError

CONFIG = TrainConfig(
    epochs=8, batch_tokens=512, max_length=64, lr=1e-2, threads=1, workers=1, cpus_per_worker=0.5, checkpoint_steps=10, log_steps=5
)
# The same training, looked at more often: what is logged and when is not part of the result.
SLOW = CONFIG.model_copy(update={"log_steps": 1, "checkpoint_steps": 7})


def job(init: Path, examples: list[Example], out: Path, config: TrainConfig, seed: int = 0) -> Job:
    out.mkdir(parents=True)
    write_examples(examples, out / "examples.parquet")
    return Job(str(init), (str(out / "examples.parquet"),), str(out), config.model_dump(mode="json"), seed, "key", "one")


@pytest.mark.parametrize(("stage", "accumulate"), [(0, False), (2, True), (3, False)])
def test_exported_model_is_the_trained_one(
    alone: None, tiny: Path, examples: list[Example], tmp_path: Path, stage: int, accumulate: bool
) -> None:
    micro = 128 if accumulate else None
    settings = {"zero_stage": stage, "max_steps": 12, "micro_batch_tokens": micro, "gradient_checkpointing": stage == 3}
    config = TrainConfig.model_validate(CONFIG.model_dump() | settings)
    work = job(tiny, examples, tmp_path / "out", config)
    trainer, tokenizer = prepare(work)
    trainer.train()
    ids = torch.tensor([tokenizer(examples[0].prompt)["input_ids"]])
    trainer.engine.eval()
    with torch.no_grad():
        weights = torch.ones(1, ids.shape[1] - 1)
        trained = float(trainer.engine(ids, weights, torch.arange(weights.numel())))
        trainer.export(tokenizer)
        exported = AutoModelForCausalLM.from_pretrained(tmp_path / "out" / "model")
        logs = exported(ids).logits[0, :-1].log_softmax(-1)
        again = -float(logs.gather(1, ids[0, 1:, None]).sum())
        fresh = AutoModelForCausalLM.from_pretrained(tiny)(ids).logits
    assert again == pytest.approx(trained, rel=1e-5)
    assert float((exported(ids).logits - fresh).abs().max()) > 0.1, "training changed nothing"
    history = json.loads((tmp_path / "out" / "manifest.json").read_text())["history"]
    assert history[-1]["loss"] < 0.8 * history[0]["loss"] and history[-1]["step"] == 12


def test_checkpoint_resumes_exactly_under_zero_2(alone: None, tiny: Path, examples: list[Example], tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"zero_stage": 2, "max_steps": 14})
    whole, _ = prepare(job(tiny, examples, tmp_path / "whole", config))
    whole.train()
    work = job(tiny, examples, tmp_path / "halves", config)
    first, _ = prepare(work)
    first.train()  # leaves the checkpoint of step 10
    second, _ = prepare(work)
    second.resume()
    assert second.step == 10
    second.train()
    for (name, a), b in zip(whole.model.state_dict().items(), second.model.state_dict().values(), strict=True):
        assert torch.allclose(a, b, atol=1e-6), name
    assert second.tokens == whole.tokens


def test_diverging_loss_is_the_users_to_mend(alone: None, tiny: Path, examples: list[Example], tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"lr": 1e30, "clip": 0.0, "warmup": 0.0})
    run(job(tiny, examples, tmp_path / "out", config))
    assert "lower train.lr" in json.loads((tmp_path / "out" / "error.json").read_text())["error"]
    assert not (tmp_path / "out" / "manifest.json").exists()


@pytest.mark.slow
def test_stopped_round_goes_on_to_the_same_weights(
    ray_local: None, alone: None, tiny: Path, examples: list[Example], tmp_path: Path
) -> None:
    run(job(tiny, examples, tmp_path / "reference", CONFIG, seed=7))
    out, rows = tmp_path / "out", list[dict[str, float]]()
    with pytest.raises(TrainingStopped):
        train_round(tiny, examples, out, SLOW, 7, on_progress=rows.append, should_stop=lambda: len(rows) >= 2)
    stopped_at = json.loads((out / "checkpoints" / "latest.json").read_text())["step"]
    result = train_round(tiny, examples, out, SLOW, 7, on_progress=rows.append)
    assert 0 < stopped_at < result.steps
    reference, resumed = load_file(tmp_path / "reference" / "model" / "model.safetensors"), load_file(result.dir / "model.safetensors")
    for name in reference:
        assert torch.allclose(reference[name], resumed[name], atol=1e-5), name
    assert result.history[-1]["loss"] < 0.5 * result.history[0]["loss"]
    assert [row["step"] for row in result.history] == sorted({row["step"] for row in result.history})
    assert result.hash == checkpoint_hash(result.dir) and result.examples == 120 and result.skipped == 0
    assert AutoTokenizer.from_pretrained(result.dir)("∀ 12")["input_ids"] == AutoTokenizer.from_pretrained(tiny)("∀ 12")["input_ids"]
    assert not (out / "checkpoints").exists()
    again = train_round(tiny, examples, out, SLOW, 7)  # finished: nothing is started
    assert again.hash == result.hash and again.history == result.history
    with pytest.raises(UserError, match="holds a round with another"):
        train_round(tiny, examples, out, SLOW, 8)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_worker_is_replaced_and_the_round_finishes(ray_local: None, tiny: Path, tmp_path: Path) -> None:
    config = TrainConfig.model_validate(CONFIG.model_dump() | {"workers": 2, "zero_stage": 2, "epochs": 60, "max_failures": 1})
    out, killed = tmp_path / "out", list[int]()

    def kill_one(row: dict[str, float]) -> None:
        if not killed and (out / "checkpoints" / "latest.json").exists():
            workers = _train_workers()
            killed.append(workers[0].pid)
            workers[0].kill()

    result = train_round(tiny, make_examples(119, seed=5), out, config, 3, on_progress=kill_one)
    assert killed, "the round was over before a worker could be killed"
    assert result.steps == json.loads((out / "manifest.json").read_text())["planned_steps"]
    steps = [row["step"] for row in result.history]
    assert steps == sorted(set(steps)) and steps[-1] == result.steps
    assert result.history[-1]["loss"] < 0.5 * result.history[0]["loss"]
    assert result.examples == 119


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_round_killed_on_two_workers_goes_on_with_one(ray_local: None, alone: None, tiny: Path, tmp_path: Path) -> None:
    settings = {"workers": 2, "zero_stage": 2, "epochs": 40, "max_failures": 0, "log_steps": 1}
    config = TrainConfig.model_validate(CONFIG.model_dump() | settings)
    rows, out = make_examples(119, seed=5), tmp_path / "out"
    run(job(tiny, rows, tmp_path / "reference", config.model_copy(update={"workers": 1}), seed=3))

    def kill_one(row: dict[str, float]) -> None:
        if (out / "checkpoints" / "latest.json").exists():
            for worker in _train_workers():
                worker.kill()

    with pytest.raises(RuntimeError, match="failed"):
        train_round(tiny, rows, out, config, 3, on_progress=kill_one)
    step = json.loads((out / "checkpoints" / "latest.json").read_text())["step"]
    result = train_round(tiny, rows, out, config.model_copy(update={"workers": 1}), 3)
    reference = json.loads((tmp_path / "reference" / "manifest.json").read_text())["history"]
    assert 0 < step < result.steps and len(result.history) == result.steps == len(reference)
    assert [row["loss"] for row in result.history] == pytest.approx([row["loss"] for row in reference], rel=1e-4)


def test_what_divides_the_work_is_not_in_the_key_and_older_rounds_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    config = TrainConfig(workers=2, threads=1)
    key, old = _key("model", "data", config, 0), _key("model", "data", config, 0, DIVISION - {"workers", "gpu"})
    other = config.model_copy(update={"workers": 4, "threads": 2, "gpu": True, "log_steps": 3})
    assert _key("model", "data", other, 0) == key != _key("model", "data", config.model_copy(update={"micro_batch_tokens": 512}), 0)

    def claimed(key_there: str, workers: int, finished: bool = False) -> bool:
        """Whether the checkpoints of a folder marked so are still there."""
        out = tmp_path / f"{key_there}-{workers}-{finished}"
        (out / "checkpoints").mkdir(parents=True)
        write_json(out / "round.json", {"key": key_there})
        if finished:
            write_json(out / "manifest.json", {})
        _claim(out, key, old, workers)
        assert json.loads((out / "round.json").read_text()) == {"key": key}
        return (out / "checkpoints").exists()

    assert claimed(key, 2) and claimed(old, 1) and claimed(old, 2, finished=True) and not caplog.records
    assert not claimed(old, 2) and "begins anew" in caplog.text
    with pytest.raises(UserError, match="holds a round with another"):
        claimed("another", 2)


def _train_workers() -> list[psutil.Process]:
    running = [p for p in psutil.Process().children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE]
    return [p for p in running if "RayTrainWorker" in " ".join(p.cmdline())]


@pytest.mark.slow
def test_kept_workers_train_one_round_after_another(ray_local: None, tiny: Path, examples: list[Example], tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"max_steps": 6, "max_failures": 1})
    with WorkerGroup(config, tmp_path / "group") as group:
        first = train_round(tiny, examples, tmp_path / "first", config, 1, group=group)
        (before,) = _train_workers()
        second = train_round(first.dir, examples, tmp_path / "second", config, 2, group=group)
        (after,) = _train_workers()
        assert before == after, "the second round started a new process"
        with pytest.raises(UserError, match="usable training examples"):  # one bad round does not end the workers
            train_round(tiny, [Example(prompt="x" * 500, completion="y")], tmp_path / "bad", config, 0, group=group)
        after.kill()
        third = train_round(second.dir, examples, tmp_path / "third", config, 3, group=group)
        wider = config.model_copy(update={"threads": 2})
        assert not group.fits(wider)
    psutil.wait_procs(_train_workers(), timeout=120)  # a busy machine takes its time to end a process
    assert not list((tmp_path / "group").iterdir()) and not _train_workers()
    alone = train_round(first.dir, examples, tmp_path / "alone", config, 2)
    assert alone.hash == second.hash, "a kept worker carried something from one round into the next"
    assert len({first.hash, second.hash, third.hash}) == 3


@pytest.mark.slow
def test_others_go_on_where_what_looks_after_the_workers_died(ray_local: None, tiny: Path, examples: list[Example], tmp_path: Path) -> None:
    """Ray Train replaces workers; when its controller is gone, they are too."""
    config, killed = CONFIG.model_copy(update={"max_steps": 12}), list[int]()

    def kill_it(row: dict[str, float]) -> None:
        if not killed:
            running = [p for p in psutil.Process().children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE]
            (controller,) = [p for p in running if "TrainController" in " ".join(p.cmdline())]
            killed.append(controller.pid)
            controller.kill()

    group = WorkerGroup(config, tmp_path / "group")
    first = train_round(tiny, examples, tmp_path / "first", config, 1, on_progress=kill_it, group=group)
    assert killed and first.steps == 12 and group.gone
    assert train_round(first.dir, examples, tmp_path / "second", config, 2, group=group).steps == 12
    group.close()


def test_what_is_held_by_others_is_waited_for_a_while_and_named(
    ray_local: None, tiny: Path, examples: list[Example], tmp_path: Path
) -> None:
    @ray.remote(num_cpus=2)
    class Greedy:
        def ready(self) -> None: ...

    holder: Any = Greedy.remote()
    ray.get(holder.ready.remote())
    try:
        short = CONFIG.model_copy(update={"wait_seconds": 1.0})
        with pytest.raises(UserError, match=r"wants 0\.5 CPUs and 0 are free.*Greedy.*lower train\.workers"):
            train_round(tiny, examples, tmp_path / "a", short, 0)
        long = CONFIG.model_copy(update={"wait_seconds": 3600.0})
        with pytest.raises(TrainingStopped):  # an interruption ends the wait
            train_round(tiny, examples, tmp_path / "b", long, 0, should_stop=lambda: True)
    finally:
        ray.kill(holder)
    deadline = time.monotonic() + 60
    while list(tmp_path.glob("*/workers-*")) and time.monotonic() < deadline:  # the waiting thread clears up behind itself
        time.sleep(0.1)
    assert not list(tmp_path.glob("*/workers-*"))


def test_too_small_a_cluster_and_no_usable_example_are_told(ray_local: None, alone: None, tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the cluster has 2"):
        wide = TrainConfig.model_validate(CONFIG.model_dump() | {"cpus_per_worker": 64.0})
        train_round(tiny, make_examples(4), tmp_path / "a", wide, 0)
    with pytest.raises(UserError, match="no Parquet file"):
        train_round(tiny, [], tmp_path / "b", CONFIG, 0)
    run(job(tiny, [Example(prompt="x" * 500, completion="y")], tmp_path / "c", CONFIG))
    assert "1 longer than train.max_length" in json.loads((tmp_path / "c" / "error.json").read_text())["error"]
