"""What a model would answer and Lean would say: drawn from what was recorded, the same for the same seed.

An answer is a proof by its number (`exact d_12`, `exact d_12_7` where two are simulated as one), which the simulated pool knows again.
"""

from __future__ import annotations

import random
import re
from collections import Counter

from synth.llm.types import Sampling
from synth.prompts import Prompt
from synth.search.portfolio import tactic_proof
from synth.simulate.measured import Draw, Measured, Template
from synth.store.service import kind_of
from verify_workers.records import Check

NAME = re.compile(r"\b(?:sim|held)_\d+(?:_\d+)?\b")
PROOF = re.compile(r"\bd((?:_\d+)+)\b")


class Drawing:
    """`tokens`, `lean`: by what the tokens and Lean's seconds of an attempt are multiplied."""

    def __init__(self, measured: Measured, tokens: float, lean: float, grain: int, seed: int) -> None:
        self.measured, self.tokens, self.lean, self.grain, self.seed = measured, tokens, lean, grain, seed
        self.searching: dict[str, tuple[int, bool]] = {}
        """In which round a statement is searched, by its name, and whether again."""
        self._templates: dict[tuple[str, int, bool], Template] = {}
        self._kept: dict[int, list[int]] = {}
        self._left: dict[tuple[int, bool], list[Template]] = {}
        self._seconds_left: dict[str, list[float]] = {}
        self._asked: Counter[tuple[str, int, bool]] = Counter()
        self._numbers: dict[Draw, int] = {}
        self._draws: list[Draw] = []
        self._everything = sorted(measured.attempts, key=lambda d: (d.tokens, d.seconds, d.outcome))
        self._random = random.Random(f"{seed}-attempts")

    def kept(self, round: int) -> int:
        """Statements kept of the next problem in plain language."""
        if not (left := self._kept.get(round)):
            left = self._kept[round] = list(self.measured.kept[min(self.measured.kept, key=lambda known: abs(known - round))])
            random.Random(f"{self.seed}-{round}-kept").shuffle(left)
        return left.pop()

    def answers(self, prompt: Prompt, sampling: Sampling, version: int) -> list[tuple[float, str, bool]]:
        """Of each completion its tokens, its text, and whether it ended by itself; `version`: of the weights."""
        if prompt.role == "formalize":
            return [(max(1.0, self.measured.formalize_tokens), "", True)] * sampling.n
        if prompt.role == "grade":
            return [(max(1.0, self.measured.judge_tokens), "", True)] * sampling.n
        found = NAME.search(prompt.text)
        name, negated = found[0] if found else "", "¬" in prompt.text
        answers = []
        for _ in range(sampling.n):
            taken = [self._next(name, negated, version) for _ in range(self.grain)]
            group = [draw for draw, _, _ in taken]
            tokens, marks = self.tokens * sum(tokens for _, tokens, _ in taken), {mark for _, _, mark in taken}
            answers.append((tokens, self._text(group) + "".join(sorted(marks)), not all(draw.unread for draw in group)))
        return answers

    def attempts(self, check: Check) -> int:
        """How many checks one stands for."""
        return len(found[1].split("_")) - 1 if (found := PROOF.search(check.proof or "")) else 1

    def judged(self, check: Check) -> Draw:
        """What Lean says of a check, and the seconds that it takes; of several attempts in one their sum, and the best verdict."""
        if check.proof and (found := PROOF.search(check.proof)):
            draws = [draw for number in found[1].split("_")[1:] if not (draw := self._draws[int(number)]).unread]
            heldout = self.measured.heldout if "held_" in check.statement and not self.measured.held else 1.0
            best = next((d for d in draws if d.outcome == "accepted"), draws[0])
            return Draw(0, self.lean * heldout * sum(d.seconds for d in draws), best.outcome, best.reason)
        measured, named = self.measured, NAME.search(check.statement)
        if not check.proof or named is None:
            return Draw(0, self._seconds("filters"), "rejected", "elaboration")
        if named[0] in self.searching and (tactic := self._template(named[0]).tactics[check.negated].get(check.proof)):
            return Draw(0, self.lean * tactic.seconds, tactic.outcome, tactic.reason)
        cheap = random.Random(f"{self.seed}-{named[0]}").choice(measured.cheap_heldout if named[0].startswith("held") else measured.cheap)
        proves = bool(cheap) and (check.proof.startswith("by first") or check.proof == tactic_proof(cheap))
        outcome = ("accepted", "") if proves else ("rejected", "elaboration")
        stage = "baseline" if named[0].startswith("held") else "compare"
        return Draw(0, self._seconds(f"{stage} {kind_of(check)}"), *outcome)

    def _seconds(self, what: str) -> float:
        """Lean's seconds of a check that no attempt is in: each recorded one comes once before one comes again."""
        known = self.measured.lean
        if not (left := self._seconds_left.get(what)):
            left = self._seconds_left[what] = list(known.get(what) or known["other"])
            random.Random(f"{self.seed}-{what}").shuffle(left)
        return self.lean * left.pop()

    def _template(self, name: str) -> Template:
        round, again = self.searching.get(name, (10**6, False))
        key = name, round, again
        if key not in self._templates:  # each once before one comes again: as many are proved as were
            if not (left := self._left.get((round, again))):
                left = self._left[round, again] = list(self.measured.searched(round, again))
                random.Random(f"{self.seed}-{round}-{again}-{len(self._templates)}").shuffle(left)
            self._templates[key] = left.pop()
        return self._templates[key]

    def _next(self, name: str, negated: bool, version: int) -> tuple[Draw, float, str]:
        """The next attempt of a statement's side, as recorded while there are any, then any of them; its tokens; and what tells it from
        equal ones.
        """
        round = self.searching[name][0] if name in self.searching else version
        key = name, round, negated
        place = self._asked[key]
        self._asked[key] += 1
        draws = self._held(name, version) if name.startswith("held_") else self._template(name).attempts[negated]
        if place < len(draws):
            return draws[place], draws[place].tokens, f" r{round}"
        if draws and place < self.measured.samples:
            draw = self._random.choice(draws)
            return draw, draw.tokens * self.measured.again, f" r{round}"
        draw = self._random.choice(draws or self._everything)
        return draw, draw.tokens, f" r{round} p{place}"

    def _held(self, name: str, version: int) -> list[Draw]:
        """The samples of a held-out statement, of the version of the weights that is nearest."""
        known = self.measured.held
        if not known:
            return self._template(name).attempts[False]
        some = known[min(known, key=lambda other: (abs(other - version), other))]
        return some[int(name.partition("_")[2]) % len(some)]

    def _text(self, draws: list[Draw]) -> str:
        numbers = []
        for draw in draws:
            if draw not in self._numbers:
                self._numbers[draw] = len(self._draws)
                self._draws.append(draw)
            numbers.append(self._numbers[draw])
        return "  exact d_" + "_".join(map(str, numbers))
