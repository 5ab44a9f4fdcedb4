"""`synth cluster render`: the files that run a configuration on many nodes."""

from __future__ import annotations

import sys
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from verify_workers.errors import UserError

cluster_app = typer.Typer(
    help="Files for a run on many nodes.", no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]}
)
Node = partial(typer.Option, rich_help_panel="Nodes")
KubeRayOption = partial(typer.Option, rich_help_panel="--to kuberay")
SlurmOption = partial(typer.Option, rich_help_panel="--to slurm")
AwsOption = partial(typer.Option, rich_help_panel="--to ray-up")


IMAGE = "proof-synth-worker"


class RenderTo(StrEnum):
    """What `synth cluster render` writes files for."""

    kuberay = "kuberay"
    slurm = "slurm"
    ray_up = "ray-up"
    container = "container"


# Options that only these targets read; all others read every one.
READ_BY = {
    **dict.fromkeys(("claim", "queue", "spot"), (RenderTo.kuberay,)),
    **dict.fromkeys(("time_limit", "partition", "lean_partition", "venv"), (RenderTo.slurm,)),
    **dict.fromkeys(("region", "ami", "nfs", "profile", "instance", "lean_instance"), (RenderTo.ray_up,)),
    "secret": (RenderTo.kuberay, RenderTo.ray_up),
    "image": (RenderTo.kuberay, RenderTo.ray_up, RenderTo.container),
}


@cluster_app.callback()
def _cluster() -> None:
    """Files for a run on many nodes."""


