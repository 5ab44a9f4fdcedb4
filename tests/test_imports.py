"""Who may import whom: between the packages, and between the rooms (modules and folders) of each package.

Every import counts, those inside functions and `if TYPE_CHECKING` too: a reader who opens one room must not need another
that stands above it.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# What each package may import of the others: whole packages, or single rooms of one.
OUTSIDE = {
    "verify_workers": frozenset[str](),
    "train": frozenset({"verify_workers", "synth.records", "synth.keys", "synth.corpus", "synth.prompts"}),
    "synth": frozenset({"verify_workers", "train", "cluster"}),
    "cluster": frozenset({"verify_workers.errors"}),
}

# The rooms of each package from the ground up: a room imports only rooms that stand before it.  Rooms that are not built yet
# may be named; one that is not named here fails the test.
ROOMS = {
    "verify_workers": [
        *("errors", "records", "config", "processes", "working_directory", "jail", "text", "lean", "kernel", "second_kernel", "kernels"),
        *("policy", "backends", "qualify", "ray_session", "pool", "row_files", "check_rows", "verify_file", "checker", "serve"),
    ],
    "train": [
        *("config", "muon", "packing", "tokenizer", "model", "deepspeed_config", "lora", "schedule", "tokens", "data", "sequence"),
        *("replay", "evaluate", "probe", "tracking", "inbox", "average", "checkpoints", "engine", "dataset", "reshard", "memory"),
        *("export", "loop", "group", "rounds"),
    ],
    "synth": [
        *("overrides", "records", "keys", "spool"),
        *("annotations", "prompts", "llm", "budget", "problems", "config", "services", "store", "examples"),
        *("statements", "informal", "search", "index", "answers", "programs", "conjectures", "benchmark", "environments"),
        *("show", "audit", "export", "run", "simulate", "stage_config", "doctor"),
        *("api", "commands", "cli"),
        "__main__",
    ],
    "cluster": ["plan", "machines", "render", "wait"],
}

# What may be imported from a package itself: loaded when it is asked for, and named in its `__init__` for readers of types.
DOORS = {
    "verify_workers": {
        *("__future__.annotations", "typing.TYPE_CHECKING", "typing.Any", "importlib.import_module"),
        *("verify_workers.checker.Checker", "verify_workers.records.Check", "verify_workers.records.Verdict"),
    }
}

Modules = dict[str, set[str]]  # a module's dotted name -> what it imports of our packages, as written


def modules(package: Path) -> Modules:
    """Every module of the package in this folder, with its imports."""
    found = {}
    for path in package.rglob("*.py"):
        parts = (package.name, *path.relative_to(package).with_suffix("").parts)
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = set(_imports(ast.parse(path.read_text(encoding="utf-8"))))
    return found


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports hide where they lead"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def outside(package: str, found: Modules) -> list[str]:
    """Imports of other packages of ours (or of the tests) that this one may not have."""
    allowed = OUTSIDE[package]
    return [
        f"{module} imports {target}"
        for module, targets in sorted(found.items())
        for target in sorted(targets)
        if (parts := target.split("."))[0] in {*OUTSIDE, "tests", "docs"} - {package} and not {parts[0], ".".join(parts[:2])} & allowed
    ]


def upward(package: str, found: Modules) -> list[str]:
    """Imports of a room that stands above, and rooms that have no place."""
    order = {room: place for place, room in enumerate(ROOMS[package])}
    wrong = []
    for module, targets in sorted(found.items()):
        room = module.split(".")[1] if "." in module else ""
        if room not in order:
            behind = sorted(
                target for target in targets - DOORS.get(package, set()) if target.partition(".")[0] not in sys.stdlib_module_names
            )
            wrong += [f"{module} has no place in ROOMS"] if room else [f"{package}/__init__ imports {target}" for target in behind]
            continue
        others = {target.split(".")[1] for target in targets if target.startswith(f"{package}.")} - {room}
        wrong += [f"{module} imports {other}, which stands above it" for other in sorted(others) if order.get(other, 0) > order[room]]
    return wrong


def circle(found: Modules) -> str:
    """Modules that import each other in a circle; '' if none do."""
    graph = {module: {_module(target, found) for target in targets} - {"", module} for module, targets in found.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return " -> ".join(error.args[1])
    return ""


def _module(target: str, found: Modules) -> str:
    """The module that `from module import name` reads, which may be the name itself."""
    return target if target in found else target.rpartition(".")[0] if target.rpartition(".")[0] in found else ""


@pytest.mark.parametrize("package", sorted(OUTSIDE))
def test_imports_lead_downward(package: str) -> None:
    found = modules(ROOT / package)
    assert found
    assert outside(package, found) == []
    assert upward(package, found) == []
    assert circle(found) == ""


def test_the_architecture_page_has_the_rooms_in_their_order() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").splitlines()
    for package in ("verify_workers", "train", "synth"):
        (row,) = (line for line in page if line.startswith(f"| `{package}` | `"))
        there = [room for room in ROOMS[package] if (ROOT / package / room).is_dir() or (ROOT / package / f"{room}.py").exists()]
        assert re.findall(r"`(\w+)/?`", row.split("|")[2]) == [room for room in there if room != "__main__"]


def test_a_wrong_import_is_found(tmp_path: Path) -> None:
    package = tmp_path / "verify_workers"
    package.mkdir()
    (package / "errors.py").write_text("def f() -> None:\n    from verify_workers.serve import app\n")
    (package / "serve.py").write_text("import verify_workers.errors\nimport synth.records\nfrom tests import conftest\n")
    (package / "attic.py").write_text("")
    found = modules(package)
    assert outside("verify_workers", found) == ["verify_workers.serve imports synth.records", "verify_workers.serve imports tests.conftest"]
    assert upward("verify_workers", found) == [
        "verify_workers.attic has no place in ROOMS",
        "verify_workers.errors imports serve, which stands above it",
    ]
    assert circle(found)


@pytest.mark.parametrize("module", ["verify_workers.kernel.zygote", "verify_workers.lean.launcher", "verify_workers.jail.confined"])
def test_what_runs_confined_needs_nothing_installed(module: str) -> None:
    """As it is started: without the site packages."""
    code = f"import sys; sys.path.insert(0, sys.argv[1]); import {module}"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code, str(ROOT)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
