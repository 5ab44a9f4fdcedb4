"""What is asked of a language model, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Weights:
    """Which weights answer: where they are (a checkpoint, an adapter, or an endpoint's model), their version in the run, and their hash.

    Versions grow: 0 is the given or bootstrapped model, n what round n trained.
    """

    path: str = ""
    version: int = 0
    hash: str = ""
    base: str = ""
    """Of an adapter: the checkpoint that it is of, which is in `hash` too."""


@dataclass(frozen=True)
class Sampling:
    """Parameters of one request: `n` completions of at most `max_tokens` tokens."""

    n: int = 1
    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 128
    seed: int = 0
    stop: tuple[str, ...] = ()

    def each(self, count: int) -> list[Sampling]:
        """The same for each of `count` prompts that are asked together; the first has this very seed, each other one its own."""
        return [replace(self, seed=(self.seed + 7919 * index) & 0x7FFFFFFF) for index in range(count)]


@dataclass(frozen=True)
class Completion:
    """One sampled text and the weights that gave it; `finished` is False where it was cut at `max_tokens`.

    `fault` says why there is no text: the endpoint's reply was no answer.
    """

    text: str
    tokens: int
    finished: bool
    weights: Weights = Weights()
    thoughts: str = ""
    """What an endpoint gives apart from the text as the model's reasoning."""
    fault: str = ""


class PromptTooLong(Exception):
    """The prompt leaves no room for an answer in the model's context."""
