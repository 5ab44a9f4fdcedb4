"""What is asked of a model, and what a reader needs to know to understand the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

Role = str
"""`formalize`, `grade`, `prove`, or one of your own: the name of its template."""
ROLES: tuple[Role, ...] = ("formalize", "grade", "prove")
"""The built-in ones."""
Shape = Literal["goal", "statement", "word", "line", "compact", "body", "file"]
"""What an answer holds; see `preset.Preset`."""


@dataclass(frozen=True)
class Prompt:
    """One question: a chat (`system`, then `text` as the user's turn) or raw text to be continued.

    `prefill` is the start of the answer, given to the model.  `shape`, `name` (of the theorem, as the prompt shows it),
    `statement` (to be proved, under its own name) and `header` (what stands before it) are for whoever reads the answer.
    """

    role: Role
    text: str
    chat: bool = False
    system: str = ""
    prefill: str = ""
    thinking: bool | None = None
    """The chat template's switch for thoughts; None = as the template has it."""
    stop: tuple[str, ...] = ()
    shape: Shape = "file"
    name: str = ""
    statement: str = ""
    header: str = ""
    shown: Mapping[str, str] = field(default_factory=dict, compare=False)
    """What `PromptSet.ask` had the template show, by name: records keep it, so that the prompt can be made again."""

    def to_json(self) -> dict[str, Any]:
        """The fields that differ from their defaults; `from_json` inverts it."""
        given = {field.name: field.default for field in fields(self)} | {"shown": dict(self.shown)}  # which is for records alone
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items() if value != given[key]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Prompt:
        return cls(**{**data, "stop": tuple(data.get("stop", ()))})

    def for_training(self) -> str | dict[str, Any]:
        """All that becomes tokens, as training examples keep it: raw text as it is, a chat as JSON."""
        if not self.chat:
            return self.text + self.prefill
        return Prompt(self.role, self.text, self.chat, self.system, self.prefill, self.thinking).to_json()


@dataclass(frozen=True)
class Unread:
    """An answer in which nothing was found that could be checked; `detail` is for people."""

    reason: Literal[
        "truncated",  # cut at the limit of tokens (or in the middle of its thoughts) before the answer was complete
        "empty",  # no answer, or nothing after the thoughts
        "prose",  # words, and no Lean
        "no_code",  # Lean that is no answer: only comments, queries or the statement again
        "no_theorem",  # a formalization without a theorem
        "several_theorems",  # a formalization with more than one theorem that could be meant
        "definitions",  # a formalization whose theorem rests on definitions (or variables) of its own
        "malformed",  # a theorem that is none: an open bracket, no conclusion
        "no_grade",
        "no_text",  # Lean where plain language was asked for
        "no_verdict",  # neither same nor different
        "no_steps",  # not one explanation for each step of a proof
    ]
    detail: str = ""
