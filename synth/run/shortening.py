"""`synth shorten`: a file of verified pairs in, the same pairs with shorter proofs out, each verified anew."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from synth.export.read import read_pairs
from synth.records import Pair
from synth.search.shorten import length, shortened
from synth.services import asking
from synth.store.files import check_target, write_records
from verify_workers.config import VerifyConfig
from verify_workers.errors import UserError
from verify_workers.pool.local import LocalPool


@dataclass(frozen=True)
class Shortening:
    """What came of a file; lengths are medians in tokens of Lean, of proofs that had more than two lines."""

    pairs: int
    shortened: int
    refused: int
    """Proofs that Lean does not accept as they are: written as they were."""
    long: int
    before: float
    after: float

    @property
    def cut(self) -> float:
        """By how many percent the median length of the long proofs fell."""
        return 100 * (1 - self.after / self.before) if self.before else 0.0


def shorten_file(source: str, out: str, config: VerifyConfig, done: Callable[[int, int], None] = lambda count, total: None) -> Shortening:
    """Shorten the pairs of a file or export; `done(so far, all)` is called after each.  UserError where there are none."""
    check_target(out)
    pairs = list(read_pairs(source))
    if not pairs:
        raise UserError(f"{source}: no pairs; nothing to shorten")
    with LocalPool(config.pool) as pool:
        results = shorten_pairs(pairs, pool, config.timeout, done)
    write_records(out, [pair for pair, _ in results], Pair)
    return summary(results)


def shorten_pairs(
    pairs: Sequence[Pair], pool: LocalPool, timeout: float, done: Callable[[int, int], None] = lambda count, total: None
) -> list[tuple[Pair, bool]]:
    """Each pair with the shortest proof that was found, and whether its proof was accepted as it was (else it is left alone)."""
    verify = asking(pool)

    async def work() -> list[tuple[Pair, bool]]:
        gate, finished = asyncio.Semaphore(2 * pool.workers), 0

        async def one(pair: Pair) -> tuple[Pair, bool]:
            nonlocal finished
            async with gate:
                (verdict,) = await verify([pair.check(pair.id, timeout)])
                result = await shortened(pair, verify, timeout) if verdict.accepted else pair
            finished += 1
            done(finished, len(pairs))
            return result, verdict.accepted

        return list(await asyncio.gather(*map(one, pairs)))

    return asyncio.run(work())


def summary(results: Iterable[tuple[Pair, bool]]) -> Shortening:
    """The figures of a file."""
    listed = list(results)
    accepted = [pair for pair, good in listed if good]
    long = [pair for pair in accepted if (pair.original_proof or pair.proof).strip().count("\n") >= 2]
    return Shortening(
        pairs=len(listed),
        shortened=sum(pair.shortened for pair in accepted),
        refused=len(listed) - len(accepted),
        long=len(long),
        before=statistics.median([length(pair.original_proof or pair.proof) for pair in long] or [0]),
        after=statistics.median([length(pair.proof) for pair in long] or [0]),
    )
