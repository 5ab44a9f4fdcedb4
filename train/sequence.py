"""Sequence parallelism (Ulysses, Jacobs et al. 2023, arXiv 2309.14509): several workers share each row of tokens.

For contexts whose activations do not fit one GPU.  A packed row is cut into slices of equal length, one a worker; all that a
model does token by token is done on the slice alone.  For attention the workers of a group exchange: each gets the whole row
for its share of the heads, and gives back what came of it.  Loss and gradient are sums over the slices, as they are over workers.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from train.packing import attention, segments, use_packing
from verify_workers.errors import UserError

if TYPE_CHECKING:
    import torch

    from train.data import Batch


def row_group(rank: int, world: int, size: int) -> Any:
    """The process group of the `size` neighbours among `world` workers that share rows with worker `rank`; None where each has its own."""
    if size == 1:
        return None
    from torch import distributed

    groups = [distributed.new_group(list(range(first, first + size))) for first in range(0, world, size)]  # all make all of them
    return groups[rank // size]


def share_rows(model: Any, max_length: int, group: Any) -> None:
    """Have `model` attend within the segments of packed rows (`train.packing`) that the workers of `group` share; None = of its own."""
    if group is None:
        use_packing(model, max_length)
        return
    heads = model.config.get_text_config().num_attention_heads
    if heads % group.size():
        raise UserError(f"train.sequence_parallel ({group.size()}) must divide the {heads} attention heads of {type(model).__name__}")
    use_packing(model, max_length, partial(attention_over, group))


def attention_over(
    group: Any, module: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, *others: Any, **named: Any
) -> tuple[torch.Tensor, None]:
    """`train.packing.attention`, of rows whose slice is here: query is (1, heads, tokens of the slice, head)."""
    if key.shape[1] % group.size():  # too few heads of keys to be shared out
        key, value = (part.repeat_interleave(query.shape[1] // key.shape[1], 1) for part in (key, value))
    query, key, value = (to_heads(part, group) for part in (query, key, value))
    whole, _ = attention(module, query, key, value, *others, **named)
    return to_slices(whole, group), None


def sliced(batch: Batch, place: int, size: int, pad: int) -> Batch:
    """The slice `place` of `size` of a packed row: its tokens and the one after them, which the last is to predict.

    The row is filled up to a multiple of `size` by tokens of no weight, which see only themselves.
    """
    import torch

    assert batch.segments is not None, "only packed rows are shared"
    width = batch.ids.shape[1]
    length = -(-width // size)
    more = length * size - width
    ids = torch.nn.functional.pad(batch.ids, (0, more + 1), value=pad)
    weights = torch.nn.functional.pad(batch.weights, (0, more + 1))
    whole = segments([*batch.segments.lengths, *([more] if more else [])])
    first = place * length
    here = weights[:, first : first + length].contiguous()
    return replace(
        batch,
        ids=ids[:, first : first + length + 1].contiguous(),
        weights=here,
        places=torch.nonzero(here.flatten()).flatten(),
        tokens=batch.tokens if place == 0 else 0,  # counted once
        segments=replace(whole, positions=whole.positions[:, first : first + length].contiguous()),
    )


def to_heads(rows: torch.Tensor, group: Any) -> torch.Tensor:
    """(1, heads, tokens of a slice, head) → (1, heads of a worker, tokens of the row, head)."""
    size = group.size()
    _, heads, tokens, width = rows.shape
    parts = rows[0].reshape(size, heads // size, tokens, width)
    return _exchange(parts.contiguous(), group).permute(1, 0, 2, 3).reshape(1, heads // size, size * tokens, width)


def to_slices(rows: torch.Tensor, group: Any) -> torch.Tensor:
    """(1, tokens of the row, heads of a worker, head) → (1, tokens of a slice, heads, head)."""
    size = group.size()
    _, tokens, heads, width = rows.shape
    parts = rows[0].reshape(size, tokens // size, heads, width)
    return _exchange(parts.contiguous(), group).permute(1, 0, 2, 3).reshape(1, tokens // size, size * heads, width)


def _exchange(parts: torch.Tensor, group: Any) -> torch.Tensor:
    """Part i of (size, …) goes to worker i of the group; what came from worker i is part i.  Its gradient goes the same way back."""
    import torch
    from torch import distributed

    class Exchange(torch.autograd.Function):  # type: ignore[misc,unused-ignore]
        @staticmethod
        def forward(context: Any, given: torch.Tensor) -> torch.Tensor:
            taken = torch.empty_like(given)
            distributed.all_to_all_single(taken, given, group=group)
            return taken

        @staticmethod
        def backward(context: Any, gradient: torch.Tensor) -> torch.Tensor:
            given = gradient.contiguous()
            taken = torch.empty_like(given)  # as contiguous as what is sent
            distributed.all_to_all_single(taken, given, group=group)
            return taken

    result: torch.Tensor = Exchange.apply(parts)
    return result
