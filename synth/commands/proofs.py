"""Proofs alone: `verify`, `shorten`, `serve`."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from synth.commands.ending import leave
from synth.commands.options import (
    AUDIT_HELP,
    Audit,
    BackendOption,
    JsonOption,
    ProjectOption,
    ReplOption,
    UnsoundLeanOption,
    by_option,
    limits,
)


class KiminaLines(StrEnum):
    """Where lines count from on Kimina's routes of `synth serve`."""

    file = "file"
    after_imports = "after_imports"


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
    from synth.show.progress import Progress
    from verify_workers.backends.choose import require_backend
    from verify_workers.config import PoolConfig, VerifyConfig
    from verify_workers.verify_file import Summary, verify_file

    with by_option():
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
                **limits(timeout),
            }
        )
        config = VerifyConfig(pool=pool, timeout=timeout, number_rows=number_rows)
    with Progress(resumable=cache is not None) as progress:

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
    """Shorten the proofs of verified pairs: tactics, hypotheses and arguments that
    are not needed; each step is verified (strict).

    synth shorten runs/first/pairs --out short.jsonl

    synth shorten pairs.jsonl --out short.jsonl --project mathlib --timeout 60

    A row of OUT keeps both proofs and what they rest on (proof, original_proof,
    axioms, original_axioms). Pairs that Lean does not accept as they are go to
    short.refused.jsonl, with the reason. The same command goes on after an end,
    and asks Lean nothing twice.
    """
    from synth.run.shortening import refused_path, shorten_file
    from synth.show.progress import Progress
    from verify_workers.backends.choose import require_backend
    from verify_workers.config import PoolConfig, VerifyConfig

    lean = {"backend": require_backend(backend), "audit": "strict", "project": project, "repl": repl, "workers": workers}
    with by_option():
        pool = PoolConfig.model_validate({**lean, **limits(timeout)})
        config = VerifyConfig(pool=pool, timeout=timeout)
    with Progress(resumable=True) as progress:
        found = shorten_file(
            source, str(out), config, lambda count, total: progress.set(progress.stage("shorten", total), count), progress.note
        )
    if as_json:
        print(json.dumps({**vars(found), "cut_percent": round(found.cut, 1)}))
        return
    for line in found.lines(str(refused_path(str(out)))):
        print(line, file=sys.stderr)
    print(out)


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
    bounds = {"max_mb": max_mb, "max_waiting": max_waiting, "max_timeout": max_timeout, "drain": drain}
    with by_option():
        pool = PoolConfig.model_validate({**lean, "workers": workers, "timeout_last": longest, "timeout_first": min(3.0, longest)})
        config = ServeConfig.model_validate({"host": host, "port": port, "api_key": api_key, "pool": pool, "lines": lines.value, **bounds})
    run_service(config, lambda address: print(f"serving on {address} (API: {address}/docs); Ctrl-C ends it", flush=True), leave)
