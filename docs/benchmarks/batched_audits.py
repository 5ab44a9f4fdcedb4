"""What an audit of the strict tier costs above a large library: alone, in batches, and by `fork`.

    python docs/benchmarks/batched_audits.py --cache FOLDER [--areas 22 --levels 100] [--sizes 10000 300000] [--pairs 32] [--alone 2]

Builds the synthetic library of big_library.py where that is missing.  `leanchecker` is the stand-in of the tests, which calls functions of
Lean's library that the real one calls (tests/verify_workers/lean_checker.py): it imports and replays as that does.  All is run by turns
in one process; seconds of processor time are those of the children.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from docs.benchmarks.big_library import CHAIN, FUNCTIONS, WRITTEN, Library, Place, build, place
from verify_workers.backends.fork import ForkBackend
from verify_workers.backends.leanchecker import Compiled, LeanCheckerBackend
from verify_workers.lean import embedded
from verify_workers.lean.project import LakeProject, discover
from verify_workers.records import Check, Verdict


def pairs(library: Library, part: list[tuple[int, int]], header: str, count: int) -> list[Check]:
    """Theorems of different names, in turn small ones and such as use the library."""
    (area, level), found = part[-1], list[Check]()
    here = library.name(area, level)
    for number in range(count):
        rows = [
            (f"theorem row{number} (n : Nat) : n + {number} = {number} + n", "by omega"),
            (f"theorem row{number} (p q : Prop) (hp : p) (hq : q) : q ∧ p", "⟨hq, hp⟩"),
            (f"theorem row{number} (a b : Nat) (h : a ≤ b) : a ≤ b + {level * CHAIN + 7}", f"{here}.le7 a b h"),
            (f"theorem row{number} (n : Nat) : {here}.f0 n = n + {level * FUNCTIONS}", "by simp"),
        ]
        statement, proof = rows[number % len(rows)]
        found.append(Check(id=str(number), statement=statement, proof=proof, header=header, timeout=60))
    return found


def timed(what: str, count: int, run: Callable[[], list[Verdict]]) -> None:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    verdicts = run()
    seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if not all(verdict.accepted and verdict.audit in ("leanchecker", "kernel") for verdict in verdicts):
        raise SystemExit(f"{what}: {[verdict for verdict in verdicts if not verdict.accepted][:2]}")
    print(f"  {what}: {count} pairs, {seconds / count:.2f} s a pair ({used / count:.2f} s of processor time)", flush=True)


def compiled(backend: LeanCheckerBackend, asked: list[Check]) -> list[Compiled]:
    found = [backend.compile(check) for check in asked]
    wrong = [one for one in found if isinstance(one, Verdict)]
    if wrong:
        raise SystemExit(str(wrong[0]))
    return [one for one in found if isinstance(one, Compiled)]


def measure(here: Place, size: int, count: int, alone: int) -> None:
    project, library = _project(here), here.library
    part = library.part(size)
    header = "".join(f"import {library.name(*module)}\n" for module in part)
    modules = set[tuple[int, int]]().union(*(library.closure(*module) for module in part))
    print(f"{len(modules) * WRITTEN:,} declarations in {len(modules)} modules", flush=True)
    asked = pairs(library, part, header, count)
    with tempfile.TemporaryDirectory(prefix="snapshots-", dir=here.fake.root) as folder:
        plain, saved = LeanCheckerBackend(project), LeanCheckerBackend(project, snapshots=Path(folder))
        timed("alone, two imports", alone, lambda: [plain.check(check) for check in asked[:alone]])
        started = time.monotonic()
        saved.compile(asked[0])
        size_mb = sum(file.stat().st_size for file in Path(folder).iterdir()) / 2**20
        print(f"  the header's snapshot and one compilation: {time.monotonic() - started:.1f} s, {size_mb:.0f} MB", flush=True)
        timed("alone, header from its snapshot, one import", alone, lambda: [saved.check(check) for check in asked[:alone]])
        many = compiled(plain, asked[:alone])
        timed(f"compiling apart, then a batch of {alone}", alone, lambda: plain.audit(many))
        ready: list[Compiled] = []
        timed(f"of a batch of {count}, compiling from the snapshot", count, lambda: ready.extend(compiled(saved, asked)) or [])
        timed(f"of a batch of {count}, replaying", count, lambda: saved.audit(ready))
        plain.close()
        saved.close()
    with ForkBackend(project) as fork:
        started = time.monotonic()
        fork.check(asked[0])
        print(f"  fork: import and first audit {time.monotonic() - started:.1f} s", flush=True)
        timed("fork, after its import (processor time not seen here)", count - 1, lambda: [fork.check(check) for check in asked[1:]])


def _project(here: Place) -> LakeProject:
    os.environ["PATH"] = here.fake.path
    project = discover(here.fake.project, need_repl=False)
    return dataclasses.replace(project, variables=project.variables | {"LEAN_FAKE_CHECKER": "real"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True, help="folder for the library (2.5 GB at full size)")
    parser.add_argument("--areas", type=int, default=Library.areas)
    parser.add_argument("--levels", type=int, default=Library.levels)
    parser.add_argument("--jobs", type=int, default=2, help="modules compiled at a time")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 300_000], help="declarations that a header brings")
    parser.add_argument("--pairs", type=int, default=32, help="in a batch")
    parser.add_argument("--alone", type=int, default=2, help="pairs that are audited by themselves")
    given = parser.parse_args()
    here = place(Library(given.areas, given.levels), given.cache.absolute(), embedded())
    build(here, given.jobs)
    for size in given.sizes:
        measure(here, size, given.pairs, given.alone)


if __name__ == "__main__":
    main()
