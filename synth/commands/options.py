"""Options that several commands have, and what is made of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from verify_workers.backends import BACKENDS
from verify_workers.errors import UserError

if TYPE_CHECKING:
    from synth.config import RunConfig
    from synth.llm.config import ModelRole

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
BackendOption = Annotated[
    str,
    typer.Option(
        "--backend", metavar="|".join(("auto", *BACKENDS)), help="how Lean runs; auto: the fastest of these whose self-test passes here"
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="print it as JSON")]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="a run directory")]
ModelOption = Annotated[
    Path | None,
    typer.Option(
        "--model",
        help="a Hugging Face checkpoint (the same as --set models.ROLE.path), or a run directory: what answers there after its last round",
    ),
]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="a YAML configuration; default: the embedded one")]
RecordsOption = Annotated[Path, typer.Option("--out", help="JSONL or Parquet by its ending")]


class Audit(StrEnum):
    """Audits of `synth verify`."""

    fast = "fast"
    strict = "strict"


def limits(timeout: float) -> dict[str, float]:
    """A pool's limits where each check may take `timeout` seconds; a time that is none is refused by its own name."""
    return {"timeout_last": max(300.0, timeout), "timeout_first": min(3.0, timeout) if timeout > 0 else 3.0}


@contextmanager
def by_option() -> Iterator[None]:
    """What a configuration made of options refuses, said by the options' names."""
    from pydantic import ValidationError

    from synth.overrides import explain

    try:
        yield
    except ValidationError as error:
        raise UserError(explain(error, options=True)) from None


def stage_settings(config: Path | None, model: Path | None, overrides: list[str], *roles: ModelRole, generated: bool = False) -> RunConfig:
    """The configuration of a stage alone, with what answers in `roles`."""
    from synth.stage_config import stage_config

    return stage_config(config, model, overrides, *roles, generated=generated)
