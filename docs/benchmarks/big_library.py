"""A synthetic library as large as Mathlib, made with the embedded Lean: to see what checks cost where users prove.

    python docs/benchmarks/big_library.py build --cache FOLDER [--areas 22 --levels 100] [--jobs 2]
    python docs/benchmarks/big_library.py measure --cache FOLDER [...]

`build` writes and compiles a lake project whose package `biglib` has AREAS × LEVELS modules, and can be stopped and started again:
what is compiled is kept.  Each module has enumerations, recursive types, structures, a class that extends the one of the level
before with an instance, definitions with simp lemmas, and theorems each of which rests on the one before it, through all levels.
About 3/2 of a second of one core, 180 declarations as written, 480 as the kernel has them, and a megabyte, each.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.verify_workers.fake_lake import FakeLake
from verify_workers.backends.base import Backend
from verify_workers.backends.fork import ForkBackend
from verify_workers.backends.process import ProcessBackend
from verify_workers.backends.worker import WorkerBackend
from verify_workers.kernel.client import Session
from verify_workers.lean import LeanInstall, embedded
from verify_workers.lean.project import discover
from verify_workers.lean.shared import SharedLean, shared
from verify_workers.processes import children, unshared_mb
from verify_workers.records import Check

ENUMERATIONS, CONSTRUCTORS = 3, 20
TREES, BRANCHES = 2, 10
STRUCTURES, FIELDS = 2, 8
FUNCTIONS, CHAIN = 12, 60
CROSS = 10  # levels from one import of the neighbouring area to the next
HIERARCHY = 8  # classes that extend each other
WRITTEN = ENUMERATIONS * (1 + CONSTRUCTORS) + TREES * (1 + BRANCHES) + STRUCTURES * (1 + FIELDS) + 5 + 2 * FUNCTIONS + CHAIN + 2
PACKAGE = ".lake/packages/biglib"
BUILT = f"{PACKAGE}/.lake/build/lib/lean"


@dataclass(frozen=True)
class Library:
    """AREAS × LEVELS modules `BigLib.A03.L017`; each level imports the one below it, each tenth the neighbouring area too."""

    areas: int = 22
    levels: int = 100

    def name(self, area: int, level: int) -> str:
        return f"BigLib.A{area:02}.L{level:03}"

    def imports(self, area: int, level: int) -> list[tuple[int, int]]:
        below = [(area, level - 1)] if level else []
        crosses = level >= CROSS and level % CROSS == 0 and self.areas > 1
        return below + ([((area + 1) % self.areas, level - CROSS)] if crosses else [])

    def closure(self, area: int, level: int) -> set[tuple[int, int]]:
        found, waiting = set[tuple[int, int]](), [(area, level)]
        while waiting:
            module = waiting.pop()
            if module not in found:
                found.add(module)
                waiting += self.imports(*module)
        return found

    def modules(self) -> Iterator[tuple[int, int]]:
        """All, each behind what it imports."""
        for level in range(self.levels):
            for area in range(self.areas):
                yield area, level

    def part(self, declarations: int) -> list[tuple[int, int]]:
        """Modules that bring, with what they import, at least so many declarations (as written), or all there are."""
        chosen, held = list[tuple[int, int]](), set[tuple[int, int]]()
        for area in range(self.areas):
            for level in range(self.levels):
                held |= self.closure(area, level)
                if len(held) * WRITTEN >= declarations:
                    return [*chosen, (area, level)]
            chosen.append((area, self.levels - 1))
        return chosen

    def source(self, area: int, level: int) -> str:
        """The text of a module."""
        lines = [f"import {self.name(*module)}" for module in self.imports(area, level)]
        here, below = self.name(area, level), self.name(area, level - 1)
        lines += ["", "set_option linter.all false", f"namespace {here}", ""]
        for i in range(ENUMERATIONS):
            lines.append(f"inductive Kind{i} where\n  " + " ".join(f"| c{j}" for j in range(CONSTRUCTORS)))
        for i in range(TREES):
            lines.append(f"inductive Tree{i} where\n  | leaf (n : Nat)")
            lines += [f"  | node{j} (k : Kind{j % ENUMERATIONS}) (left right : Tree{i}) (b : Bool)" for j in range(1, BRANCHES)]
        for i in range(STRUCTURES):
            lines.append(f"structure Point{i} (α : Type) where")
            lines += [f"  f{j} : α → Nat → {f'Tree{i}' if j % 2 else 'α'}" for j in range(FIELDS)]
        is_base = level % HIERARCHY == 0
        extends, parent = ("", "") if is_base else (f" extends {below}.Op{level - 1} α", f"{below}.instNat with ")
        op, law = f"op{level}", f"Op{level}.op{level}"
        lines += [
            f"class Op{level} (α : Type){extends} where\n  {op} : α → α → α\n  {op}_comm : ∀ a b : α, {op} a b = {op} b a",
            f"instance instNat : Op{level} Nat := {{ {parent}{op} := fun a b => a + b, {op}_comm := Nat.add_comm }}",
            (
                f"@[simp] theorem op_twice {{α : Type}} [Op{level} α] (a b c : α) : "
                f"{law} ({law} a b) c = {law} c ({law} b a) := ({law}_comm _ _).trans (congrArg _ ({law}_comm a b))"
            ),
        ]
        for i in range(FUNCTIONS):
            k = level * FUNCTIONS + i
            before = f"f{i - 1}" if i else f"{below}.f{FUNCTIONS - 1}" if level else ""
            value, proof = (f"{before} n + 1", f"congrArg (fun k => k + 1) ({before}_eq n)") if before else ("n", "rfl")
            lines += [f"def f{i} (n : Nat) : Nat := {value}", f"@[simp] theorem f{i}_eq (n : Nat) : f{i} n = n + {k} := {proof}"]
        for i in range(CHAIN):
            k = level * CHAIN + i
            before = f"le{i - 1}" if i else f"{below}.le{CHAIN - 1}" if level else ""
            classical = f"(Classical.em (a ≤ b + {k})).elim id (fun no => absurd h no)" if area % 2 else "h"
            proof = f"Nat.le_trans ({before} a b h) (Nat.add_le_add_left (Nat.le_succ {k - 1}) b)" if before else classical
            lines.append(f"theorem le{i} (a b : Nat) (h : a ≤ b) : a ≤ b + {k} := {proof}")
        other = self.imports(area, level)[1:]
        bound = f"{self.name(*other[0])}.le0" if other else "le0"
        lines += [
            (
                f"theorem joined (a b : Nat) (h : a ≤ b) : a ≤ b + {level * CHAIN + CHAIN - 1} ∧ ∃ k, a ≤ b + k"
                f" := ⟨le{CHAIN - 1} a b h, _, {bound} a b h⟩"
            ),
            f"theorem kind_ne : Kind0.c0 ≠ Kind0.c{CONSTRUCTORS - 1} := Kind0.noConfusion",
            f"\nend {here}",
        ]
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Place:
    """Where a library is built: a stand-in lake project that depends on it."""

    fake: FakeLake
    library: Library

    @property
    def sources(self) -> Path:
        return self.fake.project / PACKAGE

    def olean(self, module: str) -> Path:
        return self.fake.project / BUILT / f"{module.replace('.', '/')}.olean"

    @property
    def built(self) -> bool:
        return all(self.olean(self.library.name(*module)).is_file() for module in self.library.modules())


def place(library: Library, cache: Path, lean: LeanInstall) -> Place:
    """The folder in `cache` for a library, by all that decides its contents."""
    texts = (library.source(0, 0), library.source(library.areas - 1, library.levels - 1), lean.revision)
    mark = hashlib.sha256("".join(texts).encode()).hexdigest()[:8]
    root = cache / f"big-{library.areas}x{library.levels}-{mark}"
    root.mkdir(parents=True, exist_ok=True)
    fake = FakeLake(root, lean, packages=("biglib",))
    return Place(fake, library)


def build(here: Place, jobs: int) -> None:
    """Compile what is not compiled yet, `jobs` modules at a time."""
    library, started = here.library, time.monotonic()
    waiting = {module for module in library.modules() if not here.olean(library.name(*module)).is_file()}
    total, done = len(waiting), 0
    running: dict[Future[None], tuple[int, int]] = {}
    with ThreadPoolExecutor(jobs) as pool:
        while waiting or running:
            ready = (
                m for m in library.modules() if m in waiting and not any(i in waiting or i in running.values() for i in library.imports(*m))
            )
            for module in ready:
                if len(running) >= 2 * jobs:
                    break
                waiting.discard(module)
                running[pool.submit(_compile, here, module)] = module
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                del running[future]
                future.result()
                done += 1
                if done % 50 == 0 or done == total:
                    seconds = time.monotonic() - started
                    print(f"{done}/{total} modules, {seconds:.0f} s, {seconds / done * (total - done):.0f} s to go", flush=True)


def _compile(here: Place, module: tuple[int, int]) -> None:
    name = here.library.name(*module)
    source, target = here.sources / f"{name.replace('.', '/')}.lean", here.olean(name)
    for file in (source, target):
        file.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(here.library.source(*module), encoding="utf-8")
    lean, new = here.fake.lean, target.with_suffix(".new")
    environment = lean.environment() | {"LEAN_PATH": f"{lean.path}:{here.fake.project / BUILT}"}
    command = [*lean.command(), "-DElab.async=false", f"--root={here.sources}", str(source), "-o", str(new)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode or done.stdout:
        raise SystemExit(f"{source}: {(done.stdout + done.stderr)[:2000]}")
    new.replace(target)


SMALL = [
    ("theorem goal (n : Nat) : n + 0 = n", "by simp"),
    ("theorem goal : 2 + 2 = 4", "rfl"),
    ("theorem goal (p q : Prop) (hp : p) (hq : q) : p ∧ q", "⟨hp, hq⟩"),
    ("theorem goal (a b : Nat) (h : a < b) : a + 1 ≤ b + 3", "by omega"),
]
BARE = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
from verify_workers.kernel import elaborate, judge
libraries, imports, texts, root = json.loads(sys.stdin.read())
world = elaborate.boot(libraries, imports)
world.lean.start_tasks(1)
out = []
for text in texts:
    times = []
    for _ in range(12):
        started = time.perf_counter(), time.process_time()
        elaborate.elaborate(world, text.encode())
        times.append((time.perf_counter() - started[0], time.process_time() - started[1]))
    out.append([sorted(column)[len(times) // 2] for column in zip(*times)])
started, axioms = time.process_time(), judge.Axioms(world)
if root:
    axioms.of(world.kernel, tuple(root))
print(json.dumps([out, len(axioms.known), time.process_time() - started]), flush=True)
import os
os._exit(0)
"""


