"""Which statements of earlier rounds are searched again, in which order, and with how many attempts.

Few attempts come first and more for what survives them (`adaptive.growth`); what has the best chance, by the samples that were
accepted so far, can go first, so that a round's budget is spent where it helps most; after `adaptive.retries` searches a statement
is given up; a share of the proved ones is sampled again for other proofs (5 % in STP, arXiv 2502.00212).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from synth.config import AdaptiveConfig, SearchConfig
from synth.records import SearchRow, Statement, content_id
from synth.store.arrow import R
from synth.store.rundir import RunDir


@dataclass
class Record:
    """What earlier searches of a statement came to."""

    searches: int = 0
    samples: int = 0
    accepted: int = 0

    @property
    def chance(self) -> float:
        """The share of samples that Lean accepts, as far as is known (Laplace's rule: one of two before any was seen)."""
        return (self.accepted + 1) / (self.samples + 2)


def records(rows: Iterable[SearchRow]) -> dict[str, Record]:
    """What earlier searches came to, by statement; one that a budget ended before it began is none."""
    found: dict[str, Record] = {}
    for row in rows:
        record = found.setdefault(row.statement_id, Record())
        record.searches += bool(row.samples) or not row.limit
        record.samples += row.samples
        record.accepted += row.accepted
    return found


def earlier_records(store: RunDir, number: int) -> dict[str, Record]:
    """`records` of the rounds before round `number`."""
    return records(earlier(store, "searches", SearchRow, number))


def earlier(store: RunDir, kind: str, model: type[R], number: int) -> Iterator[R]:
    """What the rounds before round `number` wrote, round by round, each id once a round."""
    for round in range(1, number):
        yield from store.read(kind, model, prefix=f"r{round:03d}-")


def searched_again(
    unsolved: Sequence[Statement], solved: Sequence[Statement], known: Mapping[str, Record], config: AdaptiveConfig, round: int, seed: int
) -> tuple[list[Statement], list[str]]:
    """The statements to search in `round`, best chance first, and the ids of those that are given up."""
    tried = {s.id: known.get(s.id, Record()) for s in unsolved}
    given_up = [id for id, record in tried.items() if config.retries is not None and record.searches > config.retries]
    left = [s for s in unsolved if s.id not in set(given_up)]
    if config.order == "chance":
        left.sort(key=lambda s: (-tried[s.id].chance, s.id))
    return [*left, *(s for s in solved if _drawn(s.id, round, seed) < config.resample)], given_up


def _drawn(id: str, round: int, seed: int) -> float:
    """A number from 0 to 1 that follows from the round and the statement."""
    return int(content_id("resample", seed, round, id)[:8], 16) / 16**8


def allowance(config: SearchConfig, adaptive: AdaptiveConfig, searches: int) -> SearchConfig:
    """The search's settings for a statement that was searched `searches` times before."""
    attempts = min(max(adaptive.most, config.attempts), math.ceil(config.attempts * adaptive.growth**searches))
    return config if attempts == config.attempts else config.model_copy(update={"attempts": attempts})
