"""Where a cluster has room for one more engine, beside what a run has begun with and does not hold just now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

ROUNDING = 1e-6  # Ray counts in ten-thousandths


@dataclass
class Node:
    """A node of the cluster: what is free there of Ray's resources, by their names, and its labels."""

    id: str
    free: dict[str, float]
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Piece:
    """What is held together on one node that has the `labels`."""

    asks: Mapping[str, float]
    labels: Mapping[str, str] = field(default_factory=dict)

    def fits(self, node: Node) -> bool:
        enough = all(node.free.get(name, 0.0) >= amount - ROUNDING for name, amount in self.asks.items())
        return enough and self.labels.items() <= node.labels.items()


class Room:
    """What is free on `nodes`, those that were there first before others, once `owed` has its place.

    `owed` is set aside on old nodes, the largest pieces first, so that what is given away is on new ones.
    """

    def __init__(self, nodes: Sequence[Node], owed: Iterable[Piece] = ()) -> None:
        self.nodes = list(nodes)
        largest = sorted(owed, key=lambda piece: (piece.asks.get("GPU", 0.0), piece.asks.get("CPU", 0.0)), reverse=True)
        self.short = any(_place([piece], self.nodes) is None for piece in largest)
        """Whether not even that has room: then there is none for anything else."""

    def take(self, pieces: Sequence[Piece], barred: Collection[str] = ()) -> list[str] | None:
        """The nodes that the pieces of one engine get, the newest there are; None, and nothing taken, where they have no room."""
        return None if self.short else _place(pieces, [node for node in self.nodes[::-1] if node.id not in barred])


def _place(pieces: Sequence[Piece], nodes: Sequence[Node]) -> list[str] | None:
    """Take from each piece's first node that has room; all or nothing."""
    taken: list[tuple[Piece, Node]] = []
    for piece in pieces:
        node = next((node for node in nodes if piece.fits(node)), None)
        if node is None:
            for earlier, holder in taken:
                _change(holder, earlier, 1.0)
            return None
        _change(node, piece, -1.0)
        taken.append((piece, node))
    return [node.id for _, node in taken]


def _change(node: Node, piece: Piece, sign: float) -> None:
    for name, amount in piece.asks.items():
        node.free[name] = node.free.get(name, 0.0) + sign * amount
