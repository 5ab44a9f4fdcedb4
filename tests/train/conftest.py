"""A tiny checkpoint and examples to train it on."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from train.config import ModelConfig
from train.data import Example
from train.model import create_checkpoint
from train.tokenizer import train_tokenizer


def make_examples(count: int, seed: int = 0) -> list[Example]:
    draw = random.Random(seed)
    rows = [(draw.choice("abcmn"), draw.randint(1, 99)) for _ in range(count)]
    return [Example(prompt=f"<|prove|> : ∀ {x} : Nat, {x} + {n} ≥ {n}<|answer|>", completion=f"intro {x}; omega") for x, n in rows]


@pytest.fixture(scope="session")
def examples() -> list[Example]:
    return make_examples(120)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory, examples: list[Example]) -> Path:
    folder = tmp_path_factory.mktemp("tiny") / "model"
    tokenizer = train_tokenizer([e.prompt + e.completion for e in examples], vocab_size=320, max_length=128)
    create_checkpoint(folder, ModelConfig(vocab_size=320, d_model=32, layers=2, heads=2, ffn=64, max_length=128), tokenizer, seed=1)
    return folder


@pytest.fixture(scope="session")  # DeepSpeed remembers the first group
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """This process as the only worker of a process group, as Ray Train sets it up."""
    os.environ |= {"DS_ACCELERATOR": "cpu", "LOCAL_RANK": "0"}
    store = tmp_path_factory.mktemp("store") / "file"
    torch.distributed.init_process_group("gloo", init_method=f"file://{store}", rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()
