"""Packing: the same loss and gradients as the examples one by one, nothing seen over a boundary, full rows."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.attention import varlen
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, MistralConfig, Qwen2Config, Qwen3Config
from transformers.models.mamba import MambaConfig

from train import loop, packing
from train.config import TrainConfig
from train.data import Batch, Example, collate, epoch_batches, micro_batches, write_examples
from train.engine import make_loss
from train.inbox import Job
from train.packing import attention, segments, use_packing
from train.tokens import Tokens, tokenize
from verify_workers.errors import UserError

SHAPE: dict[str, Any] = {"vocab_size": 50, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
SHAPE["initializer_range"] = 0.2  # far from linear, so that a wrong attention shows
CONFIGS = {
    "llama": LlamaConfig(**SHAPE, num_key_value_heads=4),
    "qwen2": Qwen2Config(**SHAPE, num_key_value_heads=2),
    "qwen3": Qwen3Config(**SHAPE, num_key_value_heads=1, head_dim=16),
}


def build(name: str) -> Any:
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(CONFIGS[name], attn_implementation="sdpa")


def some_tokens(sizes: list[int], seed: int = 0) -> Tokens:
    random = np.random.default_rng(seed)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    ids = random.integers(0, 50, starts[-1]).astype(np.int32)
    weights = random.uniform(0.5, 2, len(sizes)).astype(np.float32)
    return Tokens(ids, starts, np.array([size // 3 for size in sizes], np.int32), weights, 0)


def loss_and_gradients(model: Any, batches: list[Batch]) -> tuple[float, dict[str, torch.Tensor]]:
    model.zero_grad()
    loss = make_loss(model)
    total = 0.0
    for batch in batches:
        part = loss(*batch.inputs(torch.device("cpu")))
        part.backward()
        total += float(part.detach())
    return total, {name: p.grad.clone() for name, p in model.named_parameters()}


@pytest.mark.parametrize("prompt_weight", [pytest.param(0.0, marks=pytest.mark.slow), 0.4])
@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("name", list(CONFIGS))
def test_loss_and_gradients_are_those_of_the_examples_one_by_one(name: str, checkpointing: bool, prompt_weight: float) -> None:
    model, data = build(name), some_tokens([7, 1, 30, 2, 7, 18])
    index = np.array([2, 5, 0, 1, 4, 3])
    alone = loss_and_gradients(model, [collate(data, index[i : i + 1], 0, prompt_weight) for i in range(6)])
    use_packing(model, 30)
    if checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    model.train()
    batch = collate(data, index, 0, prompt_weight, packed=True)
    assert batch.ids.shape == (1, 65) and batch.weights.shape == (1, 64) and batch.tokens == 65
    packed = loss_and_gradients(model, [batch])
    assert packed[0] == pytest.approx(alone[0], rel=1e-5)
    for key, gradient in alone[1].items():
        assert torch.allclose(packed[1][key], gradient, rtol=1e-4, atol=1e-4 * float(gradient.abs().max())), key


@pytest.mark.parametrize("name", list(CONFIGS))
def test_no_example_sees_another(name: str) -> None:
    """Other tokens in the middle example leave the outputs of its neighbours as they were; its own change."""
    model, data = build(name), some_tokens([9, 12, 10])
    use_packing(model, 12)

    def hidden() -> torch.Tensor:
        batch = collate(data, np.arange(3), 0, 0.0, packed=True)
        assert batch.segments is not None
        with torch.no_grad():
            return model.base_model(
                input_ids=batch.ids, position_ids=batch.segments.positions, segments=batch.segments, use_cache=False
            ).last_hidden_state[0]

    before = hidden()
    data.ids[9:21] = (data.ids[9:21] + 1) % 50
    changed = (hidden() - before).abs().amax(-1)
    assert float(changed[:9].max()) < 1e-6 and float(changed[21:].max()) < 1e-6 and float(changed[9:21].min()) > 1e-3


def _reference(query: Any, key: Any, value: Any, bounds: Any, scale: float | None) -> torch.Tensor:
    """What a kernel for (T, heads, head) computes, one segment at a time."""
    cuts = list(itertools.pairwise(bounds.tolist()))
    parts = [[part[a:b].transpose(0, 1) for part in (query, key, value)] for a, b in cuts]
    attend = torch.nn.functional.scaled_dot_product_attention
    return torch.cat([attend(*part, is_causal=True, scale=scale, enable_gqa=True).transpose(0, 1) for part in parts])


def _early(query: Any, key: Any, value: Any, q: Any, k: Any, max_q: int, max_k: int, is_causal: bool = False) -> torch.Tensor:
    assert is_causal and query.shape[1] == key.shape[1] and (max_q, max_k) == (9, 9) and q is k and q.dtype == torch.int32
    return _reference(query, key, value, q, None)


def _late(
    query: Any, key: Any, value: Any, q: Any, k: Any, max_q: int, max_k: int, *, return_aux: Any = None, scale: float | None = None,
    window_size: tuple[int, int] = (-1, -1), enable_gqa: bool = False,
) -> torch.Tensor:  # fmt: skip
    assert window_size == (-1, 0) and (enable_gqa or query.shape[1] == key.shape[1]) and (max_q, max_k) == (9, 9) and q is k
    return _reference(query, key, value, q, scale)


@pytest.mark.parametrize("kernel", [_early, _late])
@pytest.mark.parametrize("heads", [4, 2])
def test_every_form_of_pytorchs_kernel_is_called_as_it_wants(kernel: Any, heads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel itself runs on GPUs only; here its place is taken by functions of its signatures in PyTorch 2.10 and 2.13."""
    monkeypatch.setattr(varlen, "varlen_attn", kernel)
    packing._varlen.cache_clear()
    torch.manual_seed(0)
    query, key, value = (torch.randn(1, n, 14, 8) for n in (4, heads, heads))
    here = segments([3, 9, 2])
    expected, _ = attention(None, query, key, value, None, scaling=0.5, segments=here)
    rows = (part[0].transpose(0, 1) for part in (query, key, value))
    found = packing._varlen()(*rows, here.bounds, 9, 0.5, 4 // heads)
    packing._varlen.cache_clear()
    assert torch.allclose(found, expected[0], atol=1e-6)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=300), st.integers(40, 300), st.integers(0, 5))
