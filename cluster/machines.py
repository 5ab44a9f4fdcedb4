"""AWS's machines: which one has the shape that a node is to have."""

from __future__ import annotations

from collections.abc import Mapping

from cluster.plan import Plan, Shape
from verify_workers.errors import UserError

# Tried in turn where none is named: CPUs, GiB, GPUs.
INSTANCES = {
    "m7i.2xlarge": Shape(8, 32),
    "m7i.4xlarge": Shape(16, 64),
    "m7i.8xlarge": Shape(32, 128),
    "m7i.16xlarge": Shape(64, 256),
    "m7i.48xlarge": Shape(192, 768),
    "g6.4xlarge": Shape(16, 64, 1),
    "g6.12xlarge": Shape(48, 192, 4),
    "p4d.24xlarge": Shape(96, 1152, 8),
    "p5.48xlarge": Shape(192, 2048, 8),
}


def machines(plan: Plan, named: Mapping[str, str]) -> dict[str, str]:
    """The machine for each group of nodes: the one that is named, else the first above that has the shape.  UserError where none has."""
    found = {}
    for group in plan.groups:
        fitting = (name for name, shape in INSTANCES.items() if _covers(shape, group.shape))
        found[group.name] = named.get(group.name) or next(fitting, "")
        if not found[group.name]:
            option = "--instance" if group.name == "work" else "--lean-instance"
            raise UserError(f"no AWS machine that we list has {group.shape}: name one with {option}, or ask for less of a node")
    return found


def _covers(machine: Shape, wanted: Shape) -> bool:
    enough = machine.cpus >= wanted.cpus and machine.memory >= wanted.memory and machine.gpus >= wanted.gpus
    return enough and bool(machine.gpus) == bool(wanted.gpus)
