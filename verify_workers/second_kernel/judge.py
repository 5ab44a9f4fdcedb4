"""Verdicts on files.

A `Library` is a file that many others build on: what they need of it is checked when it is first needed, and then
known.  `judge` checks every declaration of a file; `Library.judge` those of a file that names the library's constants.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from verify_workers.second_kernel import inductive, naturals, primitive, terms
from verify_workers.second_kernel.checking import TypeChecker
from verify_workers.second_kernel.environment import (
    Axiom,
    Constant,
    Definition,
    Environment,
    Opaque,
    OutOfBudget,
    Quotient,
    Rejected,
    Theorem,
    Unsupported,
)
from verify_workers.second_kernel.levels import TooManyUniverses, is_zero
from verify_workers.second_kernel.reading import Entry, ExportFile, Malformed
from verify_workers.second_kernel.reduction import Budget
from verify_workers.second_kernel.terms import CONST, IMAX, MAX, NAT, PARAM, PROJ, SORT, STRING, SUCC, Expr, Level, constants, subterms

STEPS = 5_000_000  # for a declaration
RECURSION = 60_000
KEEP_SECONDS = 5.0
Outcome = Literal["accepted", "rejected", "unsupported", "budget"]


@dataclass(frozen=True)
class Judgement:
    """`declaration` and `why` say what was not accepted; `axioms` are those that the root rests on, or the whole file."""

    outcome: Outcome
    declaration: str = ""
    why: str = ""
    axioms: tuple[str, ...] = ()
    checked: int = 0
    seconds: float = 0.0


@dataclass
class Known:
    """Checked declarations, with what is remembered of them: the axioms each name rests on."""

    environment: Environment = field(default_factory=Environment)
    axioms: dict[str, frozenset[str]] = field(default_factory=dict)
    current: str = ""  # the declaration being checked

    def copy(self) -> Known:
        return Known(self.environment.copy(), dict(self.axioms))

    def add(self, file: ExportFile, entry: Entry, steps: int, trusted: bool = False) -> None:
        """Check one declaration, whose constants are all known, and add it; `trusted`: it was checked before."""
        self.current = entry.names[0]
        budget = Budget(steps)
        environment = self.environment
        used: set[str] = set()
        if entry.kind == "inductive":
            group = file.group(entry)
            for part in (*group.types, *group.constructors, *group.recursors):
                used |= _well_formed(environment, part, budget, set(entry.names), part.type)
            for r in group.recursors:
                for rule in r.rules.values():
                    used |= _well_formed(environment, r, budget, set(entry.names), rule.value)
            if trusted:
                inductive.trust(environment, group)
            else:
                inductive.declare(environment, group, budget)
        else:
            constant = file.constant(entry)
            used |= _well_formed(environment, constant, budget, set(), constant.type)
            if isinstance(constant, Definition | Opaque):
                used |= _well_formed(environment, constant, budget, set(), constant.value)
            if not trusted:
                _check(environment, entry, constant, budget)
            environment.add(constant)
        for name in entry.names:
            if name in naturals.FUNCTIONS:
                if trusted:
                    environment.computed.add(name)
                else:
                    primitive.learn_function(environment, name, budget)
        rests: frozenset[str] = frozenset().union(*(self.axioms.get(name, ()) for name in used))
        if entry.kind == "axiom":
            rests |= set(entry.names)
        self.axioms.update(dict.fromkeys(entry.names, rests))


def _check(environment: Environment, entry: Entry, constant: Constant, budget: Budget) -> None:
    checker = TypeChecker(environment, budget)
    if isinstance(constant, Axiom):
        primitive.check_axiom(environment, constant)
    if isinstance(constant, Quotient):
        primitive.check_quotient(environment, entry.fields["kind"], constant)
    level = checker.level(constant.type)
    if isinstance(constant, Theorem) and not is_zero(level):
        raise Rejected("the type of the theorem is no proposition")
    if isinstance(constant, Definition | Opaque):
        checker.expect(constant.value, constant.type, "a declaration")


def _well_formed(environment: Environment, constant: Constant, budget: Budget, together: set[str], e: Expr) -> frozenset[str]:
    """Constants in `e`; Rejected unless they and its universe parameters exist, and literals are of what they have to be."""
    used = constants(e)
    for name in used - together:
        environment.get(name)
    text = literal = False
    for x in subterms(e):
        if x.kind == CONST:
            for u in x.b:
                _known_level(u, constant.params)
        elif x.kind == SORT:
            _known_level(x.a, constant.params)
        elif x.kind == PROJ and x.a in together:
            raise Rejected("a projection within the structure's own declaration")
        text = text or x.kind == STRING
        if x.kind in (NAT, STRING) and ("Nat" in together or "String" in together):
            raise Rejected("a literal within the declaration of its own type")
        literal = literal or x.kind in (NAT, STRING)
    if literal:
        primitive.check_literals(environment, budget, text)
    return used


def _known_level(u: Level, params: tuple[str, ...]) -> None:
    if u.kind == PARAM:
        if u.a not in params:
            raise Rejected(f"no universe parameter {u.a}")
    elif u.kind == SUCC:
        _known_level(u.a, params)
    elif u.kind in (MAX, IMAX):
        _known_level(u.a, params)
        _known_level(u.b, params)


def needs(file: ExportFile, entry: Entry) -> set[str]:
    """Constants that a declaration speaks of."""
    if entry.kind == "inductive":
        group = file.group(entry)
        out = set[str]().union(*(constants(p.type) for p in (*group.types, *group.constructors, *group.recursors)))
        for r in group.recursors:
            out = out.union(*(constants(rule.value) for rule in r.rules.values()))
        return out - set(entry.names)
    constant = file.constant(entry)
    out = set(constants(constant.type))
    if isinstance(constant, Definition | Opaque):
        out |= constants(constant.value)
    if entry.kind == "quot":
        out |= {"Eq", "Eq.refl"}
    if entry.kind == "axiom":
        out |= {"Eq", *(("Quot.ind",) if entry.names[0] == "Quot.sound" else ())}
    return out


class Library:
    """A file whose declarations are checked when a judgement first needs them.

    `trusted` are names that were checked before by this same code; `learned` tells what has been added to them.  `keep` is called
    now and then while more is added, so that a judgement that is cut off has not been for nothing.
    """

    def __init__(
        self,
        lines: Iterable[bytes],
        trusted: Iterable[str] = (),
        steps: int = STEPS,
        keep: Callable[[Library], None] = lambda library: None,
    ) -> None:
        self.file = ExportFile().read(lines)
        self.known = Known()
        self.steps = steps
        self.trusted = set(trusted)
        self.learned: set[str] = set()
        self._keep, self._kept = keep, time.monotonic()

    def require(self, names: Iterable[str]) -> int:
        """Check these constants and all that they rest on; how many declarations were checked."""
        count = 0
        todo = [(name, False) for name in names]
        open_: set[str] = set()
        while todo:
            name, ready = todo.pop()
            if name in self.known.environment.constants:
                continue
            entry = self.file.declared.get(name)
            if entry is None:
                raise Rejected(f"no constant {name}")
            first = entry.names[0]
            if ready:
                trusted = first in self.trusted
                self.known.add(self.file, entry, self.steps, trusted)
                count += not trusted
                self.learned |= set() if trusted else {first}
                if time.monotonic() - self._kept > KEEP_SECONDS:
                    self._keep(self)
                    self._kept = time.monotonic()
                continue
            if first in open_:
                raise Rejected(f"{first} rests on itself")
            open_.add(first)
            todo.append((name, True))
            self.known.current = first
            todo += [(n, False) for n in sorted(needs(self.file, entry)) if n not in self.known.environment.constants]
        return count

    def judge(self, lines: list[bytes], root: str) -> Judgement:
        """The verdict on a file that builds on this one and proves the theorem `root`."""

        def work(known: list[Known]) -> tuple[int, frozenset[str]]:
            known[0] = self.known
            count = self.require(self._needed(lines))
            marked = terms.mark()
            try:
                known[0] = mine = self.known.copy()
                file = ExportFile().read(lines)
                for entry in file.entries:
                    mine.add(file, entry, self.steps)
                if not isinstance(mine.environment.constants.get(root), Theorem):
                    raise Rejected(f"no theorem {root}")
                return count + len(file.entries), mine.axioms[root]
            finally:
                terms.release(marked)

        return _judged(work)

    def _needed(self, lines: list[bytes]) -> list[str]:
        """What a file needs of this one; Rejected if it declares a name that this one has."""
        marked = terms.mark()
        try:
            file = ExportFile().read(lines)
            twice = next((name for name in file.declared if name in self.file.declared), None)
            if twice is not None:
                raise Rejected(f"{twice} is declared by the library")
            return sorted(set[str]().union(*(needs(file, entry) for entry in file.entries)) - set(file.declared))
        finally:
            terms.release(marked)


def judge(lines: Iterable[bytes], root: str = "", steps: int = STEPS) -> Judgement:
    """The verdict on a whole file; with `root` it has to hold this theorem."""

    def work(known: list[Known]) -> tuple[int, frozenset[str]]:
        file = ExportFile().read(lines)
        for entry in file.entries:
            known[0].add(file, entry, steps)
        if root and not isinstance(known[0].environment.constants.get(root), Theorem):
            raise Rejected(f"no theorem {root}")
        axioms = known[0].axioms
        return len(file.entries), axioms[root] if root else frozenset().union(*axioms.values())

    return _judged(work)


def _judged(work: Callable[[list[Known]], tuple[int, frozenset[str]]]) -> Judgement:
    begun = time.monotonic()
    known = [Known()]
    try:
        with _deep_terms_and_long_numbers():
            count, axioms = work(known)
        return Judgement("accepted", axioms=tuple(sorted(axioms)), checked=count, seconds=time.monotonic() - begun)
    except Malformed as problem:
        outcome, why = "rejected", f"malformed: {problem}"
    except Rejected as problem:
        outcome, why = "rejected", str(problem)
    except (Unsupported, TooManyUniverses) as problem:
        outcome, why = "unsupported", str(problem) or "too many universe parameters"
    except (OutOfBudget, RecursionError, MemoryError) as problem:
        outcome, why = "budget", str(problem) or type(problem).__name__
    except (TypeError, LookupError, AttributeError, ValueError) as problem:  # of a declaration's fields
        outcome, why = "rejected", f"malformed: {type(problem).__name__}: {problem}"
    return Judgement(outcome, known[0].current, why, seconds=time.monotonic() - begun)  # type: ignore[arg-type]


@contextlib.contextmanager
def _deep_terms_and_long_numbers() -> Iterator[None]:
    """Limits of the interpreter that a proof may exceed; whoever calls gets his own back."""
    depth, digits = sys.getrecursionlimit(), sys.get_int_max_str_digits()
    sys.setrecursionlimit(max(depth, RECURSION))
    sys.set_int_max_str_digits(0)
    try:
        yield
    finally:
        sys.setrecursionlimit(depth)
        sys.set_int_max_str_digits(digits)


def judge_file(path: Path, root: str = "", steps: int = STEPS) -> Judgement:
    with path.open("rb") as lines:
        return judge(lines, root, steps)
