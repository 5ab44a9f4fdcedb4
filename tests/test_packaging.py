"""Set-up: what install.sh asks of pip (with a recorder in pip's place), and that lock, metadata and files agree."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
INSTALL = ROOT / "requirements" / "install.sh"
LOCK = "pip==26.3\nalpha==1\nbeta==2\ngamma==3\ntorch==2.13.0+cpu\ndeepspeed==0.19.8\n"
COMMON = "-m pip install --disable-pip-version-check -qq --no-deps --no-compile"


def install(tmp_path: Path, fail: str = "", lock: str = LOCK) -> tuple[subprocess.CompletedProcess[str], list[str], list[str]]:
    """Run install.sh on a fake environment whose `python` writes down its arguments and fails where they match `fail`.

    Returns the finished process, the argument lines, and the packages of the requirement files that pip was given.
    """
    tools = tmp_path / "venv" / "bin"
    tools.mkdir(parents=True)
    log, given = tmp_path / "log", tmp_path / "given"
    given.touch()
    python = tools / "python"
    python.write_text(
        f'#!/bin/sh\necho "${{DS_BUILD_OPS:+DS_BUILD_OPS=$DS_BUILD_OPS }}$*" >>{log}\n'
        f'for last; do :; done\ncase "$*" in *" -r "*) cat "$last" >>{given} ;; esac\n'
        f'if [ -n "{fail}" ] && echo "$*" | grep -Eq -- "{fail}"; then echo "ERROR: no such thing" >&2; exit 1; fi\n'
    )
    python.chmod(0o755)
    (tmp_path / "lock").write_text(lock)
    done = subprocess.run(["sh", INSTALL, tmp_path / "venv", tmp_path / "lock"], capture_output=True, text=True, timeout=60)
    return done, log.read_text().splitlines() if log.exists() else [], given.read_text().split()


def test_everything_is_installed_once_without_dependencies(tmp_path: Path) -> None:
    done, log, given = install(tmp_path)
    assert done.returncode == 0, done.stderr
    assert log[0] == f"{COMMON} pip==26.3"
    assert f"{COMMON} torch==2.13.0+cpu" in log
    assert not any("download.pytorch.org" in line for line in log)
    assert log[-2] == f"DS_BUILD_OPS=0 {COMMON} --no-build-isolation deepspeed==0.19.8", "deepspeed comes last"
    assert "import datasets, deepspeed, peft, ray, torch, transformers, vllm, wandb; from vllm import LLM" in log[-1]
    assert sorted(given) == ["alpha==1", "beta==2", "gamma==3"]


def test_what_is_imported_is_compiled_also_where_the_environment_says_no(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As images for containers do; every process would compile vLLM anew."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    tools = tmp_path / "venv" / "bin"
    tools.mkdir(parents=True)
    (tools / "python").write_text(f'#!/bin/sh\necho "$1 ${{PYTHONDONTWRITEBYTECODE:-}}" >>{tmp_path / "log"}\n')
    (tools / "python").chmod(0o755)
    (tmp_path / "lock").write_text(LOCK)
    subprocess.run(["sh", INSTALL, tmp_path / "venv", tmp_path / "lock"], check=True, capture_output=True, timeout=60)
    assert (tmp_path / "log").read_text().splitlines()[-2:] == ["-m 1", "-W "]


def test_cpu_torch_falls_back_to_its_own_index(tmp_path: Path) -> None:
    done, log, given = install(tmp_path, fail=r"no-compile torch==2.13.0\+cpu$")
    assert done.returncode == 0, done.stderr
    assert f"{COMMON} --index-url https://download.pytorch.org/whl/cpu torch==2.13.0+cpu" in log
    assert "torch==2.13.0+cpu is not on the configured index; taking it from https://download.pytorch.org/whl/cpu" in done.stdout
    assert len(given) == 3


def test_cuda_torch_does_not_fall_back(tmp_path: Path) -> None:
    done, log, _ = install(tmp_path, fail="torch==", lock=LOCK.replace("+cpu", ""))
    assert done.returncode == 1 and "ERROR: no such thing" in done.stderr
    assert not any("download.pytorch.org" in line for line in log)


@pytest.mark.parametrize(
    ("fail", "message"),
    [
        ("torch==", "pip failed; its message is above"),
        (" -r .*/a$", "pip failed; its message is above"),
        (" -r .*/b$", "pip failed; its message is above"),
        ("deepspeed==", "deepspeed did not build"),
        ("^-W ignore -c", "the installed packages do not import"),
    ],
)
def test_a_failing_step_stops_the_set_up(tmp_path: Path, fail: str, message: str) -> None:
    done, _, _ = install(tmp_path, fail=fail)
    assert done.returncode == 1
    assert message in done.stderr and "installed (" not in done.stdout


def test_a_lock_without_the_pins_is_refused(tmp_path: Path) -> None:
    done, log, _ = install(tmp_path, lock="alpha==1\n")
    assert done.returncode == 1 and "must pin torch, deepspeed and pip" in done.stderr and log == []


def names(text: str) -> set[str]:
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    return {re.split(r"[\[=<>; ]", line)[0].lower().replace("_", "-") for line in lines if line}


def test_the_lock_is_complete_for_what_we_declare() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    lock = (ROOT / "requirements" / "cpu.lock").read_text()
    extras = setup["options.extras_require"]
    assert {"cpu", "gpu"} <= {name for name, text in extras.items() if "proof-synth[pipeline]" in text}
    required = setup["options"]["install_requires"] + extras["pipeline"] + extras["cpu"]
    declared = names(required) | names(extras["dev"])
    declared -= {"proof-synth"}
    direct = names((ROOT / "requirements" / "cpu.in").read_text())
    assert declared - names(lock) == set()
    assert direct - names(lock) == set()
    assert all(re.fullmatch(r"[a-z0-9._-]+==\S+", line) for line in lock.splitlines() if line)
    for pin in re.findall(r"^\s*([\w\[\],-]+==[\w.]+)", required, re.M):
        assert re.sub(r"\[.*\]", "", pin) in lock, pin


WITHOUT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
from synth.cli import main
main(sys.argv[1:])
"""


