"""`synth shorten`: a file of verified pairs in, the same pairs with shorter proofs out, each verified anew.

Pairs that Lean does not accept as they are would pass for verified there: they go to a file beside it, with the reason.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pydantic import Field

from synth.export.read import read_pairs
from synth.records import Pair, Record
from synth.run.interrupt import interruptible
from synth.run.remembered import memory_of_checks, remembered_checks
from synth.search.shorten import length, shortened
from synth.services import Verify, asking
from synth.store.files import check_target, write_records
from verify_workers.config import VerifyConfig
from verify_workers.errors import UserError
from verify_workers.pool.local import LocalPool
from verify_workers.records import Verdict


class Refused(Record):
    """A pair whose proof Lean does not accept as it is, as a row of `synth verify`: nobody takes it for a verified pair."""

    id: str
    statement: str
    header: str = ""
    preamble: str = ""
    proof: str | None = None
    code: str | None = None
    outcome: str = Field(description="the verdict's; `infra` is none: the checker failed")
    reason: str = Field("", description="what Lean, or whoever refused it, says; one line")


@dataclass(frozen=True)
class Shortened:
    """A pair, with a shorter proof where one was found, and the verdict on the proof that it came with."""

    pair: Pair
    verdict: Verdict

    @property
    def added(self) -> set[str]:
        """The axioms on which the pair rests now and did not before."""
        return set(self.pair.axioms) - set(self.verdict.axioms) if self.verdict.accepted else set()

    def refused(self) -> Refused:
        check, said = self.pair.check(self.pair.id, 1.0), self.verdict.first_error or self.verdict.reason
        texts = {name: getattr(check, name) for name in ("id", "statement", "header", "preamble", "proof", "code")}
        return Refused(**texts, outcome=self.verdict.outcome.value, reason=" ".join(said.split()))


@dataclass(frozen=True)
class Shortening:
    """What came of a file; lengths are medians in tokens of Lean, of proofs that had more than two lines."""

    pairs: int
    shortened: int
    refused: int
    """Proofs that Lean does not accept as they are."""
    long: int
    before: float
    after: float
    added: int
    """Proofs that rest on axioms now that they did without before."""
    axioms: tuple[str, ...]
    """Those axioms."""

    @property
    def cut(self) -> float:
        """By how many percent the median length of the long proofs fell."""
        return 100 * (1 - self.after / self.before) if self.before else 0.0

    def lines(self, beside: str = "") -> list[str]:
        """The figures for a person; `beside`: where the refused pairs are."""
        if self.long:
            lengths = f"{self.long:,} of more than two lines: median {self.before:g} → {self.after:g} tokens (-{self.cut:.0f} %)"
        else:
            lengths = "none has more than two lines"
        lines = [f"{self.shortened:,} of {self.pairs:,} proofs shortened; {lengths}"]
        if self.added:
            lines.append(f"{self.added:,} rest on axioms now that they did without before: {', '.join(self.axioms)}")
        if self.refused:
            lines.append(f"{self.refused:,} not accepted as they are, and left out: {beside}")
        return lines


def refused_path(out: str) -> Path:
    """Where the pairs that Lean does not accept are, for pairs that are written to `out`."""
    return Path(out).with_suffix(f".refused{Path(out).suffix}")


def shorten_file(
    source: str,
    out: str,
    config: VerifyConfig,
    done: Callable[[int, int], None] = lambda count, total: None,
    note: Callable[[str], None] = lambda line: None,
) -> Shortening:
    """Shorten the pairs of a file or export; `done(so far, all)` is called after each.  UserError where there are none.

    What Lean has answered an interrupted call waits in a journal beside `out`; `note` is told so.
    """
    check_target(out)
    pairs = distinct_pairs(read_pairs(source), source)
    if not pairs:
        raise UserError(f"{source}: no pairs; nothing to shorten")
    kept = memory_of_checks(out, config.pool, note)
    with LocalPool(config.pool) as pool:
        results = shorten_pairs(pairs, pool, config.timeout, done, partial(remembered_checks, kept=kept))
    write_records(out, [one.pair for one in results if one.verdict.accepted], Pair)
    refused = [one.refused() for one in results if not one.verdict.accepted]
    if refused:
        write_records(str(refused_path(out)), refused, Refused)
    else:
        refused_path(out).unlink(missing_ok=True)  # of an earlier call
    kept.finish()
    return summary(results)


def distinct_pairs(pairs: Iterable[Pair], source: str) -> list[Pair]:
    """The pairs of a file, those that it has several times once.  UserError where two that differ have one id."""
    found = dict[str, Pair]()
    for number, pair in enumerate(pairs, 1):
        first = found.setdefault(pair.id, pair)
        if (first.statement, first.proof, first.negated) != (pair.statement, pair.proof, pair.negated):
            raise UserError(f"{source}: row {number}: another pair before it has the id {pair.id}; give each an id of its own")
    return list(found.values())


def shorten_pairs(
    pairs: Sequence[Pair],
    pool: LocalPool,
    timeout: float,
    done: Callable[[int, int], None] = lambda count, total: None,
    through: Callable[[Verify], Verify] = lambda verify: verify,
) -> list[Shortened]:
    """Each pair with the shortest proof that was found; one whose proof is not accepted is left alone.

    What is asked of the pool goes `through` this.
    """
    verify = through(asking(pool))

    async def work() -> list[Shortened]:
        gate, finished = asyncio.Semaphore(2 * pool.workers), 0

        async def one(pair: Pair) -> Shortened:
            nonlocal finished
            async with gate:
                (verdict,) = await verify([pair.check(pair.id, timeout)])
                if verdict.accepted:
                    checked = pair if pair.shortened else pair.model_copy(update={"axioms": verdict.axioms})
                    pair = await shortened(checked, verify, timeout)
            finished += 1
            done(finished, len(pairs))
            return Shortened(pair, verdict)

        return list(await asyncio.gather(*map(one, pairs)))

    return interruptible(work())


def summary(results: Iterable[Shortened]) -> Shortening:
    """The figures of a file."""
    listed = list(results)
    accepted = [one for one in listed if one.verdict.accepted]
    pairs = [one.pair for one in accepted]
    long = [pair for pair in pairs if (pair.original_proof or pair.proof).strip().count("\n") >= 2]
    return Shortening(
        pairs=len(listed),
        shortened=sum(pair.shortened for pair in pairs),
        refused=len(listed) - len(accepted),
        long=len(long),
        before=statistics.median([length(pair.original_proof or pair.proof) for pair in long] or [0]),
        after=statistics.median([length(pair.proof) for pair in long] or [0]),
        added=sum(bool(one.added) for one in accepted),
        axioms=tuple(sorted(set[str]().union(*(one.added for one in accepted)))),
    )
