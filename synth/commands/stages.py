"""Single stages of a run on files: problems, statements, answers, programs, proofs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from synth.commands.options import ConfigOption, ModelOption, RecordsOption, SetOption, stage_settings
from verify_workers.errors import UserError


def formalize(
    source: Annotated[str, typer.Argument(metavar="IN", help="problems: JSONL, Parquet, CSV or a data set")],
    out: RecordsOption,
    model: ModelOption = None,
    config: ConfigOption = None,
    overrides: SetOption = [],  # noqa: B006
) -> None:
    """Formalize alone: problems in, statements out, kept or dropped with a reason.

    The same command goes on after an end, and asks nothing twice.
    """
    from synth.run.stages import formalize_file
    from synth.show.progress import Progress

    settings = stage_settings(config, model, overrides, "formalizer", "judge", "informalizer", "prover", generated=not source)
    with Progress(resumable=True) as progress:
        statements = formalize_file(settings, source, str(out), progress)
    print(f"{len(statements):,} statements, {sum(statement.kept for statement in statements):,} kept", file=sys.stderr)
    print(out)


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
    settings = stage_settings(config, model, words, "informalizer", "formalizer", "judge", "prover")
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
    """How often the statement filters are wrong: of each alone and of all together,
    how many faithful statements pass and how many unfaithful ones are dropped.

    synth judge-error labels.jsonl --out judge.json --config my.yaml

    synth judge-error --count 300 --out judge.json --model CHECKPOINT

    synth judge-error --references --out cheap.json

    A row of IN: {"text": "the problem", "statement": "theorem X : …",
    "faithful": true}. Some hundred of either kind, by your own formalizer on
    your own problems, say what the error on yours is. Without IN the
    formalizer is asked for statements of generated problems, and the
    generator's own are the labels.

    A run with --set filters.calibration=OUT states its faithful share corrected
    by this, with an interval (docs/statements.md). The same command goes on
    after an end, and asks nothing twice.
    """
    from synth.run.judge import judge_error_file, reference_error_file
    from synth.show.errors import filter_errors, told_table
    from synth.show.progress import Progress

    if source and references:
        raise UserError(f"--references: the generator's own statements; leave {source} out")
    if source and count:
        raise UserError(f"--count is for generated problems; all rows of {source} are asked about")
    words = [*overrides, *([f"problems.count={count}"] if count else [])]
    settings = stage_settings(config, model, words, "formalizer", "judge", "informalizer", "prover", generated=not source)
    errors = Console(stderr=True)
    with Progress(resumable=True) as progress:
        if references:
            table = told_table(reference_error_file(settings, str(out), progress))
        else:
            table = filter_errors(judge_error_file(settings, source, str(out), progress))
    errors.print(table)
    print(out)


def prove(
    source: Annotated[str, typer.Argument(metavar="IN", help="statements of `synth formalize`, or problems with a statement")],
    out: RecordsOption,
    model: ModelOption = None,
    config: ConfigOption = None,
    overrides: SetOption = [],  # noqa: B006
) -> None:
    """Prove alone: statements in, verified pairs out; theorem and negation are
    searched together.

    synth prove statements.jsonl --out pairs.jsonl --model CHECKPOINT

    synth prove minif2f.jsonl --out pairs.jsonl --set verify.project=mathlib
    --set models.prover.endpoint=URL --set models.prover.name=NAME

    search.attempts is how many proofs are sampled a side, search.timeout how
    many seconds Lean has for each. The same command goes on after an end, and
    searches nothing twice. Failed attempts with their verdicts are in OUT.run,
    a run directory: synth export OUT.run --to DIR --format rejects.
    """
    from synth.run.stages import prove_file
    from synth.show.progress import Progress

    settings = stage_settings(config, model, overrides, "prover")
    with Progress(resumable=True) as progress:
        pairs = prove_file(settings, source, str(out), progress)
    print(f"{len(pairs):,} verified pairs of {len({pair.statement_id for pair in pairs}):,} statements", file=sys.stderr)
    print(out)


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
    """New statements from proved ones: conjectures of a model (STP), or variants by
    rule; each kept or dropped with a reason.

    synth conjecture pairs.jsonl --out new.jsonl --model CHECKPOINT

    synth conjecture statements.jsonl --out variants.jsonl --variants
    generalise,specialise,negate

    synth conjecture benchmark.jsonl --out copies.jsonl --variants mutate

    A conjecture starts from a lemma that a proof uses (conjectures.need_lemma=
    false: from any proof). generalise: a number becomes a variable; specialise:
    a variable becomes a number; negate; mutate: copies for tests of
    contamination, which nothing should be trained on. What Lean is asked about
    each: docs/conjectures.md. Kept rows go to synth prove OUT. The same command
    goes on after an end, and asks nothing twice.
    """
    from synth.run.conjecturing import conjecture_file
    from synth.show.progress import Progress

    settings = stage_settings(config, model, overrides, "conjecturer", "prover")
    rules = [rule.strip() for rule in variants.split(",") if rule.strip()]
    with Progress(resumable=True) as progress:
        statements = conjecture_file(settings, source, rules, str(out), progress)
    print(f"{len(statements):,} statements, {sum(statement.kept for statement in statements):,} kept", file=sys.stderr)
    print(out)


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
    """Construct answers (ECP): problems that ask for something in; answers, the
    statements that have them, and proofs out.

    synth answer problems.jsonl --out answered.jsonl --model CHECKPOINT

    synth answer problems.jsonl --out answered.jsonl --references known.jsonl
    --set models.prover.endpoint=URL --set models.prover.name=NAME (which then
    answers in all roles)

    synth answer generated --count 40 --out answered.jsonl --model CHECKPOINT

    A row of IN: {"text": "Find the least n with n * n > 50."}. A row of
    --references: {"text": "the same text", "answer": "8"}, a Lean term.

    Programs that list small cases run in a jail (answers.seconds,
    answers.memory_mb). A row of OUT has the answer, the statement with it, the
    proof where one was found, and what became of everything else; answer
    accuracy and proved accuracy are told apart (docs/answers.md). Attempts with
    their verdicts are in the run directory OUT.run. The same command goes on
    after an end, and asks nothing twice.
    """
    from synth.run.answers import answer_file, answer_generated
    from synth.show.progress import Progress

    settings = stage_settings(
        config,
        model,
        [*overrides, *(["answers.programs=0"] if direct else [])],
        *("formalizer", "conjecturer", "judge", "informalizer", "prover"),
    )
    with Progress(resumable=True) as progress:
        if source == "generated":
            figures = answer_generated(settings, count, str(out), progress)
        else:
            figures = answer_file(settings, source, references, str(out), progress)
    for line in figures.lines():
        print(line, file=sys.stderr)
    print(out)


def check_programs(
    source: Annotated[str, typer.Argument(metavar="IN", help="a file or folder of programs: .py, .lean, .scala or .jsonl; or: generated")],
    out: RecordsOption,
    model: ModelOption = None,
    config: ConfigOption = None,
    count: Annotated[int, typer.Option(min=1, help="generated: how many programs; half of them have a bug")] = 60,
    seed: Annotated[int, typer.Option(help="generated: seed of the generator")] = 7,
    overrides: SetOption = [],  # noqa: B006
) -> None:
    """Programs with a requirement in; each proved, refuted with an input that Lean
    accepts, or undecided (ask).

    synth check-programs examples/programs --out decisions.jsonl

    synth check-programs rows.jsonl --out decisions.jsonl --model CHECKPOINT

    synth check-programs generated --count 60 --seed 7 --out decisions.jsonl

    A program of a .py file: def double(n: Nat) -> Nat: return n + n, and what
    it is to do: def requirement_even(n: Nat) -> bool: return double(n) % 2 ==
    0. A row of .jsonl: {"program": "…"}, or {"definitions": "def f …",
    "requirement": "∀ n, …"} in Lean. A .lean file: definitions, then theorems
    without proofs. What the languages are: docs/programs.md.

    With a model (--model, or an endpoint) programs in other languages, or with
    loops, and requirements in words are formalized by it: rows {"program": "…",
    "language": "scala"}, {"definitions": "…", "text": "f never decreases"}. Such
    rows of OUT say who made them (translated_by, stated_by), and of what; read
    them before you rely on them.

    Without --model only the means that need none are used, and no Ray;
    search.timeout (seconds) bounds each check of Lean. Attempts with their
    verdicts are in the run directory OUT.run. The same command goes on after an
    end, and decides nothing twice.
    """
    from synth.run.programs import check_generated, check_programs_file
    from synth.show.progress import Progress

    settings = stage_settings(config, model, overrides, "prover", "formalizer", "judge", "informalizer")
    with Progress(resumable=True) as progress:
        if source == "generated":
            report, bugs = check_generated(settings, count, seed, str(out), progress)
        else:
            report, bugs = check_programs_file(settings, source, str(out), progress), 0
    for line in report.lines(bugs):
        print(line, file=sys.stderr)
    print(out)
