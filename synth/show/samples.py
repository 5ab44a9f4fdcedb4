"""A fair, fixed choice of a run's records to show."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from synth.records import Attempt, Pair, Statement, VerdictRow
from synth.statements.faithfulness import says_the_same
from synth.store.rundir import RunDir

PAIRS_SHOWN = 24
EACH_REASON = 3  # dropped statements, and refused proofs, of each reason


def shown_pairs(store: RunDir) -> list[Pair]:
    """A sample of the pairs, newest round first; only theirs are read whole."""
    columns = ("id", "round", "negated")
    tables = store.tables("pairs", columns)
    rows = (Row(*row) for table in tables for row in zip(*(table[name].to_pylist() for name in columns), strict=True))
    chosen = [row.id for row in sample_pairs(rows, PAIRS_SHOWN)]
    found = store.find("pairs", Pair, chosen)
    return [found[id] for id in chosen]


class Row(NamedTuple):
    """What a sample of pairs is drawn by."""

    id: str
    round: int
    negated: bool


P = TypeVar("P", Row, Pair)


def sample_pairs(pairs: Iterable[P], size: int) -> list[P]:
    """A fixed sample of `size` pairs in one pass: ids are hashes, so the smallest ids are a fair choice.

    Every round and both sides (theorem, negation) get the same share where they have as many; newest round first.
    """
    groups: dict[tuple[int, bool], list[tuple[int, str, P]]] = {}
    for pair in pairs:
        heap = groups.setdefault((pair.round, pair.negated), [])
        # A max-heap by id (negated), so that the largest of the kept ids is the one to leave.
        item = (-int.from_bytes(pair.id.encode()[:20].ljust(20, b"\0")), pair.id, pair)
        if len(heap) < size:
            heapq.heappush(heap, item)
        elif item[0] > heap[0][0]:
            heapq.heapreplace(heap, item)
    queues = [[pair for _, _, pair in sorted(group, reverse=True)] for _, group in sorted(groups.items(), reverse=True)]
    chosen: list[P] = []
    while len(chosen) < size and any(queues):
        for queue in queues:
            if queue and len(chosen) < size:
                chosen.append(queue.pop(0))
    return sorted(chosen, key=lambda pair: (-pair.round, pair.negated, pair.id))


def marked_unfaithful(store: RunDir, pairs: Iterable[Pair]) -> set[str]:
    """The ids of those `pairs` whose statement is known not to say what its problem says: it differs from the problem's reference."""
    references = store.read_json("references.json", {})
    asked = {pair.statement_id: pair for pair in pairs if pair.problem_id in references}
    found = store.find("statements", Statement, list(asked))
    forms: dict[int, dict[str, str]] = {}
    other = set()
    for id, statement in found.items():
        if statement.round not in forms:
            forms[statement.round] = store.read_json(f"rounds/{statement.round:03d}/references.json", {})
        reference = references[statement.problem_id]
        if statement.origin in ("autoformalized", "refined") and not says_the_same(statement, reference, forms[statement.round]):
            other.add(asked[id].id)
    return other


@dataclass(frozen=True)
class Refused:
    """A statement that was dropped (`proof` is then ''), or a proof that was not accepted, and why."""

    reason: str
    statement: str
    proof: str
    detail: str
    round: int


def dropped_statements(store: RunDir, number: int) -> list[Refused]:
    """Some of round `number`'s, a few of each reason."""
    tables = store.tables("statements", ("id", "kept", "reason"), prefix=f"r{number:03d}-")
    rows = ((row["id"], row["reason"]) for table in tables for row in table.to_pylist() if not row["kept"])
    found = store.find("statements", Statement, _few(rows), prefix=f"r{number:03d}-")
    refused = [Refused(one.reason, one.text, "", one.detail, one.round) for one in found.values()]
    return sorted(refused, key=lambda one: (one.reason, one.statement))


def refused_proofs(store: RunDir, number: int) -> list[Refused]:
    """Some of round `number`'s, a few of each reason."""
    prefix = f"r{number:03d}-"
    tables = store.tables("verdicts", ("id", "outcome", "reason"), prefix=prefix)
    rows = ((row["id"], row["reason"] or row["outcome"]) for table in tables for row in table.to_pylist() if row["outcome"] != "accepted")
    verdicts = store.find("verdicts", VerdictRow, _few(rows), prefix=prefix)
    attempts = store.find("attempts", Attempt, list(verdicts), prefix=prefix)
    statements = store.find("statements", Statement, {attempt.statement_id for attempt in attempts.values()})
    refused = []
    for id, verdict in verdicts.items():
        if (attempt := attempts.get(id)) and (statement := statements.get(attempt.statement_id)):
            shown = statement.negation if attempt.negated else statement.text
            refused.append(Refused(verdict.reason or verdict.outcome, shown, attempt.proof, verdict.message, attempt.round))
    return sorted(refused, key=lambda one: (one.reason, one.statement, one.proof))


def _few(rows: Iterable[tuple[str, str]]) -> list[str]:
    """The smallest ids of each reason, of rows (id, reason): ids are hashes."""
    heaps: dict[str, list[str]] = {}
    for id, reason in rows:
        heaps[reason] = heapq.nsmallest(EACH_REASON, [*heaps.get(reason, []), id])
    return [id for heap in heaps.values() for id in heap]
