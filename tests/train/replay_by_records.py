"""The replay buffer as it was while it held all pairs as records: what `train.replay` must still choose."""

from __future__ import annotations

import math
import random
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from synth.records import Pair
from train.config import ReplayConfig
from train.replay import Chosen

_NAME = re.compile(r"^\s*(?:theorem|lemma)\s+\S+\s*")
_WORD = re.compile(r"[^\W\d_][\w']*|\d+|[^\w\s]")


def select(pairs: Iterable[Pair], config: ReplayConfig, seed: int) -> list[Chosen]:
    """Dedup, cap per statement, fill `capacity` from new and old, weigh; ordered by the pair's id.

    The newest round among `pairs` counts as fresh.
    """
    kept = cap(dedup(pairs), config.per_statement, seed)
    if not kept:
        return []
    newest = max(pair.round for pair in kept)
    mixed = mix(kept, newest, config.capacity, config.fresh_share, seed)
    siblings = Counter(statement_key(pair) for pair in mixed)
    lengths = length_weights([len(pair.proof) for pair in mixed], config.length_power)
    novelty = novelty_weights([shape(pair.proof) for pair in mixed], config.novelty_power)
    weights = [
        length * novel / math.sqrt(siblings[statement_key(pair)]) * (1.0 if pair.round == newest else config.old_weight)
        for pair, length, novel in zip(mixed, lengths, novelty, strict=True)
    ]
    mean = sum(weights) / len(weights)
    return sorted((Chosen(pair, weight / mean) for pair, weight in zip(mixed, weights, strict=True)), key=lambda chosen: chosen.pair.id)


def statement_key(pair: Pair) -> str:
    """The pair's header and statement without the theorem's name and spacing: equal keys ask the same thing."""
    return " ".join(pair.header.split()) + "\n" + " ".join(_NAME.sub("", pair.statement).split())


def dedup(pairs: Iterable[Pair]) -> list[Pair]:
    """One pair per statement and proof (spaces at line ends aside): the earliest round's, then the smallest id."""
    first: dict[tuple[str, str], Pair] = {}
    for pair in sorted(pairs, key=lambda pair: (pair.round, pair.id)):
        text = "\n".join(line.rstrip() for line in pair.proof.strip().splitlines())
        first.setdefault((statement_key(pair), text), pair)
    return list(first.values())


def cap(pairs: Sequence[Pair], limit: int, seed: int) -> list[Pair]:
    """At most `limit` proofs per statement: first a shortest one, then again and again the one least like those taken.

    Likeness is the Jaccard index of the proofs' words; ties go to the newer round, then by a seeded draw.
    """
    groups: dict[str, list[Pair]] = defaultdict(list)
    for pair in sorted(pairs, key=lambda pair: pair.id):
        groups[statement_key(pair)].append(pair)
    taken = list[Pair]()
    for key in sorted(groups):
        group = groups[key]
        if len(group) > limit:
            group = _diverse(group, limit, random.Random(f"{seed} {key}"))
        taken += group
    return taken


def _diverse(group: list[Pair], limit: int, draw: random.Random) -> list[Pair]:
    ranked = sorted(((len(pair.proof), -pair.round, draw.random(), i) for i, pair in enumerate(group)))
    order = [group[i] for *_, i in ranked]
    words = {pair.id: frozenset(_WORD.findall(pair.proof)) for pair in order}
    taken, rest = order[:1], order[1:]
    likeness = {pair.id: 0.0 for pair in rest}
    while len(taken) < limit:
        last = words[taken[-1].id]
        for pair in rest:
            both = last | words[pair.id]
            likeness[pair.id] = max(likeness[pair.id], len(last & words[pair.id]) / len(both) if both else 1.0)
        best = min(rest, key=lambda pair: (likeness[pair.id], -pair.round))  # the first of equals: the shorter
        taken.append(best)
        rest.remove(best)
    return taken


def mix(pairs: Sequence[Pair], newest: int, capacity: int | None, fresh_share: float, seed: int) -> list[Pair]:
    """At most `capacity` pairs, `fresh_share` of them of round `newest` where there are that many on either side."""
    if capacity is None or len(pairs) <= capacity:
        return list(pairs)
    fresh = [pair for pair in pairs if pair.round == newest]
    old = [pair for pair in pairs if pair.round != newest]
    want = min(len(fresh), max(round(capacity * fresh_share), capacity - len(old)))
    draw = random.Random(seed)
    return draw.sample(sorted(fresh, key=lambda p: p.id), want) + draw.sample(sorted(old, key=lambda p: p.id), capacity - want)


def length_weights(lengths: Sequence[int], power: float) -> list[float]:
    """(median / length)^power for each length, between 1/2 and 2."""
    middle = max(1.0, statistics.median(lengths)) if lengths else 1.0
    return [min(2.0, max(0.5, (middle / max(1, length)) ** power)) for length in lengths]


def novelty_weights(shapes: Sequence[str], power: float) -> list[float]:
    """count(shape)^-power for each shape, so that a thousand copies of one idea do not drown the rest."""
    counts = Counter(shapes)
    return [float(counts[each]) ** -power for each in shapes]


def shape(proof: str) -> str:
    """The proof with numbers and one-letter names blotted out and spacing dropped: what it does, not what with."""
    return " ".join("#" if word.isdigit() else "_" if len(word) == 1 and word.isalpha() else word for word in _WORD.findall(proof))
