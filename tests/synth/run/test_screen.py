"""What a run must not work on: settled once, and the same however often it is asked."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from synth.benchmark import Benchmark
from synth.records import Problem, content_id
from synth.run.screen import Screening, contamination, screen
from synth.run.state import Run
from synth.statements.screen import Passed
from synth.store.rundir import RunDir
from tests.synth.run.fakes import make_run, output, statement
from verify_workers.backends.base import Backend
from verify_workers.errors import UserError
from verify_workers.records import Check, Verdict


def on_lean(job: Run, backend: Backend, asked: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    class Services:
        async def verify(self, checks: list[Check]) -> list[Verdict]:
            asked.append(len(checks))
            return [backend.check(check) for check in checks]

    monkeypatch.setattr(Run, "services", lambda self: Services())


def passed(job: Run, number: int, *pieces: range) -> dict[str, Passed]:
    """What is found of a round's pieces, all asked about at once."""

    async def main() -> list[dict[str, Passed]]:
        screening = Screening(job, number)
        asked = enumerate(pieces)
        late = [screening.passed(i, places, [job.inputs.problems[place] for place in places]) for i, places in asked]
        return list(reversed(await asyncio.gather(*reversed(late))))

    return {name: one for found in asyncio.run(main()) for name, one in found.items()}


def test_a_run_settles_its_benchmarks_once_and_passes_over_what_repeats_them(
    tmp_path: Path, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    found = passed(job, 1, range(2), range(2, 3))
    assert {name: one.reason for name, one in found.items()} == {"p0": "heldout", "p2": "duplicate"} and "p1" in found["p2"].detail
    assert {found.reason for found in job.benchmarks.forms.values()} == {"heldout", "contaminated"} and asked == [2]
    again = begun(other)
    asyncio.run(screen(again))
    assert again.benchmarks == job.benchmarks and asked == [2], "read, not asked again"
    assert passed(again, 1, range(2), range(2, 3)) == found == passed(again, 2, range(3)), "whenever it is asked"
    with pytest.raises(UserError, match=r"filters\.benchmarks hold other rows"):
        asyncio.run(screen(begun([])))


def test_what_an_earlier_version_passed_over_before_the_first_round_stays(tmp_path: Path) -> None:
    job = make_run(tmp_path)
    one = Passed(reason="duplicate", detail="says what problem p9 says")
    known = {"benchmarks": content_id("benchmarks", []), "forms": {}, "passed": {"p00": one.model_dump()}}
    job.store.write_json("screened.json", known)
    asyncio.run(screen(job))
    assert passed(job, 1, range(3)) == {"p00": one} and not job.store.keys()


def test_given_problems_of_a_benchmark_are_told(tmp_path: Path, backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_run(tmp_path)
    text = "Show that 3 divides n * n if 3 divides n."
    job.inputs.problems[:] = [Problem(id=f"g{i}", text=text, statement="theorem X : 1 = 1") for i in range(2)]
    object.__setattr__(job.inputs, "barred", [Problem(id="b", text=text, source="b.jsonl:1")])
    on_lean(job, backend, [], monkeypatch)
    asyncio.run(screen(job))
    found = passed(job, 1, range(1), range(1, 2))
    assert {name: one.reason for name, one in found.items()} == {"g0": "", "g1": ""}
    said = " ".join(output(job).split())
    assert "given problems are in a benchmark, such as b.jsonl:1" in said and said.count("such as") == 1, "told once"


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
