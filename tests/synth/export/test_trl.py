"""TRL's own trainers take the forms that are made for them: one step each of a small model on the CPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synth.export.corpus import Asked, export
from synth.export.splits import Shares
from tests.synth.export.tiny import real
from verify_workers.backends.base import Backend

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, backend: Backend) -> Path:
    return real(tmp_path_factory.mktemp("trl") / "run", backend)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """A model and its tokenizer, with a chat template."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from train.config import ModelConfig
    from train.model import create_checkpoint
    from train.tokenizer import train_tokenizer

    folder = tmp_path_factory.mktemp("trl") / "model"
    tokenizer = train_tokenizer(["theorem X : 1 = 1 := by omega"], 300)
    create_checkpoint(folder, ModelConfig(vocab_size=300, d_model=32, layers=2, heads=2, ffn=64, max_length=1024), tokenizer, 0)
    found = AutoTokenizer.from_pretrained(folder)
    found.chat_template = (
        "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    return AutoModelForCausalLM.from_pretrained(folder), found


ONE_STEP: dict[str, Any] = {
    "max_steps": 1, "per_device_train_batch_size": 2, "report_to": [], "use_cpu": True, "bf16": False, "save_strategy": "no",
    "logging_steps": 1, "max_length": 1024,
}  # fmt: skip


def rows(run: Path, folder: Path, form: str) -> Any:
    from datasets import load_dataset

    export(run, folder / form, form, Asked(shares=Shares(0, 0)))
    return load_dataset(str(folder / form), split="train", cache_dir=str(folder / "cache"))


@pytest.mark.parametrize("form", ["sft", "sft-chat"])
def test_sft_trainer(run: Path, tmp_path: Path, model: tuple[Any, Any], form: str) -> None:
    trl = pytest.importorskip("trl", reason="trl is not installed (extra `dev`)")
    data = rows(run, tmp_path, form)
    settings = trl.SFTConfig(output_dir=str(tmp_path / "out"), **ONE_STEP)
    trainer = trl.SFTTrainer(model[0], settings, train_dataset=data, processing_class=model[1])
    row = trainer.train_dataset[0]
    learned = [token for token in row["labels"] if token >= 0]
    answer = data[0]["completion"] if form == "sft" else data[0]["completion"][0]["content"]
    assert answer.strip() in model[1].decode(learned) and len(learned) < len(row["input_ids"]), "the prompt is not learned"
    trainer.train()
    assert trainer.state.global_step == 1 and 0 < trainer.state.log_history[0]["loss"] < 20


def test_dpo_trainer(run: Path, tmp_path: Path, model: tuple[Any, Any]) -> None:
    trl = pytest.importorskip("trl", reason="trl is not installed (extra `dev`)")
    settings = trl.DPOConfig(output_dir=str(tmp_path / "out"), **ONE_STEP)
    trainer = trl.DPOTrainer(model[0], args=settings, train_dataset=rows(run, tmp_path, "preference"), processing_class=model[1])
    trainer.train()
    assert trainer.state.global_step == 1 and 0 < trainer.state.log_history[0]["loss"] < 20


def test_stepwise_supervision(run: Path, tmp_path: Path) -> None:
    """TRL's trainer for it is gone; its form is that of its documentation."""
    from datasets import List, Value

    features = rows(run, tmp_path, "stepwise").features
    assert (features["prompt"], features["completions"], features["labels"]) == (
        Value("string"),
        List(Value("string")),
        List(Value("bool")),
    )
