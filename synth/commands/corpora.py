"""Corpora: `export`, `decontaminate`, `audit`."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

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
    """Leave out of a file what is in a benchmark, in plain language or in Lean, and
    say what it was.

    synth decontaminate problems.jsonl --against minif2f.jsonl --against
    mine.csv --out clean.jsonl

    synth decontaminate pairs.parquet --against minif2f.jsonl --out clean.parquet
    --project mathlib

    synth decontaminate problems.jsonl --against test.csv --out clean.jsonl
    --set against.fields.text=question

    Pairs and statements are written as they are, problems with all columns of
    their rows. The report names every match: clean.contamination.json beside
    clean.jsonl. Lean's normal forms find renamed, reordered and negated
    statements; with --no-lean texts are compared. The same command goes on
    after an end, and asks Lean nothing twice.
    """
    from synth.overrides import apply_overrides
    from synth.run.decontaminate import DecontaminateConfig, decontaminate_file, report_path
    from synth.show.progress import Progress
    from verify_workers.backends.choose import require_backend
    from verify_workers.config import PoolConfig

    settings = {"backend": require_backend(backend), "project": project, "repl": repl}
    pool = PoolConfig.model_validate(settings) if lean else None
    config = apply_overrides(DecontaminateConfig, DecontaminateConfig().model_dump(), overrides)
    with Progress(resumable=True) as progress:
        cleaned = decontaminate_file(source, against, out, pool, similarity, progress, config)
    counts = ", ".join(f"{count:,} by their {how}" for how, count in cleaned.counts.most_common()) or "none"
    print(f"{len(cleaned.rows):,} rows kept, left out: {counts}; see {report_path(out)}", file=sys.stderr)
    print(out)


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
    from synth.audit.corpus import AuditConfig
    from synth.audit.corpus import audit as audit_corpus
    from synth.overrides import apply_overrides
    from synth.show.progress import Progress
    from verify_workers.backends.choose import require_backend
    from verify_workers.config import PoolConfig

    config = apply_overrides(AuditConfig, AuditConfig(timeout=timeout).model_dump(), overrides)
    settings = {"backend": require_backend(backend), "audit": strictness.value, "project": project, "repl": repl, "workers": workers}
    with by_option():
        pool = PoolConfig.model_validate({**settings, **limits(timeout), "allow_unsound_lean": allow_unsound_lean})
    with Progress(resumable=True) as progress:
        summary = audit_corpus(dataset, out, benchmarks, config, pool, progress, progress.note)
    if as_json:
        print(json.dumps(summary, indent=2, ensure_ascii=False))
        return
    counts = ", ".join(f"{count:,} {label}" for label, count in summary["labels"].items() if count)
    print(f"{summary['rows']:,} rows: {counts}", file=sys.stderr)
    print(out / "audit.html")
