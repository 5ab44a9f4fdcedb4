"""Sequence packing: whole examples end to end in one row without padding, and attention that stops at their boundaries.

Positions start anew with each example, and each attends to itself alone, so loss and gradient are those of the examples
one by one (the tests prove it to 1e-4).  A model is given the boundaries as a keyword argument `segments`, which
transformers hands down to the attention function registered here.  On a GPU in 16 bits that is PyTorch's own
variable-length flash attention, one kernel per layer; elsewhere one call of SDPA per example, which costs less than
padding: a block-diagonal mask over 4,000 tokens took 20 times as long on a CPU.
"""

from __future__ import annotations

import functools
import inspect
from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from verify_workers.errors import UserError

if TYPE_CHECKING:
    import torch

NAME = "packed"
"""The attention implementation's name among those of transformers."""
_HEAD = 256  # the widest head that flash attention takes
_CHANGING = ("s_aux", "softcap", "position_bias")  # arguments of models whose attention is more than softmax(q k) v


def best_fit(lengths: NDArray[np.int64], budget: int) -> list[list[int]]:
    """Bins of at most `budget` tokens: each example, longest first, goes where it leaves the least room. Empties last."""
    bins, room = list[list[int]](), list[tuple[int, int]]()  # room: (free tokens, bin), ascending
    for i in np.argsort(-lengths, kind="stable").tolist():
        length = int(lengths[i])
        place = bisect_left(room, (length, 0))
        free, number = room.pop(place) if place < len(room) else (budget, len(bins))
        if number == len(bins):
            bins.append([])
        bins[number].append(i)
        insort(room, (free - length, number))
    return [bins[number] for _, number in room]


def pack(lengths: NDArray[np.int64], order: NDArray[np.int64], window: int, budget: int) -> list[NDArray[np.int64]]:
    """Pack the examples of `order`, `window` at a time; those of a window's emptiest bin go on into the next."""
    batches, carried = list[NDArray[np.int64]](), order[:0]
    for start in range(0, len(order), window):
        part = np.concatenate([carried, order[start : start + window]])
        bins = [part[members] for members in best_fit(lengths[part], budget)]
        carried = bins.pop() if start + window < len(order) and len(bins) > 1 else order[:0]
        batches += bins
    return batches


@dataclass(frozen=True)
class Segments:
    """Where the examples of a packed row of T tokens lie."""

    lengths: tuple[int, ...]
    """Tokens of each, in order; they add up to T."""
    positions: torch.Tensor
    """(1, T): the place of each token in its example."""
    bounds: torch.Tensor
    """(examples + 1), int32: the first token of each, and T."""

    def to(self, device: torch.device, non_blocking: bool = False) -> Segments:
        moved = (part.to(device, non_blocking=non_blocking) for part in (self.positions, self.bounds))
        return replace(self, **dict(zip(("positions", "bounds"), moved, strict=True)))


def segments(lengths: Sequence[int]) -> Segments:
    """The segments of examples of `lengths` tokens."""
    import torch

    sizes = tuple(int(length) for length in lengths)
    positions = np.concatenate([np.arange(size) for size in sizes])[None]
    bounds = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    return Segments(sizes, torch.from_numpy(positions), torch.from_numpy(bounds))


def attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    segments: Segments | None = None,
    **others: Any,
) -> tuple[torch.Tensor, None]:
    """Causal attention within each segment. query is (1, heads, T, head); the result (1, T, heads, head). No host waits for a GPU."""
    import torch
    from torch.nn import functional

    changed = [name for name in _CHANGING if others.get(name) is not None]
    if segments is None or attention_mask is not None or changed:
        raise _unfit(module, f"attention with {changed[0]}" if changed else "attention that is given no segments")
    repeats = query.shape[1] // key.shape[1]
    kernel = query.is_cuda and query.dtype in (torch.bfloat16, torch.float16) and not dropout
    if kernel and query.shape[-1] == value.shape[-1] <= _HEAD:
        rows = (part[0].transpose(0, 1) for part in (query, key, value))
        return _varlen()(*rows, segments.bounds, max(segments.lengths), scaling, repeats)[None], None
    if repeats > 1:
        key, value = (part.repeat_interleave(repeats, 1) for part in (key, value))
    sizes = list(segments.lengths)
    parts = zip(*(part.split(sizes, 2) for part in (query, key, value)), strict=True)
    attend = functools.partial(functional.scaled_dot_product_attention, is_causal=True, scale=scaling, dropout_p=dropout)
    return torch.cat([attend(*part) for part in parts], 2).transpose(1, 2), None


@functools.cache
def _varlen() -> Callable[..., torch.Tensor]:
    """PyTorch's variable-length attention, causal: `is_causal` until 2.11, then `window_size`, and grouped heads later still."""
    from torch.nn.attention.varlen import varlen_attn

    known = inspect.signature(varlen_attn).parameters
    causal: dict[str, Any] = {"is_causal": True} if "is_causal" in known else {"window_size": (-1, 0)}
    grouped, scaled = "enable_gqa" in known, "scale" in known

    def call(query: Any, key: Any, value: Any, bounds: Any, longest: int, scale: float | None, repeats: int) -> Any:
        extra = dict(causal)
        if repeats > 1 and grouped:
            extra["enable_gqa"] = True
        elif repeats > 1:
            key, value = (part.repeat_interleave(repeats, 1) for part in (key, value))
        if scaled:
            extra["scale"] = scale
        elif scale is not None:  # its own is 1 / √head
            query = query * (scale * query.shape[-1] ** 0.5)
        return varlen_attn(query, key, value, bounds, bounds, longest, longest, **extra)

    return call


def use_packing(model: Any, max_length: int, attend: Callable[..., Any] = attention) -> None:
    """Have `model` attend within segments, by `attend`. UserError if it lets examples of `max_length` tokens see each other."""
    import torch
    from transformers import AttentionInterface

    config = model.config.get_text_config()
    kinds = set(getattr(config, "layer_types", None) or ()) - {"full_attention", "sliding_attention"}
    if not getattr(model, "_supports_attention_backend", False) or getattr(model, "_is_stateful", False):
        raise _unfit(model, "attention that is not transformers' AttentionInterface")
    if kinds:
        raise _unfit(model, f"layers of the kind {sorted(kinds)[0]}")
    window = getattr(config, "sliding_window", None)
    if window is not None and getattr(config, "use_sliding_window", True) and window < max_length:
        raise _unfit(model, f"a sliding window of {window} tokens, less than train.max_length = {max_length}")
    # Compiled layers call it as it is: its boundaries differ from batch to batch, and a compiler would compile for each.
    AttentionInterface.register(NAME, torch.compiler.disable(attend))
    model.set_attn_implementation(NAME)
    if config._attn_implementation != NAME:
        raise _unfit(model, "attention that cannot be exchanged")


def _unfit(model: Any, what: str) -> UserError:
    need = "packing needs causal attention through transformers' AttentionInterface"
    return UserError(f"{need}, and {type(model).__name__} has {what}; set train.packing=false")
