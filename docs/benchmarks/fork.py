"""Checks per second of the fork backend on this machine: `python docs/benchmarks/fork.py [--threads N] [--checks N]`.

One backend per thread, as the pool uses them.  Each set is warmed up with one round that is not counted.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from verify_workers.backends.fork import ForkBackend
from verify_workers.lean import embedded
from verify_workers.records import Check

SHORT = [
    ("theorem a (a b : Nat) (h : a < b) : a + 1 ≤ b", "h"),
    ("theorem b (n : Nat) : n + 0 = n", "by simp"),
    ("theorem c : 2 + 2 = 4", "by rfl"),
    ("theorem d (p q : Prop) (hp : p) (hq : q) : p ∧ q", "⟨hp, hq⟩"),
    ("theorem e : 10 % 3 = 1", "by decide"),
    ("theorem f (p q : Prop) (h : p ∨ q) : q ∨ p", "by\n  cases h with\n  | inl h => exact Or.inr h\n  | inr h => exact Or.inl h"),
    ("theorem g (n : Nat) : 0 + n = n", "by\n  induction n with\n  | zero => rfl\n  | succ n ih => rw [Nat.add_succ, ih]"),
    ("theorem h : ∃ n : Nat, n * n = 49", "⟨7, rfl⟩"),
]
OMEGA = [
    ("theorem a (a b : Nat) (h : a < b) : a + 1 ≤ b + 3", "by omega"),
    ("theorem b (x y : Int) (h : 2 * x + 3 * y = 12) (k : x - y = 1) : x = 3", "by omega"),
    ("theorem c (n : Nat) (h : n % 4 = 3) : n % 2 = 1", "by omega"),
    ("theorem d (a b c : Nat) (h : a ≤ b) (k : b ≤ c) : a ≤ c + 1", "by omega"),
]
FAILING = [
    ("theorem a : 1 = 2", "by rfl"),
    ("theorem b (n : Nat) : n + 1 = n", "by simp"),
    ("theorem c (p q : Prop) (h : p ∨ q) : q", "by exact h"),
    ("theorem d : 3 ∣ 10", "by decide"),
    ("theorem e (a b : Nat) : a + b = b * a", "Nat.add_comm a b"),
]


def measure(backends: list[ForkBackend], rows: list[tuple[str, str]], count: int) -> tuple[float, float, int]:
    """Checks per second, CPU milliseconds per check of the whole machine, checks accepted."""
    checks = [Check(id=str(i), statement=s, proof=p) for i, (s, p) in enumerate(rows)]
    for backend in backends:
        for check in checks:
            backend.check(check)
    each = count // len(backends)
    accepted: list[int] = []

    def work(backend: ForkBackend) -> None:
        accepted.append(sum(backend.check(checks[i % len(checks)]).accepted for i in range(each)))

    started, busy = time.monotonic(), _busy()
    threads = [threading.Thread(target=work, args=(b,)) for b in backends]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.monotonic() - started
    return each * len(backends) / wall, (_busy() - busy) / (each * len(backends)) * 1e3, sum(accepted)


def _busy() -> float:
    """CPU seconds of this process and of all processes below it that are still alive or were waited for."""
    own = sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
    tick = os.sysconf("SC_CLK_TCK")
    total = own
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            total += sum(map(int, fields[11:15])) / tick
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--checks", type=int, default=400)
    options = parser.parse_args()
    backends = [ForkBackend(embedded()) for _ in range(options.threads)]
    print(f"{options.threads} threads, load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for name, rows in (("short", SHORT), ("omega", OMEGA), ("failing", FAILING), ("mixed", SHORT + OMEGA + FAILING)):
        rate, cpu, accepted = measure(backends, rows, options.checks)
        print(f"{name:8} {rate:6.1f} checks/s  {cpu:5.1f} ms CPU per check  {accepted} of {options.checks} accepted")
    for backend in backends:
        backend.close()


if __name__ == "__main__":
    main()
