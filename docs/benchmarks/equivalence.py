"""How a run's autoformalized statements compare with what the generator meant, by normal form and by equivalence (BEq).

    python docs/benchmarks/equivalence.py RUN --count 120

`cheap` are pairs that a test of both directions alone would have taken for equivalent.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from synth.records import Statement
from synth.statements.against import faithful_by
from synth.store.rundir import RunDir
from verify_workers.backends.choose import make_backend
from verify_workers.records import Check, Verdict


def stated(store: RunDir) -> Iterator[Statement]:
    """Autoformalized statements that Lean could state and that were not trivial."""
    for statement in store.read("statements", Statement):
        if statement.origin in ("autoformalized", "refined") and statement.form and statement.reason != "trivial":
            yield statement


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("--count", type=int, default=120)
    options = parser.parse_args()
    store = RunDir.existing(options.run)
    statements = list(islice(stated(store), options.count))
    backend = make_backend("auto", "strict")
    asked = list[Check]()

    async def verify(checks: list[Check]) -> list[Verdict]:
        asked.extend(checks)
        return [backend.check(check) for check in checks]

    how = asyncio.run(faithful_by(statements, store.read_json("references.json", {}), verify, 5.0, beq=True))
    backend.close()
    for name, rows in (("all", statements), ("kept", [s for s in statements if s.kept])):
        print(name, len(rows), json.dumps(Counter(how[s.id] for s in rows if s.id in how)))
    print(len(asked), "checks")


if __name__ == "__main__":
    main()