def rows(library: Library, part: list[tuple[int, int]]) -> dict[str, list[tuple[str, str]]]:
    """Small checks, and checks that use the part of the library that is imported: near its foot and its top, and its simp set."""
    using = list[tuple[str, str]]()
    for area, level in [(part[-1][0], 0), part[-1], part[0]]:
        here, k = library.name(area, level), level * CHAIN + 7
        using.append((f"theorem goal (a b : Nat) (h : a ≤ b) : a ≤ b + {k}", f"{here}.le7 a b h"))
        using.append((f"theorem goal (n : Nat) : {here}.f0 n = n + {level * FUNCTIONS}", "by simp"))
    return {"small": SMALL, "library": using}


def check(row: tuple[str, str], header: str) -> Check:
    return Check(id="x", statement=row[0], proof=row[1], header=header, timeout=60)


@dataclass
class Asked:
    """A backend and what it is asked, with what that took: wall time of each check, processor time of those after the first turn."""

    backend: Backend
    checks: list[Check]
    times: list[float] = field(default_factory=list)
    used: float = 0.0

    def turn(self) -> None:
        for question in self.checks:
            started = time.perf_counter()
            verdict = self.backend.check(question)
            self.times.append(1000 * (time.perf_counter() - started))
            if not verdict.accepted:
                raise SystemExit(f"{self.backend.name}: {question.statement}: {verdict}")

    def __str__(self) -> str:
        first, later = self.times[: len(self.checks)], self.times[len(self.checks) :]
        wall = f"{statistics.median(later):.1f} ms (the best {min(later):.1f}, the first time {statistics.mean(first):.0f})"
        return f"{self.backend.name} {wall}, {1000 * self.used / len(later):.1f} ms of processor time"


