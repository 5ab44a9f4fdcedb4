"""Whether the second kernel agrees with Lean's, and what it costs.

    python docs/benchmarks/second_kernel.py library                 all of the embedded library
    python docs/benchmarks/second_kernel.py suite                   what Lean accepts of the honest and the adversarial texts
    python docs/benchmarks/second_kernel.py pairs [--count 10000]   generated statements with their known proofs, all different

Seconds are of the processor (`time.process_time`) in this process, which holds the library: the first pairs pay for what
they are the first to need of it, and those are counted apart (`cold`).
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2]))

from verify_workers.backends.fork import ForkBackend
from verify_workers.kernel.library import library_file
from verify_workers.kernel.wanted import PIN
from verify_workers.lean import LeanInstall, embedded
from verify_workers.records import Check
from verify_workers.second_kernel.environment import OutOfBudget, Rejected, Unsupported
from verify_workers.second_kernel.judge import Library

ROOT = ".".join(map(str, PIN))


def pairs(count: int, seed: int = 0) -> Iterator[Check]:
    """Statements of every family and level with proofs that are known to prove them; no statement twice."""
    from synth.problems.generate import draw, reference

    rng, seen = Random(seed), set[str]()
    while len(seen) < count:
        _, _, draft = draw(rng)
        if draft.goal not in seen and draft.proofs:
            seen.add(draft.goal)
            yield Check(id=str(len(seen)), statement=reference(draft.goal), proof=f"by {rng.choice(draft.proofs)}", timeout=20)


def suite() -> Iterator[Check]:
    """Everything of the adversarial suite, honest texts included."""
    from tests.verify_workers.adversarial.test_suite import CASES

    for case in CASES:
        yield case.check()


def compare(lean: LeanInstall, checks: Iterable[Check], limit: float) -> None:
    """Each acceptance of Lean's put to the second kernel."""
    libraries: dict[tuple[str, ...], Library] = {}
    outcomes, said, disagreements = Counter[str](), Counter[str](), list[str]()
    warm, cold, sizes = list[float](), list[float](), list[int]()
    begun = time.monotonic()
    with ForkBackend(lean) as backend:
        backend.exporting = True
        for check in checks:
            if time.monotonic() - begun > limit:
                print(f"stopped after {limit:g} s")
                break
            verdict, exported = backend.check(check), backend.exported
            outcomes[verdict.outcome.value] += 1
            if not verdict.accepted or exported is None:
                continue
            library = libraries.get(exported.imports)
            if library is None:
                library = libraries[exported.imports] = Library(library_file(lean, exported.imports).read_bytes().splitlines())
            before, known = time.process_time(), len(library.learned)
            judgement = library.judge(exported.lines.encode("utf-8", "surrogatepass").splitlines(), ROOT)
            (warm if len(library.learned) == known else cold).append(time.process_time() - before)
            sizes.append(len(exported.lines))
            said[judgement.outcome] += 1
            if judgement.outcome != "accepted":
                disagreements.append(f"{check.id}: {judgement.outcome}: {judgement.declaration}: {judgement.why}")
            elif list(judgement.axioms) != sorted(verdict.axioms):
                disagreements.append(f"{check.id}: axioms {judgement.axioms}, not {verdict.axioms}")
            if sum(said.values()) % 500 == 0:
                print(f"{sum(said.values()):,} judged: {dict(said)}; {time.monotonic() - begun:.0f} s", flush=True)
    print(f"Lean: {dict(outcomes)}\nsecond kernel, of what Lean accepted: {dict(said)}")
    for name, seconds in (("warm", warm), ("cold", cold)):
        if seconds:
            tail = sorted(seconds)
            print(
                f"{name}: {len(seconds):,} pairs, mean {statistics.mean(seconds):.3f} s, median {statistics.median(seconds):.3f}, "
                f"95 % {tail[int(len(tail) * 0.95)]:.3f}, longest {tail[-1]:.1f}"
            )
    print(f"library declarations checked: {sum(len(library.learned) for library in libraries.values()):,}")
    print(f"own export: mean {statistics.mean(sizes or [0]) / 1000:.1f} kB")
    for line in disagreements[:40]:
        print(line)


def whole(lean: LeanInstall) -> None:
    """Every declaration of the library."""
    library = Library(library_file(lean, ()).read_bytes().splitlines())
    sys.setrecursionlimit(60_000)
    sys.set_int_max_str_digits(0)
    said, begun = Counter[str](), time.process_time()
    for entry in library.file.entries:
        try:
            library.require(entry.names)
            said["accepted"] += 1
        except (Rejected, Unsupported, OutOfBudget) as problem:
            said[type(problem).__name__] += 1
            print(f"{entry.names[0]}: {problem}")
    print(f"{dict(said)} of {len(library.file.entries):,} in {time.process_time() - begun:.1f} s of the processor")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("library", "suite", "pairs"))
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=float, default=1e9, help="seconds after which no more pairs are taken")
    options = parser.parse_args()
    lean = embedded()
    if options.what == "library":
        whole(lean)
    else:
        compare(lean, suite() if options.what == "suite" else pairs(options.count, options.seed), options.limit)


if __name__ == "__main__":
    main()
