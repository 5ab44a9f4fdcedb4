"""How many checks of Lean the statement filters ask for each statement, and how long that takes.

    python docs/benchmarks/filter_checks.py [--count 300] [--seed 31] [--all]

The statements are the generator's own, as the demo draws them (`--all`: every family and level), each taken for an autoformalized
one; no model is asked.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter

from synth.config import FilterConfig, load_config
from synth.problems.generate import EVERYTHING, generate
from synth.services import Tools, asking
from synth.statements.filters.base import Context
from synth.statements.filters.elaborates import elaborates
from synth.statements.filters.run import filtered
from synth.statements.planted import CHEAP
from synth.statements.text import new_statement
from verify_workers.config import PoolConfig
from verify_workers.pool.local import LocalPool
from verify_workers.records import Check, Verdict


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300, help="problems to generate")
    parser.add_argument("--seed", type=int, default=31, help="of the generator")
    parser.add_argument("--all", action="store_true", help="every family and level, in place of the demo's")
    options = parser.parse_args()
    choice = EVERYTHING if options.all else load_config("cluster/configs/embedded.yaml").generator.choice()
    rows = generate(options.seed, options.count, choice=choice)
    problems = {row.problem().id: row.problem() for row in rows}
    statements = [new_statement(row.problem(), row.reference) for row in rows]
    asked, seconds = Counter[str](), 0.0

    with LocalPool(PoolConfig()) as pool:
        plain = asking(pool)

        async def verify(checks: list[Check]) -> list[Verdict]:
            nonlocal seconds
            verdicts = await plain(checks)
            asked.update(check.id.partition(":")[2].partition(":")[0] or "elaborates" for check in checks)
            seconds += sum(verdict.seconds for verdict in verdicts)
            return verdicts

        context = Context(Tools({}, verify), FilterConfig(grade=False), len(rows), problems)
        begun = time.monotonic()
        ended = asyncio.run(filtered(statements, context, (elaborates, *CHEAP)))
        wall = time.monotonic() - begun
    some = sum("∃" in s.text for s in statements)
    checks = sum(asked.values())
    print(f"{len(statements)} statements, {some} of them with ∃; dropped: {dict(Counter(s.reason for s in ended if not s.kept))}")
    print(f"{checks} checks, {checks / len(statements):.2f} a statement: {dict(asked)}; {seconds:.1f} s of Lean, {wall:.1f} s")


if __name__ == "__main__":
    main()
