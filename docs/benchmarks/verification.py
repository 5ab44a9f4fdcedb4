"""Speed and steadiness of the Lean workers on this machine.

    python docs/benchmarks/verification.py mixed          [--checks 2000]     the pool against bare children, and every backend
    python docs/benchmarks/verification.py soak           [--checks 20000]    memory, processes and files over a long run
    python docs/benchmarks/verification.py contamination  [--checks 100000]   the same few checks in random order
    python docs/benchmarks/verification.py agreement      [--checks 2000]     mutated proofs on every backend
    python docs/benchmarks/verification.py killing        [--seconds 120]     kill -9 a Lean process every second, then the pool
    python docs/benchmarks/verification.py threads        [--checks 2000]     generated proofs, Lean with 16 threads, on every backend
    python docs/benchmarks/verification.py snippets       [--checks 20000]    memory where snippets come between the checks
    python docs/benchmarks/verification.py scaling        [--workers 1,2,4,8,16 --seconds 6]  so many workers, for so long each (scaling.py)
    python docs/benchmarks/verification.py audits         [--checks 5000]     strict audits in a stand-in for a lake project

Everything random is seeded.  Each check has a text of its own (a comment), so that neither the pool's sharing of
identical questions nor a cache answers any of them.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import scaling

from verify_workers.backends.base import Backend
from verify_workers.backends.choose import make_backend
from verify_workers.config import PoolConfig
from verify_workers.lean import LeanInstall
from verify_workers.pool.local import LocalPool
from verify_workers.records import Check, Outcome, Snippet

SHORT = [
    ("theorem a (a b : Nat) (h : a < b) : a + 1 ≤ b", "h"),
    ("theorem b (n : Nat) : n + 0 = n", "by simp"),
    ("theorem c : 2 + 2 = 4", "by rfl"),
    ("theorem d (p q : Prop) (hp : p) (hq : q) : p ∧ q", "⟨hp, hq⟩"),
    ("theorem e : 10 % 3 = 1", "by decide"),
    ("theorem f (p q : Prop) (h : p ∨ q) : q ∨ p", "h.symm"),
    ("theorem g : ∃ n : Nat, n * n = 49", "⟨7, rfl⟩"),
    ("theorem h (a b : Nat) (h : a < b) : a + 1 ≤ b + 3", "by omega"),
]
FAILING = [
    ("theorem a : 1 = 2", "by rfl"),
    ("theorem b (n : Nat) : n + 1 = n", "by simp"),
    ("theorem c (p q : Prop) (h : p ∨ q) : q", "by exact h"),
    ("theorem d : 3 ∣ 10", "by decide"),
    ("theorem e (a b : Nat) : a + b = b * a", "Nat.add_comm a b"),
    ("theorem f (n : Nat) : n * 0 = 0", "by\n  induction n with\n  | zero => rfl\n  | succ n ih => exact foo ih"),
    ("theorem g (n : Nat) : n < 5 → n < 4", "by omega"),
    ("theorem h (p : Prop) : p", "by sorry"),
]
ENDLESS = ("theorem a : True", "by\n  set_option maxHeartbeats 0 in\n  repeat (first | (have h : 1 = 1 := rfl))\n  trivial")
LIMIT = 2.0  # seconds of a check in these sets


def long_proof(lines: int) -> tuple[str, str]:
    """A proof of 10 to 30 lines: steps that each need a little work, and an induction at the end."""
    steps = [f"  have h{i} : ∀ k : Nat, k + {i} = {i} + k := fun k => Nat.add_comm k {i}" for i in range(1, lines - 4)]
    end = ["  induction n with", "  | zero => rfl", "  | succ n ih =>", "    rw [Nat.add_succ, ih]"]
    return "theorem l (n : Nat) : 0 + n = n", "\n".join(["by", *steps, *end])


def numbered(rows: list[tuple[str, str]], timeout: float = LIMIT) -> list[Check]:
    """Checks whose texts all differ."""
    return [Check(id=str(i), statement=s, proof=f"{p} -- {i}", timeout=timeout) for i, (s, p) in enumerate(rows)]


def one_liners(count: int) -> list[Check]:
    """Checks of one line that are accepted."""
    return numbered([random.Random(i).choice(SHORT) for i in range(count)])


def mixture(count: int, endless: float, seed: int = 0) -> list[Check]:
    """Half one-liners, a fifth proofs of 10-30 lines, a share `endless` of time-outs, the rest failing."""
    draw = random.Random(seed)
    rows = []
    for _ in range(count):
        place = draw.random()
        if place < endless:
            rows.append(ENDLESS)
        elif place < 0.5:
            rows.append(draw.choice(SHORT))
        elif place < 0.7:
            rows.append(long_proof(draw.randint(10, 30)))
        else:
            rows.append(draw.choice(FAILING))
    return numbered(rows)


def bare(make: Callable[[], Backend], checks: list[Check], workers: int) -> tuple[float, dict[str, Outcome]]:
    """Wall seconds and outcomes of backends that pull from one list, a thread each, with nothing around them."""
    backends = [make() for _ in range(workers)]
    for backend in backends:
        backend.check(checks[0])
    rest, outcomes, lock = iter(checks), dict[str, Outcome](), threading.Lock()

    def work(backend: Backend) -> None:
        while True:
            with lock:
                check = next(rest, None)
            if check is None:
                return
            outcomes[check.id] = backend.check(check).outcome

    threads = [threading.Thread(target=work, args=(backend,)) for backend in backends]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - started
    for backend in backends:
        backend.close()
    return seconds, outcomes


def pooled(checks: list[Check], workers: int, audit: str = "fast") -> tuple[float, dict[str, Outcome]]:
    """The same through the pool, time-outs believed at once as the bare children do."""
    config = PoolConfig.model_validate(
        {"workers": workers, "timeout_first": LIMIT, "retry_timeouts": "never", "backend": "fork", "audit": audit}
    )
    with LocalPool(config) as pool:
        pool.verify(numbered([SHORT[0]] * workers))  # so that every worker has started
        started = time.monotonic()
        outcomes = {verdict.id: verdict.outcome for verdict in pool.as_completed(checks)}
        return time.monotonic() - started, outcomes


def mixed(count: int, workers: int) -> None:
    """The tables of the mixed set."""
    sets = {
        "one-liners": one_liners(count // 2),
        "proofs of 10-30 lines": numbered([long_proof(10 + i % 21) for i in range(count // 5)]),
        "failing": numbered([FAILING[i % len(FAILING)] for i in range(count // 4)]),
    }
    for name, checks in sets.items():
        for audit in ("fast", "strict"):
            seconds, outcomes = pooled(checks, workers, audit)
            print(f"pool, fork, {audit}: {name}: {len(checks) / seconds:.1f} checks/s, {tally(outcomes)}", flush=True)
    checks = mixture(count, 0.005)
    walls, answers = list[float](), list[dict[str, Outcome]]()
    for name, run in (("bare", lambda: bare(lambda: make_backend("fork"), checks, workers)), ("pool", lambda: pooled(checks, workers))) * 2:
        seconds, outcomes = run()
        walls.append(seconds)
        answers.append(outcomes)
        print(
            f"{name}: {len(checks)} mixed checks, {workers} workers: {seconds:.1f} s, {len(checks) / seconds:.1f}/s, {tally(outcomes)}",
            flush=True,
        )
    print(f"pool / bare: {(walls[1] + walls[3]) / (walls[0] + walls[2]):.3f}; equal verdicts: {all(a == answers[0] for a in answers)}")
    few = mixture(count // 2, 0.0, seed=1)
    rates = {}
    for name in ("fork", "worker", "process", "fork", "worker", "process"):
        seconds, outcomes = bare(lambda name=name: make_backend(name), few, workers)  # type: ignore[misc]
        rates[name] = max(rates.get(name, 0.0), len(few) / seconds)
        print(f"{name}: {len(few)} checks without time-outs: {len(few) / seconds:.1f}/s, {tally(outcomes)}", flush=True)
    print(f"fork / process: {rates['fork'] / rates['process']:.1f}; fork / worker: {rates['fork'] / rates['worker']:.1f}")


def tally(outcomes: dict[str, Outcome]) -> str:
    """Counts by outcome."""
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(Counter(outcomes.values()).items()))


def soak(count: int, workers: int) -> None:
    """Private memory of this process and its children, and what is left at the end."""
    temporary, before = Path(tempfile.gettempdir()), set(os.listdir(tempfile.gettempdir()))
    draw, points = random.Random(0), list[tuple[int, float]]()
    with LocalPool(PoolConfig(workers=workers, backend="fork")) as pool:
        rows = (SHORT[draw.randrange(len(SHORT))] if draw.random() < 0.6 else FAILING[draw.randrange(len(FAILING))] for _ in range(count))
        checks = (Check(id=str(i), statement=s, proof=f"{p} -- {i}", timeout=10) for i, (s, p) in enumerate(rows))
        started, done = time.monotonic(), Counter[str]()
        for verdict in pool.as_completed(checks):
            done[verdict.outcome] += 1
            if sum(done.values()) % (count // 40) == 0:
                points.append((sum(done.values()), tree_mb()))
                print(f"{points[-1][0]} checks, {points[-1][1]:.0f} MiB private, {time.monotonic() - started:.0f} s", flush=True)
        seconds, stats = time.monotonic() - started, pool.stats()
    second_half = points[len(points) // 2 :]
    print(f"{count} checks, {seconds:.0f} s, {count / seconds:.1f}/s, {dict(done)}; {stats}")
    print(f"slope of private memory: {slope(points):+.2f} MiB per 1,000 checks over all, {slope(second_half):+.2f} over the second half")
    print(f"processes left: {len(descendants())}; files left in {temporary}: {sorted(set(os.listdir(temporary)) - before)}")


def slope(points: list[tuple[int, float]]) -> float:
    """Least squares, per 1,000 checks."""
    n, sx, sy = len(points), sum(x for x, _ in points), sum(y for _, y in points)
    sxx, sxy = sum(x * x for x, _ in points), sum(x * y for x, y in points)
    return 1000 * (n * sxy - sx * sy) / (n * sxx - sx * sx)


def descendants(root: int | None = None) -> list[int]:
    """Processes that `root` (this process) started, and theirs."""
    found, waiting = list[int](), [root or os.getpid()]
    while waiting:
        pid = waiting.pop()
        try:
            tasks = [Path(f"/proc/{pid}/task/{task}/children") for task in os.listdir(f"/proc/{pid}/task")]
            children = [int(child) for task in tasks for child in task.read_text().split()]
        except OSError:
            continue
        found += children
        waiting += children
    return found


def tree_mb() -> float:
    """Private memory (MiB, RssAnon) of this process and its descendants."""
    total = 0
    for pid in (os.getpid(), *descendants()):
        try:
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))
    return total / 1024


def proportional_mb() -> float:
    """Anonymous memory (MiB) of this process and its descendants, what is shared between them counted once."""
    total = 0
    for pid in (os.getpid(), *descendants()):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss_Anon:"))
    return total / 1024


def contamination(count: int, workers: int) -> None:
    """Every candidate alone, in a fresh worker; then all of them in random order through the pool."""
    rows = [*SHORT, *FAILING, *(long_proof(n) for n in (10, 20))]
    rows += [(s.replace("theorem a", "theorem z"), p) for s, p in rows[:2]]
    alone = list[Outcome]()
    for check in numbered(rows, 10):
        backend = make_backend("fork")
        alone.append(backend.check(check).outcome)
        backend.close()
    draw, truth = random.Random(0), dict[str, Outcome]()

    def stream() -> Iterator[Check]:
        for i in range(count):
            k = draw.randrange(len(rows))
            truth[str(i)] = alone[k]
            yield Check(id=str(i), statement=rows[k][0], proof=f"{rows[k][1]} -- {i}", timeout=10)

    started, wrong, done = time.monotonic(), list[str](), 0
    with LocalPool(PoolConfig(workers=workers, backend="fork")) as pool:
        for verdict in pool.as_completed(stream()):
            done += 1
            if verdict.outcome != truth.pop(verdict.id):
                wrong.append(f"{verdict.id}: {verdict.outcome} {verdict.reason}")
            if done % 10000 == 0:
                print(f"{done} checks, {time.monotonic() - started:.0f} s, {len(wrong)} differ", flush=True)
    print(f"{done} checks over {len(rows)} candidates: {len(wrong)} differ from the verdict alone, {len(truth)} without one; {wrong[:5]}")


def mutated(count: int) -> list[Check]:
    """Honest and failing proofs with one to three words dropped, doubled, swapped or replaced by words of others."""
    draw, rows = random.Random(0), [*SHORT, *FAILING, *(long_proof(n) for n in range(10, 16))]
    words = sorted({word for _, proof in rows for word in proof.split()})
    made = []
    for _ in range(count):
        statement, proof = draw.choice(rows)
        parts = re.split(r"(\s+)", proof)
        for _ in range(draw.randint(0, 3)):
            i, j = draw.randrange(len(parts)), draw.randrange(len(parts))
            change = draw.choice(("drop", "double", "swap", "replace"))
            if change == "swap":
                parts[i], parts[j] = parts[j], parts[i]
            else:
                parts[i] = {"drop": "", "double": f"{parts[i]} {parts[i]}", "replace": draw.choice(words)}[change]
        made.append((statement, "".join(parts)))
    return numbered(made, 20)


def agreement(count: int, workers: int) -> None:
    """The same mutated checks on every backend; the REPL is the tests' own, which answers by real Lean."""
    from tests.verify_workers.fake_lake import FakeLake
    from verify_workers.lean import embedded

    checks, answers = mutated(count), dict[str, dict[str, Outcome]]()
    with tempfile.TemporaryDirectory(prefix="lake-") as folder:
        lake = FakeLake(Path(folder), embedded())
        os.environ["PATH"] = f"{lake.bin}:{os.environ['PATH']}"
        for name in ("process", "fork", "worker", "repl"):
            project = lake.project if name == "repl" else None
            seconds, answers[name] = bare(lambda name=name, project=project: make_backend(name, project=project), checks, workers)  # type: ignore[misc]
            different = [i for i, outcome in answers["process"].items() if answers[name][i] is not outcome]
            print(f"{name}: {count} checks, {seconds:.0f} s, {tally(answers[name])}; differing from process: {len(different)}", flush=True)
            for i in different[:5]:
                print(f"  {checks[int(i)].proof!r}: process {answers['process'][i]}, {name} {answers[name][i]}")


