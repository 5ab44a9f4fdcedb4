"""The Slurm script: it parses, asks for the plan's nodes, and is run through with stand-ins for Slurm, Ray and synth."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.cluster.test_render import ENDPOINT, GPU_NODE, parsed, render, run_words

# Each writes down how it was called.  A step lasts until it is ended, as `ray start --block` does.
STAND_INS = {
    "srun": 'echo $$ >>"$CALLS.steps"; echo "srun $* $RAY_AUTH_MODE:$RAY_AUTH_TOKEN" >>"$CALLS"; exec sleep 300',
    # The nodes are there when all steps so far have begun: one at first, in the end all.
    "python": """want=1; grep -q ^python "$CALLS" && want=$STEPS
until [ "$(grep -c ^srun "$CALLS")" -ge "$want" ]; do sleep 0.02; done
echo python "$@" >>$CALLS""",
    "synth": """trap 'echo ended >>"$CALLS"; exit 143' TERM
echo "synth $* $RAY_ADDRESS $PWD" >>"$CALLS"
[ "$ENDS" = by-itself ] && exit "$STATUS"
while :; do sleep 0.05; done""",
}


def sections(script: str) -> list[dict[str, str]]:
    """The options of each component of the job."""
    options = [line.removeprefix("#SBATCH ").strip() for line in script.splitlines() if line.startswith("#SBATCH ")]
    found: list[dict[str, str]] = [{}]
    for option in options:
        if option == "hetjob":
            found.append({})
        else:
            name, _, value = option.partition("=")
            found[-1][name] = value
    return found


class Job:
    """A rendered script in a folder of its own, and the stand-ins that it finds."""

    def __init__(self, tmp_path: Path, *options: str) -> None:
        self.shared, self.calls = tmp_path / "shared", tmp_path / "calls"
        tools = self.shared / "venv" / "bin"
        tools.mkdir(parents=True)
        (tools / "activate").write_text(f"PATH={tools}:$PATH\n")
        for name, body in STAND_INS.items():
            (tools / name).write_text(f"#!/bin/bash\n{body}\n")
            (tools / name).chmod(0o755)
        self.files = render(tmp_path / "out", "slurm", "--shared", str(self.shared), *options)
        self.script = tmp_path / "out" / "run.sbatch"

    def start(self, **environment: str) -> subprocess.Popen[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SLURM", "RAY_"))}
        steps = sum(line.startswith("srun ") for line in self.files["run.sbatch"].splitlines())
        given = {"CALLS": str(self.calls), "STEPS": str(steps), "SLURM_JOB_ID": "4711", "SLURMD_NODENAME": "node7"}
        given |= {"ENDS": "", "STATUS": "0"} | environment
        return subprocess.Popen(["bash", self.script], env=inherited | given, stderr=subprocess.PIPE, text=True)

    def done(self, **environment: str) -> tuple[int, str]:
        """Exit status and errors of a run that ends by itself."""
        process = self.start(ENDS="by-itself", **environment)
        _, errors = process.communicate(timeout=60)
        return process.returncode, errors

    def called(self, name: str) -> list[str]:
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [line for line in lines if line.split()[0] == name]

    def wait_for(self, name: str) -> None:
        until = time.monotonic() + 60
        while not self.called(name):
            assert time.monotonic() < until, f"{name} was not called"
            time.sleep(0.02)

    def steps_have_ended(self) -> bool:
        """Whether none of the steps' processes is left; they are waited for, as signals take a moment."""
        left = [int(line) for line in Path(f"{self.calls}.steps").read_text().split()]
        until = time.monotonic() + 20
        while left and time.monotonic() < until:
            left = [pid for pid in left if Path(f"/proc/{pid}/cmdline").exists() and b"sleep" in Path(f"/proc/{pid}/cmdline").read_bytes()]
            time.sleep(0.02)
        return not left


