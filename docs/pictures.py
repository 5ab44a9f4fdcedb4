"""Pictures made from the code, as Mermaid: which room of the house rests on which."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("verify_workers", "train", "synth")
DENSE = '%%{init: {"themeVariables": {"fontSize": "20px"}, "flowchart": {"nodeSpacing": 15, "rankSpacing": 28, "padding": 8}}}%%'
"""As wide as a page of GitHub's (some 830 px), its letters are then as large as a footnote's."""
Graph = dict[str, set[str]]  # a room, and what it imports


def rooms(root: Path = ROOT) -> Graph:
    """The folders of the packages (`synth.search`), each with those that it imports, directly or by way of single modules."""
    modules: Graph = {}
    for package in PACKAGES:
        for path in (root / package).rglob("*.py"):
            name = _room(".".join((package, *path.relative_to(root / package).with_suffix("").parts)))
            modules.setdefault(name, set()).update(_imported(path))
    folders = {name for name in modules if (root / Path(*name.split("."))).is_dir()}
    graph = {room: {target for target in targets if target in modules and target != room} for room, targets in modules.items()}
    return {room: {found for found in _reached(graph, room, folders) if found != room} for room in folders}


def _imported(path: Path) -> set[str]:
    """Package and room of each import of ours."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {_room(f"{node.module}.{alias.name}") for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {_room(alias.name) for alias in node.names}
    return {name for name in found if name.split(".")[0] in PACKAGES}


def _room(name: str) -> str:
    """The room of a module or a name in it; `train` has no folders and is one."""
    return ".".join(name.split(".")[: 1 if name.startswith("train.") else 2])


def _reached(graph: Graph, room: str, folders: set[str]) -> set[str]:
    """The folders that are reached from a room without passing through another folder."""
    found, seen, todo = set[str](), {room}, [room]
    while todo:
        for target in graph[todo.pop()] - seen:
            seen.add(target)
            if target in folders:
                found.add(target)
            else:
                todo.append(target)
    return found


def reduced(graph: Graph) -> Graph:
    """The same without arrows that follow from others (the graph has no circle)."""
    below: Graph = {}
    for room in TopologicalSorter(graph).static_order():
        below[room] = set().union(*({target} | below[target] for target in graph[room]))
    return {room: {t for t in targets if not any(t in below[other] for other in targets)} for room, targets in graph.items()}


def house(root: Path = ROOT) -> str:
    """A Mermaid flowchart: an arrow from a room to what it rests on."""
    graph = reduced(rooms(root))
    lines = [DENSE, "flowchart TB"]
    for package in reversed(PACKAGES):
        own = sorted(room for room in graph if room.startswith(f"{package}."))
        inside = [f'    {_node(room)}["{room.split(".")[1]}/"]' for room in own]
        lines += [f"  subgraph {package}", *inside, "  end"] if own else [f'  {package}["{package}/"]']
    lines += [f"  {_node(room)} --> {_node(target)}" for room in sorted(graph) for target in sorted(graph[room])]
    return "\n".join(lines)


def _node(room: str) -> str:
    return room.replace(".", "_")
