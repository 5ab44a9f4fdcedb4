"""Child B: does the replayed theorem state what was asked, and on which axioms does it rest?"""

from __future__ import annotations

from dataclasses import dataclass, field

from verify_workers.kernel import abi
from verify_workers.kernel.abi import Key, key, show, tag
from verify_workers.kernel.elaborate import World
from verify_workers.kernel.export import Refused
from verify_workers.kernel.replay import MalformedExport, Replayed
from verify_workers.kernel.wanted import PIN, Wanted

ALLOWED_AXIOMS = frozenset({("propext",), ("Classical", "choice"), ("Quot", "sound")})


def dependencies(world: World, info: int) -> set[Key]:
    """Constants in the type and value of a ConstantInfo, with those of the family it belongs to."""
    lean, kind, value = world.lean, tag(info), abi.value(info)
    names = list(lean.used(abi.constant(info)[2]))
    if kind in (abi.DEFINITION, abi.THEOREM, abi.OPAQUE):
        names += lean.used(abi.body(info))
    elif kind == abi.INDUCTIVE:
        names += abi.family(info) + abi.constructors(info)
    elif kind == abi.CONSTRUCTOR:
        names.append(abi.field(value, 1))
    elif kind == abi.RECURSOR:
        names += abi.items(abi.field(value, 1))
        for rule in abi.items(abi.field(value, 6)):
            names += lean.used(abi.field(rule, 2))
    return set(map(key, names))


@dataclass
class Axioms:
    """Transitive axioms of constants; remembers the answer for those of the pristine environment."""

    world: World
    known: dict[Key, frozenset[Key]] = field(default_factory=dict)

    def of(self, kernel: int, root: Key) -> tuple[set[Key], list[Key]]:
        """Axioms that `root` rests on in `kernel`, and the pristine constants that had to be walked for them."""
        lean, pristine = self.world.lean, self.world.kernel
        axioms: set[Key] = set()
        walked: list[Key] = []
        seen = {root}
        todo = [root]
        while todo:
            k = todo.pop()
            if k in self.known:
                axioms |= self.known[k]
                continue
            info = lean.find(kernel, k)
            if info is None:
                raise Refused("kernel", f"unknown constant {show(k)}")
            if lean.find(pristine, k) is not None:
                walked.append(k)
            if tag(info) == abi.AXIOM:
                axioms.add(k)
            fresh = dependencies(self.world, info) - seen
            seen |= fresh
            todo += fresh
        return axioms, walked

    def learn(self, names: list[Key]) -> None:
        """Remember the axioms of these constants of the pristine environment (walked here, nobody's word is taken)."""
        lean, pristine = self.world.lean, self.world.kernel
        todo = [k for k in names if k not in self.known and lean.find(pristine, k) is not None]
        graph: dict[Key, set[Key]] = {}
        axioms: dict[Key, set[Key]] = {}
        while todo:
            k = todo.pop()
            if k in graph:
                continue
            if k in self.known:
                graph[k], axioms[k] = set(), set(self.known[k])
                continue
            info = lean.find(pristine, k)
            assert info is not None  # closed under dependency: the kernel checked it
            graph[k] = dependencies(self.world, info)
            axioms[k] = {k} if tag(info) == abi.AXIOM else set()
            todo += graph[k]
        changed = True
        while changed:  # families are cyclic: to the fixed point
            changed = False
            for k, below in graph.items():
                union = axioms[k].union(*(axioms[d] for d in below))
                if len(union) > len(axioms[k]):
                    axioms[k], changed = union, True
        self.known.update({k: frozenset(v) for k, v in axioms.items()})


def judge(axioms: Axioms, candidate: Replayed, root: Key, wanted: Wanted) -> tuple[list[str], list[Key], int]:
    """Axioms (shown) of the accepted theorem `root`, the pristine constants walked, the environment with the pin; Refused otherwise.

    The kernel itself compares the statements: `theorem pin : <wanted> := @root` must check.  Where the same text is wanted, the
    elaborated types must be equal too, up to the names of bound variables, universes and auxiliary definitions (`4 = 4` does
    not pass for `2 + 2 = 4`).  A definition of the statement's type proves it as a theorem does.
    """
    world, kernel = axioms.world, candidate.kernel
    lean = world.lean
    info = lean.find(kernel, root)
    if info is None or tag(info) not in (abi.THEOREM, abi.DEFINITION) or lean.find(wanted.kernel, root) is not None:
        raise Refused("wrong_statement", f"{show(root)} is not a theorem of the candidate")
    _, params, type_ = abi.constant(info)
    goal = wanted.type_over(params)
    if goal is None:
        raise Refused("wrong_statement", "it has more or fewer universe parameters than the statement")
    pin = lean.name(PIN)
    proof = abi.immortal(lean.const(lean.name(root), abi.make_list(abi.immortal(lean.level_param(p)) for p in params)))
    try:
        pinned = lean.add(kernel, abi.theorem(abi.make_constant(pin, params, goal), proof, pin))
    except abi.LeanError as error:
        raise Refused("wrong_statement", f"{show(root)} does not prove the given statement") from error
    if wanted.same_text and not lean.alpha_equal(goal, type_) and not _same_shape(wanted, candidate, root):
        raise Refused("wrong_statement", f"{show(root)} states something else, though equal by computation")
    found, walked = axioms.of(kernel, root)
    if found - ALLOWED_AXIOMS:
        reason = "sorry" if ("sorryAx",) in found else "axiom"
        raise Refused(reason, "rests on " + ", ".join(sorted(show(k) for k in found - ALLOWED_AXIOMS)))
    return sorted(show(k) for k in found), walked, pinned


def _same_shape(wanted: Wanted, candidate: Replayed, root: Key) -> bool:
    try:
        return wanted.same_shape(candidate.rows, candidate.declarations, root)
    except (ValueError, TypeError, LookupError) as error:
        raise MalformedExport(f"{type(error).__name__} in the exported declarations") from error