def test_checking_needs_no_pipeline(tmp_path: Path) -> None:
    """`synth verify` without any package of the extras; what needs them says so in one line."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    extras = setup["options.extras_require"]
    absent = {name.replace("-", "_") for name in names(extras["pipeline"] + extras["gpu"])} - {"proof_synth", "ray"}
    assert {"torch", "vllm", "transformers", "deepspeed", "datasets", "wandb", "fsspec", "jinja2"} <= absent
    (tmp_path / "in.jsonl").write_text('{"id": "a", "statement": "theorem goal : 1 + 1 = 2", "proof": "rfl"}\n')

    def synth(*args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", WITHOUT.format(names=absent), *args]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)

    checked = synth("verify", "in.jsonl", "--out", "out.jsonl", "--audit", "strict")
    assert checked.returncode == 0, checked.stderr
    assert '"accepted"' in (tmp_path / "out.jsonl").read_text()
    demo = synth("demo")
    assert demo.returncode == 2 and "Traceback" not in demo.stderr
    assert "pip install 'proof-synth[cpu]'" in demo.stderr.splitlines()[-1]


def test_the_packages_are_typed_as_declared() -> None:
    """`Typing :: Typed` is true of a package only if it ships a py.typed file."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    assert "Typing :: Typed" in setup["metadata"]["classifiers"] and "py.typed" in setup["options.package_data"]["*"]
    packages = [name.strip() for name in setup["options.packages.find"]["include"].split() if "*" not in name]
    assert [name for name in packages if not (ROOT / name / "py.typed").is_file()] == []


def test_an_old_python_is_refused_by_make(tmp_path: Path) -> None:
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed")
    old = tmp_path / "python"
    old.write_text('#!/bin/sh\ncase "$*" in *--version*) echo Python 3.9.2 ;; *) exit 1 ;; esac\n')
    old.chmod(0o755)
    environment = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL")}
    command = [make, "-s", "setup", f"PYTHON={old}", f"VENV={tmp_path}/venv"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert f"setup: needs Python 3.11 or newer, but '{old}' is Python 3.9.2; try make setup PYTHON=python3.11" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_an_interrupted_set_up_starts_again_and_a_finished_one_is_left_alone(tmp_path: Path) -> None:
    """The Makefile's own rules, in a copy of the project with a recorder for install.sh and for the environment's Python."""
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed")
    project = tmp_path / "project"
    (project / "requirements").mkdir(parents=True)
    for name in ("Makefile", "setup.cfg", "pyproject.toml"):
        shutil.copy(ROOT / name, project / name)
    (project / "requirements" / "cpu.lock").write_text(LOCK)
    script = project / "requirements" / "install.sh"
    script.write_text("#!/bin/sh\necho installed >>log\n[ ! -e fail ]\n")
    script.chmod(0o755)
    python = project / "python"
    python.write_text('#!/bin/sh\n[ "$1 $2" = "-m venv" ] && mkdir -p "$3/bin" && cp "$0" "$3/bin/python"\nexit 0\n')
    python.chmod(0o755)
    environment = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL")}

    def setup() -> subprocess.CompletedProcess[str]:
        command = [make, "-s", "setup", f"PYTHON={python}"]
        return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=60)

    def installs() -> int:
        return (project / "log").read_text().count("installed")

    (project / "fail").touch()
    assert setup().returncode != 0
    (project / ".venv" / "half").touch()
    (project / "fail").unlink()
    again = setup()
    assert again.returncode == 0, again.stderr
    assert "the last set-up was interrupted; starting again" in again.stdout and not (project / ".venv" / "half").exists()
    assert installs() == 2
    (project / ".venv" / "kept").touch()
    assert setup().returncode == 0 and installs() == 2, "nothing to do"
    (project / "requirements" / "cpu.lock").write_text(LOCK + "delta==4\n")
    assert setup().returncode == 0 and installs() == 3, "a new lock is installed over the old environment"
    assert (project / ".venv" / "kept").exists()
