"""Natural-language annotations (Herald, arXiv 2410.10878 §3.1): of declarations with what surrounds them, of proofs step by step.

`annotate` and `explain` ask the informalizer; `formalize_back` and `follow` ask the formalizer to come back to the Lean, and
`match` asks the judge whether it did.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from textwrap import dedent

from synth.prompts.answer import answer_proper
from synth.prompts.back import shown
from synth.prompts.declarations import declarations, one_line, tokens
from synth.prompts.preset import PromptSet, shown_theorem
from synth.prompts.prompt import Prompt, Unread
from synth.prompts.prover import Proof, compact
from synth.records import above
from verify_workers.text.lexer import BRACKETS, CLOSERS
from verify_workers.text.statement import parse_theorem, renamed

MAX_STEPS = 40  # of one proof; a longer one has its last lines in the last step
_NUMBERED = re.compile(r"^[\s*_#>-]*(?:step\s*)?(\d+)\s*[.):][\s*_]*(.*)", re.I)
_BINDER = re.compile(r"[({\[⦃][^\W\d][\w']*(?: [^\W\d][\w']*)* : ")


@dataclass(frozen=True)
class Surroundings:
    """What is shown with a declaration: its name and kind, its documentation, what it uses (with its words), what stands near it."""

    name: str = ""
    kind: str = "theorem"
    doc: str = ""
    uses: str = ""
    neighbours: str = ""

    def values(self) -> dict[str, str]:
        return {name: str(value).strip() for name, value in vars(self).items()}


ALONE = Surroundings()


def annotate(prompts: PromptSet, lean: str, header: str = "", preamble: str = "", around: Surroundings = ALONE) -> Prompt:
    """Ask for the plain language of `lean`: a theorem's statement, or the whole text of another declaration."""
    if around.kind == "theorem":
        named = renamed(parse_theorem(lean), around.name) if around.name else lean
        values = shown(named, header, preamble)
    else:
        values = {"statement": lean.strip(), "goal": one_line(lean), "header": above(header, preamble)}
    return prompts.ask("annotate", {}, **values, **around.values())


def explain(
    prompts: PromptSet, statement: str, proof: Proof, text: str, header: str = "", preamble: str = "", around: Surroundings = ALONE
) -> Prompt:
    """Ask what each step of `proof` does, `text` being what the statement says in words."""
    named = renamed(parse_theorem(statement), around.name) if around.name else statement
    values = shown(named, header, preamble)
    written = proof.text.strip()
    if proof.form == "code":
        values["statement"] = ""  # it stands in the file
    elif not written.startswith("|"):  # a proof by cases has no sign before it
        written = f":= {written}"
    numbered = "\n".join(f"{n}. {_short(step)}" for n, step in enumerate(proof_steps(proof), 1))
    parts = {"proof": written, "compact": compact(proof.text.strip()), "text": text, "steps": numbered}
    return prompts.ask("explain", {}, **values, **parts, **around.values())


def formalize_back(prompts: PromptSet, text: str, header: str = "", preamble: str = "", vocabulary: str = "") -> Prompt:
    """Ask for the statement of `text`; the formalizer is trained on pairs with this very prompt.

    The vocabulary of a project stands below the header; it is no part of an answer.
    """
    prompt = prompts.formalize(text, above(above(header, preamble), vocabulary))
    return replace(prompt, header=header)


def follow(prompts: PromptSet, statement: str, text: str, steps: str, header: str = "", preamble: str = "") -> Prompt:
    """Ask for a Lean proof of `statement` that goes as `steps` say; answers are read as a prover's."""
    settings, front = prompts.preset.prove, above(header, preamble)
    own = shown_theorem(statement, settings.name)
    reading = {"shape": settings.shape, "name": own["name"], "statement": statement, "header": front}
    return prompts.ask("follow", reading, **own, header=front, text=text.strip(), steps=steps.strip())


