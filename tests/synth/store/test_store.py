"""The run directory: records there and back, exactly once through kills, and one line for what stands in the way."""

from __future__ import annotations

import errno
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from fsspec.implementations.local import LocalFileSystem
from pydantic import BaseModel

from synth.records import SCHEMA_VERSION, Attempt, Claim, Marked, Pair, Problem, SearchRow, Statement, VerdictRow
from synth.store.arrow import arrow_schema, from_table, to_table
from synth.store.config_diff import config_differences
from synth.store.rundir import KINDS, RunDir
from verify_workers.errors import UserError

ROOT = Path(__file__).parents[3]


def problem(n: int, **fields: Any) -> Problem:
    return Problem(**{"id": f"p{n}", "text": f"problem {n}", "meta": {"level": str(n)}} | fields)


def attempt(n: int) -> Attempt:
    return Attempt(id=f"a{n}", statement_id=f"s{n}", proof="by omega", strategy="whole", temperature=0.5, tokens=n, seed=2**40)


EXAMPLES = {
    "problems": problem(1, statement="theorem t : ∀ n : ℕ, n ≤ n", meta={"é": "∃", "a": ""}),
    "statements": Statement(id="s", problem_id="p", text="theorem t : True", grade="above average", kept=False, reason="trivial"),
    "attempts": attempt(1),
    "verdicts": VerdictRow(id="a", statement_id="s", outcome="accepted", axioms=["propext", "Quot.sound"], seconds=0.25),
    "searches": SearchRow(id="z", statement_id="s", ended="proved", by="whole", strategies={"whole": {"samples": 4, "lean_seconds": 0.5}}),
    "claims": Claim(id="s", key=-(2**63), unit="r001-s0000-b0000-statements", holder="t", rank=3, turn=1),
    "texts": Marked(id="p1", place=7, text="problem 1", bands=[2**32 - 1, 0], grams=[1]),
    "pairs": Pair(id="x", attempt_id="a", statement_id="s", problem_id="p", statement="theorem t : True", proof="trivial", negated=True),
}


@pytest.mark.parametrize("kind", KINDS)
def test_records_survive_arrow(kind: str) -> None:
    record, model = EXAMPLES[kind], KINDS[kind]
    blank = model.model_construct(**{n: f.get_default() if not f.is_required() else "" for n, f in model.model_fields.items()})
    table = to_table([record, blank], model)
    assert next(from_table(table, model)) == record
    assert len(table.schema) == len(model.model_fields)
    assert table.schema.metadata[b"schema_version"] == str(SCHEMA_VERSION).encode()


def test_the_schema_is_typed_and_names_its_record() -> None:
    schema = arrow_schema(Attempt)
    assert [str(schema.field(name).type) for name in ("id", "negated", "tokens", "temperature")] == ["string", "bool", "int64", "double"]
    assert str(arrow_schema(VerdictRow).field("axioms").type).startswith("list<")
    assert schema.metadata[b"record"] == b"Attempt"


def test_text_that_is_not_unicode_is_kept_readable() -> None:
    (back,) = from_table(to_table([problem(1, text="half \ud800 pair", meta={"k": "\udfff"})], Problem), Problem)
    assert back.text == "half ? pair"


@pytest.mark.parametrize("where", ["local", "memory"])
def test_write_read_done_count(tmp_path: Path, where: str) -> None:
    run = RunDir.open(tmp_path / "run" if where == "local" else f"memory://{tmp_path.name}")
    assert run.write("problems", [problem(2), problem(1)], "r001-b")
    assert run.write("problems", (problem(n) for n in (1, 0)), "r001-a")
    assert not run.write("problems", [problem(9)], "r001-a")
    assert run.write("problems", [], "r002-a")
    other = pickle.loads(pickle.dumps(run))
    for reader in (run, other, RunDir(run.path)):
        assert [p.id for p in reader.read("problems", Problem)] == ["p1", "p0", "p2"]
        assert [p.id for p in reader.read("problems", Problem, "r001-b")] == ["p2", "p1"]
        assert list(reader.read("problems", Problem, "r002")) == []
        assert reader.count("problems") == 4
        assert reader.done("problems", "r002-a") and not reader.done("problems", "r003") and not reader.done("pairs", "r002-a")
    run.close()


