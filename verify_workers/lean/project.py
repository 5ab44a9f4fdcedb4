"""A user's own Lean: a lake project (with Mathlib, say) and the community REPL, found and compared before use.

`lake env` is run once and its environment kept: afterwards Lean's and the REPL's binaries are started directly, without lake.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from verify_workers.errors import UserError
from verify_workers.lean.modules import Modules, search_path

LAKE_SECONDS = 120.0  # the first `lake env` of a project may fetch a toolchain
ELAN = "curl https://elan.lean-lang.org/elan-init.sh -sSf | sh"
REPL_URL = "https://github.com/leanprover-community/repl"
REPL_PLACES = (".lake/packages/repl", ".lake/packages/REPL", "repl", "../repl")  # inside or beside the project
MATHLIB_OLEANS = (".lake/build/lib/lean/Mathlib.olean", ".lake/build/lib/Mathlib.olean")  # newer and older lake
_VERSION = re.compile(r"\(version ([^,\s]+)")
_COMMIT = re.compile(r"\bcommit ([0-9a-f]{12,40})\b")


@dataclass(frozen=True)
class LakeProject:
    """A lake project whose Lean and REPL fit together.

    folder     of the project
    version    of its Lean, e.g. "4.15.0"
    variables  the environment that `lake env` gives
    lean       Lean's binary
    repl       the REPL's binary, None if there is none
    revision   hash of the toolchain (name, version, commit) and of lake-manifest.json; what a header loads beside: see `loaded`
    start_up   seconds that importing all of Mathlib from a cold disk may take
    mapped     bytes of address space: Mathlib's .olean files are mapped whole
    githash    commit of its Lean as `lean --version` gives it (the first twelve digits or all), '' if it does not
    """

    folder: Path
    version: str
    variables: dict[str, str]
    lean: Path
    repl: Path | None
    revision: str
    start_up: float = 120.0
    mapped: int = 64 << 30
    githash: str = ""

    @property
    def sources(self) -> tuple[Path, ...]:
        """Folders of source files: what lake names, else the project's and its packages'; Lean's own come last."""
        named = [Path(folder) for folder in self.variables.get("LEAN_SRC_PATH", "").split(os.pathsep) if folder]
        return (*named, self.folder, *sorted(self.folder.glob(".lake/packages/*")), self.lean.parent.parent / "src" / "lean")

    @property
    def path(self) -> tuple[Path, ...]:
        """Folders of compiled modules, as lake names them."""
        return tuple(self.folder / folder for folder in self.variables.get("LEAN_PATH", "").split(os.pathsep) if folder)

    @property
    def modules(self) -> Modules:
        """The compiled modules on its search path."""
        return search_path(self.path, self.folder, self.lean.parent.parent / "lib" / "lean")

    @property
    def own(self) -> dict[str, Path]:
        """The compiled files of the project's own modules, its packages apart, by the modules' names."""
        packages = self.folder / ".lake" / "packages"
        folders = [folder for folder in self.path if folder.is_relative_to(self.folder) and not folder.is_relative_to(packages)]
        files = [(folder, file) for folder in folders for file in sorted(folder.rglob("*.olean"))]
        return {".".join(file.relative_to(folder).with_suffix("").parts): file for folder, file in files}

    def loaded(self, imports: tuple[str, ...]) -> str:
        """A hash of the compiled files that a header with these imports loads: changes when one of them does."""
        return self.modules.state(imports)

    def program(self) -> list[str]:
        """The argv prefix that runs Lean."""
        return [str(self.lean)]

    def command(self) -> list[str]:
        """The same: a binary needs no interpreter of ours."""
        return self.program()

    def environment(self) -> dict[str, str]:
        """The whole environment of a Lean process or a REPL of this project; the caller's to change."""
        return dict(self.variables)


@dataclass(frozen=True)
class Step:
    """One step on the way to a working project: what was found, or what to do; `commit` is that of its Lean."""

    what: str
    found: str
    remedy: str = ""
    commit: str = ""

    @property
    def works(self) -> bool:
        return not self.remedy


@functools.cache
def discover(folder: Path, repl: Path | None = None, need_repl: bool = True) -> LakeProject:
    """The project in `folder` and its REPL; looked for once per process.

    Raises UserError, one line with the remedy, at the first step that fails.
    """
    walk = _walk(folder.absolute(), repl)
    while True:
        try:
            step = next(walk)
        except StopIteration as end:
            project: LakeProject = end.value
            return project
        if not step.works and (need_repl or step.what != "REPL"):
            raise UserError(f"{folder}: {step.what}: {step.found}; {step.remedy}")


def steps(folder: Path, repl: Path | None = None) -> list[Step]:
    """All steps up to the first that fails, for `synth doctor`."""
    done: list[Step] = []
    for step in _walk(folder.absolute(), repl):
        done.append(step)
        if not step.works:
            break
    return done


