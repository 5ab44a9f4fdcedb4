"""A run directory as `synth run` leaves one, small and made by hand: eight statements, of which two are proved, in one round."""

from __future__ import annotations

from pathlib import Path

from synth.config import RunConfig
from synth.records import Attempt, Problem, SearchRow, Statement, VerdictRow
from synth.store.rundir import RunDir
from synth.store.timeline import Row, TimelineLog

LEAN = 0.5  # seconds of a check
START = 3.0  # seconds of the start of the shard actors
STATEMENTS, ATTEMPTS = 8, 4


def recorded_run(folder: Path, repeats: bool = False) -> RunDir:
    """Every attempt has 20 tokens and takes Lean half a second; of every fourth statement the third attempt is accepted.

    With `repeats` the last attempt of each side said the same as one before, in 5 tokens, and so is in no record.
    """
    settings = {
        "models": {"prover": {"path": "given"}},
        "rounds": 1,
        "search": {"attempts": ATTEMPTS, "wave": 2, "portfolio": "never"},
        "shards": {"problems": 4, "actors": 2, "chunk": 2},
        "verify": {"workers": 2},
        "eval": {"ks": [1], "samples": 1},
    }
    with RunDir.open(folder, RunConfig.model_validate(settings)) as store:
        problems = [Problem(id=f"p{n}", statement=f"theorem p{n} : {n} = 0") for n in range(STATEMENTS)]
        store.write("problems", problems, "all")
        statements = [Statement(id=f"s{n}", problem_id=f"p{n}", text=f"theorem p{n} : {n} = 0", origin="given", round=1) for n in range(8)]
        attempts = [
            Attempt(
                id=f"{s.id}{'n' if negated else 'p'}{k}",
                statement_id=s.id,
                negated=negated,
                proof=f"by t{k}",
                strategy="whole_proof",
                round=1,
                sample=k,
                tokens=20,
            )
            for s in statements
            for negated in (False, True)
            for k in range(ATTEMPTS - repeats)
        ]
        verdicts = [
            VerdictRow(id=a.id, statement_id=a.statement_id, outcome="accepted" if _proves(a) else "rejected", seconds=LEAN)
            for a in attempts
        ]
        spent = {"whole_proof": {"samples": 8.0, "tokens": 6 * 20.0 + 2 * (5 if repeats else 20)}}
        searches = [
            SearchRow(
                id=f"r{s.id}", statement_id=s.id, round=1, ended="exhausted", samples=8, checks=8, lean_seconds=8 * LEAN, strategies=spent
            )
            for s in statements
        ]
        store.commit(
            "r001-s0000-b0000-c0000",
            {"statements": statements, "attempts": attempts, "verdicts": verdicts, "searches": searches},
            {"searched": STATEMENTS},
        )
        store.write_json(
            "rounds/000/metrics.json", {"round": 0, "stages": {"start samplers": 1.0, "start shards": START}, "heldout": 2, "seconds": 1.0}
        )
        figures = {"round": 1, "seconds": 24.0, "problems": 8, "pairs": 2, "proved": 2, "attempts": 64, "stages": {"search": 24.0}}
        store.write_json("rounds/001/metrics.json", figures)
        store.write_json("rounds/001/clock.json", {"spent": {"checks": 72, "lean_ms": 1000 * 72 * LEAN}})
        busy = {"samplers": 1.28, "pools": 72 * (LEAN + 0.1)}
        actors = {"samplers": 1, "pools": 2}
        log = TimelineLog(store)
        log.append(
            Row(time=24.0, span=24.0, rounds=[1], stages={"search": 24.0}, made={"tokens": 1280, "checks": 72}, busy=busy, actors=actors)
        )
    return RunDir.existing(folder)


def _proves(attempt: Attempt) -> bool:
    return attempt.statement_id in ("s0", "s4") and not attempt.negated and attempt.sample == 2
