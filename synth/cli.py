"""The command line: `synth`, also `python -m synth`.

Exit status: 0 done; 1 the run itself failed; 2 a usage or input error, said in one line; 130 interrupted (Ctrl-C),
143 terminated.  Results go to standard output, everything else to standard error.  Commands import what they need when
they run, so that `synth --help` is quick.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from enum import StrEnum
from importlib.resources import as_file, files
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
import yaml
from rich.console import Console
from typer._click.exceptions import ClickException
from typer.exceptions import TyperException

from synth.cluster_command import cluster_app
from verify_workers.backends import BACKENDS
from verify_workers.errors import UserError

if TYPE_CHECKING:
    from synth.config import RunConfig
    from synth.llm.config import ModelRole

app = typer.Typer(
    help="Verified Lean 4 proof data: autoformalize, prove, verify, train, repeat.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(cluster_app, name="cluster")

RunDirOption = Annotated[str, typer.Option("--run-dir", help="where everything is kept (any fsspec location); default: runs/NAME-HASH")]
SetOption = Annotated[list[str], typer.Option("--set", metavar="KEY=VALUE", help="override one key of the configuration, such as rounds=2")]
ProjectOption = Annotated[
    Path | None, typer.Option("--project", metavar="DIR", help="lake project whose Lean (and Mathlib) checks; default: the embedded Lean")
]
ReplOption = Annotated[
    Path | None, typer.Option("--repl", metavar="PATH", help="the project's community REPL; looked for in and beside it by default")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="print the resolved configuration and check the environment, start nothing")]
AUDIT_HELP = "strict: every acceptance is decided by the kernel in a clean process (in a project: leanchecker, Lean 4.28 or newer)"
UnsoundLeanOption = Annotated[
    bool,
    typer.Option(
        "--allow-unsound-lean",
        "--allow-old-kernel",
        help="--audit strict: take the word of a Lean whose kernel is known to be unsound (all before 4.34.1)",
    ),
]
RESUMABLE = (
    "run",
    "demo",
    "informalize",
    "ablate",
    "audit",
)  # commands that continue after an interruption; the others write their output whole or not at all
BackendOption = Annotated[
    str,
    typer.Option(
        "--backend", metavar="|".join(("auto", *BACKENDS)), help="how Lean runs; auto: the fastest of these whose self-test passes here"
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="print it as JSON")]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="a run directory")]


class Audit(StrEnum):
    """Audits of `synth verify`."""

    fast = "fast"
    strict = "strict"


class KiminaLines(StrEnum):
    """Where lines count from on Kimina's routes of `synth serve`."""

    file = "file"
    after_imports = "after_imports"


class TrainRole(StrEnum):
    """Roles that `synth train` trains."""

    prover = "prover"
    formalizer = "formalizer"


class ExportTo(StrEnum):
    """Forms of `synth export`."""

    parquet = "parquet"
    hf = "hf"
    sft = "sft"
    sft_chat = "sft-chat"
    preference = "preference"
    stepwise = "stepwise"
    steps = "steps"
    prover = "prover"
    rejects = "rejects"


class GradeFrom(StrEnum):
    """Grades of the judge."""

    excellent = "excellent"
    good = "good"
    above_average = "above average"
    fair = "fair"
    poor = "poor"


class AuditOf(StrEnum):
    """Who must have accepted a pair."""

    any = "any"
    strict = "strict"


@app.command()
def run(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="a YAML configuration; the built-in ones are in cluster/configs/")],
    run_dir: RunDirOption = "",
    overrides: SetOption = [],  # noqa: B006  # typer reads it only
    dry_run: DryRunOption = False,
) -> None:
    """The main job: all rounds.  Continues where a run directory of the same configuration left off."""
    from synth.config import load_config

    _run(load_config(config, overrides), run_dir, dry_run)


@app.command()
def demo(run_dir: RunDirOption = "", overrides: SetOption = [], dry_run: DryRunOption = False) -> None:  # noqa: B006
    """The main job on this machine alone, with the built-in configuration: no GPU and no download."""
    from synth.config import load_config

    with as_file(files("cluster") / "configs" / "embedded.yaml") as path:
        _run(load_config(path, overrides), run_dir, dry_run)


def default_run_dir(config: RunConfig) -> str:
    """runs/NAME-HASH: the same configuration gets the same directory, so that the same command continues."""
    text = json.dumps(config.model_dump(mode="json"), sort_keys=True)
    return f"runs/{config.name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _run(config: RunConfig, run_dir: str, dry_run: bool) -> None:
    directory = run_dir or default_run_dir(config)
    if dry_run:
        _dry_run(config, directory)
        return
    from synth.run.driver import run as run_pipeline
    from synth.show.progress import Progress

    errors = Console(stderr=True)
    errors.print(f"run directory: {directory}", highlight=False, markup=False, soft_wrap=True)
    with Progress(errors, resumable=True) as progress:
        done = str(run_pipeline(config, directory, progress))
    print(f"pairs:  {done}/pairs")
    print(f"report: {done}/report.html")
    print(done)


def _dry_run(config: RunConfig, directory: str) -> None:
    from synth.doctor import diagnose, table
    from synth.run.inputs import load_inputs

    errors = Console(stderr=True)
    for note in load_inputs(config).notes:  # a missing file, a bad row or no model is said now
        errors.print(note, highlight=False, markup=False, soft_wrap=True)
    print(yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True), end="")
    rows = diagnose(directory, project=config.verify.project, repl=config.verify.repl, config=config)
    errors.print(table(rows))
    failed = [row for row in rows if row.status == "fail"]
    if failed:
        raise UserError(f"{failed[0].what}: {failed[0].detail}: {failed[0].remedy}")
    print(directory)