def _walk(folder: Path, repl: Path | None) -> Generator[Step, None, LakeProject | None]:
    """Yields the steps; ends after the first that fails, but for the REPL's, which only the `repl` backend needs."""
    lake = shutil.which("lake") or _executable(Path.home() / ".elan" / "bin" / "lake")
    if not folder.is_dir():
        first = "" if lake else f"install elan, Lean's version manager ({ELAN}), then "
        yield Step(
            "project", "no such folder", f"check the path; to make one with Mathlib: {first}lake new {folder.name} math in {folder.parent}"
        )
        return None
    if not lake:
        yield Step("lake", "not found", f"install elan, Lean's version manager: {ELAN}")
        return None
    yield Step("lake", lake)
    if not any((folder / name).is_file() for name in ("lakefile.toml", "lakefile.lean")):
        yield Step("project", "no lakefile.toml or lakefile.lean", f"make one with Mathlib: lake new {folder.name} math")
        return None
    toolchain = _toolchain(folder)
    if not toolchain:
        yield Step("toolchain", "no lean-toolchain file", "write one, such as leanprover/lean4:v4.15.0, as your Mathlib's has it")
        return None
    yield Step("project", f"{folder} ({toolchain})")
    environment, problem = _environment(lake, folder)
    if problem:
        yield Step("lake env", problem, f"run `lake env` in {folder} and mend what it says")
        return None
    lean = Path(environment.get("LEAN_SYSROOT", "")) / "bin" / "lean"
    if not _executable(lean):  # the toolchain's own binary rather than elan's, which would start another process
        lean = Path(shutil.which("lean", path=environment.get("PATH", "")) or "lean")
    version, identity, problem = _version(lean, environment, folder)
    if problem:
        yield Step("lean", problem, f"run `lake env lean --version` in {folder} and mend what it says")
        return None
    commit = _COMMIT.search(identity)
    githash = commit[1] if commit else ""
    yield Step("lean", version, commit=githash)
    missing = _missing_mathlib(folder)
    if missing:
        yield Step("Mathlib", missing, f"fetch its compiled files: cd {folder} && lake exe cache get")
        return None
    yield Step("Mathlib", "compiled" if (folder / ".lake/packages/mathlib").is_dir() else "not among the project's packages")
    home, binary = _find_repl(folder, repl)
    tag = toolchain.rpartition(":")[2]
    build = f"git clone --branch {tag} {REPL_URL} {folder / 'repl'} && cd {folder / 'repl'} && lake build"
    theirs = _toolchain(home) if home else ""
    if binary is None:
        yield Step("REPL", f"no binary in {home}" if home else "not found in or beside the project", f"build it: {build}")
    elif theirs and theirs != toolchain:
        yield Step("REPL", f"is built for {theirs}, the project for {toolchain}", f"build the matching one: {build}")
        binary = None
    else:
        yield Step("REPL", str(binary))
    manifest = folder / "lake-manifest.json"
    content = f"{toolchain}\n{identity}\n".encode() + (manifest.read_bytes() if manifest.is_file() else b"")
    revision = hashlib.sha256(content).hexdigest()[:16]
    return LakeProject(folder, version, environment, lean, binary, revision, githash=githash)


def _executable(path: Path) -> str:
    return str(path) if os.access(path, os.X_OK) else ""


def _toolchain(folder: Path) -> str:
    file = folder / "lean-toolchain"
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""


def _run(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> tuple[str, str]:
    """(standard output, what went wrong)."""
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=LAKE_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", " ".join(str(error).split())
    if done.returncode:
        lines = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
        return "", lines[-1] if lines else f"ended with status {done.returncode}"
    return done.stdout.decode("utf-8", "replace"), ""


def _environment(lake: str, folder: Path) -> tuple[dict[str, str], str]:
    """What `lake env` sets, as a whole environment without anything that is only ours."""
    output, problem = _run([lake, "env", "env", "-0"], folder)
    pairs = (entry.partition("=") for entry in output.split("\0") if "=" in entry)
    everything = {name: value for name, _, value in pairs}
    if not problem and "LEAN_PATH" not in everything:
        problem = "it sets no LEAN_PATH"
    names = ("PATH", "HOME", "LANG", "LC_ALL", "ELAN_HOME", "ELAN_TOOLCHAIN", "LD_LIBRARY_PATH")
    kept = {n: v for n, v in everything.items() if n in names or n.startswith(("LEAN", "LAKE"))}
    kept.pop("LEAN_NAT_MAX_SIZE", None)  # the kernel's limit on numerals (4.33.1 and newer) stays what Lean's makers set: 128 MB
    return kept, problem


def _version(lean: Path, environment: dict[str, str], folder: Path) -> tuple[str, str, str]:
    """(version, all that Lean says of itself: its commit too, what went wrong)."""
    output, problem = _run([str(lean), "--version"], folder, environment)
    found = _VERSION.search(output)
    return (found[1], output.strip(), "") if found else ("", "", problem or f"`lean --version` says {output.strip()[:80]!r}")


def _missing_mathlib(folder: Path) -> str:
    """What is missing of a Mathlib that the project depends on; '' if nothing is, or it depends on none."""
    manifest = folder / "lake-manifest.json"
    if not manifest.is_file():
        return ""
    try:
        packages = json.loads(manifest.read_text(encoding="utf-8")).get("packages", [])
    except ValueError:
        return "lake-manifest.json is not JSON"
    if not any(isinstance(package, dict) and package.get("name") == "mathlib" for package in packages):
        return ""
    mathlib = folder / ".lake" / "packages" / "mathlib"
    if not mathlib.is_dir():
        return "a dependency that is not fetched yet"
    return "" if any((mathlib / name).is_file() for name in MATHLIB_OLEANS) else "fetched but not compiled"


def _find_repl(folder: Path, given: Path | None) -> tuple[Path | None, Path | None]:
    """(folder of the REPL's sources, its binary), as far as they exist; `given` is either of the two."""
    if given is not None and given.is_file():
        sources = given.absolute().parents[3] if len(given.absolute().parents) > 3 else None
        return sources, given.absolute()
    for home in [given.absolute()] if given is not None else [folder / place for place in REPL_PLACES]:
        if home.is_dir():
            binary = home / ".lake" / "build" / "bin" / "repl"
            if not binary.is_file():
                binary = home / "build" / "bin" / "repl"
            return home, binary if os.access(binary, os.X_OK) else None
    return given, None
