"""Conjectures and variants in a run: what a round makes them from, how a shard makes them, and what became of them.

A round draws its seeds from the pairs of earlier rounds, which are complete, so that a round done again draws the same.  Its shards
make the statements and search them like any others; once all shards are done, `settle_band` writes down which are in the band.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from synth.config import ConjectureConfig, SearchConfig
from synth.conjectures.band import Fate, Judged, Rate, judged, rates
from synth.conjectures.conjecture import conjectured, not_asked
from synth.conjectures.filters import kept_conjectures, kept_variants
from synth.conjectures.make import SUBGOAL, by_rules, not_varied, subgoals
from synth.records import Attempt, Pair, Statement, VerdictRow, content_id
from synth.run.again import earlier
from synth.search.outcome import MADE
from synth.statements.filters.base import Context
from synth.statements.text import identity
from synth.store.rundir import RunDir


@dataclass(frozen=True)
class Plan:
    """What a shard conjectures from: ids of pairs, and of statements whose proofs have failed (for subgoals)."""

    pairs: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    def piece(self, start: int, step: int) -> Plan:
        """Every `step`th of each, from `start`."""
        return Plan(self.pairs[start::step], self.failed[start::step])

    def __bool__(self) -> bool:
        return bool(self.pairs or self.failed)

    def __len__(self) -> int:
        return len(self.pairs) + len(self.failed)


NOTHING = Plan()


def planned(store: RunDir, number: int, again_searched: Iterable[Statement], config: ConjectureConfig, seed: int) -> Plan:
    """What round `number`, which searches `again_searched` again, conjectures from; nothing where `conjectures` is off."""
    if not config.enabled:
        return Plan()
    again, solved = store.repeated(), set[str]()
    best: dict[str, Pair] = {}
    for pair in earlier(store, "pairs", Pair, number):
        solved.add(pair.statement_id)
        if not pair.negated and pair.statement_id not in again:
            before = best.setdefault(pair.statement_id, pair)
            best[pair.statement_id] = min(before, pair, key=lambda one: (len(one.proof), one.id))
    if config.seed_rate and best:
        known = earlier_rates(store, number, best)
        best = {id: pair for id, pair in best.items() if id not in known or known[id].share >= config.seed_rate}
    drawn = sorted(best, key=lambda id: content_id("seed", seed, number, id))[: config.seeds]
    left = [s.id for s in again_searched if s.kept and s.id not in solved and s.origin not in MADE]
    failed = left if SUBGOAL in config.variants else []
    failed.sort(key=lambda id: content_id("failed", seed, number, id))
    return Plan(tuple(best[id].id for id in drawn), tuple(failed[: config.seeds]))


def earlier_rates(store: RunDir, number: int, statements: Iterable[str]) -> dict[str, Rate]:
    """The pass rates of `statements` over all rounds before round `number`, by id."""
    total: dict[str, Rate] = {}
    wanted = set(statements)
    for round in range(1, number):
        for id, rate in rates_of(store, round, wanted).items():
            before = total.get(id, Rate())
            total[id] = Rate(accepted=before.accepted + rate.accepted, samples=before.samples + rate.samples)
    return total


def rates_of(store: RunDir, number: int, statements: Iterable[str]) -> dict[str, Rate]:
    """The pass rates that round `number` gave, by statement."""
    prefix = f"r{number:03d}-"
    return rates(store.read("attempts", Attempt, prefix), store.read("verdicts", VerdictRow, prefix), statements)


async def make(plan: Plan, store: RunDir, config: ConjectureConfig, context: Context, limit: str) -> list[Statement]:
    """The conjectures and variants of one shard, kept and dropped.  `limit` names the budget that is used up; '' where none is."""
    round, ids = context.tools.round, list(plan.pairs)
    found = store.find("pairs", Pair, ids)
    pairs = [found[id] for id in ids if id in found]
    parents = store.find("statements", Statement, [*(pair.statement_id for pair in pairs), *plan.failed])
    if limit:
        return not_asked(pairs, limit, round)
    made = await conjectured(pairs, parents, config, context.tools) if config.samples else []
    made = await kept_conjectures(made, context)
    known = dict(context.known) | {identity(s): s.id for s in made if s.kept}
    proved = [parents[pair.statement_id] for pair in pairs if pair.statement_id in parents]
    rules = [rule for rule in config.variants if rule != SUBGOAL]
    ruled, ties = by_rules([s for s in proved if not s.benchmark], rules, config.per_rule, round)
    barred = [s for parent in proved if parent.benchmark and rules for s in not_varied(parent, round)]
    failed = {id: parents[id] for id in plan.failed if id in parents and not parents[id].benchmark}
    below = subgoals(failed, _failures(store, round - 1, failed), config.per_rule, round)
    variants = await kept_variants([*ruled, *below], ties, replace(context, known=known))
    return [*made, *variants, *barred]


def _failures(store: RunDir, number: int, statements: Mapping[str, Statement]) -> list[VerdictRow]:
    """What Lean said in round `number` of the models' failed proofs of `statements`, themselves and not their negations."""
    if not statements or number < 1:
        return []
    prefix = f"r{number:03d}-"
    own = {a.id for a in store.read("attempts", Attempt, prefix) if a.statement_id in statements and not a.negated and a.prompt}
    return [v for v in store.read("verdicts", VerdictRow, prefix) if v.id in own and v.errors]