@app.command()
def verify(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="IN",
            help="JSONL, JSON, CSV (or these .gz) or Parquet: id, statement, header, preamble, and proof or code; or an export",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="JSONL or Parquet by its ending: one verdict per row, in the same order")],
    backend: BackendOption = "auto",
    audit: Annotated[Audit, typer.Option(help=AUDIT_HELP)] = Audit.fast,
    project: ProjectOption = None,
    repl: ReplOption = None,
    timeout: Annotated[float, typer.Option(help="seconds of Lean per row")] = 60.0,
    number_rows: Annotated[
        bool, typer.Option("--number-rows", help="call rows that have no id by their number in IN: row-1, row-2 and so on")
    ] = False,
    workers: Annotated[int, typer.Option(help="Lean workers; 0: from the machine's cores and memory")] = 0,
    cache: Annotated[
        Path | None, typer.Option(metavar="FILE", help="keep verdicts here and look them up: the same command then continues after an end")
    ] = None,
    allow_unsound_lean: UnsoundLeanOption = False,
    kernel: Annotated[
        list[str] | None,
        typer.Option(
            "--kernel", metavar="builtin-python|PROGRAM", help="a kernel that has to accept, too, what Lean's accepted; may be repeated"
        ),
    ] = None,
    export_closure: Annotated[
        Path | None,
        typer.Option("--export-closure", metavar="DIR", help="write the closure of each accepted proof as DIR/ID.ndjson (lean4export)"),
    ] = None,
) -> None:
    """Check proofs only: a file of statements and proofs in, a file of verdicts out."""
    from pydantic import ValidationError

    from synth.overrides import explain
    from synth.show.progress import Progress
    from verify_workers.backends.choose import require_backend
    from verify_workers.config import PoolConfig, VerifyConfig
    from verify_workers.verify_file import Summary, verify_file

    try:
        pool = PoolConfig.model_validate(
            {
                "backend": require_backend(backend),
                "audit": audit.value,
                "project": project,
                "repl": repl,
                "workers": workers,
                "cache": {"path": cache},
                "allow_unsound_lean": allow_unsound_lean,
                "kernels": kernel or [],
                "kernels_keep": out.with_name(f"{out.name}.disputed"),
                "closures": export_closure,
                "timeout_last": max(300.0, timeout),
                "timeout_first": min(3.0, timeout) if timeout > 0 else 3.0,  # a bad limit is refused below, by its own name
            }
        )
        config = VerifyConfig(pool=pool, timeout=timeout, number_rows=number_rows)
    except ValidationError as error:
        raise UserError(explain(error, options=True)) from None
    with Progress() as progress:

        def show(summary: Summary) -> None:
            progress.set(progress.stage("verify", summary.rows), summary.written)
            for outcome, count in summary.outcomes.items():
                if outcome != "accepted":
                    progress.rejected(outcome, count)

        def warn(line: str) -> None:
            progress.console.print(f"warning: {line}", highlight=False, markup=False, soft_wrap=True)

        summary = verify_file(source, out, config, show, warn)
    counts = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(summary.outcomes.items()))
    speed = f"{summary.seconds:.1f} s, {summary.written / max(summary.seconds, 1e-9):.1f}/s"
    known = f"{summary.pool.get('cache_hits', 0):,} from the cache, " if cache else ""
    note = f"{summary.written:,} rows: {counts or 'none'} ({known}{speed}, backend {summary.backend}, Lean {summary.lean})"
    print(note, file=sys.stderr)
    print(out)


