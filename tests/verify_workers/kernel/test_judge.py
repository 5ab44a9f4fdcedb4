"""The walk over axioms: each constant of the header once, families together, and the same answer as a walk without memory."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from types import SimpleNamespace
from typing import Any, cast

import pytest

from verify_workers.kernel import abi, judge
from verify_workers.lean import LeanInstall

WALK = """
import json, os, sys
from verify_workers.kernel import abi, elaborate, judge
world = elaborate.boot(sys.argv[1:2], "")
names = [("Classical", "em"), ("Nat", "rec"), ("Nat", "add_comm"), ("List", "cons"), ("List",), ("Nat", "le", "brecOn"), ("funext",),
         ("propext",), ("Int", "emod_emod_of_dvd"), ("Nat", "lt_wfRel"), ("Subsingleton", "elim"), ("Eq",), ("Acc", "rec")]

def plainly(root):
    found, todo = {root}, [root]
    while todo:
        more = judge.dependencies(world, world.lean.find(world.kernel, todo.pop())) - found
        found |= more
        todo += more
    return {k for k in found if abi.tag(world.lean.find(world.kernel, k)) == abi.AXIOM}

names = [k for k in names if world.lean.find(world.kernel, k) is not None]
one = judge.Axioms(world)
rows = [(".".join(k), sorted(map(abi.show, one.of(world.kernel, k)[0])), sorted(map(abi.show, plainly(k)))) for k in names]
other = judge.Axioms(world)
other.learn([*reversed(names), ("no", "such", "name")])
same = all(other.known[k] == one.known[k] for k in names)
again = one.of(world.kernel, ("Classical", "em"))[1]
sys.stdout.write(json.dumps([rows, same, again, len({id(v) for v in one.known.values()}), len(one.known)]))
sys.stdout.flush()
os._exit(0)
"""


def test_every_constant_is_walked_once(lean: LeanInstall) -> None:
    command = [sys.executable, "-c", WALK, str(lean.library)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=lean.environment() | {"PYTHONPATH": ":".join(sys.path)})
    assert done.returncode == 0, done.stderr
    rows, same, again, sets, known = json.loads(done.stdout)
    assert len(rows) >= 10 and all(ours == plainly for _, ours, plainly in rows), rows
    assert {name: ours for name, ours, _ in rows}["Classical.em"] == ["Classical.choice", "Quot.sound", "propext"]
    assert same and again == [] and sets <= 8 < known


class Graph:
    """Constants that rest on each other in any way; the first `library` of them are the header's, which rest on each other alone."""

    def __init__(self, rng: random.Random) -> None:
        size = rng.randint(1, 30)
        self.library = rng.randint(0, size)
        self.below = {(str(i),): self._some(rng, self.library if i < self.library else size) for i in range(size)}
        self.axioms = {k for k in self.below if rng.random() < 0.25}

    @staticmethod
    def _some(rng: random.Random, size: int) -> set[abi.Key]:
        return {(str(rng.randrange(size)),) for _ in range(rng.randint(0, 4))} if size else set()

    def find(self, kernel: int, k: abi.Key) -> abi.Key | None:
        return k if k in self.below and (kernel or int(k[0]) < self.library) else None

    def plainly(self, root: abi.Key) -> set[abi.Key]:
        found, todo = {root}, [root]
        while todo:
            more = self.below[todo.pop()] - found
            found |= more
            todo += more
        return found & self.axioms


def test_the_walk_agrees_with_a_plain_one_on_any_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cycles, long chains and shared parts, in any order of questions; what is remembered is of the header alone."""
    for seed in range(1500):
        rng = random.Random(seed)
        graph = Graph(rng)
        monkeypatch.setattr(judge, "tag", lambda k, graph=graph: abi.AXIOM if k in graph.axioms else abi.DEFINITION)
        monkeypatch.setattr(judge, "dependencies", lambda world, k, graph=graph: set(graph.below[k]))
        walk = judge.Axioms(cast(Any, SimpleNamespace(lean=graph, kernel=0)))
        for k in rng.choices(list(graph.below), k=6):
            if rng.random() < 0.3:
                walk.learn(rng.choices(list(graph.below), k=3))
            assert walk.of(1, k)[0] == graph.plainly(k), seed
        assert all(graph.find(0, k) and axioms == graph.plainly(k) for k, axioms in walk.known.items()), seed
