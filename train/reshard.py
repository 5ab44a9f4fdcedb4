"""Loading a checkpoint, whatever the number of workers that wrote it.

Without ZeRO a checkpoint is whole.  Under ZeRO each worker has written its part of the float32 weights and of the optimizer's
state, and DeepSpeed loads them onto as many workers only.  Here a worker cuts its part of the new division out of the old
ones: they are mapped into memory, so it reads what it needs and no more, and nothing is written.

DeepSpeed's own way, its universal checkpoint (Lian et al. 2024, arXiv 2406.18820), is not taken: in 0.19.8 it first writes
several small files per parameter and worker, knows Adam's two moments only, and at stage 3 gives all groups of parameters
the weight decay of the first.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verify_workers.errors import UserError

if TYPE_CHECKING:
    import torch

Shapes = list[dict[str, Any]]  # of each group of parameters, those of its members by name
Take = Callable[[dict[str, Any], int], Any]  # what a part holds of a group, flat


def load(engine: Any, folder: Path, rank: int, world: int, whole: bool) -> dict[str, Any]:
    """Load the checkpoint in `folder` into `engine`; returns what was saved beside it.

    `whole`: it has every weight of the model; else it lacks what is not trained, which is there already.
    """
    stage = engine.zero_optimization_stage()
    saved = _read(folder / f"{'zero_pp_rank_0_' if stage == 3 else ''}mp_rank_00_model_states.pt") if stage else {}
    writers = int(saved.get("dp_world_size", world))
    if writers == world:
        _, state = engine.load_checkpoint(str(folder.parent), tag=folder.name, load_module_strict=whole)
        return dict(state)
    _refuse(engine, folder, saved["param_shapes"], writers)
    files = [next(folder.glob(f"*zero_pp_rank_{writer}_mp_rank_00_optim_states.pt")) for writer in range(writers)]
    parts, optimizer = [_read(file)["optimizer_state_dict"] for file in files], engine.optimizer
    if stage == 3:  # its weights are in the parts alone
        optimizer.checkpoint_event_prologue()
        part = _cut_parameters(engine, saved["param_shapes"], parts, rank, world)
    else:
        engine.module.load_state_dict(saved["module"], strict=whole)
        part = _cut_groups(engine, saved["param_shapes"], parts, rank)
    optimizer.load_state_dict([part] * world, load_optimizer_states=True, load_from_fp32_weights=True)
    if stage == 3:
        optimizer.checkpoint_event_epilogue()
    engine.global_steps, engine.skipped_steps = saved["global_steps"], saved["skipped_steps"]
    return saved


def _read(file: Path) -> dict[str, Any]:
    import torch

    loaded: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=False, mmap=zipfile.is_zipfile(file))
    return loaded


def _refuse(engine: Any, folder: Path, shapes: Shapes, writers: int) -> None:
    """UserError for what settings of `train.deepspeed` divide in other ways."""
    now: Shapes = engine._get_zero_param_shapes()
    unknown = ""
    if engine.zero_nvme_offload_optimizer():
        unknown = "optimizer state on NVMe"
    elif engine.zero_optimization_stage() < 3 and not hasattr(engine.optimizer, "single_partition_of_fp32_groups"):
        unknown = "DeepSpeed's BF16_Optimizer"
    elif engine.zero_optimization_stage() < 3 and list(map(list, shapes)) != list(map(list, now)):
        unknown = "parameters ordered by the number of workers (round_robin_gradients)"
    elif any(group.get("use_muon") for group in engine.optimizer.param_groups):
        unknown = "Muon under ZeRO, whose workers keep the momentum of matrices that they share"
    if unknown:
        raise UserError(f"{folder}: written by {writers} workers, and with {unknown} only as many go on: set train.workers={writers}")


def _cut_groups(engine: Any, shapes: Shapes, parts: list[dict[str, Any]], rank: int) -> dict[str, Any]:
    """Worker `rank`'s part at stages 1 and 2, where a group of parameters lies end to end and is divided as one."""
    sizes = [held.numel() for held in engine.optimizer.single_partition_of_fp32_groups]
    totals = [sum(shape.numel() for shape in members.values()) for members in shapes]

    def cut(group: int, take: Take) -> torch.Tensor:
        start, stop = rank * sizes[group], min((rank + 1) * sizes[group], totals[group])
        return _between([take(part, group) for part in parts], start, stop, sizes[group])

    groups = range(len(sizes))
    base = parts[0]["base_optimizer_state"]
    state = {group: _state(base["state"][group], "base_optimizer_state", partial(cut, group)) for group in groups}
    weights = [cut(group, lambda part, i: part["single_partition_of_fp32_groups"][i]) for group in groups]
    return parts[0] | {"base_optimizer_state": {**base, "state": state}, "single_partition_of_fp32_groups": weights}


def _cut_parameters(engine: Any, shapes: Shapes, parts: list[dict[str, Any]], rank: int, world: int) -> dict[str, Any]:
    """Worker `rank`'s part of `world` at stage 3, where each parameter is divided by itself. (Sub)groups may be others than they were."""
    import torch

    places = dict[str, tuple[int, int, int]]()  # group, where in it a part of the parameter begins, and its length
    for group, members in enumerate(shapes):
        first = 0
        for name, shape in members.items():
            length = -(-shape.numel() // len(parts))
            places[name] = group, first, length
            first += length

    def cut(members: dict[str, Any], take: Take) -> torch.Tensor:
        pieces = []
        for name, shape in members.items():
            group, first, length = places[name]
            held = [take(part, group)[first : first + length] for part in parts]
            size = -(-shape.numel() // world)
            pieces.append(_between(held, rank * size, min((rank + 1) * size, shape.numel()), size))
        return torch.cat(pieces)

    now: Shapes = engine._get_zero_param_shapes()
    base = parts[0]["optimizer_state_dict"]
    state = {}
    for number, members in enumerate(now):
        old = base["state"][places[next(iter(members))][0]]
        state[number] = _state(old, "optimizer_state_dict", partial(cut, members))
    owners = engine.optimizer.sub_group_to_group_id
    groups = [{**group, "params": [i for i in range(len(now)) if owners[i] == g]} for g, group in enumerate(base["param_groups"])]
    weights = [cut(members, lambda part, i: part["fp32_flat_groups"][i]) for members in now]
    return parts[0] | {"optimizer_state_dict": {"state": state, "param_groups": groups}, "fp32_flat_groups": weights}


def _state(old: dict[str, Any], name: str, cut: Callable[[Take], Any]) -> dict[str, Any]:
    """An optimizer's state of one group: what is divided with the parameters, cut anew; the rest (counts of steps) as it was.

    `name`: where in a part the optimizer's state is.
    """

    def anew(key: str) -> Any:
        return cut(lambda part, group: part[name]["state"][group][key])

    return {key: anew(key) if getattr(value, "ndim", 0) else deepcopy(value) for key, value in old.items()}


def _between(parts: Sequence[torch.Tensor], start: int, stop: int, size: int) -> torch.Tensor:
    """A copy of elements `start` to `stop` of `parts` laid end to end, with zeros after them up to `size`."""
    import torch

    pieces, first = [], 0
    for part in parts:
        a, b = max(start - first, 0), min(stop - first, part.numel())
        if a < b:
            pieces.append(part[a:b])
        first += part.numel()
    found = sum(piece.numel() for piece in pieces)
    like = parts[0]
    return torch.cat([*pieces, torch.zeros(size - found, dtype=like.dtype)])