@app.command()
def shorten(
    source: Annotated[str, typer.Argument(metavar="PAIRS", help="verified pairs: JSONL or Parquet, a run's pairs folder, or an export")],
    out: Annotated[Path, typer.Option("--out", help="JSONL or Parquet by its ending: the pairs, with both proofs where one was shortened")],
    backend: BackendOption = "auto",
    project: ProjectOption = None,
    repl: ReplOption = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="seconds of Lean for each proof that is tried")] = 10.0,
    workers: Annotated[int, typer.Option(min=0, help="Lean workers; 0: from the machine's cores and memory")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Shorten the proofs of verified pairs: tactics, hypotheses and arguments that are not needed; each step is verified (strict).

    Pairs that Lean does not accept as they are go to OUT.refused.…, with the reason.
    """
    from pydantic import ValidationError

    from synth.overrides import explain
    from synth.run.shortening import refused_path, shorten_file
    from synth.show.progress import Progress
    from verify_workers.backends.choose import require_backend
    from verify_workers.config import PoolConfig, VerifyConfig

    lean = {"backend": require_backend(backend), "audit": "strict", "project": project, "repl": repl, "workers": workers}
    try:
        pool = PoolConfig.model_validate({**lean, **_limits(timeout)})
        config = VerifyConfig(pool=pool, timeout=timeout)
    except ValidationError as error:
        raise UserError(explain(error, options=True)) from None
    with Progress() as progress:
        found = shorten_file(source, str(out), config, lambda count, total: progress.set(progress.stage("shorten", total), count))
    if as_json:
        print(json.dumps({**vars(found), "cut_percent": round(found.cut, 1)}))
        return
    for line in found.lines(str(refused_path(str(out)))):
        print(line, file=sys.stderr)
    print(out)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="address to listen on; 0.0.0.0: every network this machine is on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="TCP port")] = 8000,
    backend: BackendOption = "auto",
    audit: Annotated[Audit, typer.Option(help=AUDIT_HELP)] = Audit.strict,
    project: ProjectOption = None,
    repl: ReplOption = None,
    workers: Annotated[int, typer.Option(help="Lean workers; 0: from the machine's cores and memory")] = 0,
    api_key: Annotated[
        str, typer.Option(envvar="PROOF_SYNTH_API_KEY", help="key that requests must bring as `Authorization: Bearer KEY`; empty: none")
    ] = "",
    max_mb: Annotated[float, typer.Option(help="largest request in MB")] = 16.0,
    max_waiting: Annotated[int, typer.Option(help="most checks under way, those of callers who left included; beyond them: 503")] = 16384,
    max_timeout: Annotated[float, typer.Option(help="seconds of Lean that one check can ask for")] = 300.0,
    drain: Annotated[
        float, typer.Option(help="seconds that requests under way may take after Ctrl-C or SIGTERM; a second one ends it at once")
    ] = 60.0,
    lines: Annotated[
        KiminaLines,
        typer.Option(help="where Kimina's routes count lines from: the file's first, as its server does now, or after the imports"),
    ] = KiminaLines.file,
    allow_unsound_lean: UnsoundLeanOption = False,
) -> None:
    """Check proofs over HTTP: our own interface and the Kimina Lean server's, whose clients work unchanged.

    POST /v1/verify   does each proof prove its statement? Outcome, axioms, audit.
    POST /api/check   Lean's messages on whole files (Kimina); /verify is its older form.
    GET  /docs        all of it, with examples to try.

    It answers 503 until the Lean workers are ready. With an API key, GET /health alone needs none.

    On a cluster (RAY_ADDRESS, ray job submit) every node checks; without one this machine does, and no Ray is started.
    """
    from pydantic import ValidationError

    from synth.overrides import explain
    from verify_workers.backends.choose import require_backend
    from verify_workers.config import PoolConfig
    from verify_workers.serve.config import ServeConfig
    from verify_workers.serve.service import run as run_service

    lean = {
        "backend": require_backend(backend),
        "audit": audit.value,
        "project": project,
        "repl": repl,
        "allow_unsound_lean": allow_unsound_lean,
    }
    longest = max_timeout if max_timeout > 0 else 300.0  # a bad limit is refused below, by its own name
    limits = {"max_mb": max_mb, "max_waiting": max_waiting, "max_timeout": max_timeout, "drain": drain}
    try:
        pool = PoolConfig.model_validate({**lean, "workers": workers, "timeout_last": longest, "timeout_first": min(3.0, longest)})
        config = ServeConfig.model_validate({"host": host, "port": port, "api_key": api_key, "pool": pool, "lines": lines.value, **limits})
    except ValidationError as error:
        raise UserError(explain(error, options=True)) from None
    run_service(config, lambda address: print(f"serving on {address} (API: {address}/docs); Ctrl-C ends it", flush=True), _leave)


ModelOption = Annotated[
    Path | None,
    typer.Option(
        "--model",
        help="a Hugging Face checkpoint (the same as --set models.ROLE.path), or a run directory: what answers there after its last round",
    ),
]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="a YAML configuration; default: the embedded one")]
RecordsOption = Annotated[Path, typer.Option("--out", help="JSONL or Parquet by its ending")]


def _limits(timeout: float) -> dict[str, float]:
    """A pool's limits where each check may take `timeout` seconds."""
    return {"timeout_last": max(300.0, timeout), "timeout_first": min(3.0, timeout)}


def _stage_config(config: Path | None, model: Path | None, overrides: list[str], *roles: ModelRole, generated: bool = False) -> RunConfig:
    from synth.stage_config import stage_config

    return stage_config(config, model, overrides, *roles, generated=generated)


@app.command()
def formalize(
    source: Annotated[str, typer.Argument(metavar="IN", help="problems: JSONL, Parquet, CSV or a data set")],
    out: RecordsOption,
    model: ModelOption = None,
    config: ConfigOption = None,
    overrides: SetOption = [],  # noqa: B006
) -> None:
    """Formalize alone: problems in, statements out, kept or dropped with a reason."""
    from synth.run.stages import formalize_file
    from synth.show.progress import Progress

    settings = _stage_config(config, model, overrides, "formalizer", "judge", "informalizer", "prover", generated=not source)
    with Progress() as progress:
        statements = formalize_file(settings, source, str(out), progress)
    print(f"{len(statements):,} statements, {sum(statement.kept for statement in statements):,} kept", file=sys.stderr)
    print(out)


@app.command()
def informalize(
    out: RecordsOption,
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="IN|NAME",
            help="a run directory, or a file of pairs, statements, or problems with a statement; with --project: modules or names of "
            "declarations (with what they use), default all",
        ),
    ] = None,
    project: Annotated[
        Path | None,
        typer.Option("--project", metavar="DIR", help="annotate the declarations of this lake project, compiled by `lake build`"),
    ] = None,
    proofs: Annotated[bool, typer.Option("--proofs/--no-proofs", help="annotate proofs too, step by step")] = True,
    model: ModelOption = None,
    config: ConfigOption = None,
    overrides: SetOption = [],  # noqa: B006
) -> None:
    """Lean in plain language (Herald), kept where formalizing it gives the Lean
    back.

    synth informalize runs/first --out pairs.jsonl --model CHECKPOINT

    synth informalize MyLib.Basic --project ~/mylib --out pairs.jsonl --model
    CHECKPOINT

    For an endpoint, in place of --model: --set models.prover.endpoint=URL --set
    models.prover.name=NAME (it then answers in all roles; models.informalizer,
    .formalizer and .judge have others).

    The informalizer writes the words; it sees a declaration's docstring, its
    neighbours, and in words what it uses. The formalizer formalizes them again
    (informalize.back); Lean or the judge compares (informalize.check). Every
    row is written, with the reason where it is not kept. The same command goes
    on after an end and asks nothing that OUT holds; other models or settings
    add rows.

    Kept rows train a formalizer: synth train OUT --role formalizer, or --set
    models.pairs=[OUT] in a run that trains it.
    """
    from synth.run.informalize import informalize_file, informalize_project
    from synth.show.progress import Progress

    words = [*overrides, *([] if proofs else ["informalize.proofs=false"]), *([f"verify.project={project}"] if project else [])]
    settings = _stage_config(config, model, words, "informalizer", "formalizer", "judge", "prover")
    with Progress(resumable=True) as progress:
        if project is not None:
            done = informalize_project(settings, what or [], str(out), progress)
        elif what and len(what) == 1:
            done = informalize_file(settings, what[0], str(out), progress)
        else:
            raise UserError("informalize: give one run directory or file, or --project DIR with modules or names of its declarations")
    for line in done.lines():
        print(line, file=sys.stderr)
    print(out)


