"""Is a command what it claims to be?  Asked of what would read it: the command line's own parser, the configuration's loader, make's file.

Nothing is started.
"""

from __future__ import annotations

import ast
import configparser
import functools
import itertools
import re
import shlex
import subprocess
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import typer
from pydantic import ValidationError

from synth.audit.corpus import AuditConfig
from synth.cli import app
from synth.config import load_config
from synth.overrides import apply_overrides, explain
from synth.run.decontaminate import DecontaminateConfig
from synth.show.stats import Priced
from tests.pages.blocks import ROOT
from verify_workers.errors import UserError
from verify_workers.serve.app import VerifyRequest

OWN = {"audit": AuditConfig, "decontaminate": DecontaminateConfig, "stats": Priced}
"""Commands whose `--set` is of another configuration than a run's."""
PLAIN = frozenset({".", "cat", "cd", "cut", "echo", "git"})
"""Programs of any machine: bash reads the line, and there is nothing more to know."""
FOLDERS = ("cluster/", "docs/", "examples/", "notebooks/", "requirements/", "tests/")


@functools.cache
def _cli() -> Any:
    """The command line's parser."""
    return typer.main.get_command(app)


def fault(text: str) -> str:
    """What is wrong with a command; '' where nothing is."""
    read = subprocess.run(["bash", "-n", "-c", text], capture_output=True, text=True, check=False)
    if read.returncode:
        return read.stderr.strip()
    line = text.split("<<")[0] if "<<" in text else text.replace("\\\n", " ")
    words = shlex.split(line, comments=True)
    if any("…" in word for word in words):
        return "`…` is no command: write it out, or say it outside of the block"
    return next((said for part in _simple(words) if (said := _fault(part))), "")


def fault_in_passing(text: str) -> str:
    """What is wrong with a command that a sentence names, which may leave things out (`synth run … --dry-run`): name and options count."""
    words = text.split()
    if words[0] == "synth":
        return _named(words[1:])
    if words[0] == "make":
        return _make([word for word in words[1:] if re.fullmatch("[a-z-]+", word)])
    return _python(words[1:]) if words[0] == "python" and len(words) > 1 and words[1].startswith(FOLDERS) else ""


def _named(words: list[str]) -> str:
    """Is there such a command of `synth`, with these options?"""
    group, names = _cli(), list(words)
    while hasattr(group, "commands"):
        if not names or not re.fullmatch("[a-z-]+", names[0]):
            return ""
        if names[0] not in group.commands:
            return f"there is no command {names[0]}"
        group = group.commands[names.pop(0)]
    known = {"--help"} | {option for parameter in group.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return next((f"no such option: {word}" for word in names if word.startswith("--") and word.split("=")[0] not in known), "")


def _simple(words: list[str]) -> list[list[str]]:
    """The simple commands in the words of a list or a pipe, without what goes to and comes from files."""
    parts: list[list[str]] = [[]]
    for word in words:
        if word in ("&&", "||", "|", ";", "&"):
            parts.append([])
        else:
            parts[-1].append(word)
    return [part for part in parts if part]


def _fault(words: list[str]) -> str:
    missing = [word for word in words if word.startswith(FOLDERS) and not (ROOT / word).exists()]
    if missing:
        return f"{missing[0]}: no such file here"
    if words[0] in PLAIN:
        return ""
    if words[0] not in KNOWN:
        return f"nothing is known of `{words[0]}`: say in tests/pages/commands.py how it is checked"
    return KNOWN[words[0]](words[1:])


def _synth(words: list[str]) -> str:
    """As the command line itself reads it, with every `--set` as its configuration does."""
    try:
        parameters, name = _parsed(words)
        overrides = list(parameters.get("overrides") or [])
        if name in OWN:
            apply_overrides(OWN[name], {}, overrides)
        elif "overrides" in parameters:
            given = parameters.get("config")
            with as_file(files("cluster") / "configs" / "embedded.yaml") as embedded:
                load_config(ROOT / given if given and (ROOT / given).exists() else embedded, overrides)
    except UserError as error:
        return str(error)
    except typer.Exit:  # --help
        return ""
    except Exception as error:  # the parser's own, which typer hides
        if hasattr(error, "format_message"):
            return str(error.format_message())
        raise
    return ""


def _parsed(words: list[str]) -> tuple[dict[str, object], str]:
    """The parameters of a command, and its name."""
    group: Any = _cli()
    context = group.make_context("synth", list(words))
    while hasattr(group, "resolve_command"):
        name, command, rest = group.resolve_command(context, list(words))
        assert command is not None and name is not None
        context = command.make_context(name, rest, parent=context)
        group, words = command, rest
    return context.params, name


def _make(words: list[str]) -> str:
    targets = set(re.findall(r"^([\w-]+):(?!=)", (ROOT / "Makefile").read_text(), re.M))
    return next((f"make has no target {word}" for word in words if "=" not in word and word not in targets), "")


def _python(words: list[str]) -> str:
    match words:
        case ["-c", code, *_]:
            ast.parse(code)
            return ""
        case ["-m", module, *_]:
            path = ROOT / Path(*module.split("."))
            return "" if path.with_suffix(".py").exists() or (path / "__init__.py").exists() else f"{module}: no such module here"
        case [script, *rest]:
            code = (ROOT / script).read_text(encoding="utf-8") if (ROOT / script).exists() else None
            if code is None:
                return f"{script}: no such file here"
            return next((f"{script} has no {word}" for word in rest if word.startswith("--") and f'"{word.split("=")[0]}"' not in code), "")
    return ""


def _pip(words: list[str]) -> str:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    asked = [extra for word in words for extra in ",".join(re.findall(r"\[([\w,-]+)\]", word)).split(",") if extra]
    return next((f"setup.cfg has no extra {extra}" for extra in asked if extra not in setup["options.extras_require"]), "")


def _ray(words: list[str]) -> str:
    """`ray job submit … -- COMMAND`: the command is ours."""
    return _fault(words[words.index("--") + 1 :]) if "--" in words else "where is the job's command?"


def _curl(words: list[str]) -> str:
    """What is sent to the service is what it takes."""
    for word, value in itertools.pairwise(words):
        if word in ("-d", "--data"):
            try:
                VerifyRequest.model_validate_json(value)
            except ValidationError as error:
                return f"{word}: {explain(error)}"
    return ""


KNOWN: dict[str, Callable[[list[str]], str]] = {
    "curl": _curl,
    "make": _make,
    "pip": _pip,
    "python": _python,
    "ray": _ray,
    "synth": _synth,
}
