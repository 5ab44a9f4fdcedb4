"""The nodes that a configuration wants, and the job that runs on them: what `synth cluster render` writes files from."""

from __future__ import annotations

import importlib.metadata
import math
import re
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from cluster.plan import Piece, Plan, Shape, lean_group, work_group
from cluster.render import PLAIN, Job, Variable, plain
from synth.config import RunConfig
from synth.llm.config import SEARCHING, ModelRole
from synth.run.cluster import demand, engines, held_together, trains
from synth.run.roles import answering, groups, used_prompts
from verify_workers.errors import UserError
from verify_workers.lean.build import LEAN_VERSION

# A rule of thumb, not measured: a proof of 1,000 tokens is half a minute's sampling, and its check a few seconds'.
SEQUENCES_PER_LEAN_CORE = 8
FILE_SYSTEMS = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs"}  # what fsspec wants for a scheme
NAME_LENGTH = 40  # KubeRay takes 47 characters, and we add `-config`


def plan(config: RunConfig, work: Shape, lean: Shape, lean_nodes: int | None = None) -> Plan:
    """Nodes of shape `work` for engines and trainers, and of shape `lean` for Lean: `lean_nodes`, or (None) as the engines want them.

    UserError, one line with the remedy, where something does not fit its node.
    """
    roles = answering(used_prompts(config))
    train = config.train
    samplers = [
        Piece("sampler", sampler.cpus if stage == 0 else 0.0, sampler.gpus / sampler.pipeline, "sampler.cpus", "sampler.gpus")
        for sampler in engines(config, roles)
        for _ in range(sampler.replicas)
        for stage in range(sampler.pipeline)
    ]
    worker = Piece("training worker", train.cpus_per_worker, train.gpus / train.workers, "train.cpus_per_worker", "train.gpus_per_worker")
    trainers = [worker] * train.workers if trains(config) else []
    turns = [samplers + trainers] if held_together(config, roles) else [samplers, trainers]
    verify = config.verify
    workers = verify.workers_for(lean.cpus, lean.memory * 1024)
    cores = math.ceil(_sequences(config, roles) / SEQUENCES_PER_LEAN_CORE)
    nodes = Plan(work_group(turns, work), lean_group(cores, workers, verify.memory_mb, lean, bool(verify.workers), lean_nodes))
    if not nodes.groups:
        raise UserError("--lean-nodes 0 leaves no node: no engine and no trainer of the configuration has one; give --lean-nodes 1 or more")
    return nodes


def _sequences(config: RunConfig, roles: tuple[ModelRole, ...]) -> int:
    """Sequences that are sampled at once for proof search: of engines of ours, or requests to endpoints."""
    total = 0
    for together in groups(config, roles):
        source = config.models.of(together[0])
        if any(role in SEARCHING for role in together):
            total += source.sampler.requests if source.endpoint else source.sampler.replicas * source.sampler.max_num_seqs
    return total


def job(config: RunConfig, source: Path, changed: bool, shared: str, run_dir: str) -> Job:
    """The job that runs `config`, read from `source` and (`changed`) overridden.  UserError where a file would not say it safely."""
    name = re.sub(r"[^a-z0-9]+", "-", config.name.lower()).strip("-")[:NAME_LENGTH].rstrip("-") or "run"
    name = name if name[0].isalpha() else f"run-{name}"[:NAME_LENGTH]
    shared = plain("--shared", shared).rstrip("/")
    if not shared.startswith("/"):
        raise UserError("--shared: give the absolute path of a folder that every node sees, such as /shared")
    run_dir = plain("--run-dir", run_dir) or f"runs/{name}"
    scheme = run_dir.partition("://")[0] if "://" in run_dir else ""
    run_dir = run_dir if scheme else str(Path(shared, run_dir))
    if scheme and not config.checkpoints:
        config, changed = config.model_copy(update={"checkpoints": f"{shared}/checkpoints/{name}"}), True
    asked = demand(config, answering(used_prompts(config)))
    project = str(config.verify.project or "")
    return Job(
        name=name,
        config=_config_text(config, source, changed),
        source=str(source),
        run_dir=run_dir,
        shared=shared,
        variables=variables(config, scheme),
        extra="gpu" if asked["GPU"] else "cpu",
        packages=(FILE_SYSTEMS[scheme],) if scheme in FILE_SYSTEMS else (),
        project=project,
        toolchain=_toolchain(Path(project)) if project else "",
        lean=LEAN_VERSION,
        demand=" and ".join(f"{asked[name]:g} {name}{'s' * (asked[name] != 1)}" for name in ("GPU", "CPU") if asked[name]) or "No CPU",
        versions={package: importlib.metadata.version(package) for package in ("proof-synth", "ray")},
    )


def notes(config: RunConfig, nodes: Plan) -> list[str]:
    """What the user may want otherwise, a line each."""
    lean = nodes.lean
    if config.verify.workers and lean.count and lean.shape.cpus > lean.lean:
        idle = f"{lean.shape.cpus - lean.lean} of a Lean node's {lean.shape.cpus} CPUs"
        return [f"verify.workers={lean.lean} leaves {idle} idle; --set verify.workers=0 has a worker on each, as far as memory allows"]
    return []


def variables(config: RunConfig, scheme: str) -> tuple[Variable, ...]:
    """What the run reads from the environment: keys of endpoints, which it needs; those of W&B, hub and bucket, where there are any.

    UserError where a key is in the configuration itself.
    """
    roles = answering(used_prompts(config))
    sources = [config.models.of(role) for role in roles]
    for source in sources:
        if source.endpoint and urlsplit(source.endpoint).password:
            host = urlsplit(source.endpoint).hostname
            raise UserError(f"the endpoint at {host} has a password in its address, which would stand in the files: use api_key_env")
    keys = sorted({source.api_key_env for source in sources if source.api_key_env})
    optional = ["WANDB_API_KEY"] if config.tracking.mode in ("auto", "online") else []
    optional += ["HF_TOKEN"] if any(not source.sampler.offline for source in sources) else []
    optional += ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"] if scheme == "s3" else []
    return (*(Variable(key) for key in keys), *(Variable(name, optional=True) for name in optional if name not in keys))


def _config_text(config: RunConfig, source: Path, changed: bool) -> str:
    """The user's file as it is, or what it says with the overrides, without its comments."""
    if not changed:
        return source.read_text(encoding="utf-8").rstrip() + "\n"
    tree = yaml.safe_dump(config.model_dump(mode="json", exclude_unset=True), sort_keys=False, allow_unicode=True)
    return f"# {source}, with the settings given for these files.\n{tree}"


def _toolchain(project: Path) -> str:
    """The Lean that the project's own file names, where the project is on this machine."""
    try:
        text = (project / "lean-toolchain").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
    return text if PLAIN.fullmatch(text) else ""
