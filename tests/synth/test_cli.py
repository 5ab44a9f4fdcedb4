"""The command line's contract: exit status, one line for a mistake, the last line of output.

Where a command would start the whole system, a stand-in for `synth.run.driver.run` ends in the way to be tested; that the
real one works is for the end-to-end tests.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from synth.cli import main
from synth.records import Pair
from synth.store.rundir import RunDir
from verify_workers.errors import UserError

ROOT = Path(__file__).parents[2]
Result = tuple[int, str, str]


@pytest.fixture
def synth(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    """Run a command in this process, in an empty folder: exit status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def call(*args: object) -> Result:
        with pytest.raises(SystemExit) as caught:
            main([str(arg) for arg in args])
        for number, handler in before.items():
            signal.signal(number, handler)
        out, err = capsys.readouterr()
        assert isinstance(caught.value.code, int)
        return caught.value.code, out, err

    return call


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, str]]:
    """A stand-in for the pipeline that records what it is asked for, or raises what stands in `ending`."""
    calls: list[tuple[Any, str]] = []
    module = types.ModuleType("synth.run.driver")
    module.ending = None  # type: ignore[attr-defined]

    def run(config: Any, run_dir: str, progress: Any) -> str:
        calls.append((config, run_dir))
        if module.ending is not None:  # type: ignore[attr-defined]
            raise module.ending  # type: ignore[attr-defined]
        return run_dir

    module.run = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "synth.run.driver", module)
    return calls


def pipeline_ends_with(error: BaseException) -> None:
    importlib.import_module("synth.run.driver").ending = error  # type: ignore[attr-defined]


def one_line(text: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith("synth: ")]
    assert "Traceback" not in text
    return line


def test_run_prints_the_run_directory_last(synth: Callable[..., Result], pipeline: list[tuple[Any, str]]) -> None:
    config = ROOT / "cluster" / "configs" / "embedded.yaml"
    status, out, _ = synth("run", config, "--run-dir", "here/run", "--set", "rounds=2", "--set", "search.attempts=7")
    assert status == 0
    assert out.splitlines() == ["pairs:  here/run/pairs", "report: here/run/report.html", "here/run"]
    ((config, run_dir),) = pipeline
    assert (config.rounds, config.search.attempts, run_dir) == (2, 7, "here/run")


def test_demo_continues_in_the_same_place_and_another_config_goes_elsewhere(
    synth: Callable[..., Result], pipeline: list[tuple[Any, str]]
) -> None:
    for args in ((), (), ("--set", "seed=5")):
        assert synth("demo", *args)[0] == 0
    first, second, other = (run_dir for _, run_dir in pipeline)
    assert first == second != other and first.startswith("runs/embedded-")


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (UserError("file.jsonl:3: broken; mend it"), 2, "synth: file.jsonl:3: broken; mend it"),
        (KeyboardInterrupt(), 130, "synth: interrupted; run the same command to continue"),
    ],
)
def test_how_a_run_ends(
    synth: Callable[..., Result], pipeline: list[tuple[Any, str]], error: BaseException, status: int, line: str
) -> None:
    pipeline_ends_with(error)
    code, out, err = synth("demo")
    assert (code, out) == (status, "")
    assert one_line(err) == line


def test_a_failure_of_our_own_keeps_its_traceback(
    synth: Callable[..., Result], pipeline: list[tuple[Any, str]], caplog: pytest.LogCaptureFixture
) -> None:
    pipeline_ends_with(RuntimeError("a worker vanished"))
    assert synth("demo")[0] == 1
    assert "a worker vanished" in caplog.text and "Traceback" in caplog.text


