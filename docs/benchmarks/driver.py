"""What the driver of a run takes where problems and pairs are many: peak memory of its process, and seconds.

    python docs/benchmarks/driver.py input   [--problems 10000000] [--format parquet|jsonl|jsonl.zst]
    python docs/benchmarks/driver.py corpus  [--problems 10000000] [--pairs 5000000] [--rounds 10] [--keep DIR] [--only STEP,...]
    python docs/benchmarks/driver.py search  [--problems 200000]

`input`: a file of problems is read, kept in a run directory, and read for a continuation.
`corpus`: a run directory with that many problems, a statement and an attempt of each, and pairs, spread over rounds, as compaction
leaves them; then what the driver does after its last round: what is searched again, the replay buffer and the examples of a training,
figures, report, `synth stats`.  Each step in a process of its own, and all of them in one (`all`).  With `--keep` the run directory is
made in DIR and stays there; where DIR has a whole one of that size already, it is taken as it is.  `--only`: these steps.
`search`: rounds of the real search loop with shard actors that find at once, in this process, with compaction beside.

Everything generated is in a temporary folder (TMPDIR), up to 6 GB, but what is kept.  Peak memory is the process's resident set
(`ru_maxrss`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[2]))

from synth.config import RunConfig
from synth.llm.config import ROLES
from synth.llm.types import Weights
from synth.prompts import load_prompts
from synth.records import SCHEMA_VERSION, Pair, SearchRow, Statement
from synth.store.arrow import GROUP, arrow_schema
from synth.store.manifest import Segment
from synth.store.rundir import KINDS, RunDir

CHUNK = 200_000  # rows that are generated together
UNIT = 32  # rows of a unit of work
WEIGHTS = Weights("null", 1, "null")
STEPS = ("again", "replay", "figures", "report", "stats")
WHOLE = "whole.json"  # beside a run directory whose generation came to its end: of what size


def peak() -> int:
    """MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def ids(kind: str, first: int, count: int) -> list[str]:
    """20 hex digits each, that look like hashes and follow from the number."""
    seed = int.from_bytes(kind.encode()[:4].ljust(4), "big")
    text = np.random.default_rng([seed, first]).bytes(10 * count).hex()
    return [text[i : i + 20] for i in range(0, 20 * count, 20)]


# ---- input -----------------------------------------------------------------------------------------------------------


def problem_file(path: Path, count: int) -> None:
    """Problems in plain language."""
    schema = pa.schema([("informal_statement", pa.string())])
    rows = path.suffix != ".parquet"
    out: Any = pa.output_stream(path, compression="detect") if rows else pq.ParquetWriter(path, schema, compression="zstd")
    with out:
        for start in range(0, count, CHUNK):
            numbers = range(start, min(start + CHUNK, count))
            words = [f"Show that {n} plus a number m is the number m plus {n}, for every natural number m." for n in numbers]
            if rows:
                out.write("".join(json.dumps({"informal_statement": text}) + "\n" for text in words).encode())
            else:
                out.write_table(pa.table({"informal_statement": words}, schema))


def settings(path: str) -> RunConfig:
    return RunConfig.model_validate(
        {
            "problems": {"path": path},
            "heldout": {"count": 8},
            "models": {"prover": {"endpoint": "http://localhost:1", "name": "null", "preset": "chat"}, "train": []},
            "rounds": 10,
        }
    )


def take_in(folder: Path, file: str) -> None:
    """In a process of its own."""
    from synth.run.inputs import inputs_of_run, keep_inputs

    began, config = time.monotonic(), settings(file)
    inputs = inputs_of_run(config, RunDir(folder))
    read = time.monotonic()
    with RunDir.open(folder, config) as store:
        problems = keep_inputs(inputs, store).problems
        kept = time.monotonic()
        print(f"  read {len(problems):,} problems in {read - began:.0f} s, kept in {kept - read:.0f} s; peak {peak():,} MiB", flush=True)


