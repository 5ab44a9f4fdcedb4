"""A round's figures, from what is on disk: the same after any number of interruptions."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import ray

from synth.keys import Hashes, Keys, grown, hashes
from synth.llm.config import ROLES
from synth.records import Pair, Problem, Statement
from synth.run.baseline import baseline
from synth.run.state import Run
from synth.search.outcome import KINDS, MADE
from synth.search.portfolio import Portfolio
from synth.statements.against import faithful_by
from synth.statements.benchmarks import forms_of
from synth.statements.corrected import corrected, counted
from synth.statements.equivalent import How
from synth.statements.faithfulness import faithful
from synth.statements.judge_error import came_to_judging, read_calibration
from synth.store.rundir import RunDir
from synth.store.tally import tally
from verify_workers.config import usable_cores


def round_counts(job: Run, number: int) -> dict[str, Any]:
    """Counts of a round, from what is on disk: the same after any number of interruptions."""
    prefix = f"r{number:03d}-"
    read = tally(job.store, "statements", prefix, "origin", "kept", "reason")
    own = Counter({key: count for key, count in read.items() if key[0] not in KINDS and key[0] not in MADE})
    made = Counter({key: count for key, count in read.items() if key[0] in MADE})
    proofs = Proofs(job.store, prefix)
    verdicts: Counter[str] = Counter()
    for (outcome, reason), count in tally(job.store, "verdicts", prefix, "outcome", "reason").items():
        verdicts[outcome if outcome != "rejected" else f"rejected: {reason}"] += count
    units: Counter[str] = Counter()
    for entry in job.store.entries(prefix):
        units.update({k: v for k, v in entry["info"].items() if isinstance(v, int | float)})
        units["quarantined"] += len(entry["info"].get("quarantined", []))
    rejected: Counter[str] = Counter()
    for (_, kept, reason), count in own.items():
        if not kept:
            rejected[reason] += count
    proved_by = proofs.by_strategy()
    return {
        "problems": units["problems"],
        "statements": own.total(),
        "statements_kept": _kept(own),
        "statements_rejected": dict(rejected.most_common()),
        **faithful_share(job, number),
        **equivalent_share(job, number),
        **corrected_share(job, own),
        "pieces": read.total() - own.total() - made.total(),
        "pieces_proved": proofs.statements(PIECE),
        "pieces_refuted": proofs.statements(PIECE | NEGATED),
        **conjectured(job, number, made.total(), _kept(made), proofs.statements(CONJECTURE)),
        "searched": units["searched"],
        "attempts": units["samples"],
        "checks": verdicts.total(),
        "verdicts": dict(verdicts.most_common()),
        "pairs": proofs.pairs,
        "pairs_negated": proofs.negated,
        "proved": units["proved"],
        "proved_by": dict(proved_by.most_common()),
        "proved_by_tactics": proved_by[Portfolio.name],
        "proved_by_model": proved_by.total() - proved_by[Portfolio.name],
        **compared(job, number),
        "quarantined": units["quarantined"],
        **ended(job.store, prefix),
        "tokens": units["tokens"],
        **{f"tokens_{role}": units[f"tokens_{role}"] for role in ROLES},
        **{f"faults_{role}": units[f"faults_{role}"] for role in ROLES if units[f"faults_{role}"]},
    }


def _kept(counts: Mapping[tuple[Any, ...], int]) -> int:
    """Those that are kept, of statements counted by origin, whether they are, and reason."""
    return sum(count for (_, kept, _), count in counts.items() if kept)


def conjectured(job: Run, number: int, made: int, kept: int, proved: int) -> dict[str, Any]:
    """Conjectures and variants of a round: how many, how many were kept and proved, and what became of those that were searched."""
    if not job.config.conjectures.enabled:
        return {}
    fates = job.store.read_json(f"rounds/{number:03d}/conjectures.json", {}).get("counts", {})
    counts = {"conjectures": made, "conjectures_kept": kept, "conjectures_proved": proved}
    return {**counts, "conjectures_in_band": fates.get("in_band", 0), "conjectures_ended": fates}


THEOREM, PIECE, CONJECTURE, NEGATED = 1, 2, 4, 8
_OF_KIND = {"theorem": THEOREM, "subgoal": PIECE, "lemma": PIECE, "conjecture": CONJECTURE}


class Proofs:
    """The pairs of a round, counted: 18 bytes a statement.  Pairs of statements that repeat another one do not count."""

    def __init__(self, store: RunDir, prefix: str) -> None:
        self.pairs = self.negated = 0
        self._keys, self._names = Keys(), dict[str, int]()
        self._flags, self._strategy = np.zeros(0, np.uint16), np.zeros(0, np.int32)
        repeated = hashes(store.repeated())
        for table in store.tables("pairs", ["statement_id", "kind", "negated", "strategy"], prefix):
            keys = hashes(table["statement_id"].to_pylist())
            stays = ~np.isin(keys, repeated)
            self._add(keys[stays], table.filter(pa.array(stays)))

    def _add(self, keys: Hashes, table: pa.Table) -> None:
        numbers = self._keys.add(keys)
        self._flags, self._strategy = (grown(column, len(self._keys)) for column in (self._flags, self._strategy))
        negated = table["negated"].to_numpy()
        flags = np.array([_OF_KIND.get(kind, 0) for kind in table["kind"].to_pylist()], np.uint16)
        np.bitwise_or.at(self._flags, numbers, flags << np.where(negated, 8, 0).astype(np.uint16))
        names = [self._names.setdefault(name, len(self._names) + 1) for name in table["strategy"].to_pylist()]
        theorems = flags == THEOREM
        self._strategy[numbers[theorems]] = np.array(names, np.int32)[theorems]  # of several the last
        self.pairs, self.negated = self.pairs + len(numbers), self.negated + int(negated.sum())

    def statements(self, of: int) -> int:
        """How many statements of a kind were proved, or (with `NEGATED`) refuted."""
        wanted = (of & ~NEGATED) << (8 if of & NEGATED else 0)
        return int(np.count_nonzero(self._flags & wanted))

    def by_strategy(self) -> Counter[str]:
        """How many theorems each strategy proved (or refuted).

        The cheap tactics come first where `search.portfolio` lets them: what they prove, the model is never asked about.
        """
        counts = np.bincount(self._strategy, minlength=len(self._names) + 1)
        return Counter({name: int(counts[number]) for name, number in self._names.items() if counts[number]})


def ended(store: RunDir, prefix: str) -> dict[str, Any]:
    """How a round's searches ended, those that a budget ended by its name; and the Lean seconds of all."""
    reasons, seconds = Counter[str](), 0.0
    for table in store.tables("searches", ["inside", "ended", "limit", "lean_seconds"], prefix):
        own = table.filter(pc.invert(table["inside"]))
        reasons.update(
            f"{how}: {limit}" if limit else how for how, limit in zip(*(own[n].to_pylist() for n in ("ended", "limit")), strict=True)
        )
        seconds += pc.sum(own["lean_seconds"]).as_py() or 0.0
    return {"ended": dict(reasons.most_common()), "lean_seconds": round(seconds, 1)} if reasons else {}


