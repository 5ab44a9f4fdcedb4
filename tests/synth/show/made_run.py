"""A run directory with something of everything that is shown, written by hand."""

from __future__ import annotations

import json
from pathlib import Path

from synth.records import Statement, VerdictRow
from synth.store.rundir import RunDir
from synth.store.timeline import Row, TimelineLog
from tests.synth.show.test_report import metrics, pair


def run_with_everything(folder: Path) -> RunDir:
    names = {
        "pass@1_interval": [12.0, 60.0],
        "pass@8_interval": [30.0, 70.0],
        "beyond_pass@8_interval": [5.0, 50.0],
        "idle": {"pools": 0.1},
    }
    long = {"elaboration": 1200, "true_of_anything": 3, "not what the problem says, by its back-translation": 41}
    with RunDir.open(folder, {"name": "x"}) as run:
        for number in range(6):
            rounds = metrics(
                number, **names, statements_rejected=long, families={f"family {n} of many": {"pass@8": 10.0 * n} for n in range(9)}
            )
            run.write_json(f"rounds/{number:03d}/metrics.json", rounds)
            rows = [{"tokens": 1000 * n, "loss": 5 / (n + 1)} for n in range(50)]
            run.write_text(f"rounds/{number:03d}/training/metrics.jsonl", "\n".join(map(json.dumps, rows)))
            proofs = [pair(100 * number + n, round=number, version=n % 3, proof=f"by tactic{n % 9} {'x' * 2**n}") for n in range(12)]
            run.write("pairs", proofs, f"r{number:03d}-a")
            kept = Statement(id=f"s{number}", problem_id="", text=f"theorem X : {number} = {number}", round=number)
            dropped = kept.model_copy(update={"id": f"d{number}", "kept": False, "reason": "trivial"})
            refused = VerdictRow(id=f"a{number}", statement_id=kept.id, outcome="rejected", reason="unsolved")
            run.write("statements", [kept, dropped], f"r{number:03d}-a")
            run.write("verdicts", [refused], f"r{number:03d}-a")
        log = TimelineLog(run)
        for n in range(80):
            made = {"pairs": n % 7, "checks": 300.0, "tokens": 40000.0}
            busy, actors = {"pools": 9.0, "samplers": 2.0, "trainer": 1.0}, {"pools": 2.0, "samplers": 1.0, "trainer": 1.0}
            log.append(Row(time=5.0 * n + 5, span=5, rounds=[n // 20], made=made, busy=busy, actors=actors, waiting={"checks": 10 * n}))
    return run