def ask(turns: int, *all_: Asked) -> None:
    """By turns, so that what else the machine does concerns all alike."""
    for turn in range(turns + 1):
        for one in all_:
            one.turn()
            one.used = -processor(one.backend) if not turn else one.used
    for one in all_:
        one.used += processor(one.backend)


def processor(backend: Backend) -> float:
    """Seconds of processor time of a backend's processes with those that they have waited for; of ours, where none stays."""
    ticks = 0
    for pid in {p for top in backend.processes for p in (top, *children(top))}:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))
    waited = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ticks / os.sysconf("SC_CLK_TCK") if backend.processes else waited.ru_utime + waited.ru_stime


def bare(lean: SharedLean, header: str, questions: list[Check], root: str = "") -> str:
    """What Lean itself takes for a text (the median over texts), in a process that has imported the header and has seen it before.

    With `root`, a theorem of the library, also what walking all constants below it takes.
    """
    texts = [f"{question.statement} := {question.proof}\n" for question in questions]
    command = [sys.executable, "-I", "-S", "-c", BARE, str(Path(__file__).parents[2])]
    environment = {"LEAN_PATH": ":".join(map(str, lean.path)), "PATH": os.environ["PATH"]}
    given = json.dumps([[str(library) for library in lean.libraries], header, texts, root.split(".") if root else []])
    done = subprocess.run(command, input=given, env=environment, capture_output=True, text=True, check=True)
    times, constants, walk = json.loads(done.stdout)
    wall, used = (1000 * statistics.median(column) for column in zip(*times, strict=True))
    walked = f"; axioms of {root}: {constants:,} constants, {walk:.2f} s of processor time" if root else ""
    return f"{wall:.1f} ms, {used:.1f} ms of processor time{walked}"


