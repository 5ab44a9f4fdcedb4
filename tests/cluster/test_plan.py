"""Which nodes a configuration gets: all that it asks for is there, each piece on one node, and what does not fit is one line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from cluster.machines import INSTANCES, machines
from cluster.plan import Group, Piece, Plan, Shape, nodes_for
from synth.config import RunConfig, load_config
from synth.run import layout
from synth.run.cluster import demand, shortage
from synth.run.roles import answering, used_prompts
from verify_workers.errors import UserError

CONFIGS = sorted((Path(__file__).parents[2] / "cluster" / "configs").glob("*.yaml"))
WORK, LEAN = Shape(64, 512, 8), Shape(32, 128)


def load(name: str, *overrides: str) -> RunConfig:
    return load_config(next(path for path in CONFIGS if path.stem == name), list(overrides))


def piece(gpus: float, cpus: float = 0.0) -> Piece:
    return Piece("sampler", cpus, gpus, "sampler.cpus", "sampler.gpus")


@pytest.mark.parametrize(
    ("gpus", "of_node", "nodes"),
    [
        ([2, 2, 2, 2], 8, 1),
        ([2, 2, 2, 2], 4, 2),
        ([2, 2, 2], 3, 3),  # one GPU of each node stays free: an engine is not cut
        ([0.3, 0.3, 0.4], 1, 1),
        ([0.7, 0.7, 0.6], 2, 2),  # 2.0 GPUs in all, but no share goes over two of them
        ([1, 0.5, 0.5], 2, 1),
        ([], 8, 0),
    ],
)
def test_pieces_are_packed_whole(gpus: list[float], of_node: int, nodes: int) -> None:
    assert nodes_for([piece(each) for each in gpus], Shape(64, 512, of_node)) == nodes


def test_cpus_bound_as_gpus_do() -> None:
    assert nodes_for([piece(1, cpus=24)] * 4, Shape(64, 512, 8)) == 2


@pytest.mark.parametrize("work", [Shape(64, 512, 8), Shape(32, 256, 4), Shape(16, 64, 2)], ids=str)
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_nodes_have_what_is_asked(path: Path, work: Shape) -> None:
    """By the run's own check of a cluster, which waits for ever otherwise."""
    config = load_config(path)
    roles = answering(used_prompts(config))
    plan = layout.plan(config, work, LEAN)
    nodes = [{"CPU": float(group.shape.cpus), "GPU": float(group.shape.gpus)} for group in plan.groups for _ in range(group.count)]
    assert shortage(config, roles, nodes) == ""
    asked = demand(config, roles)
    assert sum(node["GPU"] for node in nodes[: plan.work.count]) >= asked["GPU"]
    assert plan.lean.count and not plan.lean.shape.gpus and plan.lean.lean <= plan.lean.shape.cpus
    if not asked["GPU"]:
        assert not plan.work.shape.gpus


def test_gpu_node_gets_eight_gpus_and_nodes_for_lean() -> None:
    config = load("gpu_node")
    plan = layout.plan(config, Shape(96, 1024, 8), LEAN)
    assert (plan.work.count, plan.work.shape.gpus) == (1, 8)
    sequences = 3 * config.sampler.max_num_seqs  # three engines of the prover
    assert plan.lean.count * plan.lean.lean * layout.SEQUENCES_PER_LEAN_CORE >= sequences
    assert (plan.lean.count - 1) * plan.lean.lean * layout.SEQUENCES_PER_LEAN_CORE < sequences
    assert layout.plan(config, Shape(96, 1024, 8), LEAN, lean_nodes=9).lean.count == 9
    apart = load("gpu_node", "sampler.release_while_training=false")
    assert layout.plan(apart, Shape(96, 1024, 8), LEAN).work.count == 2, "engines and trainer at the same time"