def test_a_unit_of_several_kinds_counts_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = RunDir(tmp_path)
    written: list[str] = []

    def dies_before_the_entry(self: RunDir, name: str, data: bytes) -> None:
        if name.startswith("manifest/"):
            raise KeyboardInterrupt
        written.append(name)
        original(self, name, data)

    original = RunDir.write_bytes
    unit = {"attempts": [attempt(1)], "verdicts": [EXAMPLES["verdicts"]], "pairs": []}
    with monkeypatch.context() as patch:
        patch.setattr(RunDir, "write_bytes", dies_before_the_entry)
        with pytest.raises(KeyboardInterrupt):
            run.commit("u", unit)
    assert len(written) == 2 and not run.done("attempts", "u") and list(run.read("attempts", Attempt)) == []
    with RunDir.open(tmp_path) as again:
        assert not any(Path(again.file(name)).exists() for name in written), "leftovers are removed"
        assert again.commit("u", unit, {"tokens": 7})
        assert not again.commit("u", {"attempts": [attempt(2)]})
        assert [a.id for a in again.read("attempts", Attempt)] == ["a1"]
        assert again.done("pairs", "u") and again.done("attempts", "u")
        assert [entry["info"] for entry in again.entries()] == [{"tokens": 7}]


def test_two_workers_with_the_same_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slower of two finds the unit finished when it wants to commit, and takes its own parts back."""
    slow, fast = RunDir(tmp_path), RunDir(tmp_path)
    original = RunDir.write_bytes

    def overtaken(self: RunDir, name: str, data: bytes) -> None:
        original(self, name, data)
        if self is slow:
            assert fast.commit("u", {"attempts": [attempt(1)]})

    monkeypatch.setattr(RunDir, "write_bytes", overtaken)
    assert not slow.commit("u", {"attempts": [attempt(2)]})
    assert [a.id for a in slow.read("attempts", Attempt)] == ["a1"]
    assert len(list((tmp_path / "attempts").iterdir())) == 1


def test_the_manifest_lists_all_and_is_rebuilt(tmp_path: Path) -> None:
    with RunDir.open(tmp_path) as run:
        run.write("problems", [problem(1), problem(2)], "a")
        run.commit("b", {"attempts": [attempt(1)]})
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["rows"] == {**dict.fromkeys(KINDS, 0), "problems": 2, "attempts": 1}
    assert [entry["key"] for entry in manifest["entries"]] == ["b", "problems:a"]
    part = manifest["entries"][1]["parts"][0]
    assert pq.read_metadata(tmp_path / part["path"]).metadata[b"key"] == b"problems:a"
    for damage in ("", '{"entries": [{"key"', '{"entries": 7}', "[]"):
        (tmp_path / "manifest.json").write_text(damage)
        assert RunDir(tmp_path).count("problems") == 2
        RunDir.open(tmp_path).close()
        assert json.loads((tmp_path / "manifest.json").read_text()) == manifest


LIVES = """
import itertools, os, random, signal, sys, time
import pandas  # pyarrow imports it on first use, which would take a second of every life
from synth.records import Attempt, Pair
from synth.store.rundir import RunDir

def live(life, out):
    run = RunDir.open(sys.argv[1], {"a": 1})
    for n in itertools.count():
        key = f"u{n:05d}"
        if run.done("pairs", key):
            continue
        attempts = [Attempt(id=f"{key}-{k}", statement_id="s", proof=f"life {life}", strategy="w") for k in range(20)]
        pairs = [Pair(id=a.id, attempt_id=a.id, statement_id="s", problem_id="p", statement="t", proof=a.proof) for a in attempts[:5]]
        run.commit(key, {"attempts": attempts, "pairs": pairs})
        os.write(out, f"{key}\\n".encode())

