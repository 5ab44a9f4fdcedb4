"""Asking for a correction: the failing proof with Lean's messages at their lines, and the goal there.

MA-LoT (arXiv 2503.03205) shows statement, failed proof and errors; Goedel-Prover-V2 (2508.03613) places at most eight errors in the
text; Delta Prover (2507.15225) adds the goal and theorems that are near an unknown name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from synth.prompts.preset import PromptSet, shown_theorem
from synth.prompts.prompt import Prompt
from synth.prompts.prover import Proof, compact
from synth.records import above
from verify_workers.records import Message

ERRORS_SHOWN, ERROR_LINES = 8, 12
"""Messages of one proof that are shown, and lines of each."""
LINE_LENGTH = 240


def shown_repair(
    prompts: PromptSet, statement: str, front: tuple[str, str], failed: Proof, errors: Sequence[Message], state: str = "", hints: str = ""
) -> dict[str, str]:
    """What the template `repair` may show of a failed proof of `statement`, which stands below header and preamble (`front`).

    `goal`, `statement`, `name`, `header` as for `prove`; `attempt`: the theorem with its proof (or the whole file), messages at
    their lines; `proof`: the proof alone, without them; `message`: the first, on one line; `state`: the goal before the first failing
    line, where it is known; `hints`: what is known of names that do not exist.
    """
    own = shown_theorem(statement, prompts.preset.prove.name)
    placed = annotated(failed.text, errors)
    return {
        **own,
        "header": above(*front),
        "attempt": placed if failed.form == "code" else f"{own['statement']} := {placed}",
        "proof": compact(failed.text) if failed.form == "proof" else failed.text,
        "message": first_message(errors),
        "state": state,
        "hints": hints,
    }


def ask_repair(prompts: PromptSet, statement: str, shown: Mapping[str, str]) -> Prompt:
    """Ask for a proof of `statement` in place of the one in `shown`; `read_proof` reads the answer."""
    reading = {"shape": prompts.preset.prove.shape, "name": shown["name"], "statement": statement, "header": shown["header"]}
    return prompts.ask("repair", reading, **shown)


def annotated(text: str, errors: Sequence[Message]) -> str:
    """The text with each message as a comment below the line that it is about (below the last line of a block with goals left)."""
    lines = text.split("\n")
    below: dict[int, list[str]] = {}
    for error in errors[:ERRORS_SHOWN]:
        place = error.end_line if error.text.startswith("unsolved goals") and error.end_line else error.line
        below.setdefault(min(max(place, 1), len(lines)), []).append(_comment(error))
    if len(errors) > ERRORS_SHOWN:
        below.setdefault(len(lines), []).append(f"/- and {len(errors) - ERRORS_SHOWN} more errors -/")
    return "\n".join("\n".join([line, *below.get(number, [])]) for number, line in enumerate(lines, 1))


def first_message(errors: Sequence[Message]) -> str:
    """The first message on one line, behind its line's number where that is not the first."""
    if not errors:
        return ""
    said = " ".join(_bounded(errors[0].text).split())
    return f"{errors[0].line}: {said}" if errors[0].line > 1 else said


def before_failure(text: str, errors: Sequence[Message]) -> str:
    """The proof up to the tactic that fails first, with nothing done there, so that Lean says what the goal is; '' where it knows already.

    Lines are taken to be tactics, and what stands between `;`.
    """
    if not errors or "⊢" in errors[0].text or errors[0].column < 0:
        return ""
    lines = text.split("\n")
    number = min(errors[0].line, len(lines))
    line = lines[number - 1]
    done = line[: errors[0].column].rpartition(";")[0]
    if done:
        last = f"{done}; skip"
    elif number > 1:
        last = line[: len(line) - len(line.lstrip())] + "skip"
    else:
        return ""
    cut = "\n".join([*lines[: number - 1], last])
    return "" if cut.replace("skip", "").split() in (["by"], []) else cut


def goal_there(messages: Sequence[Message]) -> str:
    """The goal that Lean shows where `before_failure` stops: that of the innermost block."""
    left = [message for message in messages if message.text.startswith("unsolved goals")]
    if not left:
        return ""
    inner = max(left, key=lambda message: (message.line, message.column))
    return _bounded(inner.text.removeprefix("unsolved goals").strip())


def _comment(error: Message) -> str:
    said = _bounded(error.text).replace("-/", "- /").replace("/-", "/ -")
    return f"/- error: {said} -/"


def _bounded(text: str) -> str:
    """A message without its hint, cut to a bearable size."""
    lines = text.split("\n\nHint: ")[0].split("\n")
    lines = [line if len(line) <= LINE_LENGTH else f"{line[:LINE_LENGTH]} …" for line in lines]
    return "\n".join(lines if len(lines) <= ERROR_LINES else [*lines[:ERROR_LINES], "…"])
