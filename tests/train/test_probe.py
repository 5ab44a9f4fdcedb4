"""The probe that a trainer leaves beside its weights."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from train.model import checkpoint_hash
from train.probe import MAX_TOKENS, compute_probe, mean_gap, read_probe, rounding, write_probe


def test_a_probe_is_of_these_weights_in_this_format(tiny: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(tiny, model)
    assert read_probe(model) is None
    before = checkpoint_hash(model)
    write_probe(model, "float32")
    assert checkpoint_hash(model) == before, "weights are the same whether or not they were probed"
    probe = read_probe(model)
    assert probe is not None and probe.dtype == "float32" and probe == compute_probe(model, "auto")
    assert len(probe.tokens) >= 3 and all(2 <= len(ids) <= MAX_TOKENS for ids in probe.tokens) and probe.spread > 0
    assert all(len(ids) == len(values) + 1 and max(values) < 0 for ids, values in zip(probe.tokens, probe.logprobs, strict=True))
    coarse = compute_probe(model, "bfloat16")
    gap = mean_gap(coarse.logprobs, probe.logprobs)
    assert coarse.dtype == "bfloat16" and 0 < gap < rounding("float32", "bfloat16") * max(probe.spread, 0.1)
    assert rounding("float32", "auto") < rounding("half") < rounding("float32", "bfloat16") == rounding("fp8")


@pytest.mark.parametrize("text", ["", "[]", json.dumps({"tokens": [1, 2], "logprobs": [0.1]})])
def test_a_file_of_another_form_is_no_probe(tmp_path: Path, text: str) -> None:
    (tmp_path / "probe.json").write_text(text)
    assert read_probe(tmp_path) is None