def faithful_share(job: Run, number: int) -> dict[str, Any]:
    """The share of kept statements that say what their references say, where there are any."""
    forms = job.store.read_json(f"rounds/{number:03d}/references.json", {})
    read = job.store.read("statements", Statement, prefix=f"r{number:03d}-") if job.inputs.references else ()
    figure = counted(*faithful((s for s in read if s.kept), job.inputs.references, forms), job.config.seed)
    return {"faithful": figure.value if figure else None, **({"faithful_interval": figure.interval} if figure else {})}


def corrected_share(job: Run, statements: Mapping[tuple[str, bool, str], int]) -> dict[str, Any]:
    """The faithful share of kept statements as the filters' measured error has it, where `filters.calibration` names one."""
    known = read_calibration(job.config)
    if known is None:
        return {}
    passed, came = came_to_judging(statements)
    share = corrected(passed, came, known, job.config.seed)
    return {"faithful_corrected": share.value if share else None, "faithful_corrected_interval": share.interval if share else None}


def equivalent_share(job: Run, number: int) -> dict[str, Any]:
    """The faithful share with what Lean shows to be equivalent to a reference (`filters.equivalence`); {} where it was not asked."""
    how = job.store.read_json(f"rounds/{number:03d}/equivalent.json", {})
    prefix = f"r{number:03d}-"
    read = (row for table in job.store.tables("statements", ["kept", "origin"], prefix) for row in table.to_pylist()) if how else ()
    measured = [how[row["id"]] for row in read if row["kept"] and row["id"] in how and row["origin"] not in (*KINDS, *MADE)]
    share = counted(sum(How(found).equivalent for found in measured), len(measured), job.config.seed)
    return {"faithful_equivalent": share.value, "faithful_equivalent_interval": share.interval} if share else {}