def test_endpoints_need_nodes_for_lean_alone() -> None:
    config = load("gpu_node", *ENDPOINTS, "models.train=[]")
    plan = layout.plan(config, WORK, LEAN)
    assert [group.name for group in plan.groups] == ["lean"]
    with pytest.raises(UserError, match="--lean-nodes 0 leaves no node"):
        layout.plan(config, WORK, LEAN, lean_nodes=0)


def test_no_nodes_for_lean_are_none_whatever_their_shape() -> None:
    plan = layout.plan(load("gpu_node", "verify.workers=64"), Shape(96, 1024, 8), LEAN, lean_nodes=0)
    assert [group.name for group in plan.groups] == ["work"]


ENDPOINTS = [
    f"models.{role}={{endpoint: 'http://host:8000/v1', name: m, api_key_env: SOME_KEY}}" for role in ("formalizer", "judge", "prover")
]


@dataclass
class Misfit:
    """A configuration and nodes that do not fit, what is said, and what of it helps."""

    says: str
    overrides: tuple[str, ...] = ()
    work: Shape = WORK
    lean: Shape = LEAN
    then: tuple[str, ...] = ()
    then_work: Shape | None = None
    then_lean: Shape | None = None


MISFITS = [
    Misfit(
        "one sampler asks for 2 GPUs on one node and a node has 1 GPUs: lower sampler.gpus, or give --gpus-per-node 2",
        work=Shape(64, 512, 1),
        then=("sampler.gpus=1",),
    ),
    Misfit("--gpus-per-node 2", work=Shape(64, 512, 0), then_work=Shape(64, 512, 2)),
    Misfit(
        "one training worker asks for 80 CPUs and a node has 64: lower train.cpus_per_worker, or give --cpus-per-node 80",
        ("train.cpus_per_worker=80",),
        then_work=Shape(80, 512, 8),
    ),
    Misfit(
        "verify.workers asks for 48 Lean workers on each node and a Lean node has 32 CPUs: set verify.workers=0",
        ("verify.workers=48",),
        then=("verify.workers=0",),
    ),
    Misfit(
        "32 Lean workers with verify.memory_mb=8192 want 256 GiB and a Lean node has 128: "
        "lower verify.memory_mb or verify.workers, or give --lean-memory-per-node 256",
        ("verify.workers=32", "verify.memory_mb=8192"),
        then_lean=Shape(32, 256),
    ),
    Misfit("lower verify.memory_mb, or give --lean-memory-per-node 196", ("verify.memory_mb=200000",), then_lean=Shape(32, 196)),
]


@pytest.mark.parametrize("case", MISFITS, ids=lambda case: case.says[:40])
def test_what_fits_no_node_is_a_line_whose_remedy_works(case: Misfit) -> None:
    with pytest.raises(UserError) as error:
        layout.plan(load("gpu_node", *case.overrides), case.work, case.lean)
    assert case.says in str(error.value) and "\n" not in str(error.value)
    layout.plan(load("gpu_node", *case.overrides, *case.then), case.then_work or case.work, case.then_lean or case.lean)


def test_cores_that_a_fixed_number_of_workers_leaves_idle_are_told() -> None:
    config = load("embedded")
    (note,) = layout.notes(config, layout.plan(config, Shape(64, 512), LEAN))
    assert "verify.workers=2 leaves 30 of a Lean node's 32 CPUs idle" in note
    assert layout.notes(load("gpu_node"), layout.plan(load("gpu_node"), WORK, LEAN)) == []


def test_a_machine_of_aws_has_the_shape() -> None:
    plan = Plan(Group("work", 1, Shape(64, 512, 8), 0), Group("lean", 2, LEAN, 25))
    found = machines(plan, {})
    assert found["lean"] == "m7i.8xlarge" and INSTANCES[found["work"]].gpus == 8
    assert machines(plan, {"work": "p5e.48xlarge", "lean": ""})["work"] == "p5e.48xlarge"
    with pytest.raises(UserError, match="no AWS machine that we list has 1000 CPUs, 512 GiB, 8 GPUs: name one with --instance"):
        machines(Plan(Group("work", 1, Shape(1000, 512, 8), 0), plan.lean), {})
