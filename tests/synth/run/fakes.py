"""A run's state for tests of the driver: a real run directory, and actors that answer without Ray."""

from __future__ import annotations

import inspect
import io
from pathlib import Path
from typing import Any

from rich.console import Console

from synth.benchmark import Benchmark
from synth.config import RunConfig
from synth.llm.config import ROLES
from synth.prompts import load_prompts
from synth.records import Pair, Problem, Statement
from synth.run.inputs import Inputs
from synth.run.searching import earlier_rounds, unsolved_before
from synth.run.state import Run
from synth.show.progress import Progress
from synth.statements.text import given
from synth.store.rundir import RunDir


class FakeActor:
    """Answers `actor.NAME.remote(...)` as a Ray actor would; a method given as an exception fails with it."""

    def __init__(self, **methods: Any) -> None:
        for name, method in methods.items():
            setattr(self, name, _Method(method))


class _Method:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    async def _call(self, *args: Any) -> Any:
        value = self.answer(*args) if callable(self.answer) and not isinstance(self.answer, BaseException) else self.answer
        if inspect.isawaitable(value):
            value = await value
        if isinstance(value, BaseException):
            raise value
        return value

    def remote(self, *args: Any) -> Any:
        return self._call(*args)

    def options(self, **_: Any) -> _Method:
        return self


def make_run(folder: Path, problems: int = 10, **settings: Any) -> Run:
    """A run of `problems` problems with `settings` of its configuration, and nothing started."""
    config = RunConfig.model_validate({"models": {"prover": {"path": "given"}}, **settings})
    listed = [Problem(id=f"p{n:02d}", text=f"problem {n}") for n in range(problems)]
    heldout = [given(Problem(id=f"h{n}", statement=f"theorem X : {n} = {n}"), 0) for n in range(4)]
    benchmark = Benchmark(heldout, {s.id: ("a", "b")[n % 2] for n, s in enumerate(heldout)}, frozenset())
    inputs = Inputs(listed, [], {}, benchmark, None, [])
    progress = Progress(Console(file=io.StringIO()), plain=True)
    tracker: Any = None
    prompts = dict.fromkeys(ROLES, load_prompts("embedded"))
    return Run(config, RunDir(folder / "run"), inputs, prompts, progress, tracker, roles=("formalizer", "judge", "prover"))


def output(job: Run) -> str:
    """What was printed so far."""
    file: Any = job.progress.console.file
    return str(file.getvalue())


def again(job: Run, number: int) -> list[Statement]:
    """The statements of earlier rounds that round `number` is to ask about again."""
    return earlier_rounds(job, number).statements(unsolved_before(job, number))


def statement(name: str, round: int = 1, **fields: Any) -> Statement:
    return Statement(id=name, problem_id=f"p-{name}", text=f"theorem X : {name}", round=round, **fields)


def pair(of: Statement, round: int = 1, **fields: Any) -> Pair:
    name = f"pair-{of.id}-{round}"
    fields |= {"statement_id": of.id, "problem_id": of.problem_id, "statement": of.text, "round": round}
    return Pair(id=name, attempt_id="a", proof="rfl", **fields)
