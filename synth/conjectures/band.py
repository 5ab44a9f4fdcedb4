"""Which conjectures are worth training on: by the pass rate that the prover had on them (STP, arXiv 2502.00212).

One that no sample proved may be false or out of reach, one that most samples prove teaches nothing; between them is the band.
The rate is that of a round's own whole-proof samples of the theorem, repaired proofs and proofs by other means left aside.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from pydantic import BaseModel

from synth.config import ConjectureConfig
from synth.conjectures.lemmas import uses
from synth.records import Attempt, Pair, Statement, VerdictRow
from synth.search.whole_proof import NO_ANSWER
from verify_workers.records import Outcome

FRESH = ("whole_proof", "retrieval")
"""Strategies whose attempts are samples of the prover that know of no other."""
UNKNOWN = (Outcome.INFRA.value, "unchecked")


class Fate(StrEnum):
    """What became of a conjecture or variant in a round."""

    IN_BAND = "in_band"
    UNSAMPLED = "unsampled"  # no sample of its proof was judged
    REFUTED = "refuted"
    UNPROVED = "unproved"  # by none of the samples
    EASY = "easy"  # by a larger share of them than the band has
    LEMMA_UNUSED = "lemma_unused"  # in the band, but no accepted proof names the lemma that it was conjectured from
    SHORT = "short"  # of its lemma's, one with a proof that is short for its statement
    LEMMA_CAP = "lemma_cap"  # its lemma has its share already


class Rate(BaseModel):
    """Samples of a statement's proof in one round: those that Lean judged, and accepted."""

    accepted: int = 0
    samples: int = 0

    @property
    def share(self) -> float:
        return self.accepted / self.samples if self.samples else 0.0


class Judged(BaseModel):
    """What became of one conjecture or variant; `weight` is that of the statement in the conjecturer's training, 0 = none.

    `pairs` are the weights of its proofs in the prover's, by id.
    """

    id: str
    fate: Fate
    accepted: int = 0
    samples: int = 0
    weight: float = 0.0
    pairs: dict[str, float] = {}


def rates(attempts: Iterable[Attempt], verdicts: Iterable[VerdictRow], statements: Iterable[str]) -> dict[str, Rate]:
    """The rates of `statements` (ids) in a round, by id; those without a sample are not in it."""
    wanted = set(statements)
    fresh = {
        a.id: (a.statement_id, a.count)
        for a in attempts
        if a.statement_id in wanted and not a.negated and a.strategy in FRESH and not a.parent
    }
    found: dict[str, Rate] = defaultdict(Rate)
    for verdict in verdicts:
        if verdict.id not in fresh or verdict.outcome in UNKNOWN or verdict.reason == NO_ANSWER:
            continue
        statement, count = fresh.pop(verdict.id)
        found[statement].samples += count
        found[statement].accepted += count if verdict.outcome == Outcome.ACCEPTED else 0
    return dict(found)


def judged(
    statements: Sequence[Statement],
    known: Mapping[str, Rate],
    pairs: Iterable[Pair],
    seconds: Mapping[str, float],
    config: ConjectureConfig,
) -> list[Judged]:
    """What became of `statements`, which a round searched; `seconds` are those of Lean for a pair's proof, by its attempt's id."""
    proofs: dict[str, list[Pair]] = defaultdict(list)
    refuted = set[str]()
    for pair in pairs:
        if pair.negated:
            refuted.add(pair.statement_id)
        else:
            proofs[pair.statement_id].append(pair)
    fates = {s.id: _fate(s, known.get(s.id, Rate()), s.id in refuted, proofs[s.id], config) for s in statements}
    best = {s.id: min(proofs[s.id], key=lambda pair: (len(pair.proof), pair.id)) for s in statements if fates[s.id] is Fate.IN_BAND}
    by_id = {s.id: s for s in statements}
    fates |= dict.fromkeys(_short(best, by_id, config.shortest), Fate.SHORT)
    fates |= dict.fromkeys(_too_many(best, by_id, fates, config.lemma_cap), Fate.LEMMA_CAP)
    found = []
    for s in statements:
        rate, own = known.get(s.id, Rate()), proofs[s.id]
        count = max(1, len(own))
        weights = {pair.id: worth(pair, seconds.get(pair.attempt_id, 0.0), config) / count for pair in own}
        taught = weights if rate.share <= config.prover_band else dict.fromkeys(weights, 0.0)
        weight = count * weights[best[s.id].id] if fates[s.id] is Fate.IN_BAND else 0.0
        found.append(Judged(id=s.id, fate=fates[s.id], accepted=rate.accepted, samples=rate.samples, weight=weight, pairs=taught))
    return found


def worth(pair: Pair, seconds: float, config: ConjectureConfig) -> float:
    """The weight of a proof by its length and the time that Lean takes for it: exp(−a·characters − b·seconds)."""
    return math.exp(-config.length_rate * len(pair.proof) - config.time_rate * seconds)


def _fate(statement: Statement, rate: Rate, refuted: bool, proofs: list[Pair], config: ConjectureConfig) -> Fate:
    if refuted:
        return Fate.REFUTED
    if not rate.samples:
        return Fate.UNSAMPLED
    if not rate.accepted or not proofs:
        return Fate.UNPROVED
    if rate.share > config.band:
        return Fate.EASY
    if statement.lemma and not any(uses(pair, statement.lemma) for pair in proofs):
        return Fate.LEMMA_UNUSED
    return Fate.IN_BAND


def _short(best: Mapping[str, Pair], statements: Mapping[str, Statement], share: float) -> list[str]:
    """Of each lemma's, the `share` with the shortest proofs for their statements: such are restated seeds, mostly."""
    groups: dict[str, list[str]] = defaultdict(list)
    for id in best:
        groups[statements[id].lemma].append(id)
    ranked = (sorted(ids, key=lambda id: (len(best[id].proof) / len(statements[id].text), id)) for ids in groups.values())
    return [id for ids in ranked for id in ids[: math.floor(share * len(ids))]]


def _too_many(best: Mapping[str, Pair], statements: Mapping[str, Statement], fates: Mapping[str, Fate], share: float) -> list[str]:
    """Those with which a lemma would have more than its share of all (one at least), by their ids' order."""
    left = sorted(id for id in best if fates[id] is Fate.IN_BAND)
    most, taken = max(1, math.floor(share * len(left))), Counter[str]()
    over = []
    for id in left:
        lemma = statements[id].lemma
        taken[lemma] += bool(lemma)
        if taken[lemma] > most:
            over.append(id)
    return over
