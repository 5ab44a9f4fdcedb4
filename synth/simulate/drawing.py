"""What a model would answer and Lean would say: drawn from what was recorded, the same for the same seed.

An answer is a proof by its number (`exact d_12`, `exact d_12_7` where two are simulated as one), which the simulated pool knows again.
"""

from __future__ import annotations

import random
import re
from collections import Counter

from synth.llm.types import Sampling
from synth.prompts import Prompt
from synth.simulate.measured import Draw, Measured, Template
from verify_workers.records import Check

NAME = re.compile(r"\b(?:sim|held)_\d+(?:_\d+)?\b")
PROOF = re.compile(r"\bd((?:_\d+)+)\b")
UNKNOWN = Draw(1, 0.0, "rejected", "elaboration")


class Drawing:
    """`tokens`, `lean`: by what the tokens and Lean's seconds of an attempt are multiplied."""

    def __init__(self, measured: Measured, samples: int, tokens: float, lean: float, grain: int, seed: int) -> None:
        self.measured, self.samples, self.tokens, self.lean, self.grain, self.seed = measured, samples, tokens, lean, grain, seed
        self.searching: dict[str, tuple[int, bool]] = {}
        """In which round a statement is searched, by its name, and whether again."""
        self._templates: dict[tuple[str, int, bool], Template] = {}
        self._asked: Counter[tuple[str, int, bool]] = Counter()
        self._numbers: dict[Draw, int] = {}
        self._draws: list[Draw] = []
        self._everything = sorted(measured.attempts, key=lambda d: (d.tokens, d.seconds, d.outcome))
        self._random = random.Random(f"{seed}-checks")

    def answers(self, prompt: Prompt, sampling: Sampling) -> list[tuple[float, str, bool]]:
        """Of each completion its tokens, its text, and whether it ended by itself."""
        if prompt.role == "formalize":
            return [(max(1.0, self.measured.formalize_tokens), "", True)] * sampling.n
        if prompt.role == "grade":
            return [(max(1.0, self.measured.judge_tokens), "", True)] * sampling.n
        found = NAME.search(prompt.text)
        name, negated = found[0] if found else "", "¬" in prompt.text
        taken = [self._next(name, negated) for _ in range(sampling.n * self.grain)]
        groups = [taken[i : i + self.grain] for i in range(0, len(taken), self.grain)]
        return [(self.tokens * sum(d.tokens for d in group), self._text(group), not all(d.unread for d in group)) for group in groups]

    def judged(self, check: Check) -> Draw:
        """What Lean says of a check, and the seconds that it takes; of several attempts in one their sum, and the best verdict."""
        if check.proof and (found := PROOF.search(check.proof)):
            draws = [self._draws[int(number)] for number in found[1].split("_")[1:]]
            best = next((d for d in draws if d.outcome == "accepted"), draws[0])
            return Draw(0, self.lean * sum(d.seconds for d in draws), best.outcome, best.reason)
        measured, named = self.measured, NAME.search(check.statement)
        if not check.proof or named is None:
            return Draw(0, self.lean * measured.filter_seconds, "rejected", "elaboration")
        tactic = self._template(named[0]).tactics[check.negated].get(check.proof)
        if tactic is not None and named[0] in self.searching:
            return Draw(0, self.lean * tactic.seconds, tactic.outcome, tactic.reason)
        return Draw(0, self.lean * measured.other_seconds, "rejected", "elaboration")

    def _template(self, name: str) -> Template:
        round, again = self.searching.get(name, (10**6, False))
        key = name, round, again
        if key not in self._templates:
            found = self.measured.searched(round, again)
            self._templates[key] = random.Random(f"{self.seed}-{key}").choice(found)
        return self._templates[key]

    def _next(self, name: str, negated: bool) -> Draw:
        """The next attempt of a statement's side: as recorded while there are any, then any of them."""
        if name.startswith("held") or name not in self.searching:
            return self._random.choice(self._everything) if self._everything else UNKNOWN
        key = name, self.searching[name][0], negated
        place, draws = self._asked[key], self._template(name).attempts[negated]
        self._asked[key] += 1
        if place < len(draws):
            return draws[place]
        if draws:
            return random.Random(f"{self.seed}-{key}-{place}").choice(draws)
        return self._random.choice(self._everything)

    def _text(self, draws: list[Draw]) -> str:
        numbers = []
        for draw in draws:
            if draw not in self._numbers:
                self._numbers[draw] = len(self._draws)
                self._draws.append(draw)
            numbers.append(self._numbers[draw])
        return "  exact d_" + "_".join(map(str, numbers))