@cluster_app.command()
def render(
    context: typer.Context,
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="the run's configuration: the nodes follow from it")],
    to: Annotated[RenderTo, typer.Option("--to", help="Kubernetes, Slurm, machines of AWS, or container images")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="folder for the files; for Slurm one that every node sees")],
    run_dir: Annotated[
        str, typer.Option("--run-dir", help="s3://… or a folder; a relative one is in --shared; default: runs/NAME there")
    ] = "",
    overrides: Annotated[
        list[str], typer.Option("--set", metavar="KEY=VALUE", help="override one key of the configuration, such as rounds=2")
    ] = [],  # noqa: B006  # typer reads it only
    shared: Annotated[
        str, typer.Option(metavar="DIR", help="file system that every node sees; CONFIG's relative paths are in it")
    ] = "/shared",
    image: Annotated[
        str, typer.Option(metavar="REGISTRY/NAME:TAG", help="worker.Dockerfile's image, where nodes can pull it (kuberay, ray-up)")
    ] = IMAGE,
    gpus_per_node: Annotated[int, Node(min=0, help="GPUs that the run may have of a node for engines and trainers")] = 8,
    cpus_per_node: Annotated[int, Node(min=1, help="CPUs of it")] = 64,
    memory_per_node: Annotated[int, Node(min=1, help="GiB of it")] = 512,
    lean_nodes: Annotated[
        int | None, Node(min=0, help="nodes for Lean alone; default: a Lean worker for eight sequences that are sampled at once")
    ] = None,
    lean_cpus_per_node: Annotated[int, Node(min=1, help="CPUs of such a node")] = 32,
    lean_memory_per_node: Annotated[int, Node(min=1, help="GiB of it")] = 128,
    claim: Annotated[str, KubeRayOption(metavar="NAME", help="claim of the volume that is --shared")] = "shared",
    secret: Annotated[
        str, KubeRayOption(metavar="NAME", help="secret with the API keys, by their variables; ray-up: one of AWS Secrets Manager")
    ] = "proof-synth",
    queue: Annotated[str, KubeRayOption(metavar="NAME", help="local queue of Kueue; default: none")] = "",
    spot: Annotated[str, KubeRayOption(metavar="LABEL=VALUE", help="label and taint of preemptible nodes, which Lean then has")] = "",
    time_limit: Annotated[
        str, SlurmOption("--time", help="the job's limit: minutes, HH:MM:SS, D-HH, D-HH:MM:SS, … as sbatch reads it")
    ] = "24:00:00",
    partition: Annotated[str, SlurmOption(metavar="NAME", help="of nodes for engines and trainers; default: Slurm's")] = "",
    lean_partition: Annotated[str, SlurmOption(metavar="NAME", help="of nodes for Lean")] = "",
    venv: Annotated[str, SlurmOption(metavar="DIR", help="virtual environment; default: venv in --shared")] = "",
    region: Annotated[str, AwsOption(metavar="NAME", help="AWS's region")] = "us-west-2",
    ami: Annotated[str, AwsOption(metavar="ID", help="machine image with Docker and NVIDIA's driver; needed")] = "",
    nfs: Annotated[str, AwsOption(metavar="HOST:/PATH", help="what is mounted at --shared; needed")] = "",
    profile: Annotated[
        str, AwsOption(metavar="NAME", help="instance profile of the nodes, whose role may read the secret; needed with one")
    ] = "",
    instance: Annotated[str, AwsOption(metavar="TYPE", help="machine for engines and trainers; default: by its shape")] = "",
    lean_instance: Annotated[str, AwsOption(metavar="TYPE", help="machine for Lean; default: by its shape")] = "",
) -> None:
    """Write the files that run CONFIG on a cluster, with nodes for what its engines, trainers and Lean workers ask for.

    synth cluster render cluster/configs/gpu_node.yaml --to slurm --out /project/me/first --shared /project/me

    synth cluster render mine.yaml --to kuberay --out first --run-dir s3://bucket/first --image registry/worker:1

    The files start `synth run`; started again after any end, they continue it. API keys are named in them, never written.
    --to container writes the image that kuberay and ray-up want. Each file says where it has run (docs/cluster.md).
    """
    from cluster import render as files_for
    from cluster.machines import machines
    from cluster.plan import Shape
    from synth.config import load_config
    from synth.run import layout

    _refuse_foreign(context, to)
    loaded = load_config(config, overrides)
    work, lean = Shape(cpus_per_node, memory_per_node, gpus_per_node), Shape(lean_cpus_per_node, lean_memory_per_node)
    nodes = layout.plan(loaded, work, lean, lean_nodes)
    job = layout.job(loaded, config, bool(overrides), shared, run_dir)
    match to:
        case RenderTo.kuberay:
            files = files_for.kuberay(job, nodes, image, files_for.KubeRay(claim, secret, queue, spot))
        case RenderTo.slurm:
            slurm = files_for.Slurm(venv or f"{job.shared}/venv", time_limit, {"work": partition, "lean": lean_partition})
            files = files_for.slurm(job, nodes, slurm, out)
        case RenderTo.ray_up:
            types = machines(nodes, {"work": instance, "lean": lean_instance})
            files = files_for.ray_up(job, nodes, image, files_for.Aws(region, ami, nfs, types, profile, secret))
        case RenderTo.container:
            files = files_for.container(job, nodes, image, out)
    notes = layout.notes(loaded, nodes)
    if to in (RenderTo.kuberay, RenderTo.ray_up) and "/" not in image:
        notes.append(f"--image: {image} names no registry, so that no node can pull it: push the image and give --image REGISTRY/NAME:TAG")
    for line in (*nodes.lines, *notes):
        print(line, file=sys.stderr)
    for path in files_for.write(files, out):
        print(path)


def _refuse_foreign(context: typer.Context, to: RenderTo) -> None:
    """UserError for options that were given and that files for `to` would not show."""
    parameters: list[Any] = context.command.params
    options = {parameter.name: parameter.opts[0] for parameter in parameters}
    given = [name for name in READ_BY if (source := context.get_parameter_source(name)) is not None and source.name == "COMMANDLINE"]
    foreign = [f"{options[name]} (for --to {' or '.join(READ_BY[name])})" for name in given if to not in READ_BY[name]]
    if foreign:
        raise UserError(f"--to {to} does not use {', '.join(foreign)}: leave {'it' if len(foreign) == 1 else 'them'} out")