def match(prompts: PromptSet, statement: str, other: str, header: str = "", preamble: str = "") -> Prompt:
    """Ask whether two Lean statements say the same; `read_comparison` reads the answer."""
    second = shown(other)
    return prompts.ask("match", {}, **shown(statement, header, preamble), other=second["statement"], other_goal=second["goal"])


def copied(text: str, lean: str) -> bool:
    """Whether words hold the Lean that they are to explain: binders with their types, or all of it."""
    flat, goal = " ".join(text.split()), one_line(lean)
    return bool(_BINDER.search(flat)) or ":=" in flat or (len(goal) > 20 and goal in flat)


def read_steps(prompt: Prompt, text: str, count: int, finished: bool = True) -> list[str] | Unread:
    """The explanations of `count` steps, each under its number; a proof of one step may have it without one."""
    answer = answer_proper(prompt, text, finished)
    if isinstance(answer, Unread):
        return answer
    if not finished:
        return Unread("truncated")
    found: dict[int, list[str]] = {}
    latest = 0
    for line in answer.strip().split("\n"):
        if numbered := _NUMBERED.match(line):
            latest = int(numbered[1])
            found.setdefault(latest, []).append(numbered[2])
        elif latest and line.strip():
            found[latest].append(line.strip())
    if not found and count == 1:
        found = {1: [answer]}
    steps = {number: " ".join(" ".join(words).strip(" *_").split()) for number, words in found.items()}
    if sorted(steps) != list(range(1, count + 1)) or not all(steps.values()):
        return Unread("no_steps", f"{len(steps)} explanations for {count} steps")
    return [steps[number] for number in sorted(steps)]


def proof_steps(proof: Proof) -> list[str]:
    """The steps of a proof: its tactics at the first level, what is nested with the one that it belongs to; a term is one step.

    Those of a whole file are its declarations.
    """
    text = proof.text.strip()
    if proof.form == "code":
        return _few([text[one.start : one.end].strip() for one in declarations(text)] or [text])
    if not re.match(r"by\b", text):
        return [text]
    body = text[2:]
    first, _, rest = body.partition("\n")
    lines = dedent(rest if not first.strip() else f"{_indent(rest)}{first.strip()}\n{rest}").strip("\n").split("\n")
    steps: list[str] = []
    for line in lines:
        if steps and (line.startswith((" ", "\t")) or not line.strip()):
            steps[-1] += f"\n{line}"
        else:
            steps.append(line)
    if len(steps) == 1 and "\n" not in steps[0]:
        steps = _at_semicolons(steps[0])
    steps = [step.strip() for step in steps if step.strip() and tokens(step)]
    return _few(steps or [text])


def _few(steps: list[str]) -> list[str]:
    """No more steps than can be told: the last ones are one."""
    return steps if len(steps) <= MAX_STEPS else [*steps[: MAX_STEPS - 1], "\n".join(steps[MAX_STEPS - 1 :])]


def _indent(lines: str) -> str:
    """The white space before the first line that is not blank."""
    first = next((line for line in lines.split("\n") if line.strip()), "")
    return first[: len(first) - len(first.lstrip())]


def _at_semicolons(line: str) -> list[str]:
    parts, at, depth = [], 0, 0
    for mark in tokens(line):
        depth += (mark.text in BRACKETS) - (mark.text in CLOSERS)
        if mark.text == ";" and depth == 0:
            parts.append(line[at : mark.start])
            at = mark.end
    return [*parts, line[at:]]


def _short(step: str) -> str:
    return "`" + " ".join(step.split())[:200] + "`"


def as_text(steps: Sequence[str]) -> str:
    """The steps as one text, a numbered line each."""
    return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))


def words_of(uses: Mapping[str, tuple[str, str]]) -> str:
    """The declarations that another one uses: each with its signature and its words, a line each."""
    return "\n".join(f"- `{signature or name}`{': ' + ' '.join(text.split()) if text else ''}" for name, (signature, text) in uses.items())
