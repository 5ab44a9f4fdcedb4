"""Whether the second kernel agrees with Lean's, and what it costs.

    python docs/benchmarks/second_kernel.py library                 all of the embedded library
    python docs/benchmarks/second_kernel.py suite                   what Lean accepts of the honest and the adversarial texts
    python docs/benchmarks/second_kernel.py pairs [--count 10000]   generated statements with their known proofs, all different
    python docs/benchmarks/second_kernel.py changes --kernel PATH [--seed 1 --limit 300]
                                                                    random changes of one export, judged by another kernel too

Seconds are of the processor (`time.process_time`) in this process, which holds the library: the first pairs pay for what
they are the first to need of it, and those are counted apart (`cold`).
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
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


def changes(lean: LeanInstall, spec: str, seed: int, limit: float) -> None:
    """One reference, level or constant of the tests' export changed at random, again and again; where the two kernels differ."""
    from tests.verify_workers.second_kernel.exports import File, closure
    from tests.verify_workers.second_kernel.test_mutations import PREAMBLE, PROOF, STATEMENT
    from verify_workers.kernels.programs import ProgramKernel
    from verify_workers.second_kernel.judge import judge

    honest, kernel, rng = File(closure(lean, STATEMENT, PROOF, PREAMBLE)), ProgramKernel(spec), Random(seed)
    said, end = Counter[tuple[str, str]](), time.monotonic() + limit
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "changed.ndjson"
        while time.monotonic() < end:
            file = honest.copy()
            what = rng.choice(("app", "app", "lam", "forallE", "proj", "bvar", "const", "level"))
            row = rng.choice(file.levels if what == "level" else [r for r in file.exprs if what in r])
            if what == "level":
                row |= {"imax": row.pop("max")} if "max" in row else {"max": row.pop("imax")} if "imax" in row else {}
            elif what == "bvar":
                row[what] = max(0, row[what] + rng.choice((-1, 1)))
            elif what == "const":
                row[what] = rng.choice([r[what] for r in file.exprs if what in r])
            else:
                part = rng.choice([p for p in ("fn", "arg", "type", "body", "struct") if p in row[what]])
                row[what][part] = max(0, min(row["ie"] - 1, row[what][part] + rng.choice((-30, -7, -2, -1, 1, 2, 13, 50))))
            path.write_bytes(b"\n".join(file.lines()) + b"\n")
            ours, theirs = judge(file.lines(), ROOT), kernel.judge(path, path, 60)
            said[ours.outcome, theirs.opinion] += 1
            if (ours.outcome == "accepted") != (theirs.opinion == "accepted"):
                print(f"{what}: {ours.outcome} {ours.declaration} {ours.why} | {theirs}", flush=True)
    print(f"ours, {kernel.name}: {dict(said)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("library", "suite", "pairs", "changes"))
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=float, default=1e9, help="seconds after which no more pairs are taken")
    parser.add_argument("--kernel", default="nanoda_bin", help="`changes`: the other kernel")
    options = parser.parse_args()
    lean = embedded()
    if options.what == "library":
        whole(lean)
    elif options.what == "changes":
        changes(lean, options.kernel, options.seed, options.limit)
    else:
        compare(lean, suite() if options.what == "suite" else pairs(options.count, options.seed), options.limit)


if __name__ == "__main__":
    main()
