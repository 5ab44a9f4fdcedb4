"""Presets: templates, the shape of answers, stops and sampling defaults of a family of models, in one folder.

A folder holds `ROLE.jinja` for the roles it is good for (`formalize`, `grade`, `prove`) and, if it wants to differ from
the defaults below, `preset.yaml`.  The built-in ones are in `presets/`; a user's folder works the same way.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from synth.overrides import said
from synth.prompts.declarations import goal
from synth.prompts.prompt import Prompt, Role
from synth.records import GRADES, above
from verify_workers.errors import UserError
from verify_workers.text.statement import parse_theorem, renamed, source

PRESETS = Path(__file__).parent / "presets"
NAME = "X"  # what compact prompts call every theorem: a name carries no information about the proof
BUILT_IN = tuple(sorted(folder.name for folder in PRESETS.iterdir() if folder.is_dir()))


class RoleSettings(BaseModel):
    """How one role is asked; sizes in tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: str = Field("", description="system turn of a chat")
    prefill: str = Field("", description="start of the answer, given to the model")
    thinking: bool | None = Field(None, description="the chat template's switch for thoughts; None = as the template has it")
    thoughts: int = Field(0, ge=0, description="budget for thoughts, beside `max_tokens`; 0 = the model does not think")
    stop: tuple[str, ...] = Field((), description="texts that end an answer, beside the end of a turn")
    temperature: float = Field(1.0, ge=0)
    top_p: float = Field(1.0, gt=0, le=1)
    max_tokens: int = Field(2048, ge=1, description="of the answer proper")

    @property
    def budget(self) -> int:
        """Tokens that an answer may take: thoughts and answer."""
        return self.thoughts + self.max_tokens


class FormalizeSettings(RoleSettings):
    shape: Literal["goal", "statement", "file"] = Field(
        "file", description="`goal`: what follows the name, after the prompt; `statement`: a bare theorem; `file`: fenced, with a header"
    )
    name: str = Field(NAME, description="the name that the theorem is to have")


class GradeSettings(RoleSettings):
    shape: Literal["word", "line"] = Field("line", description="`word`: the grade alone; `line`: `grade: G` after an explanation")


class ProveSettings(RoleSettings):
    shape: Literal["compact", "body", "file"] = Field(
        "file",
        description="`compact`: the proof, without its `by`; `body`: the lines under the prompt's `:= by`; `file`: fenced whole file",
    )
    name: str = Field("", description="the name under which the theorem is shown; '' = its own")


