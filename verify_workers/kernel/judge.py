"""Child B: does the replayed theorem state what was asked, and on which axioms does it rest?"""

from __future__ import annotations

from collections.abc import Iterator
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
    """Transitive axioms of constants; remembers the answer for those of the pristine environment, each of which is walked once."""

    world: World
    known: dict[Key, frozenset[Key]] = field(default_factory=dict)
    _sets: dict[frozenset[Key], frozenset[Key]] = field(default_factory=dict)  # one object for each: there are few, of many constants

    def of(self, kernel: int, root: Key) -> tuple[set[Key], list[Key]]:
        """Axioms that `root` rests on in `kernel`, and the pristine constants below it that were not known before."""
        lean, pristine = self.world.lean, self.world.kernel
        axioms: set[Key] = set()
        learnt: list[Key] = []
        seen = {root}
        todo = [root]
        while todo:
            k = todo.pop()
            if k not in self.known and lean.find(pristine, k) is not None:
                self._walk(k)
                learnt.append(k)
            if k in self.known:
                axioms |= self.known[k]
                continue
            info = lean.find(kernel, k)
            if info is None:
                raise Refused("kernel", f"unknown constant {show(k)}")
            if tag(info) == abi.AXIOM:
                axioms.add(k)
            fresh = dependencies(self.world, info) - seen
            seen |= fresh
            todo += fresh
        return axioms, learnt

    def learn(self, names: list[Key]) -> None:
        """Walk these, as far as they are constants of the pristine environment (walked here, nobody's word is taken)."""
        for k in names:
            if k not in self.known and self.world.lean.find(self.world.kernel, k) is not None:
                self._walk(k)

    def _walk(self, root: Key) -> None:
        """Find the axioms of a pristine constant and of all below it.

        Tarjan's algorithm without recursion, since chains are long: the constants of a family rest on each other, and are done together.
        """
        lean, pristine, known = self.world.lean, self.world.kernel, self.known
        found: dict[Key, set[Key]] = {}  # the axioms seen so far below a constant that is not done
        place: dict[Key, int] = {}  # by order of arrival
        lowest: dict[Key, int] = {}
        open_: list[Key] = []  # arrived and not done
        path: list[tuple[Key, Iterator[Key]]] = []

        def arrive(k: Key) -> None:
            info = lean.find(pristine, k)
            if info is None:  # a library that is not whole
                raise Refused("kernel", f"unknown constant {show(k)}")
            place[k] = lowest[k] = len(place)
            found[k] = {k} if tag(info) == abi.AXIOM else set()
            open_.append(k)
            path.append((k, iter(dependencies(self.world, info))))

        arrive(root)
        while path:
            k, below = path[-1]
            for d in below:
                if d in known:
                    found[k] |= known[d]
                elif d in place:  # not done: on the path, or of a family with something that is
                    lowest[k] = min(lowest[k], place[d])
                else:
                    arrive(d)
                    break
            else:
                path.pop()
                if lowest[k] == place[k]:
                    self._done(k, open_, found)
                if path:
                    above = path[-1][0]
                    if k in known:
                        found[above] |= known[k]
                    else:
                        lowest[above] = min(lowest[above], lowest[k])

    def _done(self, first: Key, open_: list[Key], found: dict[Key, set[Key]]) -> None:
        """All from `first` on rest on each other, and on the same axioms."""
        start = len(open_) - 1
        while open_[start] != first:
            start -= 1
        members = open_[start:]
        del open_[start:]
        axioms = frozenset().union(*(found.pop(k) for k in members))
        axioms = self._sets.setdefault(axioms, axioms)
        self.known.update(dict.fromkeys(members, axioms))


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