@app.command("judge-error")
def judge_error(
    out: Annotated[Path, typer.Option("--out", metavar="OUT", help="JSON: what `filters.calibration` takes")],
    source: Annotated[
        str,
        typer.Argument(metavar="[IN]", help="JSONL or Parquet: text, statement, faithful (true or false); default: generated problems"),
    ] = "",
    references: Annotated[
        bool, typer.Option("--references", help="the generator's own statements and cheats planted in them; asks no model")
    ] = False,
    count: Annotated[int | None, typer.Option(min=1, help="generated problems: how many; default: problems.count")] = None,
    model: ModelOption = None,
    config: ConfigOption = None,
    overrides: SetOption = [],  # noqa: B006
) -> None:
    """How often the statement filters are wrong: precision and recall of each alone and of all, on labelled statements.

    A run with `filters.calibration=OUT` states its faithful share corrected by this, with an interval.
    """
    from synth.run.judge import judge_error_file, reference_error_file
    from synth.show.errors import filter_errors, told_table
    from synth.show.progress import Progress

    if source and references:
        raise UserError(f"--references: the generator's own statements; leave {source} out")
    if source and count:
        raise UserError(f"--count is for generated problems; all rows of {source} are asked about")
    words = [*overrides, *([f"problems.count={count}"] if count else [])]
    settings = _stage_config(config, model, words, "formalizer", "judge", "informalizer", "prover", generated=not source)
    errors = Console(stderr=True)
    with Progress() as progress:
        if references:
            table = told_table(reference_error_file(settings, str(out), progress))
        else:
            table = filter_errors(judge_error_file(settings, source, str(out), progress))
    errors.print(table)
    print(out)


@app.command()
def prove(
    source: Annotated[str, typer.Argument(metavar="IN", help="statements of `synth formalize`, or problems with a statement")],
    out: RecordsOption,
    model: ModelOption = None,
    config: ConfigOption = None,
    overrides: SetOption = [],  # noqa: B006
) -> None:
    """Prove alone: statements in, verified pairs out; theorem and negation are searched together."""
    from synth.run.stages import prove_file
    from synth.show.progress import Progress

    settings = _stage_config(config, model, overrides, "prover")
    with Progress() as progress:
        pairs = prove_file(settings, source, str(out), progress)
    print(f"{len(pairs):,} verified pairs of {len({pair.statement_id for pair in pairs}):,} statements", file=sys.stderr)
    print(out)


@app.command()
def conjecture(
    source: Annotated[
        str, typer.Argument(metavar="IN", help="verified pairs; with --variants also statements, or problems with a statement")
    ],
    out: RecordsOption,
    variants: Annotated[
        str, typer.Option("--variants", metavar="RULE,…", help="variants by rule, asking no model: generalise, specialise, negate, mutate")
    ] = "",
    model: ModelOption = None,
    config: ConfigOption = None,
    overrides: SetOption = [],  # noqa: B006
) -> None:
    """New statements from proved ones: conjectures of a model (STP), or variants by rule; each kept or dropped with a reason.

    What the rules make, and what Lean is asked about it: docs/conjectures.md.
    """
    from synth.run.conjecturing import conjecture_file
    from synth.show.progress import Progress

    settings = _stage_config(config, model, overrides, "conjecturer", "prover")
    rules = [rule.strip() for rule in variants.split(",") if rule.strip()]
    with Progress() as progress:
        statements = conjecture_file(settings, source, rules, str(out), progress)
    print(f"{len(statements):,} statements, {sum(statement.kept for statement in statements):,} kept", file=sys.stderr)
    print(out)


@app.command()
def answer(
    source: Annotated[str, typer.Argument(metavar="IN", help="problems: JSONL, Parquet, CSV or a data set; or: generated")],
    out: RecordsOption,
    references: Annotated[Path | None, typer.Option(metavar="FILE", help="JSONL of text and answer, for the figures alone")] = None,
    direct: Annotated[bool, typer.Option("--direct", help="answer without programs that list small cases: the baseline")] = False,
    count: Annotated[int, typer.Option(min=1, help="generated: how many problems")] = 80,
    model: ModelOption = None,
    config: ConfigOption = None,
    overrides: SetOption = [],  # noqa: B006
) -> None:
    """Construct answers (ECP): problems that ask for something in; answers, the statements that have them, and proofs out.

    Programs that list small cases run in a jail. Answer accuracy and proved accuracy are told apart (docs/answers.md).
    """
    from synth.run.answers import answer_file, answer_generated
    from synth.show.progress import Progress

    settings = _stage_config(
        config,
        model,
        [*overrides, *(["answers.programs=0"] if direct else [])],
        *("formalizer", "conjecturer", "judge", "informalizer", "prover"),
    )
    with Progress() as progress:
        if source == "generated":
            figures = answer_generated(settings, count, str(out), progress)
        else:
            figures = answer_file(settings, source, references, str(out), progress)
    for line in figures.lines():
        print(line, file=sys.stderr)
    print(out)


