"""The command line: `synth`, also `python -m synth`.

Exit status: 0 done; 1 the run itself failed; 2 a usage or input error, said in one line; 130 interrupted (Ctrl-C),
143 terminated.  Results go to standard output, everything else to standard error.  Commands import what they need when
they run, so that `synth --help` is quick.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
from collections.abc import Sequence

import typer
from typer._click.exceptions import ClickException, UsageError
from typer.exceptions import TyperException

from synth.commands import corpora, ending, experiments, learning, looking, pipeline, proofs, stages
from synth.commands.cluster import cluster_app
from verify_workers.errors import UserError, in_our_words

# Commands that continue after an interruption, where they have the option; the others write their output whole or not at all.
RESUMABLE = {"verify": "--cache", "eval": "--out"} | dict.fromkeys(
    (
        *("run", "demo", "formalize", "informalize", "judge-error", "prove", "conjecture", "answer", "check-programs", "train"),
        *("shorten", "decontaminate", "ablate", "audit"),
    ),
    "",
)

app = typer.Typer(
    help="Verified Lean 4 proof data: autoformalize, prove, verify, train, repeat.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(cluster_app, name="cluster")
app.command()(pipeline.run)
app.command()(pipeline.demo)
app.command()(proofs.verify)
app.command()(proofs.shorten)
app.command()(proofs.serve)
app.command()(stages.formalize)
app.command()(stages.informalize)
app.command("judge-error")(stages.judge_error)
app.command()(stages.prove)
app.command()(stages.conjecture)
app.command()(stages.answer)
app.command("check-programs")(stages.check_programs)
app.command()(learning.train)
app.command("eval")(learning.evaluate)
app.command()(experiments.compare)
app.command()(experiments.ablate)
app.command()(corpora.export)
app.command()(corpora.decontaminate)
app.command()(corpora.audit)
app.command()(looking.report)
app.command()(looking.trace)
app.command()(looking.stats)
app.command()(experiments.simulate)
app.command()(looking.dashboard)
app.command()(looking.status)
app.command()(looking.doctor)


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


def _goes_on(words: Sequence[str]) -> str:
    """What the same command, interrupted, will do: go on, perhaps with an option that it was not given."""
    option = RESUMABLE.get(next((word for word in words if not word.startswith("-")), ""))
    if option is None:
        return ""
    if not option or any(word.partition("=")[0] == option for word in words):
        return "; run the same command to continue"
    return f"; nothing was written (with {option} FILE the same command would continue)"


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    _open_standard_streams()
    if argv is None:
        atexit.register(ending.exit_as_said)
    ending.listen()
    try:
        _log_as_asked()
        status = app(args=None if argv is None else list(argv), prog_name="synth", standalone_mode=False) or 0
    except UserError as error:
        print(f"synth: {error}", file=sys.stderr)
        status = 2
    except TyperException as error:
        message = error.format_message() if isinstance(error, ClickException) else str(error)
        if message:  # without any argument the help was the answer
            where = error.ctx.command_path if isinstance(error, UsageError) and error.ctx else "synth"
            print(f"synth: {in_our_words(' '.join(message.split()))} (see `{where} --help`)", file=sys.stderr)
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
    status = ending.status_of(status)
    if status in (130, 143):
        print("synth: interrupted" + _goes_on(sys.argv[1:] if argv is None else argv), file=sys.stderr)
        ending.interrupted.append(status)
    sys.exit(status)
