"""Models that answer in the shape of each preset's family, over HTTP: right answers as the family wraps them, wrong ones between."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from textwrap import indent
from typing import Any

from synth.prompts import goal
from tests.synth.llm.fake_openai import Answer, content


@dataclass(frozen=True)
class Solved:
    """A problem with what the scripted models know of it: its statement (without `:=`), and tactics that prove it."""

    name: str
    text: str
    statement: str
    tactics: str

    def theorem(self, name: str) -> str:
        return re.sub(r"^theorem\s+\S+", f"theorem {name}", self.statement)


def _fence(code: str) -> str:
    return f"```lean4\n{code}\n```"


def _chat(theorem: str, tactics: str) -> str:
    return f"Here is the whole file.\n\n{_fence(f'{theorem} := by{_block(tactics)}')}\n\nThe tactic closes the goal."


def _planned(theorem: str, tactics: str) -> str:
    sketch = _fence(f"{theorem} := by\n  have h_main : True := by\n    sorry\n  sorry")
    return f"### Plan\n\nFirst a sketch.\n\n{sketch}\n\n### Complete Lean 4 Proof\n\n{_fence(f'{theorem} := by{_block(tactics)}')}"


def _thinking(theorem: str, tactics: str) -> str:
    return f"<think>\nMaybe this works:\n```tactics\nsimp_all\n```\nNo.\n</think>\n\n{_fence(f'{theorem} := by{_block(tactics)}')}"


def _body(theorem: str, tactics: str) -> str:
    return _block(tactics).removeprefix("\n") + "\n"


def _compact(theorem: str, tactics: str) -> str:
    return _block(tactics) if "\n" in tactics else tactics


def _block(tactics: str) -> str:
    return "\n" + indent(tactics, "  ")


PROVERS: dict[str, Callable[[str, str], str]] = {
    "base": _body,
    "chat": _chat,
    "deepseek-prover-v1.5": _body,
    "deepseek-prover-v2": _planned,
    "embedded": _compact,
    "goedel-prover-v2": _planned,
    "kimina-prover": _thinking,
}
FORMALIZERS: dict[str, Callable[[Solved], str]] = {
    "base": lambda known: known.statement.removeprefix(f"theorem {known.name}"),
    "chat": lambda known: f"I would state it so.\n\n{_fence(known.theorem('X') + ' := by sorry')}",
    "embedded": lambda known: goal(known.statement),
    "herald-translator": lambda known: known.theorem("my_favorite_theorem") + " := by sorry",
    "kimina-autoformalizer": lambda known: _fence(f"import Mathlib\n\n{known.theorem('my_favorite_theorem')} := by sorry"),
    "stepfun-formalizer": lambda known: f"Let me see.\n</think>\n\n{_fence(known.theorem('my_favorite_theorem') + ' := by sorry')}",
}


def prover(preset: str, problems: Mapping[str, Solved]) -> Answer:
    """A prover that knows `problems`: of four answers one is right, three are what such models also write."""
    write = PROVERS[preset]

    def answer(body: dict[str, Any]) -> list[str]:
        asked = content(body)
        known = _meant(asked, problems)
        shown = re.search(r"theorem\s+(\S+)", asked)
        theorem = known.theorem(shown[1]) if shown else known.statement
        right = write(theorem, known.tactics)
        other = write("theorem other : 1 = 1", "exact absurd rfl (by trivial)")
        wrong = [write(theorem, "sorry"), "I am afraid that I cannot prove this.", other]
        return [wrong[0], wrong[1], right, wrong[2]][: body.get("n", 1)] if body.get("n", 1) > 1 else [right]

    return answer


def formalizer(preset: str, problems: Mapping[str, Solved]) -> Answer:
    """A formalizer that knows `problems`."""

    def answer(body: dict[str, Any]) -> list[str]:
        asked = " ".join(content(body).split())
        known = next(known for known in problems.values() if known.text and known.text in asked)
        return [FORMALIZERS[preset](known), "It cannot be stated."][: body.get("n", 1)]

    return answer


def judge(body: dict[str, Any]) -> list[str]:
    """A judge that is content with everything."""
    return ["The statement says what the problem does.\n\ngrade: good"] * int(body.get("n", 1))


def _meant(asked: str, problems: Mapping[str, Solved]) -> Solved:
    """The problem whose theorem is shown: under its own name, or by its goal."""
    for name in re.findall(r"theorem\s+(\S+)", asked):
        if name in problems:
            return problems[name]
    flat = " ".join(asked.split())
    return next((known for known in problems.values() if " ".join(goal(known.statement).split()) in flat), next(iter(problems.values())))