@app.command(name="check-programs")
def check_programs(
    source: Annotated[str, typer.Argument(metavar="IN", help="a file or folder of programs: .py, .lean or .jsonl; or: generated")],
    out: RecordsOption,
    model: ModelOption = None,
    config: ConfigOption = None,
    count: Annotated[int, typer.Option(min=1, help="generated: how many programs; half of them have a bug")] = 60,
    seed: Annotated[int, typer.Option(help="generated: seed of the generator")] = 7,
    overrides: SetOption = [],  # noqa: B006
) -> None:
    """Programs with a requirement in; each proved, refuted with an input that Lean accepts, or undecided (ask).

    What the languages are: docs/programs.md. Without --model only the means that need none are used, and no Ray.
    """
    from synth.run.programs import check_generated, check_programs_file
    from synth.show.progress import Progress

    settings = _stage_config(config, model, overrides, "prover")
    with Progress() as progress:
        if source == "generated":
            report, bugs = check_generated(settings, count, seed, str(out), progress)
        else:
            report, bugs = check_programs_file(settings, source, str(out), progress), 0
    for line in report.lines(bugs):
        print(line, file=sys.stderr)
    print(out)


@app.command()
def train(
    source: Annotated[
        str, typer.Argument(metavar="IN", help="verified pairs: JSONL or Parquet, or an export; for the formalizer: what informalize wrote")
    ],
    out: Annotated[Path, typer.Option("--out", help="a folder; the new checkpoint is its model/")],
    role: Annotated[TrainRole, typer.Option("--role", help="what is trained: to prove, or to formalize")] = TrainRole.prover,
    model: ModelOption = None,
    config: ConfigOption = None,
    overrides: SetOption = [],  # noqa: B006
) -> None:
    """Train alone: one DeepSpeed round on verified pairs, or on the pairs of plain language and Lean of `synth informalize`."""
    from synth.run.stages import train_file
    from synth.show.progress import Progress

    settings = _stage_config(config, model, overrides, role.value)
    with Progress() as progress:
        result = train_file(settings, source, str(out), progress, role.value)
    print(f"{result.examples:,} examples, {result.tokens:,} tokens, {result.seconds:.0f} s", file=sys.stderr)
    print(result.dir)


@app.command(name="eval")
def evaluate(
    model: ModelOption = None,
    config: ConfigOption = None,
    overrides: SetOption = [],  # noqa: B006
    out: Annotated[str, typer.Option("--out", help="the accepted proofs, which training refuses: JSONL or Parquet by its ending")] = "",
) -> None:
    """Evaluate alone: pass@k on the held-out benchmark (`--set heldout.path=FILE` for one of your own), as JSON.

    Beside it: what cheap tactics prove, what the model proves, what only the model proves, and what could not be judged.
    """
    from synth.run.stages import eval_file
    from synth.show.progress import Progress

    settings = _stage_config(config, model, overrides, "prover")
    with Progress() as progress:
        figures = eval_file(settings, progress, out)
    print(json.dumps(figures, indent=2, ensure_ascii=False))


@app.command()
def compare(
    strategy: Annotated[
        str, typer.Argument(metavar="STRATEGY", help="what is set beside whole proofs: a strategy such as sketch, or negation")
    ],
    model: ModelOption = None,
    config: ConfigOption = None,
    overrides: SetOption = [],  # noqa: B006
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="how often it is done, each time with another seed")] = 3,
    most: Annotated[int, typer.Option("--most", min=1, help="attempts that whole proofs alone may take at most")] = 64,
    family: Annotated[str, typer.Option("--family", metavar="NAME", help="only the held-out statements of this family")] = "",
) -> None:
    """A strategy at equal budget, as JSON: whole proofs and STRATEGY against whole proofs alone, on held-out statements.

    Whole proofs alone get as many attempts as make them spend at least as many tokens, and as many core-seconds of Lean. Give the
    configuration of the run that made the model: its held-out statements are the ones that nothing was trained on.

    `negation`: how many proofs are sampled for each statement that is decided, where negations are searched too and where they are not;
    one statement in four is false, and both may sample as many.
    """
    from synth.run.compare import compare_file
    from synth.run.sides import NEGATION, negation_file
    from synth.show.progress import Progress

    settings = _stage_config(config, model, overrides, "prover")
    with Progress() as progress:
        if strategy == NEGATION:
            figures = negation_file(settings, seeds, progress)
        else:
            figures = compare_file(settings, strategy, seeds, most, progress, family)
    print(json.dumps(figures, indent=2, ensure_ascii=False))


@app.command()
def ablate(
    out: Annotated[Path, typer.Option("--out", help="a folder: results, tables.md, results.json, and the runs that are made")],
    runs: Annotated[
        list[str] | None,
        typer.Option("--run", metavar="RUN", help="take this finished run; a second one is for the other mode; default: both are made"),
    ] = None,
    only: Annotated[list[str] | None, typer.Option("--only", metavar="TABLE", help="only this table; may be given several times")] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="how often each arm is trained and evaluated")] = 2,
    tokens: Annotated[int, typer.Option(min=0, help="that each arm is trained on; 0: as a round of the run")] = 0,
    statements: Annotated[int, typer.Option(min=1, help="that each of the ablation's own searches is given at most")] = 150,
    model: ModelOption = None,
    config: Annotated[Path | None, typer.Option("--config", help="of the runs that are made; default: cluster/configs/ablate.yaml")] = None,
    overrides: SetOption = [],  # noqa: B006
) -> None:
    """DeepSeek-Prover's ablations on our own runs, with intervals, and in a word what of them reproduces.

    Tables: data, grade, iterations, pairs, negations, mode (docs/ablations.md). The same command goes on after an end; more seeds or
    tables add to what is there.
    """
    from synth.run.ablate import ablate as work
    from synth.run.ablation import Asked
    from synth.show.progress import Progress

    if runs and (model or config or overrides):
        raise UserError("--run: a given run has its own model and settings; leave out --model, --config and --set")
    with as_file(files("cluster") / "configs" / "ablate.yaml") as path:
        settings = _stage_config(config or path, model, overrides, "prover", generated=True)
    with Progress(resumable=True) as progress:
        text = work(runs or [], settings, Asked(out, seeds, tuple(only or ()), tokens, statements), progress)
    print(text)
    print(out)


