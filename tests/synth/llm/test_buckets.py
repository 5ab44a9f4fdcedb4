"""Weights in buckets: all of a checkpoint, bit by bit, and told where they are not."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from synth.llm.buckets import ALIGNED, Bucket, Damaged, buckets, check, shared
from verify_workers.errors import UserError


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files with an index, and a third that it does not name."""
    import torch
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("checkpoint")
    torch.manual_seed(0)
    first = {f"layers.{i}.weight": torch.randn(10, 7, dtype=torch.bfloat16) for i in range(6)} | {"odd": torch.ones(3, dtype=torch.uint8)}
    second = {"head": torch.randn(40, 10), "scale": torch.tensor(2.5), "turned": torch.randn(4, 6).T.contiguous()}
    save_file(first, folder / "a.safetensors")
    save_file(second, folder / "b.safetensors")
    save_file({"old": torch.zeros(2)}, folder / "old.safetensors")
    index = dict.fromkeys(first, "a.safetensors") | dict.fromkeys(second, "b.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": index}))
    return folder


@pytest.mark.parametrize("size", [1, 300, 10**6])
def test_all_weights_are_in_them(checkpoint: Path, size: int) -> None:
    import torch
    from safetensors.torch import load_file

    whole = load_file(checkpoint / "a.safetensors") | load_file(checkpoint / "b.safetensors")
    found = list(buckets(str(checkpoint), size))
    check(found)
    assert len(found) == {1: len(whole), 300: 5, 10**6: 1}[size]
    read = {}
    for bucket, path in shared(found):
        data = np.fromfile(path, np.uint8)
        for tensor in bucket.tensors:
            assert tensor.start % ALIGNED == 0
            part = torch.from_numpy(data[tensor.start : tensor.end]).view(getattr(torch, tensor.dtype)).reshape(tensor.shape)
            read[tensor.name] = part
    assert read.keys() == whole.keys()
    assert all(torch.equal(read[name], whole[name]) and read[name].dtype == whole[name].dtype for name in whole)


def test_one_changed_bit_is_told_with_the_tensor(checkpoint: Path) -> None:
    found = list(buckets(str(checkpoint), 300))
    where = found[2].tensors[1]
    data = found[2].data.copy()
    data[where.start + 1] ^= 1
    with pytest.raises(Damaged, match=where.name):
        check([*found[:2], replace(found[2], data=data), *found[3:]])


def test_what_is_missing_is_told(checkpoint: Path) -> None:
    found = list(buckets(str(checkpoint), 300))
    for some in ([], found[:-1], found[1:], [*found[:2], *found[3:]], [*found, found[-1]], found[::-1]):
        with pytest.raises(Damaged, match="arrived"):
            check(some)


def test_a_folder_without_weights_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no safetensors"):
        list(buckets(str(tmp_path)))


def test_what_others_have_mapped_stays_for_them_and_nothing_else_does() -> None:
    there, paths = [], []
    for bucket, path in shared(Bucket(n, n == 3, (), np.full(100, n, np.uint8)) for n in range(4)):
        assert bucket.number == len(paths)
        there.append(np.memmap(path, np.uint8, "c"))
        paths.append(path)
    assert [set(data) for data in there] == [{0}, {1}, {2}, {3}]
    before = len(os.listdir("/proc/self/fd"))
    left_early = shared(Bucket(n, n == 3, (), np.zeros(100, np.uint8)) for n in range(4))
    next(left_early)
    left_early.close()
    assert len(os.listdir("/proc/self/fd")) == before