def memory(pid: int) -> dict[str, float]:
    """MB (2^20 bytes) of a process by kind, as the kernel sums them up."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}


def measure(here: Place, sizes: list[int], turns: int) -> None:
    """The table of docs/benchmarks.md."""
    os.environ["PATH"] = here.fake.path
    project, library = discover(here.fake.project, need_repl=False), here.library
    lean = shared(project)
    for size in (0, *sizes):
        part = library.part(size) if size else []
        header = "".join(f"import {library.name(*module)}\n" for module in part)
        modules = set[tuple[int, int]]().union(*(library.closure(*module) for module in part))
        size_mb = sum(here.olean(library.name(*module)).stat().st_size for module in modules) / 2**20
        print(f"{len(modules) * WRITTEN:,} declarations in {len(modules)} modules, {size_mb:.0f} MB", flush=True)
        sets = {name: [check(row, header) for row in some] for name, some in (rows(library, part) if part else {"small": SMALL}).items()}
        started = time.perf_counter()
        loads = project.loaded(tuple(library.name(*module) for module in part))
        looked = time.perf_counter() - started
        started = time.perf_counter()
        session = Session(lean, header, loads)
        booted = time.perf_counter() - started
        zygote = parent(session.pid)
        started = time.perf_counter()
        second = Session(lean, header, loads)
        forked = 1000 * (time.perf_counter() - started)
        print(
            f"  import {booted:.1f} s (looking at its files {looked:.1f} s), a further session {forked:.1f} ms; zygote: "
            f"{memory(zygote)['Anonymous']:.0f} MB of its own, {session.hello['gathered'] / 2**20:.0f} MB of modules gathered, "
            f"{maps(zygote)} mappings, page tables {status(zygote, 'VmPTE') / 1024:.1f} MB",
            flush=True,
        )
        second.close()
        deep = f"{library.name(*part[0])}.joined" if part else ""
        with ForkBackend(project) as backend, ForkBackend(project) as plain:
            for name, questions in sets.items():
                here_, core = Asked(backend, questions), Asked(plain, [check(row, "") for row in SMALL])
                ask(turns, here_, core)
                print(f"  {name}: {here_}; Lean itself {bare(lean, header, questions, deep if name != 'small' else '')}", flush=True)
                print(f"    beside it, small ones under no header: {core}", flush=True)
            own = [unshared_mb([pid]) for pid in backend.processes if parent(pid) == zygote]
            print(f"  a worker's own memory: {sum(own):.0f} MB", flush=True)
        session.close()
        for other in (WorkerBackend(project), ProcessBackend(dataclasses.replace(project, start_up=60.0))):
            for name, questions in sets.items():
                asked = Asked(other, questions[: 4 if other.name == "worker" else 2])
                ask(turns if other.name == "worker" else 1, asked)
                print(f"  {name}: {asked}", flush=True)
            other.close()


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])


def status(pid: int, field: str) -> int:
    """A field of a process's status, in kB."""
    return next(int(line.split()[1]) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(field))


def maps(pid: int) -> int:
    return Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace").count("\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("build", "measure"))
    parser.add_argument("--cache", type=Path, required=True, help="folder for the library (2.5 GB at full size)")
    parser.add_argument("--areas", type=int, default=Library.areas)
    parser.add_argument("--levels", type=int, default=Library.levels)
    parser.add_argument("--jobs", type=int, default=2, help="modules compiled at a time")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000, 300_000], help="declarations that a header brings")
    parser.add_argument("--turns", type=int, default=15, help="times that each check is asked, after the first")
    given = parser.parse_args()
    here = place(Library(given.areas, given.levels), given.cache.absolute(), embedded())
    build(here, given.jobs)
    if given.what == "measure":
        measure(here, given.sizes, given.turns)


if __name__ == "__main__":
    main()