@app.command()
def export(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="one or more run directories; they may still be written to")],
    to: Annotated[Path, typer.Option("--to", help="a new folder")],
    form: Annotated[ExportTo, typer.Option("--format", help="docs/corpora.md says what each holds")] = ExportTo.parquet,
    min_grade: Annotated[GradeFrom | None, typer.Option(help="the judge's lowest grade of statements; given ones are taken")] = None,
    audit: Annotated[AuditOf, typer.Option(help="strict: only what kernel objects decided, in a clean process")] = AuditOf.any,
    negations: Annotated[bool, typer.Option("--negations/--no-negations", help="proofs that a statement is false, too")] = True,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="longest statement and proof, by --tokenizer")] = None,
    tokenizer: Annotated[str, typer.Option(help="a checkpoint's folder, or a tokenizer.json")] = "",
    strategies: Annotated[list[str] | None, typer.Option("--strategy", help="only what this found; may be given several times")] = None,
    rounds: Annotated[list[int] | None, typer.Option("--round", help="only of this round; may be given several times")] = None,
    validation: Annotated[float, typer.Option(help="share of the problems that go to this split")] = 0.01,
    test: Annotated[float, typer.Option(help="share of the problems that go to this split")] = 0.01,
    seed: Annotated[int, typer.Option(help="of the splits")] = 0,
    shard_size: Annotated[str, typer.Option(help="size at which a file ends")] = "500MB",
    preset: Annotated[str, typer.Option(help="of sft-chat: how a prover is asked")] = "chat",
    licence: Annotated[str, typer.Option("--license", help="of the corpus, for its card: an identifier such as cc-by-4.0")] = "",
) -> None:
    """Write the verified pairs of runs as one corpus, each once, with lineage."""
    from synth.export.corpus import Asked
    from synth.export.corpus import export as export_corpus
    from synth.export.filters import Filters
    from synth.export.splits import Shares
    from synth.export.write import size_of

    filters = Filters(
        min_grade=min_grade.value if min_grade else None,  # type: ignore[arg-type]
        audit=audit.value,  # type: ignore[arg-type]
        negations=negations,
        max_tokens=max_tokens,
        tokenizer=tokenizer,
        strategies=tuple(strategies or ()),
        rounds=tuple(rounds or ()),
    )
    asked = Asked(filters, Shares(validation, test, seed), size_of(shard_size), preset, licence)
    counts = export_corpus(list(runs), to, form.value, asked)
    told = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items() if name not in ("pairs", "duplicates"))
    print(f"{counts['pairs']:,} pairs, {counts['duplicates']:,} duplicates left out{told and f'; {told}'}", file=sys.stderr)
    print(to)


@app.command()
def decontaminate(
    source: Annotated[str, typer.Argument(metavar="IN", help="pairs, an export, statements, or problems in any form")],
    against: Annotated[list[str], typer.Option("--against", metavar="FILE", help="a benchmark, in any form; may be given several times")],
    out: Annotated[str, typer.Option("--out", help="the rows that repeat none: JSONL or Parquet by its ending; the report lies beside it")],
    similarity: Annotated[
        float, typer.Option(min=0.05, max=1.0, help="likeness of words (Jaccard) from which two texts are one, if they say the same")
    ] = 0.7,
    lean: Annotated[
        bool, typer.Option("--lean/--no-lean", help="compare statements by the normal form that Lean gives, or by text")
    ] = True,
    backend: BackendOption = "auto",
    project: ProjectOption = None,
    repl: ReplOption = None,
    overrides: Annotated[
        list[str],
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="how problems are read: in IN, problems.fields.text=COLUMN; in each FILE, against.fields.text=COLUMN",
        ),
    ] = [],  # noqa: B006
) -> None:
    """Leave out of a file what is in a benchmark, in plain language or in Lean, and say what it was.

    Problems are written with all columns of their rows.
    """
    from synth.overrides import apply_overrides
    from synth.run.decontaminate import DecontaminateConfig, decontaminate_file, report_path
    from synth.show.progress import Progress
    from verify_workers.backends.choose import require_backend
    from verify_workers.config import PoolConfig

    settings = {"backend": require_backend(backend), "project": project, "repl": repl}
    pool = PoolConfig.model_validate(settings) if lean else None
    config = apply_overrides(DecontaminateConfig, DecontaminateConfig().model_dump(), overrides)
    with Progress() as progress:
        cleaned = decontaminate_file(source, against, out, pool, similarity, progress, config)
    counts = ", ".join(f"{count:,} by their {how}" for how, count in cleaned.counts.most_common()) or "none"
    print(f"{len(cleaned.rows):,} rows kept, left out: {counts}; see {report_path(out)}", file=sys.stderr)
    print(out)


