"""Files for a run on many nodes: KubeRay manifests, a Slurm script, a file for `ray up`, container files; text from templates.

Nothing here reads a configuration or starts anything: a `Job` says what is run, a `Plan` on which nodes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from cluster.plan import Group, Plan, Shape
from verify_workers.errors import UserError

FOLDER = "/etc/proof-synth"  # where a pod has the configuration
HOME_FOLDER = "/home/synth/job"  # where a container of `ray up` has it
HEAD = Shape(4, 16)  # a head without work
HEAD_INSTANCE = "m7i.xlarge"  # AWS's machine of that shape
# As sbatch reads a limit: minutes[:seconds], hours:minutes:seconds, days-hours[:minutes[:seconds]].
TIME = re.compile(r"\d+(:\d+){0,2}|\d+-\d+(:\d+){0,2}|UNLIMITED|INFINITE", re.ASCII | re.IGNORECASE)
PLAIN = re.compile(r"[\w./:@%+=,-]+", re.ASCII)  # what no shell changes
CHECKED = {
    "kuberay": "against a schema of the fields that it uses, after those of KubeRay 1.7",
    "slurm": "by `bash -n`, and by a run with stand-ins for Slurm, Ray and synth",
    "ray-up": "by Ray's own validator of cluster files",
    "container": "for what it copies and calls",
}


@dataclass(frozen=True)
class Variable:
    """An environment variable of the run, such as an API key; its value is in no file of ours."""

    name: str
    optional: bool = False


@dataclass(frozen=True)
class Job:
    """A run, as the files name it.

    name       a DNS label
    config     text of its configuration; `source`: what it was made from
    shared     the folder that all nodes see; relative paths of the configuration are in it
    extra      of proof-synth's packages: gpu or cpu; `packages`: what the run directory's file system wants besides
    project    the lake project whose Lean checks, '' = the embedded one; `toolchain`: its Lean, where known; `lean`: version of our own
    demand     what engines and trainers hold, in words
    """

    name: str
    config: str
    source: str
    run_dir: str
    shared: str
    variables: tuple[Variable, ...]
    extra: str
    packages: tuple[str, ...]
    project: str
    toolchain: str
    lean: str
    demand: str
    versions: Mapping[str, str]  # of proof-synth and ray

    @property
    def required(self) -> tuple[Variable, ...]:
        return tuple(variable for variable in self.variables if not variable.optional)

    def command(self, config: str) -> str:
        """The run, its configuration being in the file `config`: plain words, which any number of shells leave as they are."""
        return f"env -C {self.shared} synth run {config} --run-dir {self.run_dir}"


def plain(option: str, value: str) -> str:
    """`value`, where no shell and no YAML reads it as more than a word.  UserError where one might."""
    if value and not PLAIN.fullmatch(value):
        raise UserError(f"{option}: {value!r} has characters that a shell reads; use letters, digits and any of . / : _ @ % + = , -")
    return value


@dataclass(frozen=True)
class KubeRay:
    """claim: of the shared volume · secret: holds the variables · queue: Kueue's · spot: LABEL=VALUE of preemptible nodes ·
    keep: seconds that pods stay after the end."""

    claim: str
    secret: str
    queue: str = ""
    spot: str = ""
    keep: int = 600

    def __post_init__(self) -> None:
        for name in ("claim", "secret", "queue", "spot"):
            plain(f"--{name}", getattr(self, name))
        if self.spot and not all(self.label):
            raise UserError(f"--spot: {self.spot} is not LABEL=VALUE, such as cloud.google.com/gke-spot=true")

    @property
    def label(self) -> tuple[str, str]:
        name, _, value = self.spot.partition("=")
        return name, value


@dataclass(frozen=True)
class Slurm:
    """time: limit, as sbatch reads it · partitions: by the groups' names · warning: seconds before the limit."""

    venv: str
    time: str
    partitions: Mapping[str, str]
    warning: int = 600

    def __post_init__(self) -> None:
        for name, value in (("venv", self.venv), ("time", self.time), *(("partition", value) for value in self.partitions.values())):
            plain(f"--{name}", value)
        if not TIME.fullmatch(self.time):
            raise UserError(
                f"--time: {self.time!r} is no limit of sbatch; give minutes, MM:SS, HH:MM:SS, D-HH, D-HH:MM or D-HH:MM:SS, such as 24:00:00"
            )