def test_sigterm_ends_a_run_like_ctrl_c(tmp_path: Path) -> None:
    script = (
        "import sys, types, time; from synth.cli import main\n"
        "module = types.ModuleType('synth.run.driver')\n"
        "def run(config, run_dir, progress):\n    print('at work', flush=True); time.sleep(60)\n"
        "module.run = run; sys.modules['synth.run.driver'] = module; main(['demo'])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == "at work\n"
        process.terminate()
        err = process.stderr.read()
    assert process.returncode == 143
    assert one_line(err) == "synth: interrupted; run the same command to continue"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("run", "no.yaml"), "no.yaml: no such configuration file"),
        (("demo", "--set", "serach.attempts=3"), "unknown key `serach.attempts`; the nearest valid key is `search.attempts`"),
        (("demo", "--set", "rounds=zero"), "`rounds`: input should be a valid integer"),
        (("demo", "--dry-run", "--set", "problems.path=no.jsonl"), "no.jsonl: no such file"),
        (("demo", "--dry-run", "--set", "heldout.path=no.jsonl"), "heldout.path: no.jsonl: no such file; check the path"),
        (
            ("demo", "--dry-run", "--set", "models.prover.path=none"),
            "models.prover.path: none is not a folder with a",
        ),
        (("demo", "--set", "verify.backend=forc"), "verify.backend: unknown backend 'forc': use one of auto, fork, repl, worker, process"),
        (("verify", "no.jsonl", "--out", "o.jsonl", "--backend", "forc"), "unknown backend 'forc'"),
        (("serve", "--backend", "forc"), "unknown backend 'forc'"),
        (("rnu",), "No such command 'rnu'. Did you mean 'run'? (see `synth --help`)"),
        (("run",), "synth: Missing argument 'CONFIG'. (see `synth run --help`)"),
        (("cluster", "render", "--nope"), "(see `synth cluster render --help`)"),
        (("verify", "x.jsonl"), "Missing option '--out'"),
        (("verify", __file__, "--out", str(ROOT)), "a folder; --out must name a file"),
        (("verify", "no.jsonl", "--out", "o.jsonl"), "no.jsonl"),
        (("verify", "no.jsonl", "--out", "o.jsonl", "--timeout", "-1"), "synth: --timeout: input should be greater than 0 (given: -1.0)"),
        (("verify", "no.jsonl", "--out", "o.jsonl", "--workers", "-1"), "synth: --workers: input should be greater than or equal to 0"),
        (("verify", "no.jsonl", "--out", "o.jsonl", "--repl", "x"), "repl belongs to a lake project"),
        (("serve", "--workers", "-1"), "synth: --workers: input should be greater than or equal to 0"),
        (("serve", "--max-timeout", "0"), "synth: --max-timeout: input should be greater than 0 (given: 0.0)"),
        (("serve", "--max-timeout", "1", "--host", "no.invalid"), "cannot listen on no.invalid:8000"),
        (("export", "nothing", "--to", "out"), "nothing: not a run directory"),
        (
            ("export", "nothing", "--to", "out", "--format", "hff"),
            "synth: Invalid value for '--format': 'hff' is not one of 'parquet', 'hf'",
        ),
        (("verify", "no.jsonl", "--out", "o.jsonl", "--audit", "strickt"), "Invalid value for '--audit': 'strickt' is not one of 'fast'"),
        (("report", "nothing"), "nothing: not a run directory"),
        (("status", "nothing"), "nothing: not a run directory"),
        (("status", "nothing", "--watch", "-1"), "Invalid value for '--watch'"),
    ],
)
def test_mistakes_are_one_line_and_status_2(
    synth: Callable[..., Result], pipeline: list[tuple[Any, str]], args: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    status, _, err = synth(*args)
    assert status == 2
    assert message in one_line(err)
    assert not pipeline and list(tmp_path.iterdir()) == [], "nothing was started or written"


def test_several_mistakes_in_settings_are_told_at_once(synth: Callable[..., Result], pipeline: list[tuple[Any, str]]) -> None:
    """Values that are wrong beside keys that there are not, a line each."""
    Path("c.yaml").write_text("serach: {attempts: 3}\n")
    status, out, err = synth("run", "c.yaml", "--set", "rounds=two", "--set", "no.such=1")
    first, *lines = err.splitlines()
    assert (status, out, first) == (2, "", "synth: 3 things are missing or wrong:") and not pipeline
    assert lines[0] == "  c.yaml: unknown key `serach`; the nearest valid key is `search`"
    assert lines[1].startswith("  --set no.such=1: unknown key `no.such`; the ")
    assert lines[2].startswith("  --set rounds=two: `rounds`: input should be a valid integer")


def test_no_arguments_give_the_help_and_a_mistake_comes_alone(synth: Callable[..., Result]) -> None:
    status, out, err = synth()
    assert status == 2 and "Usage: synth" in out + err and "synth:  (see" not in err
    assert synth("verify", "no.jsonl", "--out", "o.jsonl")[2] == "synth: no.jsonl: no such file\n"


def test_an_unknown_log_level_is_told(synth: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNTH_LOG", "loud")
    assert synth("status", "nothing") == (2, "", "synth: SYNTH_LOG=loud: no such level; use debug, info, warning or error\n")


LOST = "synth: interrupted; nothing was written (with --cache FILE the same command would continue)\n"


def test_only_what_continues_says_so(synth: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    import verify_workers.verify_file

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(verify_workers.verify_file, "verify_file", interrupted)
    assert synth("verify", "in.jsonl", "--out", "out.jsonl") == (130, "", LOST)


def test_single_stages_ask_for_a_model_and_for_their_input(synth: Callable[..., Result], tmp_path: Path) -> None:
    Path("p.jsonl").write_text(json.dumps({"text": "Show that 1 is 1.", "statement": "theorem t : 1 = 1"}) + "\n")
    for args in (("formalize", "p.jsonl", "--out", "s.jsonl"), ("prove", "p.jsonl", "--out", "s.jsonl"), ("eval",)):
        status, _, err = synth(*args)
        assert status == 2 and one_line(err).startswith("synth: this stage needs a model: give --model FOLDER"), "or an endpoint"
        status, _, err = synth(*args, "--model", "nothing", "--set", "heldout.count=2")
        assert status == 2 and ".path: nothing is not a folder with a Hugging Face checkpoint" in one_line(err)
    Path("run").mkdir()
    for name in ("run.json", "config.yaml"):
        (Path("run") / name).write_text("{}")
    status, _, err = synth("formalize", "p.jsonl", "--out", "s.jsonl", "--set", "models.prover.path=run")
    assert status == 2 and "run is a run directory, not a checkpoint; give one of its checkpoints" in one_line(err)
    for command in ("formalize", "prove"):
        status, _, err = synth(command, "p.jsonl", "--out", "s.txt", "--model", "nothing")
        assert status == 2 and "s.txt: the ending must be .jsonl or .parquet" in one_line(err)
    Path("empty.jsonl").touch()
    Path("given").mkdir()
    Path("given/config.json").write_text("{}")
    status, _, err = synth("train", "empty.jsonl", "--out", "m", "--model", "given")
    assert status == 2 and "empty.jsonl: no verified pairs; nothing to train on" in one_line(err)
    status, _, err = synth("train", "no.jsonl", "--out", "m", "--model", "given")
    assert status == 2 and "no.jsonl" in one_line(err)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty.jsonl", "given", "p.jsonl", "run"]


def finished(folder: Path) -> Path:
    with RunDir.open(folder, {"name": "x"}) as store:
        store.write_json("rounds/000/metrics.json", {"round": 0, "pass@1": 17.0, "pairs": 0})
        store.write_json("rounds/001/metrics.json", {"round": 1, "pass@1": 38.5, "pairs": 1})
        pair = Pair(id="1", attempt_id="a", statement_id="s", problem_id="p", statement="theorem X : 1 = 1", proof="by rfl", round=1)
        store.write("pairs", [pair], "a")
    return folder


def test_report_export_status(synth: Callable[..., Result], tmp_path: Path) -> None:
    run = finished(tmp_path / "run")
    status, out, _ = synth("report", run)
    assert status == 0 and Path(out.splitlines()[-1]).read_text().startswith("<!doctype html>")
    status, out, err = synth("export", run, "--to", "corpus", "--format", "sft")
    assert (status, out, err) == (0, "corpus\n", "1 pairs, 0 duplicates left out\n")
    assert json.loads(Path("corpus/train-00000.jsonl").read_text())["completion"] == " by rfl\n```"
    status, out, _ = synth("status", run)
    assert status == 0 and "38.5" in out and "2 rounds finished" in out and "1 pairs, 0 searches; not running" in out
    with RunDir.open(run):
        assert "at work" in synth("status", run)[1]


def test_dry_run_prints_the_resolved_configuration(synth: Callable[..., Result], pipeline: list[tuple[Any, str]], tmp_path: Path) -> None:
    import yaml

    status, out, err = synth("demo", "--dry-run", "--set", "rounds=2", "--run-dir", "later")
    assert status == 0, err
    config = yaml.safe_load(out.rsplit("\n", 2)[0])
    assert config["rounds"] == 2 and config["search"]["attempts"] >= 1
    assert out.splitlines()[-1] == "later"
    assert "embedded Lean" in err
    assert not pipeline and list(tmp_path.iterdir()) == []


def test_dry_run_names_all_that_is_missing(synth: Callable[..., Result], pipeline: list[tuple[Any, str]]) -> None:
    """In one answer, each with its remedy, also what this machine lacks."""
    status, out, err = synth("run", str(ROOT / "cluster/configs/gpu_1.yaml"), "--dry-run", "--set", "search.strategies=[wholeproof]")
    first, *missing = err.splitlines()
    assert status == 2 and not out and first == f"synth: {len(missing)} things are missing or wrong:"
    for said in (
        "search.strategies: ",
        "heldout.path: heldout.jsonl: no such file; check the path",
        "problems.path: problems.jsonl: no such file; check the path",
        "models.formalizer.path: models/instruct-7b is no folder",
        "models.judge.path: models/instruct-7b is no folder",
        "models.prover.path: models/prover-7b is no folder",
        "verify.project: mathlib: project: no such folder; check the path; to make one with Mathlib: ",
    ):
        assert sum(line.startswith(f"  {said}") for line in missing) == 1, said
    assert not pipeline


def test_dry_run_says_what_was_read(synth: Callable[..., Result], pipeline: list[tuple[Any, str]], tmp_path: Path) -> None:
    Path("hub/data").mkdir(parents=True)
    Path("hub/README.md").touch()
    row = {"nl_statement": "Show that 1 is 1.", "lean4_code": "import Mathlib\n\ntheorem t : 1 = 1 := by sorry"}
    for split in ("train", "test"):
        Path(f"hub/data/{split}-00000-of-00001.jsonl").write_text(json.dumps(row | {"name": split}) + "\n")
    status, _, err = synth("demo", "--dry-run", "--set", "problems.path=hub", "--set", "heldout.path=hub", "--set", "heldout.count=1")
    assert status == 0, err
    said = " ".join(err.split())
    assert "hub: 1 rows, 1 problems, 1 with a statement; statement from `lean4_code`; text from `nl_statement`; name from `name`" in said
    assert "README.md (describes the data)" in said and "test-00000-of-00001.jsonl (split test)" in said
    assert "heldout.path: hub: 1 rows, 1 problems" in said and "train-00000-of-00001.jsonl (split train)" in said
    Path("hub/data/train-00001-of-00001.jsonl").write_text('{"lean4_code": "Show that 1 is 1."}\n')
    status, _, err = synth("demo", "--dry-run", "--set", "problems.path=hub")
    assert status == 2 and "train-00001-of-00001.jsonl:1: field `lean4_code`: holds no Lean theorem" in one_line(err)
    assert not pipeline


def test_help_is_quick_and_module_form_works() -> None:
    """`--help` must not import the heavy libraries."""
    script = """
import runpy, sys
sys.argv = ["synth", "--help"]
try:
    runpy.run_module("synth", run_name="__main__")
except SystemExit as exit:
    print(sorted({"torch", "ray", "vllm", "transformers", "pyarrow", "datasets"} & set(sys.modules)), exit.code)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "[] 0"
    for command in ("run", "demo", "verify", "formalize", "prove", "train", "eval", "export", "report", "status", "doctor"):
        assert f" {command} " in done.stdout


def test_verify_end_to_end(synth: Callable[..., Result], tmp_path: Path, lean: object) -> None:
    rows = [
        {"id": "good", "statement": "theorem t (n : Nat) : n + 0 = n := by sorry", "proof": "by rfl"},
        {"id": "bad", "statement": "theorem t (n : Nat) : n < 3 := by sorry", "proof": "by omega"},
    ]
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    status, out, err = synth("verify", "in.jsonl", "--out", "out.jsonl", "--backend", "process", "--workers", "1")
    assert (status, out) == (0, "out.jsonl\n")
    verdicts = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert [(v["id"], v["outcome"]) for v in verdicts] == [("good", "accepted"), ("bad", "rejected")]
    assert "2 rows: 1 accepted, 1 rejected" in err


def test_verify_keeps_what_it_found(synth: Callable[..., Result], tmp_path: Path) -> None:
    """With --cache, what an ended command had found is not checked again."""
    rows = [{"id": str(n), "statement": f"theorem t : {n} + 1 = {n + 1}", "proof": "rfl"} for n in range(3)]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[:2]))
    first = synth("verify", "in.jsonl", "--out", "out.jsonl", "--cache", "verdicts.db")
    assert first[:2] == (0, "out.jsonl\n") and "0 from the cache" in first[2]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    second = synth("verify", "in.jsonl", "--out", "out.jsonl", "--cache", "verdicts.db")
    assert second[0] == 0 and "3 rows: 3 accepted (2 from the cache" in second[2]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_the_workers_start_leaves_nothing(number: signal.Signals, status: int, tmp_path: Path) -> None:
    rows = [{"id": str(n), "statement": f"theorem t : {n} = {n}", "proof": "rfl"} for n in range(5000)]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = [sys.executable, "-m", "synth", "verify", "in.jsonl", "--out", "out.jsonl", "--workers", "1"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # what runs in the background ignores it
    )  # fmt: skip
    verifying, end = psutil.Process(process.pid), time.monotonic() + 120
    while not (children := verifying.children(recursive=True)):
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.02)
    process.send_signal(number)
    output, errors = process.communicate(timeout=120)
    assert (process.returncode, output) == (status, "") and "Traceback" not in errors, errors
    assert errors.endswith(LOST), errors
    assert not psutil.wait_procs(children, timeout=60)[1]
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--run", "R", "--set", "rounds=2"), "--run: a given run has its own model and settings; leave out --model, --config and --set"),
        (("--run", "R", "--only", "grades"), "--only grades: no such table; there are data, grade, iterations, pairs, negations, mode"),
        (("--run", "R"), "R: not a run directory"),
        (("--seeds", "0"), "Invalid value for '--seeds'"),
        (("--config", "none.yaml"), "none.yaml: no such configuration file"),
    ],
)
def test_ablate_says_what_is_wrong(synth: Callable[..., Result], args: tuple[str, ...], says: str) -> None:
    status, _, err = synth("ablate", "--out", "out", *args)
    assert status == 2 and says in one_line(err) and not Path("out").exists()


def test_ablate_goes_on_after_an_interruption(synth: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def ablate(runs: list[str], config: Any, what: Any, progress: Any) -> str:
        asked.append((runs, config.name, what))
        if len(asked) > 1:
            raise KeyboardInterrupt
        return "the tables"

    monkeypatch.setattr("synth.run.ablate.ablate", ablate)
    monkeypatch.setattr("synth.commands.ending.interrupted", [])
    status, out, _ = synth("ablate", "--out", "here", "--only", "pairs", "--set", "rounds=1", "--tokens", "9")
    assert (status, out.splitlines()) == (0, ["the tables", "here"])
    runs, name, what = asked[0]
    assert (runs, name, what.only, what.seeds, what.tokens, what.statements) == ([], "ablate", ("pairs",), 2, 9, 150)
    status, _, err = synth("ablate", "--out", "here")
    assert status == 130 and "run the same command to continue" in one_line(err)