def searched_at_once(search: SearchConfig, config: ConjectureConfig) -> SearchConfig:
    """How conjectures and variants are searched: all samples in one wave, so that their pass rate is what it seems."""
    return search.model_copy(update={"attempts": config.attempts, "wave": config.attempts})


# ---- what became of them ---------------------------------------------------------------------------------------------


def settle_band(store: RunDir, number: int, config: ConjectureConfig) -> None:
    """Write down, once, what became of the conjectures and variants that round `number` searched."""
    name = f"rounds/{number:03d}/conjectures.json"
    if not config.enabled or store.exists(name):
        return
    prefix = f"r{number:03d}-"
    rounds = range(1, number + 1) if config.retry else (number,)
    latest = {s.id: s for round in rounds for s in store.read("statements", Statement, f"r{round:03d}-") if s.origin in MADE}
    tried = {a.statement_id for a in store.read("attempts", Attempt, prefix)}
    statements = [s for s in latest.values() if s.kept and (s.id in tried or s.round == number)]
    ids = {s.id for s in statements}
    pairs = [pair for pair in store.read("pairs", Pair, prefix) if pair.statement_id in ids]
    proofs = {pair.attempt_id for pair in pairs}
    seconds = {v.id: v.seconds for v in store.read("verdicts", VerdictRow, prefix) if v.id in proofs}
    found = judged(statements, rates_of(store, number, ids), pairs, seconds, config)
    counts = Counter(one.fate.value for one in found)
    rows = [one.model_dump(mode="json") for one in found]
    store.write_json(name, {"band": config.band, "counts": dict(counts.most_common()), "statements": rows})


def band_of(store: RunDir, number: int) -> list[Judged]:
    """What `settle_band` has written of a round."""
    written: dict[str, Any] = store.read_json(f"rounds/{number:03d}/conjectures.json", {})
    return [Judged.model_validate(row) for row in written.get("statements", [])]


def taught(store: RunDir, number: int, config: ConjectureConfig) -> list[tuple[Statement, float]]:
    """The conjectures of the last `replay` rounds up to `number` that are in the band, each with its weight, for the conjecturer."""
    weights = {
        one.id: one.weight
        for round in range(max(1, number + 1 - config.replay), number + 1)
        for one in band_of(store, round)
        if one.fate is Fate.IN_BAND
    }
    found = store.find("statements", Statement, list(weights))
    return [(found[id], weight) for id, weight in weights.items() if id in found and found[id].origin == "conjectured"]


def factors(store: RunDir, number: int) -> dict[str, float]:
    """What the weights of conjectures' proofs are multiplied with, by pair: 0 where their statements are too easy."""
    return {pair: weight for round in range(1, number + 1) for one in band_of(store, round) for pair, weight in one.pairs.items()}
