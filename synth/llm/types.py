"""What is asked of a language model, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sampling:
    """Parameters of one request: `n` completions of at most `max_tokens` tokens."""

    n: int = 1
    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 128
    seed: int = 0
    stop: tuple[str, ...] = ()


@dataclass(frozen=True)
class Completion:
    """One sampled text; `finished` is False where it was cut at `max_tokens`."""

    text: str
    tokens: int
    finished: bool
    logprob: float = 0.0


class PromptTooLong(Exception):
    """The prompt leaves no room for an answer in the model's context."""