def go_on(folder: Path, file: str) -> None:
    """A continuation: what the run began with, and the place of some problems in it."""
    from synth.run.inputs import inputs_of_run

    began = time.monotonic()
    problems: Any = inputs_of_run(settings(file), RunDir(folder)).problems
    opened = time.monotonic()
    some = (
        [problem.id for problem in problems[len(problems) // 2 :][:64]]
        if len(problems) < 10**5
        else [p.id for p in problems.take(range(64))]
    )
    found = problems.find(some)
    print(
        f"  continued in {opened - began:.1f} s; {len(found)} problems by id in {time.monotonic() - opened:.0f} s; peak {peak():,} MiB",
        flush=True,
    )


# ---- corpus ----------------------------------------------------------------------------------------------------------


class Writer:
    """A run directory as compaction leaves it: large parts, and segments of entries."""

    def __init__(self, store: RunDir) -> None:
        self.store, self.files = store, 0

    def units(self, prefix: str, kinds: dict[str, pa.Table], info: dict[str, int]) -> None:
        """Tables of one length, cut into units of `UNIT` rows."""
        rows, name = max(table.num_rows for table in kinds.values()), f"{prefix}{self.files:05d}"
        self.files += 1
        paths = {}
        for kind, table in kinds.items():
            paths[kind] = f"{kind}/{name}.parquet"
            self.store.fs.makedirs(self.store.file(kind), exist_ok=True)
            pq.write_table(table, self.store.file(paths[kind]), compression="zstd", row_group_size=GROUP)
        entries = []
        for n, first in enumerate(range(0, rows, UNIT)):
            parts = [
                {"kind": kind, "path": paths[kind], "rows": min(UNIT, table.num_rows - first), "bytes": 9999, "first": first}
                for kind, table in kinds.items()
                if first < table.num_rows
            ]
            key = f"{name}-c{n:05d}"
            entries.append({"key": key, "schema_version": SCHEMA_VERSION, "parts": parts, "info": info})
        Segment.write(self.store, name, entries)


def table(kind: str, rows: int, **columns: Any) -> pa.Table:
    """Rows of a kind: `columns` (lists, or one value for all) and the defaults of the rest."""
    model = KINDS[kind]
    schema, arrays = arrow_schema(model), []
    for field in schema:
        value = columns.get(field.name)
        if value is None:
            about = model.model_fields[field.name]
            value = "" if about.is_required() else about.get_default()
            value = json.dumps(value) if field.metadata else value
        one = not isinstance(value, list) or len(value) != rows
        arrays.append(pa.repeat(pa.scalar(value, field.type), rows) if one else pa.array(value, field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def corpus(folder: Path, problems: int, pairs: int, rounds: int) -> None:
    """Write the run directory."""
    store = RunDir(folder)
    writer, each, share = Writer(store), problems // max(1, rounds), pairs / problems
    parts = []
    for start in range(0, problems, CHUNK):
        count = min(CHUNK, problems - start)
        texts = [f"Show that {n} plus a number m is m plus {n}." for n in range(start, start + count)]
        path = f"problems/{start:09d}.parquet"
        store.fs.makedirs(store.file("problems"), exist_ok=True)
        rows = table("problems", count, id=ids("problem", start, count), text=texts, source=[f"p:{n}" for n in range(count)])
        pq.write_table(rows, store.file(path), compression="zstd", row_group_size=GROUP)
        parts.append({"kind": "problems", "path": path, "rows": count, "bytes": 99_999_999})
    for number in range(1, rounds + 1):
        for start in range((number - 1) * each, number * each, CHUNK):
            count = min(CHUNK, number * each - start)
            proved = int(count * share)
            sids, pids, aids = ids("statement", start, count), ids("problem", start, count), ids("attempt", start, count)
            stated = [f"theorem X (m : Nat) : {n} + m = m + {n}" for n in range(start, start + count)]
            proofs = [f"by induction m with | zero => simp | succ k h => omega -- {n % 977} {n}" for n in range(start, start + count)]
            common = {"round": number, "strategy": "whole_proof", "model": "null", "version": number - 1}
            reasons = [""] * (count - count // 8) + ["trivial"] * (count // 8)
            kinds = {
                "statements": table(
                    "statements", count, id=sids, problem_id=pids, text=stated, form=ids("form", start, count), round=number,
                    origin="autoformalized", kept=[not reason for reason in reasons], reason=reasons, votes=1,
                ),
                "attempts": table("attempts", count, id=aids, statement_id=sids, proof=proofs, **common),
                "verdicts": table(
                    "verdicts", count, id=aids, statement_id=sids, outcome=["accepted"] * proved + ["rejected"] * (count - proved),
                    reason=[""] * proved + ["unsolved"] * (count - proved), seconds=0.1,
                ),
                "searches": table(
                    "searches", count, id=ids("search", start, count), statement_id=sids, round=number, ended="exhausted", samples=4,
                    tokens=100, strategies='{"whole_proof": {"samples": 4, "tokens": 100, "checks": 2, "lean_seconds": 0.5}}',
                ),
                "pairs": table(
                    "pairs", proved, id=ids("pair", start, proved), attempt_id=aids[:proved], statement_id=sids[:proved],
                    problem_id=pids[:proved], statement=stated[:proved], proof=proofs[:proved], problem="Show it.", **common,
                ),
            }  # fmt: skip
            writer.units(
                f"r{number:03d}-s", kinds, {"problems": UNIT, "searched": UNIT, "samples": 4 * UNIT, "tokens": 3200, "proved": UNIT // 2}
            )
        store.write_json(f"rounds/{number:03d}/weights.json", {"round": number})
        store.write_json(f"rounds/{number:03d}/metrics.json", {"round": number, "pass@1": 10.0, "seconds": 1.0})
    store.write_json("rounds/000/weights.json", {"round": 0})
    store.manifest.put("problems:all", parts, {"distinct": True, "unstated": True})


def job_of(folder: Path, rounds: int, **settings: Any) -> Any:
    """A run in `folder`, with nothing started."""
    import io

    from rich.console import Console

    from synth.benchmark import Benchmark
    from synth.run.inputs import Inputs
    from synth.run.state import Run
    from synth.run.stored import Stored
    from synth.show.progress import Progress
    from synth.statements.benchmarks import Benchmarks

    config = RunConfig.model_validate({"models": {"prover": {"path": "null"}}, "rounds": rounds, **settings})
    store = RunDir(folder)
    inputs = Inputs(Stored(store), (), {}, Benchmark([], {}, frozenset()), None, [])
    tracker: Any = None
    progress = Progress(Console(file=io.StringIO()), plain=True)
    job = Run(
        config, store, inputs, dict.fromkeys(ROLES, load_prompts("embedded")), progress, tracker, roles=("formalizer", "judge", "prover")
    )
    job.answering, job.frozen = WEIGHTS, dict.fromkeys(ROLES, WEIGHTS)
    job.benchmarks, job.passed = Benchmarks(), {}  # what is asked of the index is measured by index.py
    return job


def again(folder: Path, rounds: int, job: Any) -> str:
    from synth.run.searching import plan_round, task_of

    began = time.monotonic()
    plan = plan_round(job, rounds + 1)
    planned = time.monotonic()
    tasks = [task_of(job, plan, i) for i in range(0, plan.pieces, max(1, plan.pieces // 20))]
    held = sum(len(task.retry) for task in tasks)
    return (
        f"{len(plan.again):,} statements are searched again in {plan.pieces:,} shards, planned in {planned - began:.0f} s; "
        f"{len(tasks)} shards with {held:,} statements made in {time.monotonic() - planned:.0f} s"
    )


def replay(folder: Path, rounds: int, job: Any) -> str:
    from synth.run.learn import proofs_of, searched_pairs, trained_on

    began = time.monotonic()
    replayed = searched_pairs(job, rounds)
    read = time.monotonic()
    places, _ = replayed.choose(job.config.replay, 0, ())
    chosen = time.monotonic()
    job.store.write_chunks("trained_on.json", trained_on(replayed, places, rounds, list(range(rounds))).text())
    told = time.monotonic()
    few, weights = replayed.choose(job.config.replay.model_copy(update={"capacity": 50_000}), 0, ())
    again = time.monotonic()
    examples, _ = proofs_of(job, rounds, replayed, few, weights, None)
    size = job.store.fs.size(job.store.file("trained_on.json")) >> 20
    return (
        f"{len(replayed):,} pairs read in {read - began:.0f} s, {len(places):,} chosen in {chosen - read:.0f} s and written down in "
        f"{told - chosen:.0f} s ({size} MiB); with a capacity of {len(few):,} {again - told:.0f} s, {len(examples):,} examples "
        f"in {time.monotonic() - again:.0f} s"
    )


def figures(folder: Path, rounds: int, job: Any) -> str:
    from synth.run.figures import round_counts
    from synth.run.screen import contamination
    from synth.run.timeline import recorded

    steps: dict[str, Callable[[], Any]] = {
        "contamination": lambda: contamination(job.store, rounds),
        "counts of the last round": lambda: round_counts(job, rounds),
        "the timeline's beginning": lambda: recorded(job.store),
    }
    return "; ".join(f"{name} {timed(step):.0f} s" for name, step in steps.items())


def report(folder: Path, rounds: int, job: Any) -> str:
    from synth.show.report import write_report

    return f"report.html {timed(lambda: write_report(job.store)):.0f} s"


def stats(folder: Path, rounds: int, job: Any) -> str:
    from synth.show import stats as shown

    return f"`synth stats` {timed(lambda: shown.stats(job.store, shown.prices(job.store, []))):.0f} s"


def timed(step: Callable[[], Any]) -> float:
    began = time.monotonic()
    step()
    return time.monotonic() - began


# ---- search ----------------------------------------------------------------------------------------------------------


class NullShard:
    """Finds a statement of each problem at once, and a proof of every fourth statement that it is given."""

    def __init__(self, folder: Path) -> None:
        self.store = RunDir(folder)

    @property
    def run(self) -> Any:
        return Remote(self._run)

    @property
    def counts(self) -> Any:
        return Remote(self._counts)

    async def _counts(self) -> Any:
        return {}, {}, {}

    async def _run(self, task: Any) -> None:
        await asyncio.to_thread(self._commit, task)

    def _commit(self, task: Any) -> None:
        made = [
            Statement(id=f"s{p.id[1:]}", problem_id=p.id, text=f"theorem X : {p.id} = {p.id}", form=p.id, round=task.round)
            for p in task.problems
        ]
        self.store.commit(f"{task.key}-b0000-statements", {"statements": made}, {"problems": len(made)})
        work = [*made, *task.retry]
        pairs = [
            Pair(
                id=f"x{s.id[1:]}",
                attempt_id="a",
                statement_id=s.id,
                problem_id=s.problem_id,
                statement=s.text,
                proof="by rfl",
                round=task.round,
            )
            for s in work[task.round % 4 :: 4]
        ]
        rows = [SearchRow(id=f"{s.id}-{task.round}", statement_id=s.id, round=task.round, ended="exhausted", samples=4) for s in work]
        self.store.commit(f"{task.key}-c0000", {"pairs": pairs, "searches": rows}, {"searched": len(work), "proved": len(pairs)})


class Remote:
    def __init__(self, call: Callable[..., Any]) -> None:
        self.call = call

    def remote(self, *args: Any) -> Any:
        return self.call(*args)


async def searches(folder: Path, rounds: int) -> None:
    from synth.run import searching
    from synth.store import compact

    job, compact.EVERY = job_of(folder, rounds), 2.0
    searching.start_shards = lambda job: job.shards.extend(NullShard(folder) for _ in range(4)) if not job.shards else None
    beside = asyncio.create_task(compact.keep_compact(job.store))
    for number in range(1, rounds + 1):
        began = time.monotonic()
        await searching.search_round(job, number)
        seconds = time.monotonic() - began
        entries = len(list((folder / "manifest").glob("*.json")))
        print(
            f"  round {number}: {seconds:.0f} s, {entries:,} single entries, {job.store.count('pairs'):,} pairs; peak {peak():,} MiB",
            flush=True,
        )
    beside.cancel()


# ---- the processes ---------------------------------------------------------------------------------------------------


def child(*arguments: str) -> None:
    subprocess.run([sys.executable, __file__, *arguments], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["input", "corpus", "search", "_file", "_take", "_on", "_corpus", "_step", "_search"])
    parser.add_argument("--problems", type=int, default=10_000_000)
    parser.add_argument("--pairs", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--format", default="parquet")
    parser.add_argument("--folder", default="")
    parser.add_argument("--step", default="")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--only", default=",".join((*STEPS, "all")), help=f"of {', '.join(STEPS)}, all")
    arguments = parser.parse_args()
    folder, file = Path(arguments.folder), f"{arguments.folder}/problems.{arguments.format}"
    numbers = [f"--{name}={getattr(arguments, name)}" for name in ("problems", "pairs", "rounds", "format")]
    match arguments.what:
        case "_file":
            problem_file(Path(file), arguments.problems)
        case "_take":
            take_in(folder / "run", file)
        case "_on":
            go_on(folder / "run", file)
        case "_corpus":
            corpus(folder / "run", arguments.problems, arguments.pairs, arguments.rounds)
            (folder / WHOLE).write_text(json.dumps(numbers))
        case "_search":
            asyncio.run(searches(folder / "run", arguments.rounds))
        case "_step":
            job = job_of(folder / "run", arguments.rounds)
            for name in STEPS if arguments.step == "all" else (arguments.step,):
                print(f"  {name}: {globals()[name](folder / 'run', arguments.rounds, job)}; peak {peak():,} MiB", flush=True)
        case what:
            only = arguments.only.split(",")
            if wrong := set(only) - {*STEPS, "all"}:
                parser.error(f"--only: no step {', '.join(sorted(wrong))}; there are {', '.join(STEPS)}, all")
            with tempfile.TemporaryDirectory(prefix="driver-") as temporary:
                made = arguments.keep or Path(temporary)
                there = made / WHOLE
                whole = there.exists() and json.loads(there.read_text()) == numbers
                if not whole and (made / "run").exists():
                    parser.error(f"--keep {made}: there is another run, or a part of one; remove it, or give another folder")
                made.mkdir(parents=True, exist_ok=True)
                print(f"{what}: {' '.join(numbers)}, load {os.getloadavg()[0]:.1f}", flush=True)
                for step in steps(what, only):
                    if step[0] != "_corpus" or not whole:
                        child(step[0], f"--folder={made}", *numbers, *step[1:])


def steps(what: str, only: list[str]) -> Iterator[tuple[str, ...]]:
    if what == "input":
        yield from [("_file",), ("_take",), ("_on",)]
        return
    yield ("_corpus", *([] if what == "corpus" else ["--rounds=0"]))
    if what == "search":
        yield ("_search",)
    else:
        yield from (("_step", f"--step={name}") for name in only)


if __name__ == "__main__":
    main()
