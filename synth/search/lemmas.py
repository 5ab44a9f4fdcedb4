"""Lemmas that a run has proved, found again by the words they share with a statement."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterable

from synth.prompts.declarations import goal, tokens
from synth.records import Pair
from verify_workers.text.lexer import Kind
from verify_workers.text.statement import parse_theorem, renamed, source

KINDS_FIRST = ("lemma", "subgoal", "theorem", "conjecture")
PREFIX = "proved_"
_PUNCTUATION = frozenset(":,.()[]{}⟨⟩∀→↔") | {":="}


def lemma_name(pair: Pair) -> str:
    """The name under which a pair stands above other theorems."""
    return f"{PREFIX}{pair.id[:10]}"


def stated(pair: Pair) -> str:
    """The pair's theorem under its name as a lemma, without `:=`."""
    return renamed(parse_theorem(pair.statement), lemma_name(pair))


def carried(lemmas: Iterable[Pair], statement: str, proof: str, form: str) -> str:
    """A whole file: the lemmas with their proofs, then the theorem with its own (or the file that was given)."""
    own = proof.strip() if form == "code" else f"{source(parse_theorem(statement))} := {proof.strip()}"
    return "\n\n".join([*(f"{stated(pair)} := {pair.proof.strip()}" for pair in lemmas), own])


def worth(pairs: Iterable[Pair], most: int) -> list[Pair]:
    """At most `most` pairs that can serve as lemmas, one a statement: pieces of proofs first, then short statements, in one pass."""
    best: dict[tuple[str, str], Pair] = {}
    for pair in pairs:
        if pair.form == "proof" and not pair.negated and pair.kind in KINDS_FIRST:
            best.setdefault((pair.statement_id, pair.preamble), pair)
    return heapq.nsmallest(most, best.values(), key=lambda pair: (KINDS_FIRST.index(pair.kind), len(pair.statement), pair.id))


def words(statement: str) -> Counter[str]:
    """What a statement speaks of: its constants, operators and numbers; not its variables (short names in lower case) and punctuation."""
    marks = (mark for mark in tokens(goal(statement)) if mark.text not in _PUNCTUATION)
    return Counter(mark.text for mark in marks if mark.kind is not Kind.IDENT or len(mark.text) > 2 or mark.text[:1].isupper())


class Shelf:
    """Lemmas by their words; see `synth.services.Shelf`."""

    def __init__(self, pairs: Iterable[Pair]) -> None:
        self.pairs = list(pairs)
        self._words = [words(pair.statement) for pair in self.pairs]
        seen = Counter(word for found in self._words for word in found)
        self._weight = {word: math.log((1 + len(self.pairs)) / count) for word, count in seen.items()}

    def near(self, statement: str, statement_id: str, front: tuple[str, str], count: int) -> list[Pair]:
        """The `count` lemmas below the same header and preamble that share the rarest words with `statement`; none that shares nothing."""
        wanted = words(statement)
        scored = []
        for pair, found in zip(self.pairs, self._words, strict=True):
            if pair.statement_id == statement_id or (pair.header, pair.preamble) != front:
                continue
            shared = sum(self._weight[word] for word in found.keys() & wanted.keys())
            if shared > 0:
                scored.append((shared / math.sqrt(sum(self._weight[word] for word in found) or 1.0), pair.id, pair))
        return [pair for _, _, pair in heapq.nlargest(count, scored)]
