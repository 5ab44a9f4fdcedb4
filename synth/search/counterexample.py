"""Strategy: small inputs on which a statement is false, no model.

A statement `∀ a b …, P` over numbers, Booleans and lists of them is false if one instance of it is: each input makes one
proof of the negation, `fun h => absurd (h 2 [0]) (by decide)`.  Smaller inputs come first, among them the numbers that the
statement and its definitions mention, and their neighbours: where they tell cases apart, mistakes are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product

from synth.config import SearchConfig
from synth.prompts import Proof
from synth.records import Problem, Statement
from synth.search.base import History, Proposal, Side
from synth.search.binders import Binder, leading
from synth.services import Tools, Verify
from verify_workers.records import Outcome

TOGETHER = 24  # inputs in one check
TRIED = 4 * TOGETHER  # inputs in a search; `synth check-programs` tries more
LARGEST = 4  # mentioned numbers that are tried beside the small ones
MOST = 4000  # inputs looked at while ordering them


def make(statement: Statement, problem: Problem | None, config: SearchConfig, tools: Tools) -> Counterexample | None:
    """For `loop.STRATEGIES`."""
    inputs = instances(statement) if config.negation else ()
    return Counterexample(statement, inputs[:TRIED], tools.verify, config.timeout) if inputs else None


@dataclass(frozen=True)
class Counterexample:
    """The first input on which the statement fails.  Many are tried in one check, so what is proposed is one that is known to."""

    statement: Statement
    inputs: Sequence[dict[str, str]]
    verify: Verify
    timeout: float
    name: str = "counterexample"
    one_shot: bool = True

    async def propose(self, statement: Statement, sides: list[Side], history: History, n: int, wave: int) -> list[Proposal]:
        found = await self.first(self.inputs)
        proved = [Proof("proof", refutation(self.statement, found))] if found else []
        return [Proposal(side, proof, self.name) for side in sides if side.negated for proof in proved]

    async def first(self, inputs: Sequence[dict[str, str]]) -> dict[str, str] | None:
        """The first of `inputs` that refutes."""
        for start in range(0, len(inputs), TOGETHER):
            some = inputs[start : start + TOGETHER]
            outcome = await self._outcome(some)
            if outcome is Outcome.ACCEPTED:
                while len(some) > 1:
                    half = some[: len(some) // 2]
                    some = half if await self._outcome(half) is Outcome.ACCEPTED else some[len(half) :]
                return some[0]
            if outcome in (Outcome.TIMEOUT, Outcome.RESOURCE):  # larger inputs take longer still
                return await self.first(some[: len(some) // 3]) if len(some) > 2 else None
        return None

    async def _outcome(self, inputs: Sequence[dict[str, str]]) -> Outcome:
        proofs = " ".join(f"| {_absurd(self.statement, one)}" for one in inputs)
        check = self.statement.check(f"{self.statement.id}:inputs", self.timeout, negated=True, proof=f"by intro h; first {proofs}")
        return (await self.verify([check]))[0].outcome


def refutation(statement: Statement, input: dict[str, str]) -> str:
    """The proof that the statement fails on `input`; its hypotheses hold there by computation."""
    return f"by intro h; {_absurd(statement, input)}"


def _absurd(statement: Statement, input: dict[str, str]) -> str:
    given = [f"({input[b.name]} : {b.type})" if b.name in input else "(by decide +kernel)" for b in leading(statement.text)]
    return f"exact absurd (h {' '.join(given)}) (by decide +kernel)"


def input_of(statement: Statement, proof: str) -> dict[str, str]:
    """The input with which `refutation` made this proof; {} where it made none."""
    return next((one for one in instances(statement) if refutation(statement, one) == proof), {})


def instances(statement: Statement) -> tuple[dict[str, str], ...]:
    """Values of the leading variables, smaller ones first; () where there are none, or one has no values that we know."""
    return _instances(statement.text, statement.preamble)


@lru_cache(maxsize=256)
def _instances(text: str, preamble: str) -> tuple[dict[str, str], ...]:
    variables = [b for b in leading(text) if not b.hypothesis]
    mentioned = sorted({int(found) for found in re.findall(r"(?<![\w.])\d{1,6}(?!\w)", f"{preamble}\n{text}")})
    choices = [values(b, mentioned) for b in variables]
    if not variables or not all(choices):
        return ()
    ranked = sorted(islice(_ranked(choices), MOST), key=lambda pair: pair[0])
    return tuple(dict(zip((b.name for b in variables), chosen, strict=True)) for _, chosen in ranked)


def _ranked(choices: list[list[str]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Combinations with their size: the sum of the places of the values in their lists, those with small places first."""
    width = next(w for w in range(max(map(len, choices)), 0, -1) if w ** len(choices) <= MOST or w == 1)
    for places in product(*(range(min(width, len(one))) for one in choices)):
        yield sum(places), tuple(one[place] for one, place in zip(choices, places, strict=True))


def values(binder: Binder, mentioned: Sequence[int]) -> list[str]:
    """Values of a variable, small and telling ones first; [] for a type that we know no values of."""
    near = [n for m in mentioned[-LARGEST:] for n in (m, m + 1, m - 1) if n > 4]
    match binder.type.replace("(", "").replace(")", "").split():
        case ["Nat" | "ℕ"]:
            return [str(n) for n in dict.fromkeys([0, 1, 2, 3, *near, 4, 5, 6, 7, 8, 9, 10, 12, 13, 16, 17, 20, 25, 31, 50, 64, 100])]
        case ["Int" | "ℤ"]:
            return [
                str(n) for n in dict.fromkeys([0, 1, -1, 2, -2, *near, 3, -3, *(-n for n in near), 4, -4, 5, -5, 7, -7, 10, -10, 100, -100])
            ]
        case ["Bool"]:
            return ["true", "false"]
        case ["List", *element]:
            some = values(Binder("", " ".join(element)), mentioned)[:4] if element else []
            lists = [
                [],
                *([x] for x in some),
                *([x, y] for x in some[:3] for y in some[:3]),
                *(list(t) for t in product(some[:2], repeat=3)),
            ]
            return [f"[{', '.join(one)}]" for one in lists] if some else []
        case _:
            return []