@app.command()
def audit(
    dataset: Annotated[
        str, typer.Argument(metavar="DATASET", help="file or folder (JSONL, JSON, CSV, Parquet, Arrow) or a data set's name")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="audit.parquet, summary.json and audit.html are written here")],
    benchmarks: Annotated[
        list[str], typer.Option("--benchmark", metavar="FILE", help="that the corpus should not contain; may be given several times")
    ] = [],  # noqa: B006  # typer reads it only
    backend: BackendOption = "auto",
    strictness: Annotated[Audit, typer.Option("--audit", help=AUDIT_HELP)] = Audit.fast,
    project: ProjectOption = None,
    repl: ReplOption = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="seconds of Lean per row")] = 60.0,
    workers: Annotated[int, typer.Option(min=0, help="Lean workers; 0: from the machine's cores and memory")] = 0,
    allow_unsound_lean: UnsoundLeanOption = False,
    overrides: Annotated[
        list[str], typer.Option("--set", metavar="KEY=VALUE", help="how it is read and what is looked for, such as fields.proof=COLUMN")
    ] = [],  # noqa: B006
    as_json: JsonOption = False,
) -> None:
    """Verify somebody else's corpus again: one class for each row, and why.

    Rows are (statement, proof), (whole file), or both, with or without a header; columns are guessed by their names or said
    (--set fields.statement=, proof=, code=, header=, preamble=, text=, id=). Classes, in the order in which they count: unreadable,
    altered, axiom, placeholder, policy, rejected, vacuous, contaminated, duplicate, unsupported, unchecked, accepted (docs/howto.md).

    The same command goes on where it was stopped.
    """
    from pydantic import ValidationError

    from synth.audit.corpus import AuditConfig
    from synth.audit.corpus import audit as audit_corpus
    from synth.overrides import apply_overrides, explain
    from synth.show.progress import Progress
    from verify_workers.backends.choose import require_backend
    from verify_workers.config import PoolConfig

    config = apply_overrides(AuditConfig, AuditConfig(timeout=timeout).model_dump(), overrides)
    settings = {"backend": require_backend(backend), "audit": strictness.value, "project": project, "repl": repl, "workers": workers}
    try:
        pool = PoolConfig.model_validate({**settings, **_limits(timeout), "allow_unsound_lean": allow_unsound_lean})
    except ValidationError as error:
        raise UserError(explain(error, options=True)) from None
    with Progress(resumable=True) as progress:
        summary = audit_corpus(dataset, out, benchmarks, config, pool, progress, progress.note)
    if as_json:
        print(json.dumps(summary, indent=2, ensure_ascii=False))
        return
    counts = ", ".join(f"{count:,} {label}" for label, count in summary["labels"].items() if count)
    print(f"{summary['rows']:,} rows: {counts}", file=sys.stderr)
    print(out / "audit.html")


@app.command()
def report(run: RunArgument) -> None:
    """Write RUN/report.html: curves, rejects, and verified pairs with their lineage, in one page."""
    from synth.show.report import write_report

    print(write_report(run))


@app.command()
def trace(
    run: RunArgument,
    pair: Annotated[str, typer.Argument(metavar="PAIR", help="a pair's id, or the beginning of it")],
    as_json: JsonOption = False,
) -> None:
    """The whole ancestry of a pair: problem, prompts, weights, sampling, what it repairs, verdict, and a Lean file that re-verifies."""
    from synth.show import trace as show
    from synth.store.rundir import RunDir

    found = show.trace(RunDir.existing(run), pair)
    print(json.dumps(found, indent=2, ensure_ascii=False) if as_json else show.text(found), end="\n" if as_json else "")


@app.command()
def stats(
    run: RunArgument,
    as_json: JsonOption = False,
    overrides: Annotated[list[str], typer.Option("--set", metavar="KEY=VALUE", help="another price, such as prices.core_hour=0.05")] = [],  # noqa: B006
) -> None:
    """The funnel of a run, round by round: how many came how far, why the others did not, and what it cost, by strategy too."""
    from synth.show import stats as show
    from synth.store.rundir import RunDir

    store = RunDir.existing(run)
    found = show.stats(store, show.prices(store, overrides))
    if as_json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return
    console = Console(width=None if sys.stdout.isatty() else 180)
    for table in show.tables(found):
        console.print(table)
        console.print()


@app.command()
def simulate(
    run: Annotated[str, typer.Argument(metavar="RUN", help="a run directory: what things take is read from its records")],
    config: Annotated[Path | None, typer.Option("--config", metavar="CONFIG", help="simulate this configuration, not that of RUN")] = None,
    overrides: SetOption = [],  # noqa: B006  # typer reads it only
    cluster: Annotated[
        Path | None,
        typer.Option(
            "--cluster",
            metavar="FILE",
            help="a YAML file that says what there is and how fast it is (docs/capacity.md; examples in cluster/capacity/); "
            "default: the machine that RUN had",
        ),
    ] = None,
    cores: Annotated[int, typer.Option("--cores", help="cores of the machine that RUN had; 0 = as many as here")] = 0,
    against: Annotated[str, typer.Option("--against", metavar="RUN", help="a real run of what is simulated: how far off is it?")] = "",
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="keep the simulated run directory (`synth stats DIR`)")] = None,
    seed: Annotated[int, typer.Option("--seed", help="another draw of the same")] = 0,
    as_json: JsonOption = False,
) -> None:
    """What would a cluster do?  Throughput, idle shares, queues and cost, predicted from a run's records; nothing is started.

    The run's own driver, rounds, shards, search and pool schedule are executed on a simulated clock; engines, Lean and training only take
    their time, as recorded in RUN, or as --cluster says.  First try what you can check: predict a run that you also make.

    synth simulate runs/mine --set verify.workers=1                      one Lean worker fewer

    synth simulate runs/mine --set mode=async --against runs/async       and was it so?

    synth simulate runs/mine --config cluster/configs/cluster.yaml --cluster cluster/capacity/gpus_32.yaml
    """
    from synth.simulate.predict import predict, table
    from synth.simulate.setting import read_setting

    setting = read_setting(cluster) if cluster else None
    figures = predict(run, config, overrides, setting, out, seed, cores, against, lambda line: print(f"synth: {line}", file=sys.stderr))
    if as_json:
        print(json.dumps(figures, indent=2, ensure_ascii=False))
        return
    for line in table(figures):
        print(line)