rng = random.Random(0)
for life in range(40):
    inlet, outlet = os.pipe()
    child = os.fork()
    if not child:
        live(life, outlet)
    os.close(outlet)
    with os.fdopen(inlet) as lines:
        if rng.random() < 0.8:
            for _ in range(rng.randint(1, 3)):
                print(lines.readline(), end="", flush=True)
        time.sleep(rng.uniform(0, 0.01))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        for line in lines:
            print(line, end="", flush=True)
"""


def test_kill_at_any_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """SIGKILL a writer 40 times, at random moments; each life writes other texts for the same unit, as sampling would."""
    done = subprocess.run([sys.executable, "-c", LIVES, str(tmp_path)], capture_output=True, text=True, cwd=ROOT, check=True)
    reported = done.stdout.split()
    assert len(reported) >= 40 and len(set(reported)) == len(reported), "no unit was done twice"
    with RunDir.open(tmp_path, {"a": 1}) as run:
        attempts, pairs = list(run.read("attempts", Attempt)), list(run.read("pairs", Pair))
        keys = set(run.keys())
        files = {str(path.relative_to(tmp_path)) for kind in ("attempts", "pairs") for path in (tmp_path / kind).glob("*")}
        assert files == {part["path"] for entry in run.entries() for part in entry["parts"]}, "no part without an entry"
    assert set(reported) <= keys, "a unit that was reported finished is kept"
    assert {a.id for a in attempts} == {f"{key}-{k}" for key in keys for k in range(20)} and len(attempts) == 20 * len(keys)
    assert run.count("attempts") == len(attempts) and run.count("pairs") == len(pairs) == 5 * len(keys)
    proofs = {a.id: a.proof for a in attempts}
    assert all(proofs[p.attempt_id] == p.proof for p in pairs), "a pair and its attempt come from the same life"
    assert not (tmp_path / ".tmp").exists() or not any((tmp_path / ".tmp").iterdir())
    assert len({a.proof for a in attempts}) > 20, "many lives had a part in it"


FULL = """
import resource, sys
from synth.records import Attempt
from synth.store.rundir import RunDir
run = RunDir.open(sys.argv[1], {"a": 1})
run.write("attempts", [Attempt(id="small", statement_id="s", proof="x", strategy="w")], "small")
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
import random
noise = "".join(map(chr, random.Random(1).choices(range(32, 50000), k=50000)))  # does not compress below the limit
try:
    run.write("attempts", [Attempt(id="large", statement_id="s", proof=noise, strategy="w")], "large")
except Exception as error:
    print(type(error).__name__, error)
