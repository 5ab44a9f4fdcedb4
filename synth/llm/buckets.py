"""A checkpoint's weights in pieces that travel through Ray's object store: read from disk once, however many engines take them."""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from verify_workers.errors import UserError

if TYPE_CHECKING:
    import torch

SIZE = 256 * 2**20  # bytes of a bucket; a larger tensor has one for itself
ALIGNED = 16  # bytes: tensors begin at multiples, whatever their formats
_HASHING = 8  # threads, each of which hashes about 1 GB/s


@dataclass(frozen=True)
class Tensor:
    """One tensor of a bucket: its name in the checkpoint, its number format (as PyTorch names it), and where its bytes are."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int
    digest: str


@dataclass(frozen=True)
class Bucket:
    """Some of a checkpoint's tensors: the `number`th piece, and whether it is the `last`."""

    number: int
    last: bool
    tensors: tuple[Tensor, ...]
    data: NDArray[np.uint8]

    def digests(self) -> list[str]:
        """Of each tensor as it is here."""
        return _digests(self.data[tensor.start : tensor.end] for tensor in self.tensors)


class Damaged(Exception):
    """Weights did not arrive as they were sent."""


def buckets(checkpoint: str, size: int = SIZE) -> Iterator[Bucket]:
    """The weights of `checkpoint` (a folder with safetensors) in buckets of up to `size` bytes.  UserError where there are none."""
    number, held = 0, 0
    waiting: list[tuple[str, torch.Tensor]] = []
    for name, tensor in _tensors(Path(checkpoint)):
        if waiting and held + tensor.nbytes > size:
            yield _bucket(number, False, waiting)
            number, held, waiting = number + 1, 0, []
        waiting.append((name, tensor))
        held += tensor.nbytes
    yield _bucket(number, True, waiting)


def check(received: Sequence[Bucket]) -> None:
    """Raises Damaged where a bucket is missing, or a tensor's bytes are not those that were read from the checkpoint."""
    if [(bucket.number, bucket.last) for bucket in received] != [(i, i == len(received) - 1) for i in range(len(received) or 1)]:
        raise Damaged(f"of a checkpoint's buckets only {[bucket.number for bucket in received]} arrived")
    for bucket in received:
        for tensor, digest in zip(bucket.tensors, bucket.digests(), strict=True):
            if digest != tensor.digest:
                raise Damaged(f"{tensor.name} did not arrive as it was sent: its digest is {digest}, not {tensor.digest}")


def shared(buckets: Iterable[Bucket]) -> Iterator[tuple[Bucket, str]]:
    """Each of `buckets`, and a path under which other processes of this machine can map a copy of its bytes until the next one is asked
    for; who has mapped it keeps it.  The next copy is made meanwhile.
    """
    made: deque[tuple[Bucket, Future[int]]] = deque()
    with ThreadPoolExecutor(1) as thread:
        try:
            for bucket in buckets:
                made.append((bucket, thread.submit(_copied, bucket.data)))
                if len(made) > 1:
                    yield _place(*made[0])
                    os.close(made.popleft()[1].result())
            for told in made:
                yield _place(*told)
        finally:
            for _, copy in made:
                os.close(copy.result())


def _place(bucket: Bucket, copy: Future[int]) -> tuple[Bucket, str]:
    return bucket, f"/proc/{os.getpid()}/fd/{copy.result()}"


def _copied(data: NDArray[np.uint8]) -> int:
    """A copy in an unnamed file in memory: its descriptor."""
    descriptor = os.memfd_create("weights")
    left = memoryview(data.data)
    while left:
        left = left[os.write(descriptor, left) :]
    return descriptor


def _tensors(checkpoint: Path) -> Iterator[tuple[str, torch.Tensor]]:
    from safetensors import safe_open

    index = checkpoint / "model.safetensors.index.json"
    if index.exists():
        files = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    else:
        files = sorted(path.name for path in checkpoint.glob("*.safetensors"))
    if not files:
        raise UserError(f"{checkpoint}: no safetensors in it; save the checkpoint in Hugging Face's format")
    for file in files:
        with safe_open(str(checkpoint / file), "pt") as opened:
            for name in opened.keys():  # noqa: SIM118 (not a dict)
                yield name, opened.get_tensor(name)


def _bucket(number: int, last: bool, read: list[tuple[str, torch.Tensor]]) -> Bucket:
    import torch

    raw = [tensor.contiguous().reshape(-1).view(torch.uint8).numpy() for _, tensor in read]
    starts = [0, *np.cumsum([-(-len(part) // ALIGNED) * ALIGNED for part in raw]).tolist()]
    data = np.zeros(starts[-1], np.uint8)
    tensors = []
    for (name, tensor), part, start, digest in zip(read, raw, starts[:-1], _digests(raw), strict=True):
        end = start + len(part)
        data[start:end] = part
        tensors.append(Tensor(name, str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape), start, end, digest))
    return Bucket(number, last, tuple(tensors), data)


def _digests(parts: Iterable[NDArray[np.uint8]]) -> list[str]:
    with ThreadPoolExecutor(_HASHING) as threads:
        return list(threads.map(lambda part: hashlib.blake2b(part, digest_size=16).hexdigest(), parts))
