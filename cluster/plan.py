"""Which nodes a run wants: what must lie together is packed onto nodes of a given shape, and Lean workers get nodes of their own."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from verify_workers.errors import UserError


@dataclass(frozen=True)
class Shape:
    """What the run may have of one node: CPUs, memory in GiB, GPUs.  (Of a pod: what it may ask for, less than the machine has.)"""

    cpus: int
    memory: int
    gpus: int = 0

    def __str__(self) -> str:
        return f"{self.cpus} CPUs, {self.memory} GiB" + (f", {self.gpus} GPUs" if self.gpus else "")


@dataclass(frozen=True)
class Piece:
    """What is on one node and cannot be cut: an engine or a training worker, in Ray's units.

    cpus_key, gpus_key   the settings that make it smaller
    """

    what: str
    cpus: float
    gpus: float
    cpus_key: str
    gpus_key: str


@dataclass(frozen=True)
class Group:
    """Equal nodes; `lean` = Lean workers on each."""

    name: str
    count: int
    shape: Shape
    lean: int


@dataclass(frozen=True)
class Plan:
    """The nodes of a run beside the head: `work` for engines and trainers, `lean` for Lean alone; either may have none."""

    work: Group
    lean: Group

    @property
    def groups(self) -> tuple[Group, ...]:
        """Those that have nodes; the first holds the head where there is no node for it alone."""
        return tuple(group for group in (self.work, self.lean) if group.count)

    @property
    def nodes(self) -> int:
        return sum(group.count for group in self.groups)

    @property
    def lines(self) -> list[str]:
        """The nodes in words."""
        return [f"{group.name}: {group.count} node{'s' * (group.count > 1)} with {group.shape}" for group in self.groups]


@dataclass
class _Node:
    """What is free on a node; GPUs one by one, since a share of one is of one."""

    cpus: float
    gpus: list[float] = field(default_factory=list)

    def take(self, piece: Piece) -> bool:
        """Put the piece here, if there is room."""
        if piece.cpus > self.cpus + 1e-6:
            return False
        whole = [index for index, free in enumerate(self.gpus) if free > 1 - 1e-6]
        shared = [index for index, free in enumerate(self.gpus) if free + 1e-6 >= piece.gpus]
        if piece.gpus >= 1:
            if len(whole) < math.ceil(piece.gpus):
                return False
            for index in whole[: math.ceil(piece.gpus)]:
                self.gpus[index] = 0.0
        elif piece.gpus:
            if not shared:
                return False
            self.gpus[min(shared, key=lambda index: self.gpus[index])] -= piece.gpus
        self.cpus -= piece.cpus
        return True


def nodes_for(pieces: Sequence[Piece], shape: Shape) -> int:
    """How many nodes of this shape hold all `pieces` at once, the largest first.  UserError where one piece fits none."""
    nodes: list[_Node] = []
    for piece in sorted(pieces, key=lambda piece: (piece.gpus, piece.cpus), reverse=True):
        if any(node.take(piece) for node in nodes):
            continue
        node = _Node(shape.cpus, [1.0] * shape.gpus)
        if not node.take(piece):
            raise UserError(_too_large(piece, shape))
        nodes.append(node)
    return len(nodes)


def _too_large(piece: Piece, shape: Shape) -> str:
    if math.ceil(piece.gpus) > shape.gpus:
        asked, has, key, option = piece.gpus, f"{shape.gpus} GPUs", piece.gpus_key, f"--gpus-per-node {math.ceil(piece.gpus)}"
        return f"one {piece.what} asks for {asked:g} GPUs on one node and a node has {has}: lower {key}, or give {option}"
    option = f"--cpus-per-node {math.ceil(piece.cpus)}"
    return f"one {piece.what} asks for {piece.cpus:g} CPUs and a node has {shape.cpus}: lower {piece.cpus_key}, or give {option}"


def work_group(turns: Sequence[Sequence[Piece]], shape: Shape) -> Group:
    """Nodes for engines and trainers; the pieces of one turn are held at the same time, those of another one before or after."""
    if not any(piece.gpus for turn in turns for piece in turn):
        shape = dataclasses.replace(shape, gpus=0)
    return Group("work", max((nodes_for(turn, shape) for turn in turns), default=0), shape, lean=0)


def lean_group(cores: int, workers: int, memory_mb: int, shape: Shape, fixed: bool, count: int | None = None) -> Group:
    """Nodes for `cores` Lean checks at the same time, with `workers` of `memory_mb` MB (2^20 bytes) on each (`count`: that many).

    `fixed`: the configuration says how many workers a node has.  UserError where they do not fit it.
    """
    shape = dataclasses.replace(shape, gpus=0)
    if count == 0:
        return Group("lean", 0, shape, workers)
    if fixed and workers > shape.cpus:
        raise UserError(
            f"verify.workers asks for {workers} Lean workers on each node and a Lean node has {shape.cpus} CPUs: "
            f"set verify.workers=0 (one for each CPU that memory allows), or give --lean-cpus-per-node {workers}"
        )
    if workers * memory_mb > shape.memory * 1024:
        least = math.ceil(workers * memory_mb / 1024)
        raise UserError(
            f"{workers} Lean workers with verify.memory_mb={memory_mb} want {least} GiB and a Lean node has {shape.memory}: "
            f"lower verify.memory_mb{' or verify.workers' if fixed else ''}, or give --lean-memory-per-node {least}"
        )
    return Group("lean", math.ceil(cores / workers) if count is None else count, shape, workers)