class Preset(BaseModel):
    """The settings of a preset (`preset.yaml`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    chat: bool = Field(True, description="prompts are turns of a chat, laid out by the tokenizer's template; false: text to be continued")
    context: int = Field(4096, ge=64, description="tokens of prompt and answer together that the family was made for")
    formalize: FormalizeSettings = FormalizeSettings()
    grade: GradeSettings = GradeSettings()
    prove: ProveSettings = ProveSettings()
    roles: dict[str, RoleSettings] = Field({}, description="settings of further roles, which need no more than a template")


class PromptSet:
    """The preset in `folder`, and its prompts.  `hash(role)` identifies template and settings in lineage.

    A template is read once: what changes in the folder later changes neither prompts nor hashes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.preset = _preset(folder)
        self._hashes: dict[Role, str] = {}

    @cached_property
    def _environment(self) -> Environment:
        loader = FileSystemLoader(self.folder)
        return Environment(loader=loader, undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False, auto_reload=False)

    def require(self, *roles: Role) -> None:
        """UserError if a template of `roles` is missing or is no template."""
        for role in roles:
            try:
                self._environment.get_template(f"{role}.jinja")
            except TemplateNotFound:
                raise UserError(
                    f"prompts: {self.folder} has no template {role}.jinja, which the role {role} needs: add it, or give the role"
                    f" another preset ({', '.join(name for name in BUILT_IN if (PRESETS / name / f'{role}.jinja').exists())})"
                ) from None
            except TemplateError as error:
                raise UserError(f"prompts: {self.folder / f'{role}.jinja'} is no jinja2 template: {error}") from None

    def settings(self, role: Role) -> RoleSettings:
        built_in: dict[Role, RoleSettings] = {"formalize": self.preset.formalize, "grade": self.preset.grade, "prove": self.preset.prove}
        return built_in.get(role) or self.preset.roles.get(role, RoleSettings())

    def hash(self, role: Role) -> str:
        if role not in self._hashes:
            self.require(role)
            asked = json.dumps([self.preset.chat, self.settings(role).model_dump()], sort_keys=True)
            template = (self.folder / f"{role}.jinja").read_bytes()
            self._hashes[role] = hashlib.sha256(template + asked.encode()).hexdigest()[:12]
        return self._hashes[role]

    def formalize(self, problem: str, header: str = "") -> Prompt:
        """Ask for the statement of `problem`; `header` is what will stand before it."""
        settings = self.preset.formalize
        text = self._render("formalize", problem=problem.strip(), header=header.strip(), name=settings.name)
        return self._prompt("formalize", text, shape=settings.shape, name=settings.name, header=header)

    def grade(self, problem: str, statement: str, header: str = "", preamble: str = "") -> Prompt:
        """Ask how well `statement` says what `problem` does."""
        text = self._render(
            "grade", problem=problem.strip(), header=above(header, preamble), grades=", ".join(GRADES), **shown_theorem(statement, "")
        )
        return self._prompt("grade", text, shape=self.preset.grade.shape)

    def prove(self, statement: str, header: str = "", preamble: str = "", problem: str = "") -> Prompt:
        """Ask for a proof of `statement` below `header` and `preamble`; `problem` is its text in plain language, if it has one."""
        settings = self.preset.prove
        shown = shown_theorem(statement, settings.name)
        front = above(header, preamble)
        text = self._render("prove", problem=problem.strip(), header=front, doc=_doc(problem), **shown)
        return self._prompt("prove", text, shape=settings.shape, name=shown["name"], statement=statement, header=front)

    def ask(self, role: Role, reading: Mapping[str, Any] = MappingProxyType({}), **shown: str) -> Prompt:
        """The template of any role, which shows the values `shown`; `reading` goes into the prompt for whoever reads the answer."""
        return self._prompt(role, self._render(role, **shown), **reading, shown=shown)

    def _prompt(self, role: Role, text: str, **reading: Any) -> Prompt:
        settings = self.settings(role)
        system = settings.system if self.preset.chat else ""
        return Prompt(role, text, self.preset.chat, system, settings.prefill, settings.thinking, settings.stop, **reading)

    def _render(self, role: Role, **values: str) -> str:
        self.require(role)
        try:
            return self._environment.get_template(f"{role}.jinja").render({name: _plain(value) for name, value in values.items()})
        except TemplateError as error:  # a name that is not there
            raise UserError(f"prompts: {self.folder / f'{role}.jinja'}: {error}; there are {', '.join(sorted(values))}") from None


def load_prompts(name_or_folder: str) -> PromptSet:
    """A built-in preset, or a user's folder of templates ('' = `chat`).  Raises UserError."""
    name = name_or_folder or "chat"
    folder = PRESETS / name if name in BUILT_IN else Path(name)
    if not folder.is_dir():
        raise UserError(f"prompts: no preset and no folder {name}; name one of {', '.join(BUILT_IN)} or a folder of templates")
    return PromptSet(folder)


def _preset(folder: Path) -> Preset:
    file = folder / "preset.yaml"
    if not file.exists():
        return Preset()
    try:
        return Preset.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")) or {})
    except yaml.YAMLError as error:
        raise UserError(f"{file}: not valid YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(f"{file}: {'.'.join(map(str, first['loc'])) or 'preset'}: {said(first)}") from None


def shown_theorem(statement: str, name: str) -> dict[str, str]:
    """What templates may show of a statement: its `name` ('' = its own), its `goal` on one line, and all of it in its own layout."""
    theorem = parse_theorem(statement)
    name = name or theorem.name
    return {"name": name, "goal": goal(statement), "statement": source(theorem) if name == theorem.name else renamed(theorem, name)}


def _doc(problem: str) -> str:
    """The problem as a doc comment before the theorem, with its line break; '' where there is none."""
    text = problem.strip().replace("-/", "- /").replace("/-", "/ -")
    return f"/-- {text} -/\n" if text else ""


def _plain(text: str) -> str:
    """The text in which nothing can pass for a role token of a tokenizer (`<|answer|>`)."""
    return re.sub(r"<\|(\w+)\|>", r"< |\1| >", text)
