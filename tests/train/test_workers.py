"""The steps of a round are the same on any number of workers, and it goes on from a checkpoint on any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from tests.train.conftest import make_examples
from tests.train.ranks import WAYS, everywhere, history, off, on_ranks, task
from train.config import TrainConfig
from train.data import collate, deal, epoch_batches, write_examples
from train.reshard import _between
from train.schedule import planned_micro_batches, planned_steps
from train.tokens import Tokens

SETTINGS: dict[str, Any] = {
    "epochs": 3, "batch_tokens": 512, "micro_batch_tokens": 128, "max_length": 64, "max_steps": 12, "lr": 5e-3, "threads": 1,
    "checkpoint_steps": 5, "log_steps": 1,
}  # fmt: skip
ROUNDS: dict[str, dict[str, Any]] = {
    "adamw": {},
    "adamw, packed": {"packing": True},
    "adamw, no accumulation": {"batch_tokens": 256, "micro_batch_tokens": None},
    "adamw, bfloat16": {"dtype": "bfloat16"},
    "muon": {"optimizer": "muon", "packing": True},
    "ZeRO-1": {"zero_stage": 1},
    "ZeRO-1, bfloat16": {"zero_stage": 1, "dtype": "bfloat16"},
    "ZeRO-2": {"zero_stage": 2},
    "ZeRO-2, packed, mean of weights": {"zero_stage": 2, "packing": True, "average_last": 4, "average_steps": 2},
    "ZeRO-2, LoRA with dropout": {"zero_stage": 2, "lora": {"rank": 4, "dropout": 0.1}, "lr": 1e-2},
    "ZeRO-3": {"zero_stage": 3},
    "ZeRO-3, packed, sub-groups": {
        "zero_stage": 3, "packing": True, "weight_decay": 0.5, "deepspeed": {"zero_optimization": {"sub_group_size": 8000}},
    },
    "ZeRO-3, LoRA": {"zero_stage": 3, "lora": {"rank": 4}, "lr": 1e-2},
}  # fmt: skip


@given(st.lists(st.integers(1, 40), min_size=1, max_size=120), st.integers(1, 5), st.integers(1, 6), st.booleans())
def test_workers_share_a_step_and_nothing_is_lost(sizes: list[int], per_step: int, workers: int, packed: bool) -> None:
    lengths = np.array(sizes, np.int64)
    parts = epoch_batches(lengths, 80, 0, 0, packed)[:per_step]
    config = TrainConfig(batch_tokens=80 * per_step, micro_batch_tokens=80, max_length=40).model_copy(update={"workers": workers})
    assert config.step_micro_batches == per_step and config.accumulation == -(-per_step // workers)
    dealt = [deal(parts, lengths, rank, workers, config.accumulation) for rank in range(workers)]
    assert {len(share) for share in dealt} == {config.accumulation}
    assert sorted(np.concatenate([piece for share in dealt for piece in share])) == sorted(np.concatenate(parts))
    assert all(lengths[piece].sum() <= 80 for share in dealt for piece in share)
    if len(parts) >= workers:  # whole micro-batches, in their order
        places = [list(dealt[i % workers][i // workers]) for i in range(len(parts))]
        assert places == [list(part) for part in parts]
    elif len(parts) == 1:
        loads = [int(lengths[share[0]].sum()) for share in dealt]
        assert max(loads) - min(loads) <= max(sizes)


def test_a_worker_without_examples_computes_nothing() -> None:
    data = Tokens(np.arange(5, dtype=np.int32), np.array([0, 5]), np.array([2], np.int32), np.ones(1, np.float32), 0)
    for packed in (False, True):
        batch = collate(data, np.empty(0, np.int64), 0, 0.5, packed)
        assert batch.tokens == 0 and float(batch.weights.sum()) == 0 and not len(batch.places) and batch.ids.shape == (1, 2)


def test_the_last_step_has_what_is_left() -> None:
    config = TrainConfig(epochs=1.5, batch_tokens=400, micro_batch_tokens=100, max_length=50, workers=3)
    assert (config.step_micro_batches, config.accumulation) == (4, 2)
    assert planned_micro_batches([10, 11], 1.5) == 16 and planned_steps([10, 11], 1000, config) == 4
    assert planned_micro_batches([10, 12], 1.5) == 16 and planned_micro_batches([9, 9], 1.5) == 14
    assert planned_steps([9, 9], 1000, config) == 4  # of which the last takes two micro-batches


def test_parts_are_cut_anew() -> None:
    parts = [torch.arange(0.0, 4), torch.arange(4.0, 8), torch.arange(8.0, 10)]
    assert _between(parts, 3, 9, 6).tolist() == [3, 4, 5, 6, 7, 8]
    assert _between(parts, 8, 10, 4).tolist() == [8, 9, 0, 0]
    assert _between(parts, 12, 10, 3).tolist() == [0, 0, 0]  # a worker that has only padding


def rows(folder: Path) -> Path:
    """Examples of many lengths."""
    plain = enumerate(make_examples(150))
    write_examples([row.model_copy(update={"completion": row.completion + " x" * (i % 9)}) for i, row in plain], folder / "rows.parquet")
    return folder / "rows.parquet"


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_round_goes_on_with_other_workers(tiny: Path, tmp_path: Path) -> None:
    """On 1 and 2 workers, undisturbed; and killed after 7 steps on the one and continued on the other, from the checkpoint of step 5."""
    everywhere(tiny, rows(tmp_path), tmp_path, {name: SETTINGS | settings for name, settings in ROUNDS.items()}, 7)
    wrong = []
    for name in ROUNDS:
        plain = tmp_path / name / "plain"
        losses = [row["loss"] for row in history(plain)]
        assert len(losses) == 12 and losses[-1] < 0.9 * losses[0], name
        expected = load_file(plain / "model/model.safetensors")
        # bfloat16 rounds sums of another order.  LoRA's dropout has masks of whole micro-batches: the same on 1, 2 and 4 workers here.
        tolerance = 1e-2 if "bfloat16" in name else 1e-4
        for way in WAYS:
            out = tmp_path / name / way
            assert (out / "began").read_text().split() == (["0", "5"] if "then" in way else ["0"])
            weights = load_file(out / "model/model.safetensors")
            moved = max(float((weights[key].float() - expected[key].float()).abs().max()) for key in expected)
            if off(out, plain) > tolerance or moved > 10 * tolerance:
                wrong.append(f"{name}, {way}: loss off by {off(out, plain):.1e}, weights by {moved:.1e}")
            assert not list(out.glob("tokens-*")) and not (out / "checkpoints").exists()
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
def test_a_bad_row_in_the_share_of_one_ends_all(tiny: Path, tmp_path: Path) -> None:
    """The second file is that of the second worker; the first must not wait for it for ever."""
    (tmp_path / "rows").mkdir()
    rows(tmp_path).rename(tmp_path / "rows" / "a.parquet")
    pq.write_table(pa.table({"prompt": ["a", None], "completion": ["x", "y"]}), tmp_path / "rows" / "b.parquet")
    with pytest.raises(AssertionError) as ended:
        on_ranks(tmp_path / "two", 2, [task(tiny, tmp_path / "rows", tmp_path / "out", SETTINGS | {"workers": 2})])
    assert str(ended.value).count("UserError: ") == 2 and str(ended.value).count("b.parquet: row 2: prompt and completion") >= 2


@pytest.mark.slow
def test_what_is_divided_in_other_ways_is_refused(tiny: Path, tmp_path: Path) -> None:
    settings = SETTINGS | {"zero_stage": 2, "deepspeed": {"zero_optimization": {"round_robin_gradients": True}}}
    on_ranks(tmp_path / "two", 2, [task(tiny, rows(tmp_path), tmp_path / "out", settings | {"workers": 2}, 7)])
    with pytest.raises(AssertionError, match=r"written by 2 workers, and with .*round_robin_gradients.* set train\.workers=2"):
        on_ranks(tmp_path / "one", 1, [task(tiny, rows(tmp_path), tmp_path / "out", settings)])