def test_every_example_is_in_one_row_and_none_is_too_long(sizes: list[int], budget: int, seed: int) -> None:
    lengths = np.array(sizes, np.int64)
    rows = epoch_batches(lengths, budget, seed, 0, packed=True)
    assert sorted(np.concatenate(rows)) == list(range(len(sizes)))
    assert all(0 < lengths[row].sum() <= budget for row in rows)


def test_rows_are_full_and_their_stream_goes_on_where_it_was() -> None:
    random = np.random.default_rng(0)
    for lengths in (random.integers(20, 200, 3000), np.clip(random.lognormal(4.6, 0.7, 3000), 10, 512).astype(np.int64)):
        rows = epoch_batches(lengths, 1024, 0, 0, packed=True)
        assert lengths.sum() / (1024 * len(rows)) > 0.97
        assert [list(row) for row in rows] == [list(row) for row in epoch_batches(lengths, 1024, 0, 0, packed=True)]
        assert [list(row) for row in rows] != [list(row) for row in epoch_batches(lengths, 1024, 1, 0, packed=True)]
        stream = micro_batches(lengths, 1024, 0, packed=True)
        seen = [next(stream) for _ in range(2 * len(rows))]
        for skip in (1, len(rows) - 1, len(rows) + 5):
            assert list(next(micro_batches(lengths, 1024, 0, skip, packed=True))) == list(seen[skip])


def test_models_that_cannot_be_packed_are_told() -> None:
    mamba = AutoModelForCausalLM.from_config(MambaConfig(vocab_size=50, hidden_size=32, num_hidden_layers=1))
    with pytest.raises(UserError, match=r"MambaForCausalLM has .*; set train\.packing=false"):
        use_packing(mamba, 64)
    mistral = AutoModelForCausalLM.from_config(MistralConfig(**SHAPE, num_key_value_heads=2, sliding_window=32))
    with pytest.raises(UserError, match="a sliding window of 32 tokens, less than train"):
        use_packing(mistral, 64)
    use_packing(mistral, 32)
    with pytest.raises(UserError, match="no segments"):
        mistral(torch.zeros(1, 4, dtype=torch.long))
    with pytest.raises(ValueError, match="packing brings its own attention"):
        TrainConfig(packing=True, attention="eager")


@pytest.mark.parametrize("stage", [0, pytest.param(2, marks=pytest.mark.slow), 3])
def test_a_packed_step_through_deepspeed_is_the_padded_one(
    alone: None, tiny: Path, examples: list[Example], tmp_path: Path, stage: int
) -> None:
    """All examples in one micro-batch: two steps, the second of which sees what the first has changed."""
    rows = [row.model_copy(update={"completion": row.completion + " x" * (i % 9)}) for i, row in enumerate(examples[:30])]
    losses = dict[bool, list[float]]()
    for packed in (False, True):
        out = tmp_path / str(packed)
        write_examples(rows, out / "examples.parquet")
        config = TrainConfig(
            packing=packed, batch_tokens=4096, max_length=64, max_steps=2, threads=1, log_steps=1, warmup=0.0,
            zero_stage=stage, gradient_checkpointing=stage == 3,
        )  # fmt: skip
        job = Job(str(tiny), (str(out / "examples.parquet"),), str(out), config.model_dump(mode="json"), 0, "key", "one")
        loop.run(job)
        manifest = json.loads((out / "manifest.json").read_text())
        losses[packed] = [row["loss"] for row in manifest["history"]]
        assert manifest["tokens"] == 2 * int(tokenize([out / "examples.parquet"], AutoTokenizer.from_pretrained(tiny), 64).starts[-1])
        AutoModelForCausalLM.from_pretrained(out / "model")(torch.zeros(1, 4, dtype=torch.long))  # an ordinary model again
    assert losses[True] == pytest.approx(losses[False], rel=1e-4) and losses[True][1] < losses[True][0]
