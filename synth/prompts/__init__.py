"""Prompts and parsers of the three roles: formalizer, grader, prover.

A prompt set is a folder of three jinja2 templates (`formalize`, `grade`, `prove`).  `embedded/` is the compact
set of our own small model; `chat/` is for instruction-tuned and prover models of any size; a user's folder works the
same way.  The parsers are shared: they accept a fenced ```lean block, a whole theorem, or the bare continuation
that the compact templates ask for, so both settings run through one code path.
"""

from __future__ import annotations

import hashlib
import re
import textwrap
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound

from synth.records import GRADES, Grade
from verify_workers.errors import UserError
from verify_workers.text.statement import StatementError, parse_theorem, source

Role = Literal["formalize", "grade", "prove"]
NAME = "X"  # every theorem is called this in prompts: a name carries no information about the proof
HERE = Path(__file__).parent
BUILT_IN = ("embedded", "chat")
FENCE = re.compile(r"```(?:lean4?|tactics)?[^\n]*\n(.*?)(?:```|\Z)", re.S)
DECLARATION = re.compile(r"(?:^|\s)(?:theorem|lemma)\s")


@dataclass(frozen=True)
class Proof:
    """A parsed proof: `proof` is what follows `:=`, `code` a whole file with helper lemmas of its own."""

    form: Literal["proof", "code"]
    text: str


@dataclass(frozen=True)
class PromptSet:
    """The three templates of `folder`; `hash(role)` identifies a template in lineage."""

    folder: Path

    @cached_property
    def _environment(self) -> Environment:
        return Environment(loader=FileSystemLoader(self.folder), undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False)

    def _render(self, role: Role, **values: str) -> str:
        return self._environment.get_template(f"{role}.jinja").render(**values)

    def hash(self, role: Role) -> str:
        return hashlib.sha256((self.folder / f"{role}.jinja").read_bytes()).hexdigest()[:12]

    def formalize(self, problem: str) -> str:
        return self._render("formalize", problem=_plain(problem), name=NAME)

    def grade(self, problem: str, statement: str) -> str:
        return self._render("grade", problem=_plain(problem), statement=_renamed(statement), goal=goal(statement), grades=", ".join(GRADES))

    def prove(self, statement: str) -> str:
        return self._render("prove", statement=_renamed(statement), goal=goal(statement))


def load_prompts(name_or_folder: str) -> PromptSet:
    """The built-in set `embedded` or `chat`, or a user's folder of templates.  Raises UserError."""
    folder = HERE / name_or_folder if name_or_folder in BUILT_IN else Path(name_or_folder)
    prompts = PromptSet(folder)
    for role in get_args(Role):
        try:
            prompts._environment.get_template(f"{role}.jinja")
        except TemplateNotFound:
            raise UserError(
                f"prompts: {folder} has no template {role}.jinja; name one of {', '.join(BUILT_IN)} or a folder with all three"
            ) from None
    return prompts


def _plain(text: str) -> str:
    """A problem's text on one line, in which nothing can pass for a role token of a tokenizer (`<|answer|>`)."""
    return " ".join(text.replace("<|", "< |").replace("|>", "| >").split())


def goal(statement: str) -> str:
    """What follows the theorem's name, on one line: `(n : ℕ) : n = n` or `: ∀ n, …`."""
    return " ".join(parse_theorem(statement).goal.split())


def _renamed(statement: str) -> str:
    return f"theorem {NAME} {goal(statement)}"


def _fenced(completion: str) -> str:
    blocks = FENCE.findall(completion)
    return str(blocks[-1]) if blocks else completion


# ---- formalizer --------------------------------------------------------------------------------------------------


def parse_formalization(completion: str) -> str | None:
    """The statement `theorem NAME …` in a formalizer's completion; None where there is none."""
    text = _fenced(completion).strip()
    found = list(DECLARATION.finditer(text))
    text = text[found[-1].start() :].strip() if found else f"theorem {NAME} {text}"
    try:
        theorem = parse_theorem(text)
    except StatementError:
        return None
    return source(theorem) if theorem.conclusion.strip() else None


def formalize_target(statement: str) -> str:
    """The completion that a formalizer should give for `statement` after the compact template."""
    return goal(statement)


# ---- grader ------------------------------------------------------------------------------------------------------


def parse_grade(completion: str) -> Grade | None:
    """The last grade named in a grader's completion (DeepSeek-Prover §3.2); None where none is."""
    text = completion.lower().replace("_", " ")
    found = [(text.rfind(grade), grade) for grade in GRADES]
    position, last = max(found, key=lambda pair: (pair[0], len(pair[1])))
    return last if position >= 0 else None


# ---- prover ------------------------------------------------------------------------------------------------------


def parse_proof(completion: str) -> Proof | None:
    """The proof in a prover's completion; None where it is empty."""
    text = _fenced(completion).strip("\n")
    if DECLARATION.search(text):
        return Proof("code", text.strip() + "\n")
    text = textwrap.dedent(text.rstrip()).removeprefix(":=").lstrip("\n")
    if not text.strip():
        return None
    if re.match(r"\s*by\b", text):
        return Proof("proof", text.strip())
    # Tactics are laid out by column: several lines stay aligned, under a `by` of their own.
    return Proof("proof", f"by {text.strip()}" if "\n" not in text else "by\n" + textwrap.indent(text, "  "))


def prove_target(proof: str) -> str:
    """The completion that a prover should give for `proof` (what follows `:=`) after the compact template."""
    return re.sub(r"^by\s+", "", proof.strip())
