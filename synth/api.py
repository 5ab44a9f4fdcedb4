"""The stages and the job from Python, with what they make as records and Arrow tables.

    >>> from synth import api
    >>> statements = api.formalize(["Prove that 9 ^ n leaves remainder 1 when divided by 4, for all n."], model="runs/demo")
    >>> kept = [statement for statement in statements if statement.kept]
    >>> {pair.audit for pair in api.prove(kept, model="runs/demo")}
    {'kernel'}

Each does what the command of its name does, with the same configuration: a file or None (the embedded one), and `settings` over
it, by the names of docs/configuration.md with `__` for the dot (`search__attempts=8`).  Errors that a user can mend are `UserError`.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from synth.config import load_config
from synth.records import Attempt, Pair, Problem, Statement, VerdictRow
from synth.stage_config import stage_config
from synth.store.arrow import arrow_schema
from synth.store.files import write_records
from synth.store.rundir import RunDir

if TYPE_CHECKING:
    from pydantic import BaseModel

PathLike = str | Path
Rows = PathLike | Iterable[str | Mapping[str, Any] | Problem | Statement]
"""A file, or problems: texts, rows with the columns that problem files have, or records."""


def formalize(problems: Rows, model: PathLike | None = None, config: PathLike | None = None, **settings: Any) -> list[Statement]:
    """Lean statements of problems in plain language, kept (`kept`) or dropped with a reason, as `synth formalize` makes them."""
    from synth.run.stages import formalize_file
    from synth.show.progress import Progress

    own = stage_config(_path(config), _path(model), _words(settings), "formalizer", "judge", "informalizer", "prover")
    with tempfile.TemporaryDirectory(prefix="synth-") as folder, Progress() as progress:
        return formalize_file(own, _file(problems, Path(folder)), f"{folder}/statements.jsonl", progress)


def prove(statements: Rows, model: PathLike | None = None, config: PathLike | None = None, **settings: Any) -> list[Pair]:
    """Verified proofs of statements, or of their negations (`negated`), as `synth prove` finds them."""
    from synth.run.stages import prove_file
    from synth.show.progress import Progress

    own = stage_config(_path(config), _path(model), _words(settings), "prover")
    with tempfile.TemporaryDirectory(prefix="synth-") as folder, Progress() as progress:
        return prove_file(own, _file(statements, Path(folder)), f"{folder}/pairs.jsonl", progress)


def run(config: PathLike, run_dir: str, **settings: Any) -> LoadedRun:
    """The whole job, begun or continued in `run_dir`, as `synth run` does it."""
    from synth.run.driver import run as run_job
    from synth.show.progress import Progress

    with Progress(resumable=True) as progress:
        return load_run(run_job(load_config(config, _words(settings)), run_dir, progress))


def load_run(run_dir: PathLike) -> LoadedRun:
    """A run directory, of a run that has ended or goes on.  UserError where there is none.

    >>> from synth import api
    >>> run = api.load_run("runs/demo")
    >>> run.pairs().to_pandas()[["statement", "proof"]].shape[1]
    2
    >>> run.rounds()[0]["round"]
    0
    """
    return LoadedRun(RunDir.existing(run_dir))


class LoadedRun:
    """What a run has made so far; each table holds what is committed when it is asked for."""

    def __init__(self, store: RunDir) -> None:
        self.store = store

    def pairs(self) -> pa.Table:
        """Verified pairs: statement, proof, who proved it, with lineage (`Pair`)."""
        return self._table("pairs", Pair)

    def statements(self) -> pa.Table:
        """Formal statements, kept or dropped with a reason (`Statement`)."""
        return self._table("statements", Statement)

    def attempts(self) -> pa.Table:
        """Proofs that were tried (`Attempt`)."""
        return self._table("attempts", Attempt)

    def verdicts(self) -> pa.Table:
        """What Lean said of them (`VerdictRow`)."""
        return self._table("verdicts", VerdictRow)

    def rounds(self) -> list[dict[str, Any]]:
        """The figures of each round: pass@k, counts, seconds (`metrics.json`)."""
        return list(self.store.rounds())

    def _table(self, kind: str, model: type[BaseModel]) -> pa.Table:
        found = list(self.store.tables(kind, None))
        return pa.concat_tables(found, promote_options="default") if found else arrow_schema(model).empty_table()


def _path(given: PathLike | None) -> Path | None:
    return None if given is None else Path(given)


def _words(settings: Mapping[str, Any]) -> list[str]:
    """Settings as `--set` has them."""
    return [f"{name.replace('__', '.')}={value if isinstance(value, str) else json.dumps(value)}" for name, value in settings.items()]


def _file(rows: Rows, folder: Path) -> str:
    """The file that `rows` name, or a new one in `folder` with them."""
    if isinstance(rows, str | Path):
        return str(rows)
    given: Sequence[Any] = list(rows)
    if given and all(isinstance(row, Statement) for row in given):
        write_records(folder / "in.jsonl", given, Statement)
        return str(folder / "in.jsonl")
    plain = [_row(row) for row in given]
    (folder / "in.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in plain), encoding="utf-8")
    return str(folder / "in.jsonl")


def _row(given: str | Mapping[str, Any] | Problem) -> dict[str, Any]:
    if isinstance(given, str):
        return {"text": given}
    return given.model_dump(mode="json") if isinstance(given, Problem) else dict(given)
