"""Statements that shards of one round have in common, and what a run must not work on: settled once, the same however often."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from synth.benchmark import Benchmark
from synth.export.filters import Filters
from synth.export.select import Selection
from synth.export.snapshot import Snapshot
from synth.export.splits import Shares
from synth.records import Drop, Problem, Statement
from synth.run.repeats import settle_repeats
from synth.run.screen import contamination, screen
from synth.run.state import Run
from synth.store.rundir import RunDir
from tests.synth.run.fakes import make_run, output, pair, statement
from verify_workers.backends.base import Backend
from verify_workers.errors import UserError
from verify_workers.records import Check, Verdict


def test_of_equal_statements_a_given_one_stays_then_a_proved_one_then_the_smallest_id(tmp_path: Path) -> None:
    store = RunDir(tmp_path)
    a, b, c = (statement(name, form="one") for name in "abc")
    d, e, given_ = statement("d", form="two"), statement("e", form="two"), statement("z", form="two", origin="given")
    f, g, no = statement("f", form="three"), statement("g", form="three"), statement("h", form="one", kept=False)
    store.commit("r001-s0000-statements", {"statements": [b, d, given_, g, no]})
    store.commit("r001-s0001-statements", {"statements": [a, c, e, f]})
    store.commit("r001-s0001-c0000", {"pairs": [pair(c), pair(f), pair(d)]})
    dropped = settle_repeats(store, 1)
    assert {s.id for s in dropped} == {"a", "b", "d", "e", "g"} and {s.reason for s in dropped} == {Drop.DUPLICATE}
    assert settle_repeats(store, 1) == dropped, "done again it is the same"
    rows = {s.id: s.kept for s in store.read("statements", Statement)}
    assert rows == {"a": False, "b": False, "c": True, "d": False, "e": False, "f": True, "g": False, "h": False, "z": True}
    corpus = Selection([Snapshot.take(tmp_path)], Filters(), Shares())
    assert [name for table in corpus.tables() for name in table["statement_id"].to_pylist()] == ["c", "f"]
    assert corpus.counts == {"pairs": 2, "duplicates": 1}


def test_a_round_without_repeats_is_settled_too(tmp_path: Path) -> None:
    store = RunDir(tmp_path)
    store.commit("r001-s0000-statements", {"statements": [statement("1 = 1"), statement("2 = 2")]})
    assert settle_repeats(store, 1) == [] and store.done("statements", "r001-repeats") and store.repeated() == set()


def on_lean(job: Run, backend: Backend, asked: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    class Services:
        async def verify(self, checks: list[Check]) -> list[Verdict]:
            asked.append(len(checks))
            return [backend.check(check) for check in checks]

    monkeypatch.setattr(Run, "services", lambda self: Services())


def test_a_run_settles_what_it_must_not_work_on_once(tmp_path: Path, backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    held = [Problem(id="h", text="Show that 3 divides n * n if 3 divides n.", statement="theorem X (n : Nat) : n % 3 = 0 → n * n % 3 = 0")]
    other = [Problem(id="o", statement="theorem Y : 2 + 2 = 5", source="o.jsonl:1")]
    texts = ["Prove that 3 divides k * k if 3 divides k.", "Show that 5 is odd.", "Prove that 5 is odd."]

    def begun(barred: list[Problem]) -> Run:
        job = make_run(tmp_path)
        job.inputs.problems[:] = [Problem(id=f"p{i}", text=text) for i, text in enumerate(texts)]
        inputs: Any = job.inputs
        object.__setattr__(inputs, "benchmark", Benchmark([], {}, frozenset(), problems=held))
        object.__setattr__(inputs, "barred", barred)
        return job

    job, asked = begun(other), list[int]()
    on_lean(job, backend, asked, monkeypatch)
    asyncio.run(screen(job))
    assert {name: one.reason for name, one in job.passed.items()} == {"p0": "heldout", "p2": "duplicate"}
    assert {found.reason for found in job.benchmarks.forms.values()} == {"heldout", "contaminated"} and asked == [2]
    again = begun(other)
    asyncio.run(screen(again))
    assert (again.passed, again.benchmarks) == (job.passed, job.benchmarks) and asked == [2], "read, not asked again"
    with pytest.raises(UserError, match=r"filters\.benchmarks hold other rows"):
        asyncio.run(screen(begun([])))


def test_given_problems_of_a_benchmark_are_told(tmp_path: Path, backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_run(tmp_path)
    text = "Show that 3 divides n * n if 3 divides n."
    job.inputs.problems[:] = [Problem(id="g", text=text, statement="theorem X : 1 = 1")]
    object.__setattr__(job.inputs, "barred", [Problem(id="b", text=text, source="b.jsonl:1")])
    on_lean(job, backend, [], monkeypatch)
    asyncio.run(screen(job))
    assert job.passed["g"].reason == "" and "1 given problems are in a benchmark, such as b.jsonl:1" in " ".join(output(job).split())
    asyncio.run(screen(job))
    assert " ".join(output(job).split()).count("given problems are in a benchmark") == 1, "told once, not every round"


def test_every_match_is_in_the_report(tmp_path: Path) -> None:
    store = RunDir(tmp_path)
    rows = [
        statement("a", benchmark="b.jsonl:1 (normal form)", kept=False, reason="contaminated"),
        statement("b", benchmark="b.jsonl:2 (text)", origin="given"),
        statement("c"),
    ]
    store.commit("r001-s0000-statements", {"statements": rows})
    report = contamination(store)
    assert report["counts"] == {"autoformalized, contaminated": 1, "given, kept": 1} and report["matches"] == 2
    assert [(row["statement"], row["benchmark"]) for row in report["rows"]] == [(s.id, s.benchmark) for s in rows[:2]]
    json.dumps(report)
