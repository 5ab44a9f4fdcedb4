"""What normal forms and remarks cost, and which corrupted statements they take for the same: `python docs/benchmarks/normal_forms.py`.

Lean runs in this process, without a jail: the statements are the generator's own.  Times are of the processor, so that other work
on the machine counts little.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from random import Random

from synth.problems.generate import generate
from synth.problems.seeds import corrupt
from verify_workers.kernel import elaborate, export, normal
from verify_workers.lean import embedded

COUNT = 500


def main() -> int:
    lean = embedded()
    os.environ["LEAN_PATH"] = str(lean.path)
    world = elaborate.boot([str(lean.library)], "")
    world.lean.start_tasks(1)
    costs: list[float] = []
    whole: list[float] = []

    def form(statement: str) -> str:
        started = time.process_time()
        done = elaborate.elaborate(world, f"{statement} := sorry\n".encode())
        try:
            exported = export.statement(world, done.kernel, ("X",), done.before)
        except export.Refused:
            return ""  # no statement any more
        before = time.process_time()
        said = normal.said(exported, lambda name: export.proposition(world, name), lambda name: export.type_of_things(world, name))
        costs.append(time.process_time() - before)
        whole.append(time.process_time() - started)
        return said.form

    rng, changed, same = Random(5), 0, []
    for item in generate(21, COUNT):
        ours = form(item.reference)
        for _ in range(4):
            wrong, _ = corrupt(rng, item.reference, item.reference)
            theirs = form(wrong)
            changed += bool(theirs)
            if theirs == ours:
                same.append(f"{item.reference}\n    {wrong}")
    costs.sort()
    print(f"{len(costs):,} statements: form, negated form and remarks {1e3 * statistics.median(costs):.2f} ms (median), ", end="")
    print(f"{1e3 * costs[int(0.99 * len(costs))]:.2f} ms (99 %), beside {1e3 * statistics.mean(whole):.1f} ms in all (mean)")
    print(f"{changed:,} corrupted statements, {len(same)} with the form of the right one:")
    print("\n".join(same))
    return 0


if __name__ == "__main__":
    sys.exit(main())
