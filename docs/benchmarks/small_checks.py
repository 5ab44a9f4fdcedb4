"""Small checks one after the other on one worker, by two versions of the code in turn, so that what else the machine does concerns both.

    python docs/benchmarks/small_checks.py TREE [TREE …] [--backend fork] [--pause 0.03] [--rounds 10] [--turns 3]

TREE is a checkout of the repository.  Each turn of each is a process of its own: wall time of a check (median, best, mean), and processor
time of the backend's processes.  With `--pause` a worker has that many seconds between two checks, as where models are slower than Lean.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

SMALL = [
    ("theorem goal (n : Nat) : n + 0 = n", "by simp"),
    ("theorem goal : 2 + 2 = 4", "rfl"),
    ("theorem goal (p q : Prop) (hp : p) (hq : q) : p ∧ q", "⟨hp, hq⟩"),
    ("theorem goal (a b : Nat) (h : a < b) : a + 1 ≤ b + 3", "by omega"),
]


def turn(name: str, pause: float, rounds: int) -> str:
    """One process's figures, with the version of the code that it finds."""
    from verify_workers.backends.choose import make_backend
    from verify_workers.processes import children
    from verify_workers.records import Check

    backend, times, before = make_backend(name), list[float](), 0.0

    def processor() -> float:
        """Milliseconds of its processes, with those that they have waited for."""
        ticks = 0
        for pid in {p for top in backend.processes for p in (top, *children(top))}:
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
        return 1000 * ticks / os.sysconf("SC_CLK_TCK")

    for number in range(rounds + 1):
        if number == 1:  # the first round elaborates statements
            before, times = processor(), []
        for statement, proof in SMALL:
            started = time.perf_counter()
            verdict = backend.check(Check(id="x", statement=statement, proof=proof, timeout=60))
            times.append(1000 * (time.perf_counter() - started))
            if not verdict.accepted:
                raise SystemExit(f"{statement}: {verdict}")
            time.sleep(pause)
    used = (processor() - before) / len(times)
    backend.close()
    return f"median {statistics.median(times):.1f}, best {min(times):.1f}, mean {statistics.mean(times):.1f} ms; processor {used:.1f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trees", type=Path, nargs="*", metavar="TREE")
    parser.add_argument("--backend", default="fork")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between two checks")
    parser.add_argument("--rounds", type=int, default=10, help="of four checks each, in a turn")
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    if not given.trees:
        print(turn(given.backend, given.pause, given.rounds), flush=True)
        return
    settings = ["--backend", given.backend, "--pause", str(given.pause), "--rounds", str(given.rounds)]
    for _ in range(given.turns):
        for tree in given.trees:
            environment = os.environ | {"PYTHONPATH": str(tree.absolute())}
            command = [sys.executable, str(Path(__file__).absolute()), *settings]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            print(f"{tree.name}: {(done.stdout or done.stderr).strip()}  (load {os.getloadavg()[0]:.0f})", flush=True)


if __name__ == "__main__":
    main()