"""


def test_a_file_that_does_not_fit_leaves_nothing(tmp_path: Path) -> None:
    """A real refusal of the kernel in the middle of a write (a limit on file size stands in for the end of a disk)."""
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.startswith(f"UserError {tmp_path}/attempts/")
    assert "file too large; free some space and run the same command to continue" in done.stdout
    assert not any((tmp_path / ".tmp").iterdir())
    with RunDir.open(tmp_path, {"a": 1}) as run:
        assert [a.id for a in run.read("attempts", Attempt)] == ["small"]
        assert run.count("attempts") == 1 == len(list((tmp_path / "attempts").iterdir()))


class FullDisk(LocalFileSystem):
    """A local filesystem with no space left."""

    def open(self, path: str, mode: str = "rb", **kwargs: Any) -> Any:
        file = super().open(path, mode, **kwargs)
        if "w" in mode:
            file.write(b"PAR1")
            file.close()
            raise OSError(errno.ENOSPC, "No space left on device")
        return file


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    run.fs = FullDisk()
    with pytest.raises(UserError, match=r"no space left on device; free some space and run the same command to continue") as caught:
        run.write("attempts", [attempt(1)], "k")
    assert "\n" not in str(caught.value)
    assert not any((tmp_path / ".tmp").iterdir()) and not any((tmp_path / "attempts").iterdir())


def test_another_config_is_refused_by_its_first_differing_keys(tmp_path: Path) -> None:
    config = {"seed": 1, "search": {"attempts": 4, "tactics": ["omega"]}, "tracking": {"mode": "offline"}}
    RunDir.open(tmp_path, config).close()
    RunDir.open(tmp_path, config).close()
    other = {**config, "seed": 2, "search": {"attempts": 8, "tactics": ["omega"]}, "tracking": {"mode": "online"}}
    with pytest.raises(UserError) as caught:
        RunDir.open(tmp_path, other)
    assert str(caught.value) == (
        f"{tmp_path}: holds a run of another config: seed is 1 there and 2 here, search.attempts is 4 there and 8 here, "
        "tracking.mode is 'offline' there and 'online' here; use that config, or give another --run-dir"
    )
    (tmp_path / "config.yaml").write_text("a: [")
    with pytest.raises(UserError, match="damaged"):
        RunDir.open(tmp_path, config)


def test_a_run_of_a_version_that_had_fewer_keys_goes_on_with_their_defaults(tmp_path: Path) -> None:
    class Before(BaseModel):
        seed: int = 0

    class Now(Before):
        mode: str = "sync"

    RunDir.open(tmp_path, Before(seed=1)).close()
    RunDir.open(tmp_path, Now(seed=1)).close()
    for other in (Now(seed=2), Now(seed=1, mode="async")):
        with pytest.raises(UserError, match="holds a run of another config"):
            RunDir.open(tmp_path, other)
    (tmp_path / "config.yaml").write_text("seed: what\n")
    with pytest.raises(UserError, match="seed is 'what' there and 1 here, mode is None there"):
        RunDir.open(tmp_path, Now(seed=1))


def test_what_only_divides_training_may_change(tmp_path: Path) -> None:
    def config(**train: object) -> dict[str, object]:
        return {"seed": 1, "train": {"lr": 0.1, "workers": 1, "threads": 2} | train}

    RunDir.open(tmp_path, config()).close()
    assert RunDir(tmp_path).agree(config(workers=4)) and not RunDir(tmp_path).agree(config())
    RunDir.open(tmp_path, config(workers=4, threads=1)).close()
    assert yaml.safe_load((tmp_path / "config.yaml").read_text()) == config(workers=4, threads=1)
    with pytest.raises(UserError, match=r"another config: train\.lr is 0\.1 there and 0\.2 here; use"):
        RunDir.open(tmp_path, config(workers=2, lr=0.2))


def test_config_differences_counts_missing_keys() -> None:
    assert config_differences({"a": {"b": 1}, "c": 2}, {"a": {"b": 1, "d": 3}}) == [("a.d", None, 3), ("c", 2, None)]


def test_one_driver_at_a_time(tmp_path: Path) -> None:
    with RunDir.open(tmp_path):
        with pytest.raises(UserError, match="another `synth run` is using this run directory"):
            RunDir.open(tmp_path)
        worker = RunDir(tmp_path)
        assert worker.locked()
        worker.write("problems", [problem(1)], "a")
    assert not worker.locked() and not RunDir(tmp_path / "no").locked()
    RunDir.open(tmp_path).close()


def test_places_that_cannot_be_a_run_directory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written"):
        RunDir.open(tmp_path / "file" / "run")
    with pytest.raises(UserError, match="cannot be written"):
        RunDir.open("/proc/nothing")
    with pytest.raises(UserError, match=r"weird://x: cannot be opened .*; give a folder"):
        RunDir.existing("weird://x")
    with pytest.raises(UserError, match="not a run directory"):
        RunDir.existing(tmp_path / "nothing")
    RunDir(tmp_path / "old").write("problems", [problem(1)], "a")
    with pytest.raises(UserError, match="holds results but no config"):
        RunDir.open(tmp_path / "old", {"a": 1})


def test_damaged_parts_and_newer_records_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = RunDir(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("synth.store.arrow.SCHEMA_VERSION", SCHEMA_VERSION + 1)
        run.write("problems", [problem(1)], "new")
    with pytest.raises(UserError, match="written by a newer proof-synth"):
        list(run.read("problems", Problem))
    run.write("attempts", [attempt(1)], "a")
    (part,) = run.parts("attempts")
    Path(part).write_bytes(Path(part).read_bytes()[:-9])
    with pytest.raises(UserError, match=r"unreadable part .*damaged after it was written"):
        list(run.read("attempts", Attempt))


def test_a_damaged_entry_of_the_manifest_is_named(tmp_path: Path) -> None:
    RunDir(tmp_path).write("attempts", [attempt(1)], "a")
    (entry,) = (tmp_path / "manifest").iterdir()
    for text in ("{", "[]", '{"key": "a"}'):
        entry.write_text(text)
        with pytest.raises(UserError, match=rf"{entry.name}: damaged entry of the manifest; restore it, or remove it"):
            RunDir(tmp_path).count("attempts")


def test_json_files_and_rounds(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    assert run.read_json("rounds/000/metrics.json") is None and run.rounds() == []
    for number in (1, 0):
        run.write_json(f"rounds/{number:03d}/metrics.json", {"round": number, "pass@1": 10.5})
    run.write_json("rounds/002/training.json", {})
    assert [metrics["round"] for metrics in run.rounds()] == [0, 1]
    (tmp_path / "rounds/001/metrics.json").write_text("{")
    with pytest.raises(UserError, match="damaged JSON"):
        run.rounds()
    assert run.local_path() == tmp_path and run.local_path("rounds") == tmp_path / "rounds"
    with pytest.raises(UserError, match="needs a local run directory"):
        RunDir("memory://x").local_path("rounds")


def test_what_was_not_known_is_hidden_by_what_is(tmp_path: Path) -> None:
    """An `infra` verdict or an `undecided` statement of an earlier round never hides the later answer, nor the reverse."""
    run = RunDir(tmp_path)
    verdict = {"statement_id": "s"}
    rows = [("a", "infra"), ("b", "accepted"), ("c", "infra")]
    run.write("verdicts", [VerdictRow(id=i, outcome=outcome, **verdict) for i, outcome in rows], "r001")
    run.write("verdicts", [VerdictRow(id=i, outcome=outcome, **verdict) for i, outcome in [("a", "accepted"), ("b", "infra")]], "r002")
    assert {v.id: v.outcome for v in run.read("verdicts", VerdictRow)} == {"a": "accepted", "b": "accepted", "c": "infra"}
    undecided = {"id": "s", "problem_id": "p", "text": "theorem X : 1 = 1"}
    run.write("statements", [Statement(**undecided, kept=False, reason="undecided")], "r001")
    run.write("statements", [Statement(**undecided)], "r002")
    assert [s.kept for s in run.read("statements", Statement)] == [True]


def test_parts_of_schema_1_are_read(tmp_path: Path) -> None:
    """A part as the first schema wrote it: its fields keep their values, newer ones get their defaults."""
    run = RunDir(tmp_path)
    old = {"id": "t1", "statement_id": "s", "negated": False, "form": "proof", "proof": "by rfl", "count": 2, "strategy": "whole_proof"}
    old |= {"round": 1, "sample": 3, "model": "m", "prompt": "p", "seed": 4, "temperature": 1.0, "tokens": 5}
    table = pa.Table.from_pylist([old]).replace_schema_metadata({"record": "Attempt", "schema_version": "1"})
    run.write("attempts", [], "empty")
    run.commit("r001-s0000", {"attempts": [Attempt(**old)]})
    with run.fs.open(run.parts("attempts")[0], "wb") as file:
        pq.write_table(table, file)
    (attempt,) = run.read("attempts", Attempt)
    assert attempt == Attempt(**old) and (attempt.version, attempt.parent, attempt.top_p, attempt.stop) == (0, "", 1.0, [])