def test_it_parses(tmp_path: Path) -> None:
    Job(tmp_path)
    subprocess.run(["bash", "-n", tmp_path / "out" / "run.sbatch"], check=True)


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_shellcheck_has_nothing_to_say(tmp_path: Path) -> None:
    render(tmp_path / "slurm", "slurm")
    render(tmp_path / "aws", "ray-up")
    scripts = [tmp_path / "slurm" / "run.sbatch", tmp_path / "aws" / "run.sh"]
    done = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_it_asks_for_the_nodes_of_the_plan(tmp_path: Path) -> None:
    script = render(tmp_path, "slurm", "--gpus-per-node", "4", "--partition", "gpu", "--lean-partition", "cpu", "--time", "12:00:00")[
        "run.sbatch"
    ]
    work, lean = sections(script)
    assert int(work["--nodes"]) * int(work["--gpus-per-node"]) == 8
    assert (work["--partition"], lean["--partition"]) == ("gpu", "cpu") and work["--time"] == lean["--time"] == "12:00:00"
    assert "--gpus-per-node" not in lean and int(lean["--nodes"]) >= 1
    assert re.fullmatch(r"B:USR1@\d+", work["--signal"])
    last = max(index for index, line in enumerate(script.splitlines()) if line.startswith("#SBATCH"))
    assert all(line.startswith("#") for line in script.splitlines()[:last]), "sbatch reads no further than the first command"


def test_it_starts_all_nodes_and_then_the_run(tmp_path: Path) -> None:
    job = Job(tmp_path, "--gpus-per-node", "4", "--run-dir", "mine")
    assert job.done()[0] == 0
    work, lean = sections(job.files["run.sbatch"])
    (head,) = [call for call in job.called("srun") if " --head " in call]
    (verifiers,) = [call for call in job.called("srun") if "--het-group=1" in call]
    (others,) = [call for call in job.called("srun") if call not in (head, verifiers)]
    assert "--nodelist=node7" in head and "ray start" in head and "--num-gpus=4" in head and "--het-group=0" in head
    assert "--exclude=node7" in others and f"--nodes={int(work['--nodes']) - 1} " in others
    assert "--het-group=1" in verifiers and f"--nodes={lean['--nodes']} " in verifiers and "--num-gpus=0" in verifiers
    address = re.search(r"--address=(\S+:\d+)", others)
    assert address is not None and f"--port={address[1].rpartition(':')[2]} " in head
    tokens = {call.rpartition(" ")[2] for call in (head, others, verifiers)}
    assert len(tokens) == 1 and re.fullmatch("token:[0-9a-f]{64}", tokens.pop()), "one token for all, made up by the job"
    waits = job.called("python")
    assert [wait.split()[:5] for wait in waits] == [
        ["python", "-m", "cluster.wait", "--nodes", "1"],
        ["python", "-m", "cluster.wait", "--nodes", str(int(work["--nodes"]) + int(lean["--nodes"]))],
    ]
    (run,) = job.called("synth")
    *words, at, folder = run.split()
    given = parsed(words)
    assert (given["run_dir"], Path(given["config"])) == (f"{job.shared}/mine", tmp_path / "out" / "run.yaml")
    assert (at, folder) == (address[1], str(job.shared))
    assert job.steps_have_ended()


@pytest.mark.parametrize("sent", [signal.SIGUSR1, signal.SIGTERM], ids=["the warning", "the end"])
def test_told_of_its_end_it_stops_the_run_in_order(sent: signal.Signals, tmp_path: Path) -> None:
    job = Job(tmp_path)
    process = job.start()
    job.wait_for("synth")
    process.send_signal(sent)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 143 and "stopped in order: sbatch run.sbatch continues" in errors
    assert job.called("ended") == ["ended"], "the run was told, and waited for"
    assert job.steps_have_ended()
    assert job.done()[0] == 0  # the same command continues
    first, second = (run.split()[:5] for run in job.called("synth"))
    assert first == second


def test_the_runs_own_failure_is_the_jobs(tmp_path: Path) -> None:
    status, errors = Job(tmp_path).done(STATUS="2")
    assert status == 2 and "continues" not in errors


def test_a_key_that_is_not_there_is_told_before_anything_starts(tmp_path: Path) -> None:
    job = Job(tmp_path, "--set", ENDPOINT)
    status, errors = job.done()
    assert status != 0 and "export JUDGE_KEY before sbatch" in errors and not job.called("srun")
    assert job.done(JUDGE_KEY="sesame")[0] == 0


def test_one_kind_of_nodes_is_no_heterogeneous_job(tmp_path: Path) -> None:
    settings = [f"models.{role}={{endpoint: 'http://host:8000/v1', name: m}}" for role in ("formalizer", "judge", "prover")]
    options = [word for setting in [*settings, "models.train=[]"] for word in ("--set", setting)]
    script = render(tmp_path, "slurm", *options, config=GPU_NODE)["run.sbatch"]
    (only,) = sections(script)
    assert "--gpus-per-node" not in only and "het" not in script
    command = next(line for line in script.splitlines() if " synth run " in line)
    assert parsed(run_words(command.removeprefix("RAY_ADDRESS=$address ").removesuffix(" &")))
    assert shlex.split(command)