def killing(seconds: float, workers: int) -> None:
    """Checks stream through the Ray pool while its Lean processes, and once its actor, are killed."""
    import ray

    from verify_workers.pool.client import PoolClient
    from verify_workers.pool.node import node_pools

    root = str(Path(__file__).parents[2])
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        environment = {"env_vars": {"PYTHONPATH": root}}
        ray.init(address="local", num_cpus=2, include_dashboard=False, _temp_dir=folder, log_to_driver=False, runtime_env=environment)
        client = PoolClient(node_pools(PoolConfig(workers=workers, backend="fork")))
        asyncio.run(client.verify(numbered([SHORT[0]] * 4, 10)))
        draw, end, truth, kills = random.Random(0), time.monotonic() + seconds, dict[str, Outcome](), Counter[str]()

        def source() -> Iterator[Check]:
            i = 0
            while time.monotonic() < end + 20:
                good = draw.random() < 0.5
                s, p = draw.choice(SHORT if good else FAILING)
                truth[str(i)] = Outcome.ACCEPTED if good else Outcome.REJECTED
                yield Check(id=str(i), statement=s, proof=f"{p} -- {i}", timeout=10)
                i += 1

        def actor_pid() -> int:
            return next((pid for pid in descendants() if "NodePool" in Path(f"/proc/{pid}/cmdline").read_text()), 0)

        def kill() -> None:
            while time.monotonic() < end:
                time.sleep(1)
                lean = descendants(actor_pid())
                if lean:
                    os.kill(draw.choice(lean), signal.SIGKILL)
                    kills["lean"] += 1
            os.kill(actor_pid(), signal.SIGKILL)
            kills["actor"] += 1

        killer = threading.Thread(target=kill)
        killer.start()
        answers, wrong = Counter[str](), list[str]()
        asked = source()
        while checks := list(islice(asked, 256)):
            for verdict in asyncio.run(client.verify(checks)):
                answers[verdict.id] += 1
                if verdict.outcome != truth[verdict.id]:
                    wrong.append(f"{verdict.id}: {verdict.outcome} {verdict.reason}")
        killer.join()
        twice = sum(count > 1 for count in answers.values())
        print(f"{len(truth)} checks in {seconds + 20:.0f} s; killed: {dict(kills)}")
        print(f"without a verdict: {len(truth) - len(answers)}; with more than one: {twice}; wrong or infra: {len(wrong)} {wrong[:5]}")
        ray.shutdown()


