"""A round's figures, from what is on disk: the same after any number of interruptions."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from typing import Any

import ray

from synth.llm.config import ROLES
from synth.records import Pair, Problem, SearchRow, Statement, VerdictRow
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
from verify_workers.config import usable_cores


def round_counts(job: Run, number: int) -> dict[str, Any]:
    """Counts of a round, from what is on disk: the same after any number of interruptions."""
    prefix = f"r{number:03d}-"
    read = list(job.store.read("statements", Statement, prefix=prefix))
    statements = [s for s in read if s.origin not in KINDS and s.origin not in MADE]
    made = [s for s in read if s.origin in MADE]
    repeated = job.store.repeated()
    pairs = [pair for pair in job.store.read("pairs", Pair, prefix=prefix) if pair.statement_id not in repeated]
    verdicts = Counter(
        v.outcome if v.outcome != "rejected" else f"rejected: {v.reason}" for v in job.store.read("verdicts", VerdictRow, prefix=prefix)
    )
    units: Counter[str] = Counter()
    for entry in job.store.entries():
        if entry["key"].startswith(prefix):
            units.update({k: v for k, v in entry["info"].items() if isinstance(v, int | float)})
            units["quarantined"] += len(entry["info"].get("quarantined", []))
    pieces = [p for p in pairs if p.kind in ("subgoal", "lemma")]
    proved_by = by_strategy(p for p in pairs if p.kind == "theorem")
    forms = job.store.read_json(f"rounds/{number:03d}/references.json", {})
    same, measured = faithful((s for s in statements if s.kept), job.inputs.references, forms)
    figure = counted(same, measured, job.config.seed)
    return {
        "problems": units["problems"],
        "statements": len(statements),
        "statements_kept": sum(s.kept for s in statements),
        "statements_rejected": dict(Counter(s.reason for s in statements if not s.kept).most_common()),
        "faithful": figure.value if figure else None,
        **({"faithful_interval": figure.interval} if figure else {}),
        **equivalent_share(job, number, statements),
        **corrected_share(job, statements),
        "pieces": len(read) - len(statements) - len(made),
        "pieces_proved": len({p.statement_id for p in pieces if not p.negated}),
        "pieces_refuted": len({p.statement_id for p in pieces if p.negated}),
        **conjectured(job, number, made, pairs),
        "searched": units["searched"],
        "attempts": units["samples"],
        "checks": sum(verdicts.values()),
        "verdicts": dict(verdicts.most_common()),
        "pairs": len(pairs),
        "pairs_negated": sum(p.negated for p in pairs),
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


def conjectured(job: Run, number: int, made: list[Statement], pairs: Iterable[Pair]) -> dict[str, Any]:
    """Conjectures and variants of a round: how many, how many were kept and proved, and what became of those that were searched."""
    if not job.config.conjectures.enabled:
        return {}
    proved = {p.statement_id for p in pairs if p.kind == "conjecture" and not p.negated}
    fates = job.store.read_json(f"rounds/{number:03d}/conjectures.json", {}).get("counts", {})
    counts = {"conjectures": len(made), "conjectures_kept": sum(s.kept for s in made), "conjectures_proved": len(proved)}
    return {**counts, "conjectures_in_band": fates.get("in_band", 0), "conjectures_ended": fates}


def ended(store: RunDir, prefix: str) -> dict[str, Any]:
    """How a round's searches ended, those that a budget ended by its name; and the Lean seconds of all."""
    rows = [row for row in store.read("searches", SearchRow, prefix=prefix) if not row.inside]
    reasons = Counter(f"{row.ended}: {row.limit}" if row.limit else row.ended for row in rows)
    return {"ended": dict(reasons.most_common()), "lean_seconds": round(sum(row.lean_seconds for row in rows), 1)} if rows else {}


def corrected_share(job: Run, statements: Iterable[Statement]) -> dict[str, Any]:
    """The faithful share of kept statements as the filters' measured error has it, where `filters.calibration` names one."""
    known = read_calibration(job.config)
    if known is None:
        return {}
    passed, came = came_to_judging(list(statements))
    share = corrected(passed, came, known, job.config.seed)
    return {"faithful_corrected": share.value if share else None, "faithful_corrected_interval": share.interval if share else None}


def equivalent_share(job: Run, number: int, statements: Iterable[Statement]) -> dict[str, Any]:
    """The faithful share with what Lean shows to be equivalent to a reference (`filters.equivalence`); {} where it was not asked."""
    how = job.store.read_json(f"rounds/{number:03d}/equivalent.json", {})
    measured = [how[s.id] for s in statements if s.kept and s.id in how]
    share = counted(sum(How(found).equivalent for found in measured), len(measured), job.config.seed)
    return {"faithful_equivalent": share.value, "faithful_equivalent_interval": share.interval} if share else {}


def by_strategy(pairs: Iterable[Pair]) -> Counter[str]:
    """How many statements each strategy proved (or refuted).

    The cheap tactics come first where `search.portfolio` lets them: what they prove, the model is never asked about.
    """
    return Counter({pair.statement_id: pair.strategy for pair in pairs}.values())


async def compare(job: Run, number: int) -> None:
    """Try the cheap tactics on what the model proved in this round: what they prove too, did not need a model.

    On at most `search.compared` statements, the first by the hash that is their proof's id.  Only what Lean says is
    written down, so that an interrupted round goes on from it.
    """
    name = f"rounds/{number:03d}/compared.json"
    if not job.config.search.compared or job.store.exists(name):
        return
    pairs = sorted(job.store.read("pairs", Pair, prefix=f"r{number:03d}-"), key=lambda pair: pair.id)
    proved = {pair.statement_id: pair for pair in reversed(pairs) if pair.strategy != Portfolio.name}
    chosen = sorted(proved.values(), key=lambda pair: pair.id)[: job.config.search.compared]
    asked = [Statement(id=p.id, problem_id=p.problem_id, text=p.statement, header=p.header, preamble=p.preamble) for p in chosen]
    stage = f"round {number}: compare with cheap tactics"
    job.progress.stage(stage, len(asked))
    solved = (await baseline(asked, job.config, job.services().verify)).solved
    job.progress.advance(stage, len(asked))
    job.store.write_json(name, {pair.id: solved.get(pair.id, "") for pair in chosen})


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
    forms = await forms_of(references, job.services().verify)
    job.store.write_json(name, {problem: form for problem, (form, _) in forms.items()})


async def reference_equivalents(job: Run, number: int) -> None:
    """Ask Lean which of this round's kept statements are equivalent to their references, where `filters.equivalence` says so."""
    name, config = f"rounds/{number:03d}/equivalent.json", job.config.filters
    if not (config.equivalence and job.inputs.references) or job.store.exists(name):
        return
    read = job.store.read("statements", Statement, prefix=f"r{number:03d}-")
    kept = [s for s in read if s.kept and s.origin in ("autoformalized", "refined")]
    how = await faithful_by(kept, job.inputs.references, job.services().verify, config.timeout, beq=True)
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
