"""Settings of the verifier: one pydantic tree, every field with its unit; unknown fields are refused."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class CacheConfig(BaseModel):
    """The verdict cache on disk (see `verify_workers.pool.cache`)."""

    model_config = ConfigDict(extra="forbid")

    path: Path | None = Field(None, description="SQLite file shared by all pools of this user on this machine; null turns the cache off")
    size_mb: float = Field(1024.0, gt=0, description="upper bound of the file in MB (10^6 bytes); least recently used verdicts go first")


class PoolConfig(BaseModel):
    """One machine's pool of Lean workers."""

    model_config = ConfigDict(extra="forbid")

    backend: str = Field(
        "auto",
        description="auto: the fastest of fork, repl (in a project only), worker, process whose self-test passes here; or one of them",
    )
    project: Path | None = Field(None, description="lake project (with Mathlib, say) whose Lean checks; null: the embedded Lean")
    repl: Path | None = Field(
        None, description="the project's community REPL, folder or binary; null: looked for in and beside the project"
    )
    header_seconds: float = Field(300.0, gt=0, description="that importing a header may take (repl, worker); not counted against a check")
    audit: Literal["fast", "strict"] = Field(
        "fast", description="strict: every acceptance is decided by kernel objects in a clean process; fast: policy, pin and axioms suffice"
    )
    auditor: Literal["auto", "fork", "leanchecker"] = Field(
        "auto",
        description="strict in a project, where the backend reads text: who decides. auto: fork where it knows this Lean, else leanchecker",
    )
    audit_batch: int = Field(64, ge=1, description="leanchecker: acceptances that one process replays at most; 1: each by itself")
    audit_wait: float = Field(
        2.0, ge=0, description="leanchecker: seconds that an acceptance waits for others at most, while more may come"
    )
    allow_unsound_lean: bool = Field(
        False,
        description="strict: also on a Lean whose kernel is known to be unsound (older than 4.34.1), with a warning instead of an error",
    )
    allow_old_kernel: bool = Field(False, description="the older name of `allow_unsound_lean`, which counts as well")
    snapshots: bool = Field(False, description="process: import a header once, then load it from the cache (Lean 4.32 or newer)")
    workers: int = Field(0, ge=0, description="Lean workers on this machine; 0: from its cores and memory")
    nodes: dict[str, str] = Field({}, description="Ray labels of the nodes that check, such as {lean: yes}; {}: every node with CPUs")
    timeout_first: float = Field(3.0, gt=0, description="seconds of the first pass; checks that need longer wait until nothing else does")
    timeout_last: float = Field(300.0, gt=0, description="seconds no check may exceed, whatever limit it asks for itself")
    memory_mb: int = Field(4096, gt=0, description="MB (2^20 bytes) one check may use beyond the imported library")
    recycle_after: int = Field(2000, gt=0, description="checks after which a worker is replaced")
    recycle_mb: int = Field(3072, gt=0, description="MB (2^20 bytes) of private memory above which a worker is replaced between two checks")
    queue: int = Field(4096, gt=0, description="checks accepted and not yet answered; beyond it a caller waits")
    infra_tries: int = Field(3, ge=1, description="runs of one check that may end in a failure of the checker before the answer is `infra`")
    retry_timeouts: Literal["never", "contended", "always"] = Field(
        "contended", description="which time-outs run once more on a quiet machine: those of a crowded machine, all, or none"
    )
    defer: float = Field(
        60.0, ge=0, description="seconds after which a check waiting for its long pass may overtake first ones (half the workers at most)"
    )
    grace: float = Field(30.0, gt=0, description="seconds beyond its limit after which a worker that has not answered is replaced")
    start: float = Field(600.0, gt=0, description="seconds a worker may take to start (the first one may have to build the library)")
    cache: CacheConfig = Field(default_factory=CacheConfig, description="the verdict cache")
    kernels: list[str] = Field(
        [],
        description="kernels that judge too what Lean's accepted (backend fork): builtin-python, or programs by path or name, with "
        "plain=, nanoda=, lean4lean=, leanchecker= or file= before it where its name does not say how it is called",
    )
    kernels_quorum: int = Field(-1, ge=-1, description="how many kernels have to accept; -1: all. One that rejects is never outvoted")
    kernels_sample: float = Field(1.0, ge=0, le=1, description="share of the acceptances that the kernels are asked about")
    kernels_seconds: float = Field(60.0, gt=0, description="seconds that each kernel may take for one proof")
    kernels_keep: Path | None = Field(
        None, description="folder for proofs that kernels dispute; null: beside the verdicts or in the run, else in the cache folder"
    )
    closures: Path | None = Field(None, description="folder that gets what each accepted proof rests on as one export file")

    @model_validator(mode="after")
    def _ordered(self) -> PoolConfig:
        if self.timeout_first > self.timeout_last:
            raise ValueError(f"timeout_first ({self.timeout_first:g} s) must not exceed timeout_last ({self.timeout_last:g} s)")
        return self

    @model_validator(mode="after")
    def _of_one_lean(self) -> PoolConfig:
        if self.project is None and self.backend == "repl":
            raise ValueError("backend repl checks in a lake project: name its folder as project")
        if self.project is None and self.repl is not None:
            raise ValueError("repl belongs to a lake project: name its folder as project")
        return self

    @model_validator(mode="after")
    def _judged_twice(self) -> PoolConfig:
        if (self.kernels or self.closures) and self.auditor == "leanchecker":
            raise ValueError("kernels and closures need kernel objects, which auditor leanchecker has not: leave it out, or name fork")
        if self.closures is not None and self.cache.path is not None:
            raise ValueError("closures are written when a proof is checked, not when its verdict is recalled: leave the cache out")
        return self

    def worker_count(self) -> int:
        """Workers to run here: as asked, or one per usable core as far as memory allows."""
        return self.workers or self.workers_for(usable_cores(), usable_memory_mb())

    def workers_for(self, cores: int, memory_mb: float) -> int:
        """Workers on a machine with this much for them: as asked, or one per core as far as memory (MB of 2^20 bytes) allows."""
        return self.workers or max(1, min(cores, int(memory_mb * 0.8 // self.memory_mb)))


class VerifyConfig(BaseModel):
    """`synth verify`: a file of checks in, a file of verdicts out."""

    model_config = ConfigDict(extra="forbid")

    pool: PoolConfig = Field(default_factory=PoolConfig, description="the workers")
    timeout: float = Field(60.0, gt=0, description="seconds of Lean per row")
    number_rows: bool = Field(False, description="call rows that have no `id` by their number, from 1: row-1, row-2, …")
    window: int = Field(16384, gt=0, description="rows held in memory at most, from the first unwritten one on")
    window_mb: float = Field(256.0, gt=0, description="MB (10^6 bytes) of text held in memory at most (one row always fits)")

    @model_validator(mode="after")
    def _limits(self) -> VerifyConfig:
        if self.timeout > self.pool.timeout_last:
            raise ValueError(f"timeout ({self.timeout:g} s) exceeds pool.timeout_last ({self.pool.timeout_last:g} s): raise the latter")
        return self


def usable_cores() -> int:
    """Cores this process may use: affinity, and the cgroup's quota where there is one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _first_line("/sys/fs/cgroup/cpu.max").split()
    if len(quota) == 2 and quota[0].isdigit():
        cores = min(cores, max(1, math.floor(int(quota[0]) / int(quota[1]) + 0.01)))
    return cores


def usable_memory_mb() -> float:
    """MB (2^20 bytes) that are free here: the machine's available memory, or what the cgroup leaves."""
    available = math.inf
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            available = next((int(line.split()[1]) / 1024 for line in lines if line.startswith("MemAvailable:")), math.inf)
    except OSError:
        available = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**20
    limit, used = _first_line("/sys/fs/cgroup/memory.max"), _first_line("/sys/fs/cgroup/memory.current")
    if limit.isdigit() and used.isdigit():
        available = min(available, (int(limit) - int(used)) / 2**20)
    return available


def _first_line(path: str) -> str:
    try:
        with open(path, encoding="ascii") as lines:
            return lines.readline().strip()
    except OSError:
        return ""
