"""Which statements of earlier rounds are searched again, in which order, and with how many attempts.

Few attempts come first and more for what survives them (`adaptive.growth`); what has the best chance, by the samples that were
accepted so far, can go first, so that a round's budget is spent where it helps most; after `adaptive.retries` searches a statement
is given up; a share of the proved ones is sampled again for other proofs (5 % in STP, arXiv 2502.00212).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from synth.config import AdaptiveConfig, SearchConfig
from synth.records import content_id
from synth.store.arrow import R
from synth.store.rundir import RunDir


def earlier(store: RunDir, kind: str, model: type[R], number: int) -> Iterator[R]:
    """What the rounds before round `number` wrote, round by round, each id once a round."""
    for round in range(1, number):
        yield from store.read(kind, model, prefix=f"r{round:03d}-")


def drawn(id: str, round: int, seed: int) -> float:
    """A number from 0 to 1 that follows from the round and the statement."""
    return int(content_id("resample", seed, round, id)[:8], 16) / 16**8


def allowance(config: SearchConfig, adaptive: AdaptiveConfig, searches: int) -> SearchConfig:
    """The search's settings for a statement that was searched `searches` times before."""
    attempts = min(max(adaptive.most, config.attempts), math.ceil(config.attempts * adaptive.growth**searches))
    return config if attempts == config.attempts else config.model_copy(update={"attempts": attempts})
