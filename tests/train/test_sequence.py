"""Rows that several workers share: every token counts once, and loss and weights are those of whole rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from tests.train.ranks import history, off, on_ranks, task
from tests.train.test_workers import rows
from train.config import TrainConfig
from train.data import collate
from train.sequence import sliced
from train.tokens import Tokens

SETTINGS: dict[str, Any] = {
    "epochs": 3, "batch_tokens": 512, "micro_batch_tokens": 128, "max_length": 64, "max_steps": 8, "lr": 5e-3, "threads": 1,
    "packing": True, "checkpoint_steps": 3, "log_steps": 1,
}  # fmt: skip
ROUNDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "muon": {"optimizer": "muon"},
    "ZeRO-2, checkpointing": {"zero_stage": 2, "gradient_checkpointing": True},
    "ZeRO-3, LoRA": {"zero_stage": 3, "lora": {"rank": 4}, "lr": 1e-2},
}


@given(st.lists(st.integers(2, 30), min_size=1, max_size=6), st.integers(1, 4))
def test_slices_are_the_row(sizes: list[int], workers: int) -> None:
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    data = Tokens(np.arange(1, starts[-1] + 1, dtype=np.int32), starts, np.ones(len(sizes), np.int32), np.ones(len(sizes), np.float32), 0)
    whole = collate(data, np.arange(len(sizes)), 0, 0.5, packed=True)
    parts = [sliced(whole, place, workers, 0) for place in range(workers)]
    assert whole.segments is not None
    row = torch.cat([part.ids[:, :-1] for part in parts], 1)
    assert row[0, : starts[-1]].tolist() == whole.ids[0].tolist() and not row[0, starts[-1] :].any()
    assert sum(part.tokens for part in parts) == whole.tokens
    weights = torch.cat([part.weights for part in parts], 1)
    assert weights[0, : starts[-1] - 1].tolist() == whole.weights[0].tolist() and not weights[0, starts[-1] - 1 :].any()
    asked = [int(target) for part in parts for target in part.ids[:, 1:].flatten()[part.places]]
    assert asked == whole.ids[:, 1:].flatten()[whole.places].tolist()
    for part in parts:
        assert (
            part.segments is not None
            and sum(part.segments.lengths) == row.shape[1]
            and len(part.segments.positions[0]) == part.weights.shape[1]
        )
    positions = torch.cat([part.segments.positions for part in parts if part.segments], 1)
    assert positions[0, : starts[-1]].tolist() == whole.segments.positions[0].tolist()


def test_what_cannot_be_shared_is_told() -> None:
    with pytest.raises(ValueError, match=r"sequence_parallel \(2\) shares packed rows among workers: set train\.packing=true"):
        TrainConfig(workers=2, sequence_parallel=2)
    with pytest.raises(ValueError, match=r"let train\.workers \(3\) be a multiple"):
        TrainConfig(workers=3, sequence_parallel=2, packing=True)
    assert (
        TrainConfig(workers=4, sequence_parallel=2, packing=True, batch_tokens=4096, micro_batch_tokens=1024, max_length=512).accumulation
        == 2
    )


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_shared_rows_train_as_whole_ones(tiny: Path, tmp_path: Path) -> None:
    """On one worker; on two and four of which two share each row; and killed on two that do and continued on one that has whole rows."""
    examples = rows(tmp_path)

    def of(name: str, way: str, settings: dict[str, Any], dies: int | None = None) -> dict[str, Any]:
        return task(tiny, examples, tmp_path / name / way, SETTINGS | ROUNDS[name] | settings, dies)

    two, four = {"workers": 2, "sequence_parallel": 2}, {"workers": 4, "sequence_parallel": 2}
    on_ranks(tmp_path / "first", 1, [of(name, "whole", {}) for name in ROUNDS])
    pairs = [(name, way, dies) for name in ROUNDS for way, dies in (("two", None), ("two then one", 5))]
    on_ranks(tmp_path / "second", 2, [of(name, way, two, dies) for name, way, dies in pairs])
    on_ranks(tmp_path / "third", 1, [of(name, "two then one", {}) for name in ROUNDS])
    on_ranks(tmp_path / "fourth", 4, [of(name, "four", four) for name in ROUNDS])
    wrong = []
    for name in ROUNDS:
        plain = tmp_path / name / "whole"
        losses = [row["loss"] for row in history(plain)]
        assert len(losses) == 8 and losses[-1] < 0.95 * losses[0], name
        expected = load_file(plain / "model/model.safetensors")
        for way in ("two", "two then one", "four"):
            weights = load_file(tmp_path / name / way / "model/model.safetensors")
            moved = max(float((weights[key] - expected[key]).abs().max()) for key in expected)
            if off(tmp_path / name / way, plain) > 1e-4 or moved > 1e-3:
                wrong.append(f"{name}, {way}: loss off by {off(tmp_path / name / way, plain):.1e}, weights by {moved:.1e}")
    assert not wrong, "\n".join(wrong)