async def compare(job: Run, number: int) -> None:
    """Try the cheap tactics on what the model proved in this round: what they prove too, did not need a model.

    On at most `search.compared` statements, the first by the hash that is their proof's id.  Only what Lean says is
    written down, so that an interrupted round goes on from it.
    """
    name = f"rounds/{number:03d}/compared.json"
    if not job.config.search.compared or job.store.exists(name):
        return
    ids = await asyncio.to_thread(_first_proofs, job.store, f"r{number:03d}-", job.config.search.compared)
    found = await asyncio.to_thread(job.store.find, "pairs", Pair, ids, f"r{number:03d}-")
    chosen = [found[id] for id in ids]
    asked = [Statement(id=p.id, problem_id=p.problem_id, text=p.statement, header=p.header, preamble=p.preamble) for p in chosen]
    stage = f"round {number}: compare with cheap tactics"
    job.progress.stage(stage, len(asked))
    solved = (await baseline(asked, job.config, job.asking("compare", number))).solved
    job.progress.advance(stage, len(asked))
    job.store.write_json(name, {pair.id: solved.get(pair.id, "") for pair in chosen})


def _first_proofs(store: RunDir, prefix: str, count: int) -> list[str]:
    """The smallest ids of the pairs that a model proved, one of each statement, in their order."""
    first: dict[str, str] = {}
    for table in store.tables("pairs", ["statement_id", "strategy"], prefix):
        own = table.filter(pc.not_equal(table["strategy"], Portfolio.name))
        for id, statement in zip(own["id"].to_pylist(), own["statement_id"].to_pylist(), strict=True):
            first[statement] = min(id, first.get(statement, id))
        if len(first) > 2 * count:
            first = dict(sorted(first.items(), key=lambda item: item[1])[:count])
    return sorted(first.values())[:count]


async def reference_forms(job: Run, number: int) -> None:
    """Ask Lean for the normal forms of the references of this round's kept statements, for `faithful`."""
    name = f"rounds/{number:03d}/references.json"
    if not job.inputs.references or job.store.exists(name):
        return
    kept = {
        s.problem_id: s
        for s in job.store.read("statements", Statement, prefix=f"r{number:03d}-")
        if s.kept and s.form and s.origin not in KINDS
    }
    references = [
        Problem(id=problem, statement=job.inputs.references[problem], header=s.header)
        for problem, s in kept.items()
        if problem in job.inputs.references
    ]
    forms = await forms_of(references, job.asking("references", number))
    job.store.write_json(name, {problem: form for problem, (form, _) in forms.items()})


async def reference_equivalents(job: Run, number: int) -> None:
    """Ask Lean which of this round's kept statements are equivalent to their references, where `filters.equivalence` says so."""
    name, config = f"rounds/{number:03d}/equivalent.json", job.config.filters
    if not (config.equivalence and job.inputs.references) or job.store.exists(name):
        return
    read = job.store.read("statements", Statement, prefix=f"r{number:03d}-")
    kept = [s for s in read if s.kept and s.origin in ("autoformalized", "refined")]
    how = await faithful_by(kept, job.inputs.references, job.asking("equivalent", number), config.timeout, beq=True)
    job.store.write_json(name, how)


def compared(job: Run, number: int) -> dict[str, Any]:
    """Of the `model_compared` statements that the model proved and the cheap tactics were tried on, those that only the model did."""
    tactics = job.store.read_json(f"rounds/{number:03d}/compared.json", {})
    only = sum(not tactic for tactic in tactics.values())
    share = {"model_only_share": round(100 * only / len(tactics), 1)} if tactics else {}
    return {"model_compared": len(tactics), "model_only": only, **share}


def costs(figures: dict[str, Any]) -> dict[str, float]:
    """What one verified pair cost: generated tokens and core-seconds (all cores of the cluster, for the whole round).

    Both with what interruptions threw away: `tokens_spent`, and the seconds of all commands that worked on the round.
    """
    pairs = figures["pairs"]
    if not pairs:
        return {}
    cores = sum(node["Resources"].get("CPU", 0) for node in ray.nodes() if node["Alive"]) if "RAY_ADDRESS" in os.environ else usable_cores()
    tokens = max(figures["tokens"], figures.get("tokens_spent", 0))
    return {"tokens_per_pair": round(tokens / pairs, 1), "core_seconds_per_pair": round(figures["seconds"] * cores / pairs, 2)}