@app.command()
def dashboard(run: RunArgument) -> None:
    """Make the W&B workspace of a run and print its address; needs wandb-workspaces and a W&B login (docs/monitoring.md).

    The same panels for Grafana: cluster/dashboards/proof-synth.json.
    """
    from synth.show.dashboard import save_workspace
    from synth.store.rundir import RunDir

    print(save_workspace(RunDir.existing(run)))


@app.command()
def status(
    run: RunArgument,
    watch: Annotated[float, typer.Option(min=0, help="seconds between looks, as long as the run is at work; 0: look once")] = 0.0,
    as_json: JsonOption = False,
) -> None:
    """How far a run is, wherever its directory is: rounds, records so far, and what it is doing now.  --json: a line at each look."""
    from synth.show.progress import Progress
    from synth.show.status import look

    console, shown = Console(), -1
    while True:
        found = look(run)
        if as_json:
            print(json.dumps(found.as_json(), ensure_ascii=False), flush=True)
        else:
            if len(found.rounds) > shown:  # the table again when a round is finished
                shown = len(found.rounds)
                progress = Progress(console, plain=True)
                progress.round_table(found.rounds)
                progress.print_table()
            console.print(found.line(), highlight=False, markup=False, soft_wrap=True)
        if not watch or not found.at_work:
            return
        time.sleep(watch)


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="print the findings as JSON")] = False,
    project: ProjectOption = None,
    repl: ReplOption = None,
    qualify: Annotated[
        bool, typer.Option("--qualify", help="with --project: find out whether its Lean is fit for the kernel audit, and record that")
    ] = False,
) -> None:
    """What works on this machine, and what to do about what does not.  Exit status 1 if something needed does not.

    With --project it walks from nothing to a lake project whose Lean, Mathlib and REPL work, one step at a time.

    With --qualify too, a Lean that this version does not know is examined for the fork backend: the layouts of its memory, the whole
    adversarial suite, and 300 rows that the process backend must answer alike (5 to 15 minutes).  What passes is recorded for this user.
    """
    from synth.doctor import diagnose, qualification, table

    if qualify and project is None:
        raise UserError("--qualify examines a lake project's Lean: name its folder with --project")
    rows = qualification(project) if qualify and project is not None else diagnose(project=project, repl=repl)
    if as_json:
        print(json.dumps([vars(row) for row in rows], indent=2))
    else:
        Console(width=None if sys.stdout.isatty() else 160).print(table(rows))
    if any(row.status == "fail" for row in rows):
        raise typer.Exit(1)


def _terminate(number: int, frame: FrameType | None) -> None:
    """A batch system's SIGTERM ends a run as Ctrl-C does, once."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _terminated.append(number)
    raise KeyboardInterrupt


_terminated: list[int] = []
_interrupted: list[int] = []  # the status then


def _leave(number: int) -> None:
    """End at once, for a signal, with all that was started."""
    print("synth: interrupted", file=sys.stderr, flush=True)
    _end_at_once(128 + number)


def _log_as_asked() -> None:
    level = os.environ.get("SYNTH_LOG", "warning")
    if level.upper() not in logging.getLevelNamesMapping():
        raise UserError(f"SYNTH_LOG={level}: no such level; use debug, info, warning or error")
    logging.basicConfig(level=level.upper(), format="%(levelname)s %(name)s: %(message)s")


def _open_standard_streams() -> None:
    """/dev/null in place of those that a daemon or a batch system has closed, or the next file would take their number."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        try:
            os.fstat(number)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, number)  # inheritable, as the standard streams are
            if null != number:
                os.close(null)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    _open_standard_streams()
    if argv is None:
        atexit.register(_exit_as_said)
    signal.signal(signal.SIGTERM, _terminate)
    try:
        _log_as_asked()
        status = app(args=None if argv is None else list(argv), prog_name="synth", standalone_mode=False) or 0
    except UserError as error:
        print(f"synth: {error}", file=sys.stderr)
        status = 2
    except TyperException as error:
        message = error.format_message() if isinstance(error, ClickException) else str(error)
        if message:  # without any argument the help was the answer
            print(f"synth: {' '.join(message.split())} (see `synth --help`)", file=sys.stderr)
        status = 2
    except ModuleNotFoundError as error:  # `pip install proof-synth` alone brings what checking proofs needs
        print(f"synth: this needs the whole pipeline ({error}): pip install 'proof-synth[cpu]' or 'proof-synth[gpu]'", file=sys.stderr)
        status = 2
    except (KeyboardInterrupt, typer.Abort):
        status = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except Exception:
        logging.getLogger("synth").exception("the run failed")
        status = 1
    if status == 130:
        words = sys.argv[1:] if argv is None else argv
        resumable = next((word for word in words if not word.startswith("-")), "") in RESUMABLE
        print("synth: interrupted" + ("; run the same command to continue" if resumable else ""), file=sys.stderr)
        status = 143 if _terminated else 130
        _interrupted.append(status)
    sys.exit(status)


def _exit_as_said() -> None:
    """The last thing at exit: after an interruption nothing is left running (a worker may just have been starting), and its status stands.

    Python ends by SIGINT itself where that reached code which C code had called, however it was dealt with further up.
    """
    if _interrupted:
        _end_at_once(_interrupted[0])


def _end_at_once(status: int) -> None:
    from verify_workers.processes import end_descendants

    logging.disable(logging.CRITICAL)  # what the others say of each other's death
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    end_descendants()
    os._exit(status)
