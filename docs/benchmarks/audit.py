"""What `synth audit` finds of faults planted in a corpus, and whom it accuses: `python docs/benchmarks/audit.py [COUNT] [SEED] [CACHE]`.

The corpus are COUNT rows of the generator with known proofs, in three forms (statement and proof, statement and file, file alone), 5 % of
them with one of the faults of `synth/audit/planted.py`; and the honest texts and the attacks that the checker is tested with, as two
others.  A fault counts as found where one of its labels is among the row's findings; a right row is accused by any label that
says something against it.

The generator's statements are drawn independently, so that some say the same (other variables, sides exchanged), and it turned out
that some have hypotheses which cannot hold.  Such rows are no right ones: what Lean's normal forms take for the same, and what omega or
simp refutes, is left out beforehand and counted.  Verdicts are kept in the file CACHE, if one is named: a stopped measurement goes on.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[2]))

from synth.audit import verdicts
from synth.audit.corpus import AuditConfig, audit
from synth.audit.labels import SILENT
from synth.audit.planted import FAULTS, Row, planted_corpus, right_rows
from synth.audit.rows import candidate
from synth.show.progress import Progress
from tests.verify_workers.adversarial.attacks import ATTACKS
from tests.verify_workers.adversarial.case import Case
from tests.verify_workers.adversarial.honest import HONEST
from verify_workers.config import CacheConfig, PoolConfig
from verify_workers.pool.local import LocalPool

SHARE = 0.05
BENCHMARK = 200
CACHE = Path(sys.argv[3]).absolute() if len(sys.argv) > 3 else None
RIGHT_ROWS = (
    *("auxiliaries/dotted-quoted", "headers/statement-with-proof", "statement/only-in-a-namespace"),
    *("tail/root-inside-a-name", "tail/projection-for-a-name"),
)
"""Attacks on the form of a check that are right proofs of right statements as rows: under another name, and beside one in the statement."""
DRAWN = 1.7  # rows for each that is wanted: some say the same


def audited(folder: Path, rows: list[dict[str, Any]], benchmark: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], float]:
    """The result of each row, and the seconds that it took."""
    data, other, began = folder / "corpus.jsonl", folder / "benchmark.jsonl", time.monotonic()
    data.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    other.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in benchmark), encoding="utf-8")
    pool = PoolConfig(cache=CacheConfig(path=CACHE or folder / "verdicts.sqlite"))
    with Progress() as progress:
        audit(str(data), folder / "audit", [str(other)] if benchmark else [], AuditConfig(timeout=20), pool, progress)
    return pq.read_table(folder / "audit" / "audit.parquet").to_pylist(), time.monotonic() - began


def distinct(rows: list[Row], folder: Path) -> list[Row]:
    """The rows that say something, and no other one's statement, by Lean; its verdicts are kept for the audit."""
    checks = [check for number, row in enumerate(rows) for check in verdicts.checks(candidate(number, "", row, {}), 20, True)]
    with LocalPool(PoolConfig(cache=CacheConfig(path=CACHE or folder / "verdicts.sqlite"))) as lean:
        answers = lean.verify(checks)
    forms = {verdicts.is_of(one): one.form for one in answers if not verdicts.is_second(one)}
    empty = {verdicts.is_of(one) for one in answers if verdicts.is_second(one) and one.accepted}
    first = {form: number for number, form in reversed(forms.items())}
    kept = [row for number, row in enumerate(rows) if number not in empty and first[forms[number]] == number]
    print(
        f"{len(rows):,} rows drawn, {len(empty)} with hypotheses that cannot hold, {len(rows) - len(empty) - len(kept)} said before",
        flush=True,
    )
    return kept


def labels(result: dict[str, Any]) -> set[str]:
    return {found.partition(" ")[0].rstrip(":") for found in result["findings"]}


def accused(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [result for result in results if result["label"] not in {label.value for label in SILENT}]


def main() -> int:
    count, seed = int((sys.argv[1:2] or ["3000"])[0]), int((sys.argv[2:3] or ["11"])[0])
    with tempfile.TemporaryDirectory() as folder:
        drawn = distinct(right_rows(seed, round(DRAWN * (count + BENCHMARK))), Path(folder))
        benchmark, right = drawn[:BENCHMARK], drawn[BENCHMARK : BENCHMARK + count]
        rows = planted_corpus(seed, right, SHARE, benchmark)
        results, seconds = audited(Path(folder), rows, benchmark)
    wrong = 0
    tally = Counter[str]()
    for row, result in zip(rows, results, strict=True):
        if not (kind := row["planted"]):
            continue
        found = bool({label.value for label in FAULTS[kind].labels} & labels(result))
        tally[kind] += found
        wrong += not found
        if not found:
            print(f"missed: {kind}: {result['label']} {result['findings']}\n    {json.dumps(row, ensure_ascii=False)}")
    planted = Counter(row["planted"] for row in rows)
    right = [result for row, result in zip(rows, results, strict=True) if not row["planted"]]
    blamed = accused(right)
    for result in blamed:
        print(f"accused: {result['id']} {result['findings']}\n    {result['statement']}")
    print(f"{len(rows):,} rows in {seconds:.0f} s ({len(rows) / seconds:.0f}/s)")
    for kind, many in sorted(planted.items()):
        if kind:
            print(f"  {kind:<40} {tally[kind]:>3} of {many}")
    print(f"faults found: {sum(tally.values())} of {sum(planted.values()) - planted['']} of {len(planted) - 1} kinds")
    print(f"right rows accused: {len(blamed)} of {len(right):,}; accepted: {sum(one['label'] == 'accepted' for one in right):,}")
    wrong += len(blamed) + honest() + attacks()
    return 1 if wrong else 0


def suite(cases: list[Case]) -> list[dict[str, Any]]:
    """The result of each case of the checker's own tests, as a corpus."""
    names = ("statement", "header", "preamble", "negated", "proof", "code")
    rows = [{"id": case.name, **{name: getattr(case, name) for name in names}} for case in cases]
    with tempfile.TemporaryDirectory() as folder:
        results, seconds = audited(Path(folder), rows, [])
    tally = Counter(result["label"] for result in results)
    print(f"{len(rows)} rows in {seconds:.0f} s: " + ", ".join(f"{many} {label}" for label, many in tally.most_common()))
    return results


def honest() -> int:
    """How many rows of the honest suite are accused, of more than that many prove one statement or an empty one, as they do."""
    results = suite(HONEST)
    for result in results:
        if "vacuous" in labels(result):
            print(f"says nothing: {result['id']} {result['findings'][0]}\n    {result['statement']}")
    blamed = [result for result in results if not labels(result) <= {"duplicate", "vacuous", *SILENT}]
    for result in blamed:
        print(f"accused: {result['id']} {result['findings']}\n    {result['statement']}")
    return len(blamed)


def attacks() -> int:
    """How many cheats of the adversarial suite nothing is said against; those that only break a rule of the text tier claim the truth."""
    clean, cases = {"accepted", "duplicate"}, [case for case in ATTACKS if case.name not in RIGHT_ROWS]
    missed = [result for case, result in zip(cases, suite(cases), strict=True) if labels(result) <= clean and not case.rule_only]
    for result in missed:
        print(f"missed: {result['id']}\n    {result['statement']}")
    return len(missed)


if __name__ == "__main__":
    sys.exit(main())