def generated(count: int) -> list[Check]:
    """Statements of the pipeline's own problem families, with proofs that are right and proofs that are wrong."""
    from synth.problems.families import FAMILIES

    draw, rows = random.Random(0), list[tuple[str, str]]()
    while len(rows) < count:
        draft = draw.choice(FAMILIES).draw(draw, draw.randint(1, 3))
        goal = f"¬ ({draft.goal})" if draft.truth == "false" else draft.goal
        proofs = [*draft.proofs[:1], *draft.wrong[:1]] or ["omega"]
        rows += [(f"theorem X : {goal}", f"by\n  {proof}".replace("\n", "\n  ") if "\n" in proof else f"by {proof}") for proof in proofs]
    return numbered(rows[:count], 30)


@dataclass(frozen=True)
class ManyThreads(LeanInstall):
    """The embedded Lean as it starts on a machine of 16 processors."""

    def program(self) -> list[str]:
        return [*super().program(), "-j16"]


def threads(count: int, workers: int) -> None:
    """The same checks with 16 threads in every Lean, and on `fork`, whose children start one."""
    from verify_workers.backends.process import ProcessBackend
    from verify_workers.backends.worker import WorkerBackend
    from verify_workers.lean import embedded

    lean, checks, answers = embedded(), generated(count), dict[str, dict[str, Outcome]]()
    many = ManyThreads(lean.library, lean.path, lean.version, lean.githash, lean.revision)
    makers: dict[str, Callable[[], Backend]] = {
        "fork": lambda: make_backend("fork"),
        "worker": lambda: WorkerBackend(many),
        "process": lambda: ProcessBackend(many),
    }
    for name, make in makers.items():
        seconds, answers[name] = bare(make, checks, workers)
        different = [i for i, outcome in answers["fork"].items() if answers[name][i] is not outcome]
        print(f"{name}: {count} checks, {seconds:.0f} s, {tally(answers[name])}; differing from fork: {len(different)}", flush=True)
        for i in different[:5]:
            print(f"  {checks[int(i)].statement!r}, {checks[int(i)].proof!r}: fork {answers['fork'][i]}, {name} {answers[name][i]}")


