"""The walk over axioms: each constant of the header once, families together, and the same answer as a walk without memory."""

from __future__ import annotations

import json
import subprocess
import sys

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