@dataclass(frozen=True)
class Aws:
    """nfs: HOST:/PATH of the shared folder · machines: by the groups' names · profile: instance profile · secret: in Secrets Manager."""

    region: str
    ami: str
    nfs: str
    machines: Mapping[str, str]
    profile: str = ""
    secret: str = ""

    def __post_init__(self) -> None:
        if not self.ami:
            raise UserError(
                "--to ray-up needs --ami, a machine image with Docker and NVIDIA's driver: `aws ssm get-parameter --query Parameter.Value "
                "--name /aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id` names AWS's own"
            )
        if ":/" not in self.nfs:
            raise UserError("--to ray-up needs --nfs HOST:/PATH, what all nodes mount at --shared, such as an EFS's address")
        if self.secret and not self.profile:
            raise UserError(
                "--to ray-up needs --profile NAME, an instance profile whose role may read the secret that the nodes fetch; "
                "or --secret '' where the run wants none"
            )
        for name in ("region", "ami", "nfs", "profile", "secret"):
            plain(f"--{name}", getattr(self, name))
        for machine in self.machines.values():
            plain("--instance", machine)


def kuberay(job: Job, plan: Plan, image: str, where: KubeRay) -> dict[str, str]:
    """A ConfigMap with the configuration, a RayJob, and a RayCluster with the same nodes."""
    plain("--image", image)
    names = {"image": image, "where": where, "head": HEAD, "folder": FOLDER, "command": job.command(f"{FOLDER}/run.yaml")}
    spec = _text("kuberay/_cluster.yaml.jinja", "kuberay", job, plan, **names)
    files = ("configmap.yaml", "rayjob.yaml", "raycluster.yaml")
    return {file: _text(f"kuberay/{file}.jinja", "kuberay", job, plan, spec=spec, **names) for file in files}


def slurm(job: Job, plan: Plan, where: Slurm, folder: Path) -> dict[str, str]:
    """A batch script, and the configuration beside it (in `folder`, which all nodes see)."""
    command = job.command(plain("--out", str(folder.absolute())) + "/run.yaml")
    names = {"where": where, "command": command, "srun_shape": _srun_shape, "ray_shape": _ray_shape}
    return {"run.sbatch": _text("slurm/run.sbatch.jinja", "slurm", job, plan, **names), "run.yaml": job.config}


def ray_up(job: Job, plan: Plan, image: str, where: Aws) -> dict[str, str]:
    """A cluster file, a script that starts it and the run, and the configuration that it copies."""
    plain("--image", image)
    command = job.command(f"{HOME_FOLDER}/run.yaml")
    names = {"image": image, "where": where, "folder": HOME_FOLDER, "head_instance": HEAD_INSTANCE, "command": command}
    files = {file: _text(f"ray_up/{file}.jinja", "ray-up", job, plan, **names) for file in ("cluster.yaml", "run.sh")}
    return files | {"job/run.yaml": job.config}


def container(job: Job, plan: Plan, image: str, folder: Path) -> dict[str, str]:
    """Container files for a node of the run and for one that only checks proofs."""
    plain("--image", image)
    copied = {"files": ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", "NOTICE")}
    names: dict[str, Any] = {"folder": folder, "folders": ("synth", "train", "verify_workers", "cluster"), **copied}
    images = {"worker": image, "verifier": "proof-synth-verifier"}
    return {
        f"{name}.Dockerfile": _text(f"container/{name}.Dockerfile.jinja", "container", job, plan, image=images[name], **names)
        for name in images
    }


def write(files: Mapping[str, str], out: Path) -> list[Path]:
    """Write `files` below `out`.  UserError where that cannot be."""
    written = []
    for name, text in files.items():
        path = out / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            if text.startswith("#!"):
                path.chmod(0o755)
        except OSError as error:
            raise UserError(f"--out: {path} cannot be written ({error.strerror or error}); give another folder") from None
        written.append(path)
    return written


def _text(template: str, target: str, job: Job, plan: Plan, **names: Any) -> str:
    loader = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
    environment = jinja2.Environment(
        loader=loader, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False
    )
    environment.filters["q"] = json.dumps  # a JSON string is a YAML string
    told = {
        "work": f"{job.demand} for engines and trainers; CPUs that they leave free check Lean too.",
        "lean": f"{plan.lean.lean} Lean workers on each node; one that is lost costs what it was just checking, which others check again.",
    }
    return environment.get_template(template).render(
        job=job, plan=plan, told=told, heading=_heading(job, target), ray=job.versions["ray"], **names
    )


def _heading(job: Job, target: str) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in job.versions.items())
    return (
        f"# Rendered by `synth cluster render {job.source} --to {target}` ({versions}).\n"
        f"# Where it has run: nowhere yet.  It was only rendered, and checked {CHECKED[target]} (docs/cluster.md)."
    )


def _srun_shape(group: Group) -> str:
    return f"--cpus-per-task={group.shape.cpus}" + (f" --gpus-per-node={group.shape.gpus}" if group.shape.gpus else "")


def _ray_shape(group: Group) -> str:
    return f"--num-cpus={group.shape.cpus} --num-gpus={group.shape.gpus} --labels=proof-synth/role={group.name}"