SNIPPETS = [
    "theorem x (n : Nat) : n + 0 = n := by simp\n#check x",
    "theorem x : 1 + 1 = 3 := rfl",
    'syntax "mine" : term\nmacro_rules | `(mine) => `(True.intro)\ntheorem x : True := mine',
    "def f (n : Nat) : Nat := n * n\n#eval f 12",
]


def snippets(count: int, workers: int, name: str) -> None:
    """Memory of the pool's process and of all that it starts, while one question in five is a snippet."""
    temporary, before = Path(tempfile.gettempdir()), set(os.listdir(tempfile.gettempdir()))
    draw, points, wrong = random.Random(0), list[tuple[int, float]](), 0

    def stream() -> Iterator[Check]:
        for i in range(count):
            place = draw.random()
            if place < 0.2:
                yield Snippet(id=f"s{i}", code=f"{SNIPPETS[i % len(SNIPPETS)]} -- {i}", timeout=20)
            else:
                s, p = draw.choice(SHORT) if place < 0.7 else draw.choice(FAILING)
                yield Check(id=f"{'t' if place < 0.7 else 'f'}{i}", statement=s, proof=f"{p} -- {i}", timeout=20)

    with LocalPool(PoolConfig(workers=workers, backend=name)) as pool:  # type: ignore[arg-type]
        started, done = time.monotonic(), Counter[str]()
        for verdict in pool.as_completed(stream()):
            done[f"{'snippet ' if verdict.id[0] == 's' else ''}{verdict.outcome}"] += 1
            wrong += verdict.id[0] != "s" and verdict.accepted != (verdict.id[0] == "t")
            if sum(done.values()) % (count // 20) == 0:
                points.append((sum(done.values()), proportional_mb()))
                print(f"{points[-1][0]} checks, {points[-1][1]:.0f} MiB, {time.monotonic() - started:.0f} s", flush=True)
        seconds = time.monotonic() - started
    print(f"{name}: {count} checks, {seconds:.0f} s, {dict(done)}; wrong: {wrong}")
    second_half = points[len(points) // 2 :]
    print(f"slope of memory: {slope(points):+.2f} MiB per 1,000 checks over all, {slope(second_half):+.2f} over the second half")
    print(f"processes left: {len(descendants())}; files left in {temporary}: {sorted(set(os.listdir(temporary)) - before)}")


def audits(count: int, workers: int) -> None:
    """Strict audits (Lean compiles, the tests' stand-in for leanchecker replays) in the tests' lake project, and its environment."""
    from tests.verify_workers.fake_lake import FakeLake
    from verify_workers.backends.leanchecker import LeanCheckerBackend
    from verify_workers.lean import embedded
    from verify_workers.lean.project import discover

    with tempfile.TemporaryDirectory(prefix="lake-") as folder:
        lake = FakeLake(Path(folder), embedded())
        os.environ["PATH"] = f"{lake.bin}:{os.environ['PATH']}"
        project = discover(lake.project)
        before = project.environment()
        rows, outcomes, seconds = numbered([SHORT[i % len(SHORT)] for i in range(count)], 30), dict[str, Outcome](), 0.0
        for place in range(0, count, 500):
            took, found = bare(lambda: LeanCheckerBackend(project), rows[place : place + 500], workers)
            seconds, outcomes = seconds + took, outcomes | found
            same = project.environment() == before
            print(f"leanchecker: {len(outcomes)} audits, {seconds:.0f} s, {tally(outcomes)}; environment the same: {same}", flush=True)


def main() -> None:
    """Run the named benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "what", choices=("mixed", "soak", "contamination", "agreement", "killing", "threads", "snippets", "audits", "scaling")
    )
    parser.add_argument("--checks", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--workers", type=lambda text: [int(number) for number in text.split(",")], default=[2])
    parser.add_argument("--backend", default="fork", help="of snippets")
    options = parser.parse_args()
    workers = options.workers[0]
    if options.what == "scaling":
        sets = {"mixed, no time-outs": lambda number: mixture(number, 0.0), "one-liners": one_liners}
        scaling.scaling(sets, options.workers, options.seconds or 6.0)
    elif options.what == "mixed":
        mixed(options.checks or 2000, workers)
    elif options.what == "soak":
        soak(options.checks or 20_000, workers)
    elif options.what == "contamination":
        contamination(options.checks or 100_000, workers)
    elif options.what == "agreement":
        agreement(options.checks or 2000, workers)
    elif options.what == "threads":
        threads(options.checks or 2000, workers)
    elif options.what == "snippets":
        snippets(options.checks or 20_000, workers, options.backend)
    elif options.what == "audits":
        audits(options.checks or 5000, workers)
    else:
        killing(options.seconds or 120, workers)


if __name__ == "__main__":
    main()
